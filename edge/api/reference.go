package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// reference answers from the catalog in force what the product's operations need.
type reference struct{ catalog *catalog.Current }

// Expression is an and/or expression over scopes and entitlements; one member is
// filled.
type Expression struct {
	Scope       string       `json:"scope,omitempty"`
	Entitlement string       `json:"entitlement,omitempty"`
	All         []Expression `json:"all,omitempty"`
	Any         []Expression `json:"any,omitempty"`
}

func expression(n access.Needs) (*Expression, error) {
	b, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	var e *Expression
	return e, json.Unmarshal(b, &e)
}

// Permission is what one call needs.
type Permission struct {
	Operation    string                     `json:"operation"`
	Method       string                     `json:"method"`
	Path         string                     `json:"path" doc:"Path template of the route"`
	Summary      string                     `json:"summary,omitempty"`
	Needs        *Expression                `json:"needs" doc:"What the gateway requires; null when it requires nothing, or when nobody has said what it requires"`
	Text         string                     `json:"text" doc:"The same in words"`
	Source       catalog.Source             `json:"source" enum:"explicit,extension,security,prose,default,none" doc:"Where the requirement comes from"`
	Public       bool                       `json:"public,omitempty" doc:"Every installed application may call it"`
	Unmapped     bool                       `json:"unmapped,omitempty" doc:"Nobody has said what it requires: every call is refused"`
	Resource     string                     `json:"resource,omitempty" doc:"How the resource is named"`
	Cost         int                        `json:"cost" doc:"Calls that one request counts as"`
	Alternatives [][]Expression             `json:"alternatives,omitempty" doc:"Every smallest set that is enough"`
	Scopes       []catalog.ShownScope       `json:"scopes,omitempty"`
	Entitlements []catalog.ShownEntitlement `json:"entitlements,omitempty"`
	Until        *time.Time                 `json:"until,omitempty" doc:"Until then the former requirement is accepted as well"`
	Was          *Expression                `json:"was,omitempty"`
}

func permission(s catalog.Shown) (Permission, error) {
	p := Permission{Operation: s.Operation, Method: s.Method, Path: s.Path, Summary: s.Summary, Text: s.Text, Source: s.Source, Public: s.Public,
		Unmapped: s.Unmapped, Resource: s.Resource, Cost: s.Cost, Scopes: s.Scopes, Entitlements: s.Entitlements, Until: s.Until}
	var err error
	if p.Needs, err = expression(s.Needs); err != nil {
		return p, err
	}
	if s.Was != nil {
		if p.Was, err = expression(*s.Was); err != nil {
			return p, err
		}
	}
	for _, set := range s.Alternatives {
		alternative := []Expression{}
		for _, a := range set {
			alternative = append(alternative, atom(a))
		}
		p.Alternatives = append(p.Alternatives, alternative)
	}
	return p, nil
}

func atom(a access.Atom) Expression {
	if a.Kind == access.KindEntitlement {
		return Expression{Entitlement: a.Name}
	}
	return Expression{Scope: a.Name}
}

type permissionIn struct {
	Method string `query:"method" required:"true" maxLength:"10" example:"GET"`
	Path   string `query:"path" required:"true" maxLength:"2000" example:"/flags/new-checkout" doc:"Path of a request, or the route's path template."`
}

type permissionOut struct{ Body Permission }

// OfferedScope is a scope that developers may ask for.
type OfferedScope struct {
	Name         string   `json:"name"`
	Label        string   `json:"label"`
	Explanation  string   `json:"explanation,omitempty"`
	Risk         string   `json:"risk" enum:"low,medium,high"`
	Entitlements []string `json:"entitlements" nullable:"false" doc:"What it gives"`
}

type scopesOut struct {
	Body struct {
		Items []OfferedScope `json:"items" nullable:"false"`
	}
}

// OfferedOperation is an operation of the product.
type OfferedOperation struct {
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Needs     string `json:"needs" doc:"In words; empty when public or unmapped"`
	Public    bool   `json:"public,omitempty"`
	Unmapped  bool   `json:"unmapped,omitempty"`
}

type operationsIn struct{ web.PageQuery }

func (f *reference) mount(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "getPermission", Method: "GET", Path: "/v1/permissions", Tag: "Reference", Summary: "What does this call need?",
		Description: "The same expression that the gateway enforces.", Errors: []string{"not_found", "catalog_missing"},
	}, f.permission)
	web.Op(m, web.Operation{
		ID: "listScopes", Method: "GET", Path: "/v1/scopes", Tag: "Reference", Summary: "List the scopes that applications may ask for",
		Errors: []string{"catalog_missing"},
	}, f.scopes)
	web.Op(m, web.Operation{
		ID: "listOperations", Method: "GET", Path: "/v1/operations", Tag: "Reference", Summary: "List the product's operations",
		Errors: []string{"catalog_missing"},
	}, f.operations)
}

func (f *reference) current() (*catalog.Catalog, error) {
	c := f.catalog.Get()
	if c == nil {
		return nil, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	return c, nil
}

func (f *reference) permission(_ context.Context, in *permissionIn) (*permissionOut, error) {
	c, err := f.current()
	if err != nil {
		return nil, err
	}
	s, err := c.Show(in.Method, in.Path)
	if err != nil {
		return nil, err
	}
	p, err := permission(s)
	return &permissionOut{Body: p}, err
}

func (f *reference) scopes(context.Context, *struct{}) (*scopesOut, error) {
	c, err := f.current()
	if err != nil {
		return nil, err
	}
	out := &scopesOut{}
	for _, name := range c.Scopes() {
		s, _ := c.Scope(name)
		o := OfferedScope{Name: name, Label: s.Label, Explanation: s.Explanation, Risk: s.Risk, Entitlements: c.Entitlements(name)}
		if o.Label == "" {
			o.Label = name
		}
		if o.Risk == "" {
			o.Risk = "medium"
		}
		if o.Entitlements == nil {
			o.Entitlements = []string{}
		}
		out.Body.Items = append(out.Body.Items, o)
	}
	return out, nil
}

// operations pages by position and catalog version: a new catalog ends a walk.
func (f *reference) operations(ctx context.Context, in *operationsIn) (*web.PageOut[OfferedOperation], error) {
	c, err := f.current()
	if err != nil {
		return nil, err
	}
	at, begun, err := web.After[place](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	if begun && at.Version != c.Version() {
		return nil, problem.Invalid("cursor_invalid", "The catalog has changed. Start again without the cursor.")
	}
	var items []OfferedOperation
	routes := c.Routes()
	for ; at.Next < len(routes) && len(items) < in.Limit; at.Next++ {
		r := routes[at.Next]
		if r.Internal {
			continue
		}
		items = append(items, OfferedOperation{Operation: r.Operation, Method: r.Method, Path: r.Template, Needs: r.Needs.String(), Public: r.Public, Unmapped: r.Unmapped()})
	}
	at.Version = c.Version()
	return web.NewPage(ctx, items, at, at.Next < len(routes))
}

type place struct {
	Version string `json:"v"`
	Next    int    `json:"n"`
}
