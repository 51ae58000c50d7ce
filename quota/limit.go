package quota

import (
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
)

// Scope says whose calls one bucket counts.
type Scope string

// The scopes, from wide to narrow.
const (
	ScopeGroup       Scope = "group"
	ScopeApplication Scope = "application"
	ScopeAccount     Scope = "account" // one application in one account
	ScopeKey         Scope = "key"
)

// Mode says what happens to calls above a limit.
type Mode string

// The modes. Delay passes calls after a wait of at most Limit.MaxWait and
// rejects those that would wait longer.
const (
	ModeReject Mode = "reject"
	ModeDelay  Mode = "delay"
)

// Shape says how a bucket counts; see the package comment.
type Shape string

// The shapes.
const (
	ShapeRolling Shape = "rolling"
	ShapeGCRA    Shape = "gcra"
	ShapeFixed   Shape = "fixed"
	ShapeMonth   Shape = "month"
)

// longFrom is where counting in memory only, which a restart forgets, stops being
// good enough.
const longFrom = catalog.LongFrom

// Limit is a number of calls per period.
type Limit struct {
	Name     string        `json:"name"` // unique in a plan; stands in the RateLimit fields
	Calls    int64         `json:"calls"`
	Per      time.Duration `json:"per"` // unused by a calendar month
	Scope    Scope         `json:"scope"`
	Mode     Mode          `json:"mode"`
	Shape    Shape         `json:"shape"`
	Soft     int64         `json:"soft,omitempty"`     // warn when this many are used; long limits only
	Contract int64         `json:"contract,omitempty"` // warn, and mark calls above it as overage; long limits only
	// Pace is the time between two calls above a long limit in mode delay.
	Pace time.Duration `json:"pace,omitempty"`
	// MaxWait is the longest that a call is held in mode delay.
	MaxWait time.Duration `json:"max_wait,omitempty"`
	// CountRejected also counts the calls that this or another bucket refused.
	CountRejected bool `json:"count_rejected,omitempty"`
}

// Long reports whether the limit is kept in the database.
func (l *Limit) Long() bool { return l.Shape == ShapeFixed || l.Shape == ShapeMonth }

// Window is the length in seconds as the RateLimit-Policy field says it; a month
// counts as 31 days.
func (l *Limit) Window() int64 {
	if l.Shape == ShapeMonth {
		return 31 * 24 * 3600
	}
	return int64((l.Per + time.Second - 1) / time.Second)
}

// with fills in what a plan may leave out.
func (l Limit) with() Limit {
	if l.Scope == "" {
		l.Scope = ScopeGroup
	}
	if l.Mode == "" {
		l.Mode = ModeReject
	}
	if l.Shape == "" {
		switch {
		case l.Per >= longFrom:
			l.Shape = ShapeFixed
		case l.Mode == ModeDelay:
			l.Shape = ShapeGCRA
		default:
			l.Shape = ShapeRolling
		}
	}
	if l.Name == "" {
		l.Name = l.kind()
		if l.Scope != ScopeGroup {
			l.Name = string(l.Scope) + "-" + l.Name
		}
	}
	if l.Pace == 0 {
		l.Pace = time.Second
	}
	if l.MaxWait == 0 {
		l.MaxWait = 5 * time.Second
	}
	return l
}

func (l *Limit) kind() string {
	switch {
	case l.Shape == ShapeMonth:
		return "month"
	case l.Per == 24*time.Hour:
		return "day"
	case l.Per == time.Hour:
		return "hour"
	case l.Long():
		return "quota"
	}
	return "burst"
}

// check refuses limits that could not be enforced as written.
func (l *Limit) check() *problem.Field {
	fault := func(member, code, detail string) *problem.Field {
		return &problem.Field{Pointer: "/" + member, Code: code, Detail: detail}
	}
	switch {
	case l.Calls < 1:
		return fault("calls", "limit.calls", "A limit allows at least one call.")
	case l.Shape != ShapeMonth && l.Per < time.Second:
		return fault("per", "limit.per", "A limit's period is at least one second.")
	case !l.Long() && l.Per > time.Hour:
		return fault("per", "limit.shape", "Periods above an hour need the shape fixed or month.")
	case l.Shape == ShapeRolling && l.Mode == ModeDelay:
		return fault("shape", "limit.shape", "A rolling limit cannot delay; use gcra.")
	case !oneOf(l.Scope, ScopeGroup, ScopeApplication, ScopeAccount, ScopeKey):
		return fault("scope", "limit.scope", "A scope is group, application, account or key.")
	case !oneOf(l.Mode, ModeReject, ModeDelay):
		return fault("mode", "limit.mode", "A mode is reject or delay.")
	case !oneOf(l.Shape, ShapeRolling, ShapeGCRA, ShapeFixed, ShapeMonth):
		return fault("shape", "limit.shape", "A shape is rolling, gcra, fixed or month.")
	case !token(l.Name):
		return fault("name", "limit.name", "A limit's name has 1 to 40 lower-case letters, digits and hyphens.")
	case !l.Long() && (l.Soft != 0 || l.Contract != 0):
		return fault("soft", "limit.soft", "Only long limits have soft and contract levels.")
	case l.MaxWait < 0 || l.MaxWait > catalog.MaxWaitMost || l.Pace < 0:
		return fault("max_wait", "limit.max_wait", "Calls are held for at most one minute.")
	}
	return nil
}

func oneOf[T comparable](v T, list ...T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// token keeps names harmless inside a structured field (RFC 9651).
func token(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 40
}
