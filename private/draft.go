package private

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Draft is what somebody decides when creating a private integration.
type Draft struct {
	Name        string      `json:"name" maxLength:"400" example:"Nightly sync"`
	Description string      `json:"description,omitempty" maxLength:"4000" doc:"What it is for; at most 1,000 characters"`
	Scopes      []string    `json:"scopes" minItems:"1" maxItems:"500" nullable:"false" doc:"What it may do: scopes of the catalog"`
	Owner       string      `json:"owner,omitempty" maxLength:"60" doc:"The member who answers for it; you, when absent"`
	Contact     string      `json:"contact,omitempty" maxLength:"300" doc:"E-mail address of those who run it"`
	Networks    []string    `json:"networks,omitempty" maxItems:"50" doc:"Networks from which it may call, such as 203.0.113.0/24; absent: from anywhere"`
	Reach       grant.Reach `json:"reach,omitzero"`
	Expiry      Expiry      `json:"expiry,omitzero"`
}

// Patch changes the parts that are there.
type Patch struct {
	Name        *string      `json:"name,omitempty" maxLength:"400"`
	Description *string      `json:"description,omitempty" maxLength:"4000"`
	Scopes      *[]string    `json:"scopes,omitempty" minItems:"1" maxItems:"500"`
	Owner       *string      `json:"owner,omitempty" maxLength:"60"`
	Contact     *string      `json:"contact,omitempty" maxLength:"300"`
	Networks    *[]string    `json:"networks,omitempty" maxItems:"50"`
	Reach       *grant.Reach `json:"reach,omitempty"`
	Expiry      *Expiry      `json:"expiry,omitempty"`
	Revision    *int64       `json:"revision,omitempty" doc:"What you have seen; refused when it is no longer the latest"`
}

// whole is what an integration would be drafted as.
func (i Integration) whole() Draft {
	return Draft{Name: i.Name, Description: i.Description, Scopes: i.Scopes, Owner: i.Owner, Contact: i.Contact,
		Networks: i.Networks.Strings(), Reach: i.Reach, Expiry: i.Expiry}
}

// on gives what the integration would be.
func (p Patch) on(i Integration) Draft {
	d := i.whole()
	set(&d.Name, p.Name)
	set(&d.Description, p.Description)
	set(&d.Scopes, p.Scopes)
	set(&d.Owner, p.Owner)
	set(&d.Contact, p.Contact)
	set(&d.Networks, p.Networks)
	set(&d.Reach, p.Reach)
	set(&d.Expiry, p.Expiry)
	return d
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

const (
	nameMost        = 100
	descriptionMost = 1000
	scopesMost      = 500
	childrenMost    = 1000
)

// check returns the findings about a draft and the networks that it names; known
// tells which scopes exist.
func (d *Draft) check(known func(scope string) bool) (grant.Networks, []problem.Field) {
	var f []problem.Field
	fault := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	d.Name, d.Description, d.Contact = strings.TrimSpace(d.Name), strings.TrimSpace(d.Description), strings.TrimSpace(d.Contact)
	if n := utf8.RuneCountInString(d.Name); n == 0 || n > nameMost || strings.ContainsFunc(d.Name, odd) {
		fault("/name", "name_invalid", "1 to 100 printable characters.")
	}
	if utf8.RuneCountInString(d.Description) > descriptionMost || strings.ContainsFunc(d.Description, func(r rune) bool { return odd(r) && r != '\n' && r != '\r' && r != '\t' }) {
		fault("/description", "description_invalid", "At most 1,000 printable characters.")
	}
	for pointer, text := range map[string]string{"/name": d.Name, "/description": d.Description} {
		if holdsSecret(text) {
			fault(pointer, "credential", "This holds a token. Take it out and replace that token: others may have seen it.")
		}
	}
	if d.Contact != "" && !address(d.Contact) {
		fault("/contact", "email_invalid", "Give one e-mail address, or none.")
	}
	d.Scopes = sorted(d.Scopes)
	if len(d.Scopes) == 0 || len(d.Scopes) > scopesMost {
		fault("/scopes", "required", "Choose at least one scope.")
	}
	for i, s := range d.Scopes {
		if !known(s) {
			fault("/scopes/"+strconv.Itoa(i), "scope_unknown", "The catalog has no such scope.")
		}
	}
	networks, faults := grant.ParseNetworks("/networks", d.Networks)
	f = append(f, faults...)
	f = append(f, reachFaults(d.Reach)...)
	for _, days := range []struct {
		pointer string
		n       int
	}{{"/expiry/life_days", d.Expiry.LifeDays}, {"/expiry/idle_days", d.Expiry.IdleDays}, {"/expiry/rotate_days", d.Expiry.RotateDays}} {
		if days.n < 0 || days.n > 3650 {
			fault(days.pointer, "out_of_range", "Between 0 and 3,650 days.")
		}
	}
	return networks, f
}

// holdsSecret reports whether a credential of ours stands anywhere in a text.
func holdsSecret(text string) bool {
	for i := 0; i+secret.Length <= len(text); i++ {
		if secret.WellFormed(text[i : i+secret.Length]) {
			return true
		}
	}
	return false
}

// odd reports characters that a line of text must not have.
func odd(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

func address(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= 254
}

// reachFaults lists what is wrong with a reach as it was sent.
func reachFaults(r grant.Reach) []problem.Field {
	switch r.Rule {
	case "", grant.RuleSelf, grant.RuleAll:
		if len(r.Accounts) > 0 || r.Future {
			return []problem.Field{{Pointer: "/reach/rule", Code: "rule_without_list", Detail: "Accounts and future belong to the rule list."}}
		}
	case grant.RuleList:
		if len(r.Accounts) == 0 && !r.Future {
			return []problem.Field{{Pointer: "/reach/accounts", Code: "required", Detail: "Choose at least one account, or those that come later."}}
		}
		if len(r.Accounts) > childrenMost {
			return []problem.Field{{Pointer: "/reach/accounts", Code: "too_many", Detail: "At most 1,000 accounts. For more, choose all."}}
		}
	default:
		return []problem.Field{{Pointer: "/reach/rule", Code: "unknown", Detail: "self, all or list."}}
	}
	return nil
}

// chosen is the reach as it is kept: the children that were there and not chosen
// are remembered, so that "later" means everything else. children are ids; the
// findings name chosen accounts that are none of them.
func chosen(r grant.Reach, children []string) (grant.Reach, []problem.Field) {
	if !r.Wide() {
		return grant.Reach{Rule: grant.RuleSelf}, nil
	}
	if r.Rule == grant.RuleAll {
		return grant.Reach{Rule: grant.RuleAll}, nil
	}
	out := grant.Reach{Rule: grant.RuleList, Accounts: sorted(r.Accounts), Future: r.Future}
	var faults []problem.Field
	for i, a := range out.Accounts {
		if !slices.Contains(children, a) {
			faults = append(faults, problem.Field{Pointer: "/reach/accounts/" + strconv.Itoa(i), Code: "account_unknown", Detail: "This is not a child account of the integration's account."})
		}
	}
	if r.Future {
		out.Except = beyond(children, out.Accounts)
		if len(out.Except) == 0 {
			out.Except = nil
		}
	}
	return out, faults
}
