package gateway

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// Engine decides calls. It is safe for concurrent use and keeps no call.
type Engine struct {
	Tokens *token.Authenticator
	// Legacy knows imported keys; nil: there are none.
	Legacy  *legacy.Gate
	Catalog *catalog.Current
	Quota   *quota.Service
	Usage   *usage.Recorder
	// Facts fills in the tags and properties of a resource, as the product told
	// them; nil: nothing is known. An error means that the check cannot be made.
	Facts  func(ctx context.Context, account string, r access.Resource) (access.Resource, error)
	Proofs Proofs
	// Docs is the public address of the documentation, for links in refusals.
	Docs string
	// Noticed tells since when an operation, or "version …", is deprecated that
	// the catalog gives no date for; nil, or a zero time: nobody knows.
	Noticed func(what string) time.Time

	// Simulated gives what a sandbox account answers instead of the product, and
	// counts the call; nil: only what the call itself asks for.
	Simulated func(ctx context.Context, account string, now time.Time) (quota.Simulation, bool)
	// Preview says why a group may not use a preview; nil: nobody may use any.
	Preview func(ctx context.Context, group, preview string) error
	// Agreed says why a group may not call any more, having missed the deadline of an
	// agreement; nil: there is none.
	Agreed func(ctx context.Context, group string, at time.Time) error

	compiled atomic.Pointer[compiled]
	// Now is the clock that decisions are made by; nil: the real one.
	Now func() time.Time
}

// Call is a request to be decided, whatever door it came through.
type Call struct {
	Method string
	Path   strict.Path
	Query  string
	Host   string
	Header http.Header
	Client netip.Addr
}

// Verdict is the answer. It is reused: keep nothing of it after Release.
type Verdict struct {
	Route    *catalog.Route
	Bearer   token.Bearer
	Resource access.Resource
	Limits   quota.Decision
	Limited  bool // Limits says something
	Outcome  usage.Outcome
	Err      error // nil: pass
	Simulate quota.Simulation
	At       time.Time

	params   catalog.Params
	segments catalog.Segments
	attached *attachment
	passport *passport
	compiled *compiled
	edition  *edition // the API version of the call; nil: the product has none
	engine   *Engine
	live     bool   // the token opened its grant
	allow    string // methods of the path, when the one asked for is not among them
}

// Decide fills v. It neither blocks nor allocates when the call passes and the
// token is in memory. After a pass the caller reports the outcome with Report.
func (e *Engine) Decide(ctx context.Context, c *Call, v *Verdict) {
	v.engine = e
	v.Err, v.Outcome = e.decide(ctx, c, v), usage.OK
	if v.Err != nil {
		v.Outcome = outcomeOf(v.Err)
	}
}

func (e *Engine) decide(ctx context.Context, c *Call, v *Verdict) error {
	k := e.current()
	if k == nil {
		return errNoCatalog
	}
	v.compiled = k
	if credentialIn(c.Query) || e.signedIn(ctx, c.Query) {
		return errInQuery
	}
	var err error
	if v.Bearer, err = e.identify(ctx, c, k, v.At); err != nil {
		return err
	}
	fitting := e.attach(v.Bearer.Seat)
	v.attached, v.passport = fitting.attached, fitting.passport
	if err := v.Bearer.Live(v.At); err != nil {
		v.live = problem.CodeOf(err) == "token_brown_out" // it is in use: that is what its owner wants to see
		return err
	}
	h := v.Bearer.Holding
	if !h.Networks.Allow(c.Client) {
		return grant.ErrNetwork
	}
	v.live = true
	if err := e.prove(ctx, c, v); err != nil {
		return err
	}
	route, miss := k.catalog.Match(c.Method, c.Path.Escaped, &v.params)
	switch {
	case miss == catalog.MethodNotAllowed:
		return k.wrongMethod(c, v)
	case route == nil || route.Internal:
		return errRoute // what third parties may not call does not exist for them
	}
	v.Route = route
	if h.Reach.Wide() {
		if err := e.enter(ctx, c, v); err != nil {
			return err
		}
		h = v.Bearer.Holding
	}
	if err := k.sameAccount(c, v, h); err != nil {
		return err
	}
	if k.editions != nil {
		if err := k.version(c, v, h.APIVersion); err != nil {
			return err
		}
	}
	if route.Ends() {
		name := ""
		if v.edition != nil {
			name = v.edition.name
		}
		if gone, is := route.Gone(v.At, name); is {
			return e.removed(v, gone)
		}
	}
	if err := e.enabled(ctx, v); err != nil {
		return err
	}
	if h.Sandbox {
		s, ok := quota.Simulate(c.Header.Get(quota.SimulateHeader), true)
		if !ok && e.Simulated != nil {
			s, ok = e.Simulated(ctx, h.Account, v.At)
		}
		if v.Simulate = s; ok && s.Status != 0 {
			return e.simulated(ctx, v)
		}
	}
	if err := e.permit(ctx, v); err != nil {
		return err
	}
	return e.spend(ctx, v)
}

// enter goes on in the child account that the call names, when it names one.
func (e *Engine) enter(ctx context.Context, c *Call, v *Verdict) error {
	key, named := v.compiled.accountNamed(c, v)
	if !named {
		return nil
	}
	b, err := e.Tokens.In(ctx, v.Bearer, key)
	if err != nil {
		return err
	}
	v.Bearer = b
	fitting := e.attach(b.Seat)
	v.attached, v.passport = fitting.attached, fitting.passport
	return b.Live(v.At)
}

// enabled reports whether the caller's group may call at all, and this route when
// it is a preview. Both are decided from memory; a preview fails closed.
func (e *Engine) enabled(ctx context.Context, v *Verdict) error {
	group := v.Bearer.Holding.Group
	if e.Agreed != nil && group != "" {
		if err := e.Agreed(ctx, group, v.At); err != nil {
			return err
		}
	}
	if v.Route.Preview == "" {
		return nil
	}
	if e.Preview == nil {
		return errNoPreview
	}
	return e.Preview(ctx, group, v.Route.Preview)
}

// permit is the decision proper: what the route requires against what the grant
// carries.
func (e *Engine) permit(ctx context.Context, v *Verdict) error {
	if v.Route.Public {
		return nil
	}
	if v.Route.HasResource() {
		v.Resource = v.Route.Fill(&v.params, &v.segments)
	} else {
		v.Resource = v.attached.whole
	}
	_, program := v.Route.At(v.At)
	q := access.Question{Program: *program, Scopes: v.scopes(), Layers: v.Bearer.Holding.Layers, Resource: v.Resource}
	d := access.Decide(q)
	if !d.Allowed && !d.Unmapped && e.Facts != nil && v.Route.HasResource() {
		// Unknown facts make allowances fail and denials hold, so a yes without
		// them is a yes; only a no is worth asking what the product has told us.
		known, err := e.Facts(ctx, v.Bearer.Holding.Account, v.Resource)
		if err != nil {
			return err
		}
		q.Resource, v.Resource = known, known
		d = access.Decide(q)
	}
	switch {
	case d.Allowed:
		return nil
	case d.Unmapped:
		return errUnmapped
	}
	return e.refused(v, d)
}

func (e *Engine) spend(ctx context.Context, v *Verdict) error {
	cost := int64(max(v.Route.Cost, 1))
	v.Limits = v.attached.meter.Take(v.At, cost)
	v.Limited = true
	if v.Limits.Unsettled {
		v.Limits = v.attached.meter.Spend(ctx, v.At, cost)
	}
	if !v.Limits.Allowed {
		return v.Limits.Problem()
	}
	return nil
}

// Report counts the call; product is the answer's status, 0 when none came and
// 499 when the caller did not wait for it.
func (e *Engine) Report(c *Call, v *Verdict, product int) {
	if v.Err == nil && v.Outcome == usage.OK && (product >= http.StatusInternalServerError || product == 0) {
		v.Outcome = usage.ProductError
	}
	o, a := v.Outcome, v.attached
	if a == nil {
		e.Usage.Record(v.At, usage.Key{Outcome: o}, 1)
		return
	}
	operation := ""
	if v.Route != nil {
		operation = v.Route.Operation
	}
	a.counter(e.Usage, v.Route, v.edition).Add(v.At, o, 1)
	if v.Err == nil && v.Route != nil && v.Route.HasResource() {
		var room [200]byte
		e.Usage.About(v.At, &a.base, operation, v.Route.AppendResource(room[:0], &v.params))
	}
	if !v.live {
		return // a dead token that is still tried is not in use
	}
	use := usage.Call{Operation: operation, Account: a.base.Account, From: c.Client}
	a.grant.Touch(v.At, use)
	if a.key != nil {
		a.key.Touch(v.At, use)
	}
}

// scopes are what the call may use.
func (v *Verdict) scopes() access.Scopes {
	if v.Bearer.Holding.Everything {
		return v.compiled.everything
	}
	return v.Bearer.Scopes
}

// bearer takes the token from the one Authorization header (RFC 6750 section
// 2.1, RFC 9449 section 7.1). Tokens in the query or body are not looked at.
func bearer(c *Call) (string, error) {
	all := c.Header["Authorization"]
	if len(all) == 0 {
		return "", errNoToken
	}
	s := all[0]
	for _, scheme := range [...]string{"bearer ", "dpop "} {
		if len(all) == 1 && len(s) > len(scheme) && equalFold(s[:len(scheme)], scheme) {
			return s[len(scheme):], nil
		}
	}
	return "", errScheme
}

func equalFold(s, lower string) bool {
	for i := range len(s) {
		b := s[i]
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != lower[i] {
			return false
		}
	}
	return true
}

// credentialIn reports whether a query carries one of our credentials. Queries
// end up in logs and histories of others, so a token there is refused even next
// to a good header (RFC 6750 section 2, RFC 9700 section 4.3.2).
func credentialIn(query string) bool {
	for rest := query; len(rest) >= secret.Length; {
		i := strings.Index(rest, "gr")
		if i < 0 || len(rest)-i < secret.Length {
			break
		}
		if secret.WellFormed(rest[i : i+secret.Length]) {
			return true
		}
		rest = rest[i+2:]
	}
	if strings.IndexByte(query, '%') < 0 {
		return false
	}
	plain := unescaped(query)
	return plain != query && credentialIn(plain)
}

var (
	errInQuery   = &problem.Error{Kind: problem.KindUnauthenticated, Code: "credential_in_query", Detail: "A credential must not stand in the URL. Send it in the Authorization header, and replace this one: it may have been logged."}
	errNoToken   = problem.Unauthenticated("missing_credential", "Send an access token: Authorization: Bearer followed by the token.")
	errScheme    = problem.Unauthenticated("missing_credential", "Send the token in one Authorization header with the scheme Bearer.")
	errRoute     = problem.NotFound("operation")
	errMethod    = &problem.Error{Kind: problem.KindInvalid, Code: "method_not_allowed", Detail: "This path has no operation with this method."}
	errNoPreview = problem.Forbidden("product_not_enabled", "This part of the API is not open to everybody yet.")
	errNoCatalog = problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	errUnmapped  = problem.Forbidden("operation_unmapped", "The platform operator has not said yet what this operation requires, so nobody may call it.")
)

// at is the time of a decision on a call that came at begun.
func (e *Engine) at(begun time.Time) time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return begun.UTC()
}
