package authorization

import (
	"slices"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// FamilyID identifies a Family.
type FamilyID = ident.ID[Family]

// FamilyState of a family.
type FamilyState string

// The states of a family.
const (
	FamilyLive  FamilyState = "live"
	FamilyEnded FamilyState = "ended"
)

// Family is a line of refresh tokens that began with one answer of a person.
type Family struct {
	ID           FamilyID    `json:"id"`
	Application  string      `json:"application"`
	ClientID     string      `json:"client_id"`
	Public       bool        `json:"public"`
	Grant        string      `json:"grant"`
	Account      string      `json:"account"`
	User         string      `json:"user,omitempty"`
	Scopes       []string    `json:"scopes"`
	Identity     []string    `json:"identity,omitempty"`
	Resources    []string    `json:"resources,omitempty"`
	Confirmation string      `json:"confirmation,omitempty"`
	Nonce        string      `json:"-"`
	SignedIn     time.Time   `json:"signed_in,omitzero"`
	State        FamilyState `json:"state" enum:"live,ended"`
	Reason       string      `json:"reason,omitempty"`
	Revision     int64       `json:"revision" doc:"Counts the exchanges"`
	Created      time.Time   `json:"created"`
	Expires      time.Time   `json:"expires" doc:"When the person has to answer again"`
}

// IDPrefix implements ident.Named.
func (Family) IDPrefix() string { return "fam" }

// End ends the family; ending it again changes nothing.
func (f *Family) End(reason string) bool {
	if f.State != FamilyLive {
		return false
	}
	f.State, f.Reason = FamilyEnded, reason
	return true
}

var errFamilyOver = problem.Conflict("authorization_over", "These tokens have ended already.")

var errRefresh = errGrant("The refresh token is wrong, has expired or was revoked.")

// usable fails unless the family gives its application a new access token.
func (f Family) usable(now time.Time, application, confirmation string) error {
	switch {
	case f.Application != application, f.State != FamilyLive, !now.Before(f.Expires):
		return errRefresh
	case f.Public && f.Confirmation != "" && f.Confirmation != confirmation:
		// RFC 9449 section 5: a public client has nothing else to show.
		return errGrant("The refresh token is bound to another DPoP key.")
	case !f.Public && f.Confirmation != "" && confirmation == "":
		return errGrant("Prove a key: this client's tokens are bound to one (RFC 9449).")
	}
	return nil
}

// narrowed gives the scopes of a new access token: those wanted, or all of the
// family, as far as the grant still has them. Errors: `invalid_scope`.
func narrowed(have, granted, want []string) ([]string, error) {
	if len(want) == 0 {
		want = have
	} else {
		for _, s := range want {
			if !slices.Contains(have, s) {
				return nil, bad("invalid_scope", "One of the scopes was not granted.")
			}
		}
	}
	out := []string{}
	for _, s := range want {
		if slices.Contains(granted, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

// rotation is the exchange of a refresh token for its successor.
type rotation struct {
	Token     string // the one that was used
	Family    string
	Successor string // sealed until the grace time ends, "" after or without
	Used      time.Time
	Until     time.Time // end of the grace time
}

// again says what a further use of an exchanged token means: the same successor,
// a plain refusal of a duplicate that was under way, or reuse.
func (r rotation) again(now, begun time.Time) (same, reused bool) {
	if r.Successor != "" && now.Before(r.Until) {
		return true, false
	}
	return false, replayed(r.Used, begun)
}
