package api

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/token"
)

// Oracle decides questions by the same catalog, grants and policies as the
// gateway.
type Oracle struct {
	Catalog *catalog.Current
	Bearers *token.Authenticator
	Facts   *account.Facts   // what the product has said about resources; nil: nothing
	Now     func() time.Time // nil: the real clock
	// Preview says why a group may not use a preview; nil: nobody may use any.
	Preview func(ctx context.Context, group, preview string) error
}

// Ask is a Decide.
func (o *Oracle) Ask(ctx context.Context, q Question) (Answer, error) {
	var a Answer
	now := time.Now()
	if o.Now != nil {
		now = o.Now()
	}
	b, err := o.bearer(ctx, q)
	if err != nil {
		return a, err
	}
	a.Grant = b.Holding.Grant
	if err := b.Live(now); err != nil {
		return a, err
	}
	if err := q.fromAllowed(b.Holding.Networks); err != nil {
		return a, err
	}
	c := o.Catalog.Get()
	if c == nil {
		return a, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	ask, err := o.question(c, q, now)
	if err != nil {
		return a, err
	}
	for _, named := range []string{ask.account, q.Account} {
		if named == "" {
			continue
		}
		if b, err = o.Bearers.In(ctx, b, named); err != nil {
			return a, err
		}
		if err := b.Live(now); err != nil {
			return a, err
		}
	}
	if ask.account != "" && ask.account != b.Holding.AccountKey {
		return a, problem.NotFound("account") // path and question name two
	}
	a.Operation = ask.operation
	if ask.preview != "" {
		if err := o.enabled(ctx, b.Holding.Group, ask.preview); err != nil {
			return a, err
		}
	}
	if ask.public {
		a.Allowed = true
		return a, nil
	}
	on := ask.resource
	if o.Facts != nil {
		if on, err = o.Facts.Fill(ctx, b.Holding.Account, on); err != nil {
			return a, err
		}
	}
	scopes := b.Scopes
	if b.Holding.Everything {
		scopes = access.SortScopes(c.Scopes()...)
	}
	v := access.Decide(access.Question{Program: ask.program, Scopes: scopes, Layers: b.Holding.Layers, Resource: on})
	if v.Unmapped {
		return a, problem.Forbidden("operation_unmapped", "The platform operator has not said yet what this operation requires, so nobody may call it.")
	}
	a.Allowed = v.Allowed
	if v.Allowed {
		return a, nil
	}
	a.Code, a.Detail = "scope_missing", "The grant lacks what this requires."
	if entitled(c, scopes.Names, v.Missing) {
		a.Code, a.Detail = "permission_denied", "The integration's role does not allow this on the resource."
	}
	for i, set := range v.Missing {
		names := []string{}
		for _, atom := range set {
			names = append(names, atom.Name)
		}
		if i == 0 {
			a.Missing = names
		}
		a.Alternatives = append(a.Alternatives, names)
	}
	return a, nil
}

// fromAllowed judges the caller's address where the product tells it. A question
// with a token must tell it when the token may be used from some networks only:
// whoever takes the token is the door. One about a grant comes from behind a door.
func (q Question) fromAllowed(ns grant.Networks) error {
	if q.Client == "" && q.Token == "" {
		return nil
	}
	client, err := netip.ParseAddr(q.Client)
	if err != nil {
		client = netip.Addr{}
	}
	if !ns.Allow(client) {
		return grant.ErrNetwork
	}
	return nil
}

func (o *Oracle) bearer(ctx context.Context, q Question) (token.Bearer, error) {
	if q.Token != "" {
		return o.Bearers.Authenticate(ctx, q.Token)
	}
	return o.Bearers.OfGrant(ctx, q.Grant)
}

// asked is a question in the catalog's terms.
type asked struct {
	operation string
	program   access.Program
	resource  access.Resource
	public    bool
	preview   string
	account   string // the account's key, where the path carries it
}

func (o *Oracle) question(c *catalog.Catalog, q Question, now time.Time) (asked, error) {
	a := asked{resource: access.NewResource(access.Segment{Kind: "acct"})}
	if q.Action != "" {
		a.program = access.Entitlement(q.Action).Compile(nil)
	} else if err := a.route(c, q, now); err != nil {
		return a, err
	}
	if q.Resource == "" {
		return a, nil
	}
	r, err := access.ParseResource(q.Resource)
	a.resource = r
	return a, err
}

// route finds what the operation requires. Internal routes are absent here, as
// they are for callers.
func (a *asked) route(c *catalog.Catalog, q Question, now time.Time) error {
	var p catalog.Params
	var names catalog.Segments
	path, _, _ := strings.Cut(q.Path, "?")
	r, miss := c.Match(strings.ToUpper(q.Method), path, &p)
	if miss != catalog.Found || r.Internal {
		return problem.NotFound("operation")
	}
	if gone, is := r.Gone(now, ""); is {
		return problem.NotFound("operation").With("removed", true).With("use", gone.Use)
	}
	_, program := r.At(now)
	a.account, _ = r.AccountKey(&p)
	a.operation, a.program, a.public = r.Operation, *program, r.Public
	a.preview = r.Preview
	if r.HasResource() {
		a.resource = r.Fill(&p, &names)
	}
	return nil
}

func (o *Oracle) enabled(ctx context.Context, group, preview string) error {
	if o.Preview == nil {
		return problem.Forbidden("product_not_enabled", "This part of the API is not open to everybody yet.")
	}
	return o.Preview(ctx, group, preview)
}

// entitled reports whether the scopes give everything that is missing in one of
// the alternatives: then the role stands in the way.
func entitled(c *catalog.Catalog, scopes []string, missing [][]access.Atom) bool {
	given := map[access.Atom]bool{}
	for _, a := range c.Atoms(scopes) {
		given[a] = true
	}
	for _, set := range missing {
		all := true
		for _, a := range set {
			all = all && given[a]
		}
		if all {
			return true
		}
	}
	return false
}
