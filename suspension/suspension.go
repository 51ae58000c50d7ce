package suspension

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Suspension.
type ID = ident.ID[Suspension]

// State of a suspension.
type State string

// The states.
const (
	Active  State = "active"
	Thawing State = "thawing"
	Lifted  State = "lifted"
)

// Kind of what is suspended.
type Kind string

// The kinds.
const (
	KindApplication Kind = "application"
	KindGroup       Kind = "group"
	KindTokens      Kind = "tokens" // of one kind of grant of an application
)

// Target is what is suspended.
type Target struct {
	Kind   Kind   `json:"kind" enum:"application,group,tokens" doc:"application; group: all of its applications; tokens: those of one family of an application"`
	ID     string `json:"id" maxLength:"60" doc:"Of the application or the group"`
	Family string `json:"family,omitempty" enum:"installation,consent" doc:"For tokens: installation, those that act as an integration user; consent, those that act for signed-in people"`
}

// Suspension is one stop and how it went on.
type Suspension struct {
	ID       ID          `json:"id"`
	Target   Target      `json:"target"`
	Name     string      `json:"name" doc:"Of what is suspended"`
	Group    string      `json:"group" doc:"The developer group that it concerns"`
	State    State       `json:"state" enum:"active,thawing,lifted"`
	Reason   string      `json:"reason" doc:"For the developers"`
	Message  string      `json:"message" doc:"For the administrators of the accounts"`
	Thaw     *group.Thaw `json:"thaw,omitempty" doc:"Where it works again, besides the group's own sandboxes; absent: nowhere"`
	Lifts    time.Time   `json:"lifts,omitzero" doc:"When it ends by itself; absent: when an operator lifts it"`
	Began    time.Time   `json:"began"`
	BegunBy  string      `json:"begun_by"`
	Ended    time.Time   `json:"ended,omitzero"`
	EndedBy  string      `json:"ended_by,omitempty"`
	Accounts int         `json:"accounts" doc:"That had it installed when it began"`
	Told     int         `json:"told" doc:"Of these, how many have been told"`
}

// IDPrefix implements ident.Named.
func (Suspension) IDPrefix() string { return "sus" }

// Message is one of the letters between developers and operators.
type Message struct {
	ID       ident.ID[Message] `json:"id"`
	Author   string            `json:"author"`
	Operator bool              `json:"operator" doc:"Written for the operator"`
	Text     string            `json:"text"`
	Written  time.Time         `json:"written"`
}

// IDPrefix implements ident.Named.
func (Message) IDPrefix() string { return "msg" }

// Order is what an operator asks for.
type Order struct {
	Target  Target    `json:"target"`
	Reason  string    `json:"reason" maxLength:"2000" doc:"The developers are told. At most 500 characters."`
	Message string    `json:"message,omitempty" maxLength:"8000" doc:"The administrators of the accounts are told this; a sentence of ours when absent. At most 2,000 characters."`
	Lifts   time.Time `json:"lifts,omitzero" doc:"When it shall end by itself"`
}

// Longest texts, in characters.
const (
	ReasonMost  = 500
	MessageMost = 2000
)

// longest is how far ahead an end can be.
const longest = 366 * 24 * time.Hour

// Check returns the findings about an order.
func (o Order) Check(now time.Time) []problem.Field {
	f := append(o.Target.check(), checkEnd(now, o.Lifts)...)
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	if n := utf8.RuneCountInString(o.Reason); strings.TrimSpace(o.Reason) == "" || n > ReasonMost {
		add("/reason", "required", "Say why, in at most 500 characters: the developers are told.")
	}
	if utf8.RuneCountInString(o.Message) > MessageMost {
		add("/message", "too_long", "At most 2,000 characters.")
	}
	return f
}

func (t Target) check() []problem.Field {
	switch k := grant.Kind(t.Family); t.Kind {
	case KindApplication, KindGroup:
		if t.Family != "" {
			return []problem.Field{{Pointer: "/target/family", Code: "unknown", Detail: "Only tokens have a family."}}
		}
	case KindTokens:
		if k != grant.KindInstallation && k != grant.KindConsent {
			return []problem.Field{{Pointer: "/target/family", Code: "required", Detail: "installation or consent."}}
		}
	default:
		return []problem.Field{{Pointer: "/target/kind", Code: "unknown", Detail: "application, group or tokens."}}
	}
	return nil
}

// checkEnd returns the findings about when it ends by itself; the zero time: not.
func checkEnd(now, lifts time.Time) []problem.Field {
	if !lifts.IsZero() && (!lifts.After(now) || lifts.Sub(now) > longest) {
		return []problem.Field{{Pointer: "/lifts", Code: "time_invalid", Detail: "It ends in the future, within a year."}}
	}
	return nil
}

// Words is what the administrators of accounts are told unless the operator says
// something else.
func (t Target) Words(name string) string {
	switch t.Kind {
	case KindGroup:
		return "The platform operator has suspended the developer " + name + ". None of its integrations can read or change anything in your account until this ends. You need not do anything."
	case KindTokens:
		if t.Family == string(grant.KindConsent) {
			return "The platform operator has suspended what " + name + " does for signed-in people. It can do nothing in their names until this ends. You need not do anything."
		}
		return "The platform operator has suspended what " + name + " does by itself. It can do nothing in your account without a signed-in person until this ends. You need not do anything."
	}
	return "The platform operator has suspended " + name + ". It can neither read nor change anything in your account until this ends. You need not do anything."
}

// thaw lets it work again in some accounts.
func (s *Suspension) thaw(t group.Thaw) error {
	if s.State == Lifted {
		return errOver()
	}
	if s.Target.Kind == KindTokens {
		return problem.Conflict("suspension_whole", "A family of tokens is lifted as a whole.")
	}
	if f := t.Check(); len(f) > 0 {
		return problem.Invalid("suspension_invalid", "Some of the fields need another look.", f...)
	}
	s.State, s.Thaw = Thawing, &t
	return nil
}

func (s *Suspension) lift(now time.Time, by string) error {
	if s.State == Lifted {
		return errOver()
	}
	s.State, s.Ended, s.EndedBy, s.Lifts = Lifted, now, by, time.Time{}
	return nil
}

// back reports whether it works again with an account. own is one of the group's
// own sandboxes.
func (s Suspension) back(account string, own bool) bool {
	return s.State == Lifted || s.State == Thawing && s.Thaw.Admits(s.Target.ID, account, own)
}

func errOver() error {
	return problem.Conflict("suspension_over", "The suspension is over.")
}
