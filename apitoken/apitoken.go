package apitoken

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies an APIToken.
type ID = ident.ID[APIToken]

// Kind says whose token it is.
type Kind string

// The kinds.
const (
	Personal Kind = "personal"
	Service  Kind = "service"
)

// State of an APIToken.
type State string

// The states.
const (
	Active  State = "active"
	Deleted State = "deleted"
)

// APIToken is a personal or service token.
type APIToken struct {
	ID          ID            `json:"id"`
	Account     string        `json:"account"`
	Kind        Kind          `json:"kind" enum:"personal,service"`
	Owner       string        `json:"owner,omitempty" doc:"The member whose personal token it is"`
	Creator     string        `json:"creator" doc:"Who made it"`
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Roles       []string      `json:"roles,omitempty" doc:"Built-in roles by key, others by id; any of them may allow"`
	Policy      access.Policy `json:"policy,omitempty" doc:"Instead of roles"`
	Grant       string        `json:"grant" doc:"Its tokens and their activity are listed by this"`
	State       State         `json:"state" enum:"active,deleted"`
	Created     time.Time     `json:"created"`
	Deleted     time.Time     `json:"deleted,omitzero"`
}

// IDPrefix implements ident.Named.
func (APIToken) IDPrefix() string { return "apt" }

// noun is how policies name it.
func (t APIToken) noun() string {
	if t.Kind == Personal {
		return "personal_token"
	}
	return "service_token"
}

// Holder is its name in the grant.
func (t APIToken) Holder() string { return t.noun() + "/" + t.ID.String() }

// Resource is how policies of the account name it: a personal token lies below
// its owner.
func (t APIToken) Resource() access.Resource {
	if t.Kind == Personal {
		return access.On("account", t.Account, "member", t.Owner, t.noun(), t.ID.String())
	}
	return access.On("account", t.Account, t.noun(), t.ID.String())
}

// Page is its address in the console.
func (t APIToken) Page() string { return "/api-tokens/" + t.ID.String() }

// Draft asks for a token.
type Draft struct {
	Name        string        `json:"name" maxLength:"400" example:"nightly export"`
	Description string        `json:"description,omitempty" maxLength:"4000"`
	Roles       []string      `json:"roles,omitempty" maxItems:"20" doc:"Built-in roles (reader, writer, admin, no_access) by key, others by id; any of them may allow"`
	Policy      access.Policy `json:"policy,omitempty" doc:"Instead of roles: a policy of its own, which only narrows"`
	Scopes      []string      `json:"scopes,omitempty" maxItems:"500" doc:"Scopes of the catalog; all of them when left out"`
	Days        int           `json:"expires_in_days,omitempty" minimum:"0" maximum:"3650" doc:"0: it does not expire"`
}

const (
	nameMost = 80
	textMost = 1000
)

func (d Draft) check(scopes func(string) bool) []problem.Field {
	f := checkWords(d.Name, d.Description)
	if (len(d.Roles) == 0) == (len(d.Policy) == 0) {
		f = append(f, problem.Field{Pointer: "/roles", Code: "one_of", Detail: "Choose roles or write a policy: one of the two."})
	}
	if d.Days < 0 || d.Days > 3650 {
		f = append(f, problem.Field{Pointer: "/expires_in_days", Code: "out_of_range", Detail: "0 for never, or 1 to 3650."})
	}
	for _, s := range d.Scopes {
		if !scopes(s) {
			return append(f, problem.Field{Pointer: "/scopes", Code: "unknown", Detail: "Name scopes of the catalog."})
		}
	}
	return f
}

func checkWords(name, description string) []problem.Field {
	var f []problem.Field
	if n := utf8.RuneCountInString(name); strings.TrimSpace(name) == "" || n > nameMost {
		f = append(f, problem.Field{Pointer: "/name", Code: "required", Detail: "1 to 80 characters that say where it is used."})
	}
	if utf8.RuneCountInString(description) > textMost {
		f = append(f, problem.Field{Pointer: "/description", Code: "too_long", Detail: "At most 1,000 characters."})
	}
	return f
}

func invalid(f []problem.Field) error {
	return problem.Invalid("api_token_invalid", "Some of the fields need another look.", f...)
}
