package server

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
)

// PlannedChange is a grant that gains or loses calls when a catalog changes.
type PlannedChange struct {
	catalog.GrantChange
	Holder      string `json:"holder"`
	Account     string `json:"account"`
	Application string `json:"application,omitempty"`
}

// Plan lists every grant that would gain or lose calls if the second catalog
// replaced the first. Policies that name single resources count as if they
// allowed the call: the plan errs on the side of naming a grant.
func Plan(ctx context.Context, db *store.DB, from, to *catalog.Catalog) ([]PlannedChange, error) {
	grants, err := (&grant.Service{DB: db}).All(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]catalog.GrantView, 0, len(grants))
	by := map[string]grant.Grant{}
	asked := resourcesOf(from, to)
	for _, g := range grants {
		layers, err := g.Compile()
		if err != nil {
			return nil, err
		}
		by[g.ID.String()] = g
		views = append(views, catalog.GrantView{ID: g.ID.String(), Scopes: g.Scopes, Entitlements: permitted(g, layers, asked)})
	}
	var out []PlannedChange
	for _, c := range catalog.Preview(from, to, views) {
		g := by[c.Grant]
		out = append(out, PlannedChange{GrantChange: c, Holder: g.Holder, Account: g.Account, Application: g.Application})
	}
	return out, nil
}

// resourcesOf gives, for every entitlement that a route needs, examples of the
// resources on which it is needed.
func resourcesOf(catalogs ...*catalog.Catalog) map[string][]access.Resource {
	out := map[string][]access.Resource{}
	for _, c := range catalogs {
		for _, r := range c.Routes() {
			on := exampleOf(r)
			for _, a := range r.Needs.Atoms() {
				if a.Kind == access.KindEntitlement && !slices.ContainsFunc(out[a.Name], func(have access.Resource) bool { return have.Kinds() == on.Kinds() }) {
					out[a.Name] = append(out[a.Name], on)
				}
			}
		}
	}
	return out
}

// exampleOf names a resource of the route's kind: something in place of what
// each request says.
func exampleOf(r *catalog.Route) access.Resource {
	text := parameter.ReplaceAllString(strings.ReplaceAll(r.ResourceText(), "/*", "/x"), "x")
	if on, err := access.ParseResource(text); err == nil && r.HasResource() {
		return on
	}
	return access.NewResource(access.Segment{Kind: "acct"})
}

var parameter = regexp.MustCompile(`\{[^{}]*\}`)

// permitted lists the entitlements that every layer allows on an example, or on
// a resource that one of the grant's policies names.
func permitted(g grant.Grant, layers []access.Layer, asked map[string][]access.Resource) []string {
	var named []access.Resource
	for _, layer := range g.Layers {
		for _, p := range layer {
			for _, s := range p {
				for _, text := range s.Resources {
					if r, err := access.ParseResource(text); err == nil {
						named = append(named, r)
					}
				}
			}
		}
	}
	out := []string{}
	for entitlement, examples := range asked {
		tried := slices.Concat(examples, named)
		if slices.ContainsFunc(tried, func(r access.Resource) bool { return access.Permits(layers, entitlement, &r) }) {
			out = append(out, entitlement)
		}
	}
	return out
}
