package role

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a custom Role.
type ID = ident.ID[Role]

// Base is what a role gives where its policy is silent.
type Base string

// The base permissions.
const (
	BaseNone   Base = "no_access"
	BaseReader Base = "reader"
)

// Role is a custom role of an account.
type Role struct {
	ID          ID            `json:"id"`
	Account     string        `json:"account"`
	Key         string        `json:"key" doc:"Stable name for use in the API"`
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Policy      access.Policy `json:"policy" nullable:"false" doc:"What it allows and denies, over the product's resources"`
	Base        Base          `json:"base" enum:"no_access,reader" doc:"What it gives where the policy is silent"`
	Manage      []string      `json:"manage" nullable:"false" doc:"Rights to manage parts of Guestright in the account"`
	Revision    int64         `json:"revision" doc:"Counts changes"`
	Created     time.Time     `json:"created"`
	Updated     time.Time     `json:"updated"`
}

// IDPrefix implements ident.Named.
func (Role) IDPrefix() string { return "rle" }

// Resource is how policies name the role.
func (r Role) Resource() access.Resource {
	return access.On("account", r.Account, "role", r.ID.String())
}

// Draft is what somebody asks of a new role.
type Draft struct {
	Key         string        `json:"key" maxLength:"100" example:"ops-engineer" doc:"Lower-case letters, digits, - _ and ."`
	Name        string        `json:"name" maxLength:"200" example:"Ops engineer"`
	Description string        `json:"description,omitempty" maxLength:"2000"`
	Policy      access.Policy `json:"policy,omitempty" doc:"What it allows and denies, over the product's resources"`
	Base        Base          `json:"base,omitempty" enum:"no_access,reader" doc:"no_access when absent"`
	Manage      []string      `json:"manage,omitempty" maxItems:"50" doc:"Rights to manage parts of Guestright in the account"`
}

// Patch changes some parts of a role; what is absent stays. The key stays for ever.
type Patch struct {
	Name        *string        `json:"name,omitempty" maxLength:"200"`
	Description *string        `json:"description,omitempty" maxLength:"2000"`
	Policy      *access.Policy `json:"policy,omitempty"`
	Base        *Base          `json:"base,omitempty" enum:"no_access,reader"`
	Manage      *[]string      `json:"manage,omitempty" maxItems:"50"`
	Revision    int64          `json:"revision,omitempty" doc:"Revision that the change was made from; absent: whichever it is"`
}

// on gives the draft that the patch makes of a role.
func (p Patch) on(r Role) Draft {
	d := Draft{Key: r.Key, Name: r.Name, Description: r.Description, Policy: r.Policy, Base: r.Base, Manage: r.Manage}
	if p.Name != nil {
		d.Name = *p.Name
	}
	if p.Description != nil {
		d.Description = *p.Description
	}
	if p.Policy != nil {
		d.Policy = *p.Policy
	}
	if p.Base != nil {
		d.Base = *p.Base
	}
	if p.Manage != nil {
		d.Manage = *p.Manage
	}
	return d
}

// into writes the draft into a role.
func (d Draft) into(r Role) Role {
	r.Key, r.Name, r.Description = d.Key, strings.TrimSpace(d.Name), strings.TrimSpace(d.Description)
	r.Policy, r.Base, r.Manage = d.Policy, d.Base, slices.Clone(d.Manage)
	if r.Policy == nil {
		r.Policy = access.Policy{}
	}
	if r.Base == "" {
		r.Base = BaseNone
	}
	if r.Manage == nil {
		r.Manage = []string{}
	}
	slices.Sort(r.Manage)
	r.Manage = slices.Compact(r.Manage)
	return r
}

const keyMost = 100

// Check returns the findings about a draft.
func (d Draft) Check() []problem.Field {
	f := d.Policy.Check("/policy")
	add := func(at, code, detail string) { f = append(f, problem.Field{Pointer: at, Code: code, Detail: detail}) }
	switch {
	case !soundKey(d.Key):
		add("/key", "key_invalid", "1 to 100 lower-case letters, digits, - _ and ., starting with a letter.")
	case IsBuiltIn(d.Key):
		add("/key", "built_in", "A built-in role has this key.")
	}
	f = append(f, checkName(d.Name)...)
	if utf8.RuneCountInString(d.Description) > 2000 || strings.ContainsFunc(d.Description, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\r' }) {
		add("/description", "description_invalid", "At most 2,000 printable characters.")
	}
	if d.Base != "" && d.Base != BaseNone && d.Base != BaseReader {
		add("/base", "unknown", "no_access or reader.")
	}
	for _, m := range d.Manage {
		if _, ok := RightOf(m); !ok {
			add("/manage", "unknown", "There is no such right.")
			break
		}
	}
	return f
}

func soundKey(key string) bool {
	if key == "" || len(key) > keyMost || key[0] < 'a' || key[0] > 'z' {
		return false
	}
	for i := range len(key) {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
