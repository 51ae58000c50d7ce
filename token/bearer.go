package token

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Bearer is what a presented token stands for: everything a decision needs,
// compiled, shared by all calls until something changes. Treat it as read-only.
type Bearer struct {
	Token   ID
	Key     string // application key that obtained it, "" otherwise
	Expires time.Time
	Scopes  access.Scopes
	Holding *Holding
	// Attached is the gateway's short cut into Holding.Attached.
	Attached atomic.Pointer[any]

	ended  error // why the token itself opens nothing
	digest secret.Digest
	gone   atomic.Bool // the token has changed since it was read
}

// Holding is the part of a Bearer that all tokens of one grant share.
type Holding struct {
	Grant        string
	Kind         string
	Account      string // id
	AccountKey   string // the product's own key
	AccountName  string
	Sandbox      bool
	Upstream     string // the account's own upstream, "" for the product's
	Application  string // id, "" for private, member and service grants
	PublicID     string
	Group        string
	Installation string // id, "" unless the grant is an installation's
	Subject      string
	SubjectKey   string
	APIVersion   string // that counts when a call names none; "" as well
	ScopeNames   []string
	Layers       []access.Layer

	scopes  access.Scopes // ScopeNames, sorted
	refusal error         // why the grant opens nothing now
	stale   atomic.Bool
	// Attached holds what the gateway prepares once per application key: meter
	// and counters. It goes with the holding when that is dropped.
	Attached sync.Map
}

// Live fails unless the token and its grant open something at now. Errors:
// Unauthenticated `token_expired`, `token_revoked`, `grant_ended`; Forbidden
// with the code of the suspension.
func (b *Bearer) Live(now time.Time) error {
	if b.ended != nil {
		return b.ended
	}
	if !b.Expires.IsZero() && !now.Before(b.Expires) {
		return errExpired
	}
	return b.Holding.refusal
}

// Principal is the caller as operations of our own see it. A user stands in it
// only where the token is that user's own (a personal token): an application
// that acts for a user in the product does not act for them here.
func (b *Bearer) Principal() access.Principal {
	h := b.Holding
	p := access.Principal{Kind: access.KindIntegration, Account: h.Account, Application: h.Application,
		Installation: h.Installation, Grant: h.Grant, Token: b.Token.String(), Via: "token"}
	if h.Kind == string(grant.KindMember) {
		p.User = h.Subject
	}
	return p
}

// The answers to a token that opens nothing. They are values, so that refusing
// garbage costs no allocation.
var (
	errUnknown = problem.Unauthenticated("invalid_token", "This token is not known here. Check that it was copied whole, and ask for a new one.")
	errExpired = problem.Unauthenticated("token_expired", "This token has expired. Ask the token endpoint for a new one.")
	errRevoked = problem.Unauthenticated("token_revoked", "This token was revoked.")
	errRemoved = errRevoked.With("reason", "installation_removed")
	errClosed  = problem.Forbidden("account_closed", "This account is closed.")
	errDeleted = problem.Forbidden("application_deleted", "This application has been deleted by its developer.")
	errGroup   = problem.Forbidden("group_suspended", "The platform operator has suspended the developer group of this application.")
	errKey     = problem.Unauthenticated("key_revoked", "The key that obtained this token was revoked.")
)

func endedBy(t Token) error {
	switch t.State {
	case Active, Retiring:
		return nil
	case Expired:
		return errExpired
	}
	switch t.Reason {
	case "key_revoked":
		return errKey
	case "installation_removed":
		return errRemoved
	}
	return errRevoked
}

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

func parseApplication(id string) (application.ID, error) {
	return ident.Parse[application.Application](id)
}
