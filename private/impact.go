package private

import (
	"time"

	"github.com/guestright/guestright/usage"
)

// ImpactOver is how far back the preview of a deletion looks.
const ImpactOver = 7 * 24 * time.Hour

// Impact is what would stop if a private integration were deleted.
type Impact struct {
	Since      time.Time  `json:"since"`
	Calls      int64      `json:"calls" doc:"Calls since then"`
	Refused    int64      `json:"refused" doc:"Of these, calls that were refused"`
	Operations []Affected `json:"operations" nullable:"false" doc:"What it called, the most frequent first"`
	Accounts   []Called   `json:"accounts" nullable:"false" doc:"Where it called"`
	Sources    []Source   `json:"sources" nullable:"false" doc:"Networks that it called from, the latest first"`
	Last       time.Time  `json:"last_used,omitzero"`
	Tokens     int        `json:"tokens" doc:"Tokens that would stop working"`
	Webhooks   int        `json:"webhooks" doc:"Webhooks that would receive nothing any more"`
}

// Called counts the calls in one account.
type Called struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Calls   int64  `json:"calls"`
}

// Source is a network that called.
type Source struct {
	Network string    `json:"network" doc:"/24 of IPv4, /48 of IPv6"`
	Last    time.Time `json:"last"`
}

// Warning is something about an integration that its administrators should look
// at.
type Warning string

// The warnings.
const (
	OwnerLeft   Warning = "owner_left"   // nobody in the account answers for it
	Unused      Warning = "unused"       // no call for 30 days
	NeverUsed   Warning = "never_used"   // no call since it was made, a week ago or more
	RotationDue Warning = "rotation_due" // the token is older than asked for
	ScopeGone   Warning = "scope_gone"   // the catalog has no such scope any more
	NoToken     Warning = "no_token"     // nothing opens it
	HighRisk    Warning = "high_risk"    // a scope of high risk, usable from anywhere
)

// facts are what warnings are judged by.
type facts struct {
	OwnerHere bool
	Last      usage.Last
	Token     time.Time // when the newest live token was made; zero: there is none
	ScopeGone bool
	HighRisk  bool
}

// warnings judges an integration that is there.
func (i Integration) warnings(now time.Time, f facts) []Warning {
	out := []Warning{}
	if i.State == Deleted || i.State == Gone {
		return out
	}
	add := func(w Warning, when bool) {
		if when {
			out = append(out, w)
		}
	}
	const day = 24 * time.Hour
	add(OwnerLeft, !f.OwnerHere)
	add(NoToken, f.Token.IsZero())
	add(RotationDue, i.Expiry.RotateDays > 0 && !f.Token.IsZero() && now.Sub(f.Token) > time.Duration(i.Expiry.RotateDays)*day)
	add(NeverUsed, f.Last.At.IsZero() && now.Sub(i.Created) >= 7*day)
	add(Unused, !f.Last.At.IsZero() && now.Sub(f.Last.At) >= 30*day)
	add(ScopeGone, f.ScopeGone)
	add(HighRisk, f.HighRisk && len(i.Networks) == 0)
	return out
}
