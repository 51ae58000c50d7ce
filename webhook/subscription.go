package webhook

import (
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// SubscriptionID identifies a Subscription.
type SubscriptionID = ident.ID[Subscription]

// ActionReceive is what a filter speaks of: the policy of a subscription allows
// it on the subjects whose events are wanted.
const ActionReceive = "event:receive"

// Subscription says which events an endpoint gets, among those that the scopes
// allow.
type Subscription struct {
	ID       SubscriptionID `json:"id"`
	Endpoint string         `json:"endpoint"`
	Types    []string       `json:"types" nullable:"false" doc:"Patterns; * stands for any characters"`
	Account  string         `json:"account,omitempty" doc:"Only events of this account"`
	Filter   access.Policy  `json:"filter,omitempty"`
	Enabled  bool           `json:"enabled"`
	Created  time.Time      `json:"created"`

	filter access.Layer
}

// IDPrefix implements ident.Named.
func (Subscription) IDPrefix() string { return "whs" }

// SubscriptionsMost bounds the subscriptions of an endpoint.
const SubscriptionsMost = 20

// SubscriptionDraft is what somebody decides about a subscription.
type SubscriptionDraft struct {
	Types    []string      `json:"types" minItems:"1" maxItems:"100" nullable:"false" doc:"Types of events; * stands for any characters, as in flag.*"`
	Account  string        `json:"account,omitempty" maxLength:"60" doc:"Id of an account: only its events"`
	Filter   access.Policy `json:"filter,omitempty" doc:"Only events whose subject this policy allows event:receive on"`
	Disabled bool          `json:"disabled,omitempty"`
}

// judgeTypes returns the findings about patterns and a filter. known says why a
// pattern is of no use.
func judgeTypes(types []string, filter access.Policy, known func(string) string) []problem.Field {
	var f []problem.Field
	if len(types) == 0 || len(types) > 100 {
		f = append(f, problem.Field{Pointer: "/types", Code: "required", Detail: "Choose 1 to 100 types or patterns."})
	}
	for i, p := range types {
		if code := known(p); code != "" {
			detail := "The catalog has no such type of event."
			if code == "event_scope_missing" {
				detail = "The scopes do not allow any event that this names."
			}
			f = append(f, problem.Field{Pointer: "/types/" + strconv.Itoa(i), Code: code, Detail: detail})
		}
	}
	if len(filter) > 0 {
		if _, err := filter.Compile(nil); err != nil {
			for _, one := range problem.Of(err).Fields {
				one.Pointer = "/filter" + one.Pointer
				f = append(f, one)
			}
			if len(problem.Of(err).Fields) == 0 {
				f = append(f, problem.Field{Pointer: "/filter", Code: "malformed", Detail: "The policy cannot be read."})
			}
		}
	}
	return f
}

// names reports whether a pattern of the subscription names the event's type. It
// gets nothing that was accepted before it was made, unless it is asked for.
func (s *Subscription) names(e *event.Event, past bool) bool {
	if !s.Enabled || !past && e.Accepted.Before(s.Created) || s.Account != "" && s.Account != e.Account {
		return false
	}
	for _, p := range s.Types {
		if event.Like(p, e.Type) {
			return true
		}
	}
	return false
}

// passes reports whether the filter lets the event's subject through. Events
// without a subject do not pass a filter.
func (s *Subscription) passes(on *access.Resource) bool {
	return len(s.Filter) == 0 || access.Permits([]access.Layer{s.filter}, ActionReceive, on)
}
