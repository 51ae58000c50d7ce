package legacy

import (
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/token"
)

// ID identifies a Key.
type ID = ident.ID[Key]

// State of a key.
type State string

// The states. They follow from the key's token and the clock.
const (
	Active  State = "active"
	Ending  State = "ending" // it works until its end
	Ended   State = "ended"
	Revoked State = "revoked"
)

// Key is an opaque key that the product made itself.
type Key struct {
	ID         ID        `json:"id"`
	Account    string    `json:"account"`
	Label      string    `json:"label"`
	Hint       string    `json:"hint,omitempty" doc:"Last four characters, where the key was imported in plain and is long enough to spare them"`
	Scopes     []string  `json:"scopes" nullable:"false" doc:"What it may do; empty when it may do everything"`
	Everything bool      `json:"everything" doc:"It may do everything that the product offers"`
	Subject    string    `json:"subject,omitempty" doc:"The product's own key of the user it acts as"`
	State      State     `json:"state" enum:"active,ending,ended,revoked"`
	Ends       time.Time `json:"ends,omitzero"`
	Reason     string    `json:"reason,omitempty" doc:"Why it was revoked"`
	Successor  string    `json:"successor,omitempty" doc:"The private integration that takes its place"`
	Grant      string    `json:"grant"`
	Token      string    `json:"token" doc:"Id of the token that it is here, not the key itself"`
	Created    time.Time `json:"created" doc:"By the product, as far as it is known"`
	Imported   time.Time `json:"imported"`
	ImportedBy string    `json:"imported_by"`
	LastUsed   time.Time `json:"last_used,omitzero"`
	Calls      int64     `json:"calls" doc:"Of the last 30 days, whatever became of them"`
}

// IDPrefix implements ident.Named.
func (Key) IDPrefix() string { return "lgk" }

// Resource is how policies of an account name a legacy key.
func (k Key) Resource() access.Resource {
	return access.On("account", k.Account, "legacy_key", k.ID.String())
}

// settle derives the state from the key's token.
func (k *Key) settle(t token.Token, now time.Time) {
	k.Hint, k.Token, k.Created, k.Ends = t.Hint, t.ID.String(), t.Created, t.Expires
	switch {
	case t.State == token.Revoked:
		k.State = Revoked
	case !t.Usable(now):
		k.State = Ended
	case !t.Expires.IsZero():
		k.State = Ending
	default:
		k.State = Active
	}
}

// EndMost is how far in the future an end may be set.
const EndMost = 2 * 366 * 24 * time.Hour

// endAt checks an end that somebody chose; zero means none.
func (k Key) endAt(until, now time.Time) error {
	switch {
	case k.State == Ended || k.State == Revoked:
		return problem.Conflict("legacy_key_ended", "This key has ended already. What ended does not come back.")
	case until.IsZero():
		return nil
	case !until.After(now) || until.Sub(now) > EndMost:
		return problem.Invalid("legacy_key_end_invalid", "Choose a moment within the next two years.",
			problem.Field{Pointer: "/ends", Code: "out_of_range", Detail: "Choose a moment within the next two years."})
	}
	return nil
}

// allowing is the narrowest policy that allows the entitlements in the whole
// account.
func allowing(entitlements []string) access.Policy {
	sorted := slices.Clone(entitlements)
	slices.Sort(sorted)
	p := access.Policy{}
	const most = 200 // entries of one list
	for part := range slices.Chunk(slices.Compact(sorted), most) {
		p = append(p, access.Statement{Effect: access.Allow, Actions: part, Resources: []string{"*"}})
	}
	return p
}

func grantOf(k Key, g grant.Grant) Key {
	k.Scopes, k.Subject = g.Scopes, g.SubjectKey
	if slices.Equal(g.Scopes, []string{grant.AllScopes}) {
		k.Scopes, k.Everything = []string{}, true
	}
	return k
}

func trimmed(s string) string { return strings.TrimSpace(s) }
