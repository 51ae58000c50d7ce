package consent

import (
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Consent.
type ID = ident.ID[Consent]

// State of a consent.
type State string

// The states.
const (
	Active  State = "active"
	Revoked State = "revoked"
	Ended   State = "ended"
)

// Consent lets an application act as a person in an account.
type Consent struct {
	ID           ID        `json:"id"`
	Application  string    `json:"application"`
	Account      string    `json:"account"`
	User         string    `json:"user"`
	Installation string    `json:"installation"`
	Grant        string    `json:"grant"`
	Scopes       []string  `json:"scopes" nullable:"false" doc:"What the person agreed to"`
	Trusted      bool      `json:"trusted" doc:"The account's administrator trusts the application: the person was not asked"`
	State        State     `json:"state" enum:"active,revoked,ended"`
	Reason       string    `json:"reason,omitempty"`
	Created      time.Time `json:"created"`
	Updated      time.Time `json:"updated" doc:"When the scopes last changed"`
	Over         time.Time `json:"over,omitzero" doc:"When it was revoked or ended"`
	Revision     int64     `json:"revision"`
}

// IDPrefix implements ident.Named.
func (Consent) IDPrefix() string { return "con" }

// Resource is how policies of an account name a consent: below the member whose
// it is, so that members manage their own and administrators all.
func (c Consent) Resource() access.Resource {
	return access.On("account", c.Account, "member", c.User, "consent", c.ID.String())
}

// own is the same as the person's own thing, whatever role they have (left) in
// the account.
func (c Consent) own() access.Resource { return access.On("user", c.User, "consent", c.ID.String()) }

// may tells whether by may do something to the consent: as the person whose it
// is, or as somebody who manages the account's consents. For all others, other
// members too, it does not exist.
func (c Consent) may(by access.Principal, action string) error {
	if by.May(action, c.own()) == nil || by.May("consent:manage", c.Resource()) == nil {
		return nil
	}
	return problem.NotFound("consent")
}

// covers reports whether every one of the scopes is part of the consent.
func (c Consent) covers(scopes []string) bool {
	return c.State == Active && !slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(c.Scopes, s) })
}

// widen applies what a person chose out of what was offered: whatever was
// offered and not chosen is gone, whatever was not on the page stays.
func (c *Consent) widen(now time.Time, offered, chosen []string) bool {
	kept := slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return slices.Contains(offered, s) })
	next := sorted(append(kept, chosen...))
	if slices.Equal(next, c.Scopes) {
		return false
	}
	c.Scopes, c.Updated = next, now
	return true
}

func (c *Consent) revoke(now time.Time, reason string) error {
	if c.State != Active {
		return problem.Conflict("consent_over", "This consent has ended already.")
	}
	c.State, c.Over, c.Reason = Revoked, now, reason
	return nil
}

// standing is what the grant of a consent says, given the installation.
func (c Consent) standing(i integration.Installation) (grant.State, string) {
	switch {
	case c.State == Revoked:
		return grant.Ended, "consent_revoked"
	case c.State == Ended:
		return grant.Ended, "installation_removed"
	case i.Delegation == "off":
		return grant.Suspended, "delegation_off"
	}
	return i.GrantState()
}

// bound gives the scopes of the grant: those agreed to by the person that the
// administrator still approves.
func (c Consent) bound(i integration.Installation) []string { return both(c.Scopes, i.Scopes) }

// both gives what stands in a and in b, in a's order.
func both(a, b []string) []string {
	out := make([]string, 0, len(a))
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// less gives what stands in a and not in b.
func less(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func sorted(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}
