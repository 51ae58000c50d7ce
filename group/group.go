package group

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Group.
type ID = ident.ID[Group]

// State of a group.
type State string

// The states.
const (
	Active    State = "active"
	Archived  State = "archived"
	Suspended State = "suspended"
)

// Group is a team of developers.
type Group struct {
	ID       ID     `json:"id"`
	Name     string `json:"name" doc:"Printed beside the application when a customer installs it"`
	Owner    string `json:"owner" doc:"The user who owns it"`
	Personal bool   `json:"personal" doc:"Made at sign-up"`
	State    State  `json:"state" enum:"active,archived,suspended"`
	Thaw     *Thaw  `json:"thaw,omitempty" doc:"Where its applications work again while it is suspended; absent: nowhere"`
	Reason   string `json:"reason,omitempty"`
	// SecondPerson: what one member releases, another has confirmed.
	SecondPerson bool      `json:"second_person" doc:"A second member confirms each version before it goes to customers"`
	Created      time.Time `json:"created"`
}

// IDPrefix implements ident.Named.
func (Group) IDPrefix() string { return "grp" }

// NameMost is the longest name, in characters.
const NameMost = 80

// Naming is the operator's rule for group names.
type Naming struct {
	Forbidden []string // words that must not occur, such as "test"; compared without case
	Required  []string // at least one of these must occur, when there are any
	Hint      string   // shown beside the field
}

// Advice is what the naming rules say about a name.
type Advice struct {
	Allowed bool            `json:"allowed"`
	Hint    string          `json:"hint,omitempty" doc:"The operator's words about good names"`
	Errors  []problem.Field `json:"errors" nullable:"false" doc:"The rules that the name breaks, by their code"`
}

// Advise says what the rules say about a name, for a hint while it is typed.
func (n Naming) Advise(name string) Advice {
	f := n.Check(name)
	return Advice{Allowed: len(f) == 0, Hint: n.Hint, Errors: append([]problem.Field{}, f...)}
}

// Check returns the findings about a name.
func (n Naming) Check(name string) []problem.Field {
	var f []problem.Field
	add := func(code, detail string) { f = append(f, problem.Field{Pointer: "/name", Code: code, Detail: detail}) }
	trimmed := strings.TrimSpace(name)
	switch {
	case trimmed == "":
		add("required", "Give the group a name: customers see it as the developer of the integration.")
		return f
	case utf8.RuneCountInString(trimmed) > NameMost:
		add("too_long", "At most 80 characters.")
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			add("unprintable", "Use printable characters only.")
			break
		}
	}
	words := strings.FieldsFunc(strings.ToLower(trimmed), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, bad := range n.Forbidden {
		for _, w := range words {
			if w == strings.ToLower(bad) {
				add("forbidden_word", "Leave out the word “"+bad+"”: the name stands on customers' screens.")
			}
		}
	}
	if len(n.Required) > 0 {
		found := false
		for _, want := range n.Required {
			found = found || strings.Contains(strings.ToLower(trimmed), strings.ToLower(want))
		}
		if !found {
			add("missing_token", "The name must contain one of: "+strings.Join(n.Required, ", ")+".")
		}
	}
	return f
}

// Archive closes an empty group.
func (g *Group) Archive(holds []string) error {
	if g.State != Active {
		return problem.Conflict("group_not_active", "Only an active group can be archived.")
	}
	if len(holds) > 0 {
		return problem.Conflict("group_in_use", "Move or delete what the group still owns first.").With("owns", holds)
	}
	g.State = Archived
	return nil
}

// Restore opens an archived group again.
func (g *Group) Restore() error {
	if g.State != Archived {
		return problem.Conflict("group_not_archived", "The group is not archived.")
	}
	g.State = Active
	return nil
}

// Suspend is the operator's stop.
func (g *Group) Suspend(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return problem.Invalid("reason_required", "Say why: the developers are told.",
			problem.Field{Pointer: "/reason", Code: "required", Detail: "Give a reason."})
	}
	if g.State != Active {
		return problem.Conflict("group_not_active", "Only an active group can be suspended.")
	}
	g.State, g.Reason, g.Thaw = Suspended, reason, nil
	return nil
}

// Lift ends a suspension.
func (g *Group) Lift() error {
	if g.State != Suspended {
		return problem.Conflict("group_not_suspended", "The group is not suspended.")
	}
	g.State, g.Reason, g.Thaw = Active, "", nil
	return nil
}

// SetThaw lets its applications work again in some accounts.
func (g *Group) SetThaw(t Thaw) error {
	if g.State != Suspended {
		return problem.Conflict("group_not_suspended", "The group is not suspended.")
	}
	g.Thaw = &t
	return nil
}

// Works fails unless its applications may be used in the account; own: it is a
// sandbox of the group.
func (g Group) Works(account string, own bool) error {
	if g.State == Suspended && !g.Thaw.Admits(g.ID.String(), account, own) {
		return problem.Forbidden("group_suspended", "The platform operator has suspended the developer group of this application.")
	}
	return nil
}
