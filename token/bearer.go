package token

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Bearer is what a presented token stands for. It is a value: what is particular
// to the token, and the Seat that it shares with others. Treat both as read-only.
type Bearer struct {
	*Seat   // nil: nobody
	token   [16]byte
	expires int64 // microseconds since 1970, 0: never
	ended   cause
}

// Seat is what the tokens of one grant, application key and set of scopes have in
// common: everything a decision needs, compiled, shared by all calls until
// something changes.
type Seat struct {
	Key    string // application key that obtained the token, "" otherwise
	Static string // id of the static token whose seat it is, "" for access tokens, which share theirs
	Scopes access.Scopes
	// What a client got through OAuth: its name, the key that it has to prove
	// (RFC 9449 section 6.1), where the token may be used, and the scopes that it
	// was told, of which some concern the person and open nothing in the product.
	ClientID     string
	Confirmation string
	Resource     string
	Told         []string
	Holding      *Holding
	// Attached is the gateway's short cut into Holding.Attached.
	Attached atomic.Pointer[any]

	brownFrom, brownUntil int64    // microseconds since 1970; brownUntil is 0 without a brown-out
	within                sync.Map // key of a child account → *Seat there
}

// Token is the token's id.
func (b Bearer) Token() ID { return ident.FromBytes[Token](b.token) }

// Expires is when the token's time is over; zero: never.
func (b Bearer) Expires() time.Time { return store.Micros(b.expires).Time() }

// Known reports whether the Bearer stands for anything.
func (b Bearer) Known() bool { return b.Seat != nil }

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
	Everything   bool // a legacy key without a list of scopes, or a recording: it has all there are
	Layers       []access.Layer
	Networks     grant.Networks // from which it may be used; none: from anywhere
	Reach        grant.Reach    // child accounts that it opens, see Authenticator.In
	Own          []access.Layer // those of the grant itself, without the person's

	scopes   access.Scopes // ScopeNames, sorted
	refusal  error         // why the grant opens nothing now
	stale    atomic.Bool
	seats    map[string]uint32   // numbers in memory; guarded by the Authenticator
	children map[string]*Holding // by account id; guarded by the Authenticator
	// Attached holds what the gateway prepares once per application key: meter
	// and counters. It goes with the holding when that is dropped.
	Attached sync.Map
}

// Live says why the grant opens nothing now; nil: it does.
func (h *Holding) Live() error { return h.refusal }

// Current reports whether nothing of it has changed since it was read.
func (h *Holding) Current() bool { return !h.stale.Load() }

// personal reports whether the grant acts for a person and is bounded by what they
// may do at present.
func (h *Holding) personal() bool {
	return h.Kind == string(grant.KindConsent) || h.Kind == string(grant.KindMember)
}

// seat gives the seat of a token among those of the holding, and its number in m.
// The Authenticator's lock is held.
func (h *Holding) seat(m *memory, t Token) (uint32, *Seat) {
	name := t.Key
	if len(t.Scopes) > 0 {
		name += " " + strings.Join(t.Scopes, " ") // neither holds spaces
	}
	if t.Kind == Static {
		// Its uses are counted by themselves, and a brown-out is only its own.
		name = t.ID.String() + " " + strconv.FormatInt(t.BrownUntil.UnixMicro(), 10)
	}
	if t.ClientID != "" {
		name += "\n" + t.ClientID + "\n" + t.Confirmation + "\n" + t.Resource
	}
	if n, ok := h.seats[name]; ok {
		return n, m.seat(n)
	}
	if h.seats == nil {
		h.seats = map[string]uint32{}
	}
	s := seatOf(t, h)
	n := m.number(s)
	h.seats[name] = n
	return n, s
}

// Live fails unless the token and its grant open something at now. Errors:
// Unauthenticated `token_expired`, `token_revoked`, `token_idle`,
// `token_brown_out`, `grant_ended`; Forbidden with the code of the suspension.
func (b Bearer) Live(now time.Time) error {
	if b.ended != 0 {
		return causes[b.ended]
	}
	if b.expires != 0 && now.UnixMicro() >= b.expires {
		return errExpired
	}
	if b.brownUntil != 0 {
		if at := now.UnixMicro(); at >= b.brownFrom && at < b.brownUntil {
			return brownedOut(time.Duration(b.brownUntil-at) * time.Microsecond)
		}
	}
	return b.Holding.refusal
}

// Principal is the caller as operations of our own see it. A user stands in it
// only where the token is that user's own (a personal token): an application
// that acts for a user in the product does not act for them here.
func (b Bearer) Principal() access.Principal {
	h := b.Holding
	p := access.Principal{Kind: access.KindIntegration, Account: h.Account, Application: h.Application,
		Installation: h.Installation, Grant: h.Grant, Token: b.Token().String(), Via: "token"}
	if h.Kind == string(grant.KindMember) {
		p.User = h.Subject
	}
	return p
}

// The answers to a token that opens nothing. They are values, so that refusing
// garbage costs no allocation.
var (
	errUnknown   = problem.Unauthenticated("invalid_token", "This token is not known here. Check that it was copied whole, and ask for a new one.")
	errExpired   = problem.Unauthenticated("token_expired", "This token has expired. Ask the token endpoint for a new one.")
	errRevoked   = problem.Unauthenticated("token_revoked", "This token was revoked.")
	errRemoved   = errRevoked.With("reason", "installation_removed")
	errClosed    = problem.Forbidden("account_closed", "This account is closed.")
	errDeleted   = problem.Forbidden("application_deleted", "This application has been deleted by its developer.")
	errBarred    = problem.Forbidden("verification_suspended", "The platform operator has suspended the verification of this application. It works in the sandbox accounts of its own developer group only.")
	errIdle      = problem.Unauthenticated("token_idle", "This token was disabled because nobody used it for long. Its owner or an administrator can restore it for 30 days.")
	errRecording = problem.Forbidden("recording_sandbox_only", "This token records what an application needs. It works in sandbox accounts of the application's own group only, and this is none.")
	errKey       = problem.Unauthenticated("key_revoked", "The key that obtained this token was revoked.")
)

// cause says why a token opens nothing; 0: it does.
type cause uint8

const (
	causeExpired cause = iota + 1
	causeRevoked
	causeRemoved
	causeKey
	causeIdle
)

var causes = [...]error{causeExpired: errExpired, causeRevoked: errRevoked, causeRemoved: errRemoved, causeKey: errKey, causeIdle: errIdle}

func endedBy(t Token) cause {
	switch t.State {
	case Active, Retiring:
		return 0
	case Expired:
		return causeExpired
	case Disabled:
		return causeIdle
	}
	switch t.Reason {
	case "key_revoked":
		return causeKey
	case "installation_removed":
		return causeRemoved
	}
	return causeRevoked
}

// brownedOut tells when the token works again.
func brownedOut(after time.Duration) error {
	e := problem.Unauthenticated("token_brown_out", "This token is about to be replaced and fails for two minutes, so that whoever still uses it notices. Change to its successor.")
	e.After = after
	return e
}

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

func parseApplication(id string) (application.ID, error) {
	return ident.Parse[application.Application](id)
}
