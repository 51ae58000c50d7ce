package account

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// External is a person as the product knows them.
type External struct {
	ProductKey string `json:"key" doc:"The product's own key of the person" example:"u-81"`
	Email      string `json:"email" example:"ada@example.com"`
	Name       string `json:"name" example:"Ada Lovelace"`
}

// RoleDraft is a role as the product knows it in one account.
type RoleDraft struct {
	Account       string        `json:"account_key" doc:"The product's own key of the account"`
	Key           string        `json:"key" doc:"The product's own key of the role"`
	Name          string        `json:"name"`
	Policy        access.Policy `json:"policy" nullable:"false" doc:"What the role allows, over the product's resources"`
	Administrator bool          `json:"administrator,omitempty" doc:"An administrator role: integrations may not have it"`
}

// MemberDraft is a person's place in an account. The product's roles bound what
// integrations may do for the person.
type MemberDraft struct {
	Account string   `json:"account_key" doc:"The product's own key of the account"`
	User    string   `json:"user_key" doc:"The product's own key of the person"`
	Role    string   `json:"role,omitempty" enum:"admin,member,reader" doc:"What the person may do in Guestright; member when absent"`
	Roles   []string `json:"role_keys,omitempty" doc:"The product's own keys of the person's roles"`
	Remove  bool     `json:"remove,omitempty" doc:"The person has left the account"`
}

// Batch is what the product tells in one call. Its parts are taken in this
// order, so that later items may name earlier ones.
type Batch struct {
	Accounts []Draft       `json:"accounts,omitempty" doc:"Parents before children"`
	Users    []External    `json:"users,omitempty"`
	Roles    []RoleDraft   `json:"roles,omitempty"`
	Members  []MemberDraft `json:"members,omitempty"`
}

// BatchMost bounds one call, in items.
const BatchMost = 1000

// Size is the number of items.
func (b Batch) Size() int { return len(b.Accounts) + len(b.Users) + len(b.Roles) + len(b.Members) }

// Outcome of an item.
type Outcome string

// The outcomes. An item that failed has changed nothing.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Gone      Outcome = "removed"
	Failed    Outcome = "failed"
)

// Synced says what became of one item.
type Synced struct {
	Pointer string          `json:"pointer" doc:"JSON pointer of the item in the request"`
	Outcome Outcome         `json:"outcome" enum:"created,updated,unchanged,removed,failed"`
	ID      string          `json:"id,omitempty" doc:"Our id of the account, person or role"`
	Code    string          `json:"code,omitempty" doc:"Why it failed"`
	Errors  []problem.Field `json:"errors,omitempty" doc:"The parts at fault, as pointers into the request"`
}

// failed turns the refusal of one item into its outcome. Errors that are no
// refusal stay errors and end the call.
func failed(at string, err error) (Synced, error) {
	p := problem.Of(err)
	switch p.Kind {
	case problem.KindInvalid, problem.KindConflict, problem.KindNotFound, problem.KindForbidden:
	default:
		return Synced{}, err
	}
	out := Synced{Pointer: at, Outcome: Failed, Code: p.Code}
	for _, f := range p.Fields {
		if !strings.HasPrefix(f.Pointer, at+"/") {
			f.Pointer = at + f.Pointer
		}
		out.Errors = append(out.Errors, f)
	}
	if len(out.Errors) == 0 {
		out.Errors = []problem.Field{{Pointer: at, Code: p.Code, Detail: p.Detail}}
	}
	return out, nil
}

func (x External) check(at string) []problem.Field {
	var f []problem.Field
	if n := utf8.RuneCountInString(x.ProductKey); n == 0 || n > 200 || strings.ContainsFunc(x.ProductKey, odd) {
		f = append(f, problem.Field{Pointer: at + "/key", Code: "key_invalid", Detail: "1 to 200 printable characters."})
	}
	if !strings.Contains(x.Email, "@") || len(x.Email) > 254 || strings.ContainsFunc(x.Email, odd) {
		f = append(f, problem.Field{Pointer: at + "/email", Code: "email_invalid", Detail: "Give an e-mail address."})
	}
	if utf8.RuneCountInString(x.Name) > 200 || strings.ContainsFunc(x.Name, odd) {
		f = append(f, problem.Field{Pointer: at + "/name", Code: "name_invalid", Detail: "At most 200 printable characters."})
	}
	return f
}

func (r RoleDraft) check(at string) []problem.Field {
	f := r.Policy.Check(at + "/policy")
	if n := utf8.RuneCountInString(r.Key); n == 0 || n > 200 || strings.ContainsFunc(r.Key, odd) {
		f = append(f, problem.Field{Pointer: at + "/key", Code: "key_invalid", Detail: "1 to 200 printable characters."})
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(r.Name)); n == 0 || n > 200 || strings.ContainsFunc(r.Name, odd) {
		f = append(f, problem.Field{Pointer: at + "/name", Code: "name_invalid", Detail: "1 to 200 printable characters."})
	}
	return f
}

func pointer(part string, i int) string { return "/" + part + "/" + strconv.Itoa(i) }
