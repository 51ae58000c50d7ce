package admission

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Mode says what administrators may install.
type Mode string

// The modes, from the widest.
const (
	Open  Mode = "open"  // anything that is not blocked
	Ask   Mode = "ask"   // what is allowed; the rest needs somebody's approval
	Allow Mode = "allow" // what is allowed, and nothing else
)

func (m Mode) known() bool { return m == Open || m == Ask || m == Allow }

// List is one of an account's two lists.
type List string

// The lists.
const (
	Allowed List = "allowed"
	Blocked List = "blocked"
)

// Rules are what an account has set.
type Rules struct {
	Mode     Mode `json:"mode" enum:"open,ask,allow" doc:"What administrators install by themselves: anything (open); what is allowed, the rest with an approval (ask); what is allowed and nothing else (allow). What is blocked never comes in"`
	Children Mode `json:"children" enum:"open,ask,allow" doc:"The same for the accounts below this one, by the same lists; they may be stricter themselves"`
}

// Check returns the findings about the rules.
func (r Rules) Check() []problem.Field {
	var f []problem.Field
	if !r.Mode.known() {
		f = append(f, problem.Field{Pointer: "/mode", Code: "unknown", Detail: "Choose open, ask or allow."})
	}
	if !r.Children.known() {
		f = append(f, problem.Field{Pointer: "/children", Code: "unknown", Detail: "Choose open, ask or allow."})
	}
	return f
}

// Entry is an application on a list.
type Entry struct {
	PublicID    string    `json:"application_id"`
	Name        string    `json:"name"`
	Developer   string    `json:"developer"`
	List        List      `json:"list" enum:"allowed,blocked"`
	Reason      string    `json:"reason,omitempty"`
	Added       time.Time `json:"added"`
	AddedBy     string    `json:"added_by"`
	application string
}

// Policy is what holds in an account.
type Policy struct {
	Account string `json:"account"`
	Name    string `json:"account_name"`
	Rules
	Applications []Entry   `json:"applications" nullable:"false" doc:"The lists, by name"`
	Updated      time.Time `json:"updated,omitzero"`
	Revision     int64     `json:"revision" doc:"0: nothing was set yet, and anything may be installed"`
}

// entry finds what a policy says about an application.
func (p Policy) entry(application string) (Entry, bool) {
	for _, e := range p.Applications {
		if e.application == application {
			return e, true
		}
	}
	return Entry{}, false
}

// Outcome is what the rules say about one application.
type Outcome string

// The outcomes, from the widest.
const (
	May        Outcome = "may"         // administrators install it
	NeedsAsk   Outcome = "ask"         // it needs an approval
	NotAllowed Outcome = "not_allowed" // it is not on the list
	IsBlocked  Outcome = "blocked"
)

var strictness = map[Outcome]int{May: 0, NeedsAsk: 1, NotAllowed: 2, IsBlocked: 3}

// Verdict is an outcome and whose rules it follows from.
type Verdict struct {
	Outcome Outcome `json:"outcome" enum:"may,ask,not_allowed,blocked"`
	Account string  `json:"account,omitempty" doc:"The account whose rules say so: this one or its parent; absent: nobody restricts it"`
	Name    string  `json:"account_name,omitempty"`
	Reason  string  `json:"reason,omitempty" doc:"Why it is blocked"`
}

// Judge says what an account's policy and, for a child, its parent's say about an
// application. The stricter one counts, and of two alike the parent's.
func Judge(application string, own Policy, parent *Policy) Verdict {
	v := own.judge(application, own.Mode)
	if parent == nil {
		return v
	}
	if above := parent.judge(application, parent.Children); strictness[above.Outcome] > 0 && strictness[above.Outcome] >= strictness[v.Outcome] {
		return above
	}
	return v
}

func (p Policy) judge(application string, m Mode) Verdict {
	e, there := p.entry(application)
	v := Verdict{Account: p.Account, Name: p.Name}
	switch {
	case there && e.List == Blocked:
		v.Outcome, v.Reason = IsBlocked, e.Reason
	case there || m == Open || m == "":
		return Verdict{Outcome: May}
	case m == Ask:
		v.Outcome = NeedsAsk
	default:
		v.Outcome = NotAllowed
	}
	return v
}

// Err is what somebody is told who installs all the same; nil when they may.
func (v Verdict) Err() error {
	var p *problem.Error
	switch v.Outcome {
	case NeedsAsk:
		p = problem.Forbidden("approval_needed", v.Name+" lets this application in only after an approval. Ask for it; nothing was installed.")
	case NotAllowed:
		p = problem.Forbidden("application_not_allowed", "This application is not on the list of those that "+v.Name+" lets in.")
	case IsBlocked:
		p = problem.Forbidden("application_blocked", v.Name+" has blocked this application.")
		if v.Reason != "" {
			p = p.With("reason", v.Reason)
		}
	default:
		return nil
	}
	return p.With("rule_of", v.Account).With("rule_of_name", v.Name)
}
