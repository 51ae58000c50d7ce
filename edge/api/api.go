package api

import (
	"net/http"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
)

// Mounter is a slice with routes.
type Mounter interface{ Mount(m web.Mux) }

// Config is what the API stands on.
type Config struct {
	Title   string // of the description; empty: Guestright
	Version string
	Servers []string // public base URLs
	Origins []string // of other sites whose pages may call with a token; exact

	DB      *store.DB
	Keys    *secret.Keyring
	Gate    *Gate
	Catalog *catalog.Current
	// Decide answers the product's questions; nil: they are not taken.
	Decide Decide
	Slices []Mounter
}

const description = `Manage developer groups, applications, accounts and installations.

Authenticate with a bearer token, or with the session of a browser. Every failure is a problem document (RFC 9457)
with a stable code; all codes are listed at ` + web.ErrorDocs + `. Creating requests accept an Idempotency-Key.`

// API is the mounted management API.
type API struct {
	mux  *web.API
	open http.Handler
}

// New mounts every slice. A clash of routes or codes panics: the program is
// wrong and must not start.
func New(c Config) *API {
	if c.Title == "" {
		c.Title = "Guestright"
	}
	catalogue := &web.Catalogue{}
	catalogue.Declare(Declared()...)
	m := web.New(web.Config{Title: c.Title, Version: c.Version, Description: description, Servers: c.Servers, Cookie: c.Gate.Cookie,
		Keys: c.Keys, DB: c.DB, Catalogue: catalogue, Gate: c.Gate.Check, Caller: c.Gate.Caller})
	mountCaller(m)
	if c.Catalog != nil {
		(&reference{catalog: c.Catalog}).mount(m)
	}
	if c.Decide != nil {
		c.Decide.mount(m)
	}
	for _, s := range c.Slices {
		s.Mount(m)
	}
	cors := web.CORS{Origins: c.Origins, Methods: []string{http.MethodPut, http.MethodPatch, http.MethodDelete},
		Headers: []string{"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"}}
	return &API{mux: m, open: cors.Wrap(m)}
}

// ServeHTTP implements http.Handler. It belongs behind a web.Door, which sets the
// security headers.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.open.ServeHTTP(w, r) }

// OpenAPI gives the description, and fails when an operation lists a code that
// nobody declared.
func (a *API) OpenAPI() ([]byte, error) { return a.mux.OpenAPI() }

// Operations lists what was mounted, in order.
func (a *API) Operations() []web.Operation { return a.mux.Operations() }

// Codes lists every code that the API can answer with.
func (a *API) Codes() []problem.Declared { return a.mux.Catalogue().All() }

// Declared lists the codes of this package and of those that have no routes of
// their own: access, catalog, secret and store.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "two_credentials", Kind: problem.KindInvalid, Cause: "The request carries both a session cookie and a token.", Remedy: "Send one of them."},
		{Code: "cross_origin", Kind: problem.KindForbidden, Cause: "A page of another site sent the request with a session, or without a token.", Remedy: "Send a token in the Authorization header."},
		{Code: "question_invalid", Kind: problem.KindInvalid, Cause: "A question names neither or both of what it needs one of, or cannot be read.", Remedy: "Correct the question that errors names."},
		{Code: "operation_unmapped", Kind: problem.KindForbidden, Cause: "Nobody has said yet what the operation requires, so every call is refused.", Remedy: "Ask the operator to declare it in the catalog."},
		{Code: "scope_missing", Kind: problem.KindForbidden, Cause: "The grant lacks what the operation requires; missing lists it.", Remedy: "Ask the customer's administrator to grant it."},
		{Code: "permission_denied", Kind: problem.KindForbidden, Cause: "The scopes are enough, but the integration's role does not allow it on the resource.", Remedy: "Ask the customer's administrator to widen the role."},
		{Code: "policy.attributes", Kind: problem.KindInvalid, Cause: "The values of role attributes do not fit a policy.", Remedy: "Give other or fewer values."},
		{Code: "policy.invalid", Kind: problem.KindInvalid, Cause: "A policy has faults.", Remedy: "Correct the statements that errors names."},
		{Code: "resource.invalid", Kind: problem.KindInvalid, Cause: "The name of a resource cannot be read.", Remedy: "Write it like proj/web:env/production."},
		{Code: "needs.invalid", Kind: problem.KindInvalid, Cause: "A requirement cannot be read.", Remedy: "Correct the place that errors names."},
		{Code: "store_unavailable", Kind: problem.KindUnavailable, Cause: "The database does not answer.", Remedy: "Try again after the time in Retry-After."},
		{Code: "secret_unreadable", Kind: problem.KindUnavailable, Cause: "A stored secret cannot be opened.", Remedy: "The operator checks the master key."},
		{Code: "catalog_missing", Kind: problem.KindUnavailable, Cause: "No catalog is in force yet.", Remedy: "Try again after the time in Retry-After."},
	}
}
