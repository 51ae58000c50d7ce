package account

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies an Account.
type ID = ident.ID[Account]

// Kind of an account.
type Kind string

// The kinds. In sandbox accounts outcomes can be simulated.
const (
	Production Kind = "production"
	Sandbox    Kind = "sandbox"
)

// State of an account.
type State string

// The states.
const (
	Active State = "active"
	Closed State = "closed"
)

// Account is one customer of the product.
type Account struct {
	ID       ID        `json:"id"`
	Key      string    `json:"key" doc:"The product's own key of this account"`
	Name     string    `json:"name"`
	Kind     Kind      `json:"kind" enum:"production,sandbox"`
	Parent   string    `json:"parent,omitempty" doc:"The parent account, for agencies with sub-accounts"`
	Group    string    `json:"group,omitempty" doc:"The developer group that a sandbox belongs to"`
	Upstream string    `json:"upstream,omitempty" doc:"This account's own upstream, when it has one"`
	State    State     `json:"state" enum:"active,closed"`
	OpenedBy string    `json:"opened_by,omitempty" doc:"Who made this sandbox by themselves; absent where the product told of the account"`
	Created  time.Time `json:"created"`
}

// IDPrefix implements ident.Named.
func (Account) IDPrefix() string { return "acc" }

// Draft is what the product tells about an account.
type Draft struct {
	Key      string `json:"key" doc:"The product's own key of this account" example:"harbour-books"`
	Name     string `json:"name" example:"Harbour Books"`
	Kind     Kind   `json:"kind,omitempty" enum:"production,sandbox" doc:"production when absent"`
	Parent   string `json:"parent_key,omitempty" doc:"Key of the parent account"`
	Group    string `json:"group,omitempty" doc:"The developer group that a sandbox belongs to"`
	Upstream string `json:"upstream,omitempty" doc:"This account's own upstream URL"`
	Closed   bool   `json:"closed,omitempty" doc:"The customer has left: every grant in the account stops"`
}

// Check returns the findings about a draft; at is the JSON pointer of it.
func (d Draft) Check(at string) []problem.Field {
	var f []problem.Field
	if n := utf8.RuneCountInString(d.Key); n == 0 || n > 200 || strings.ContainsAny(d.Key, "/?#%\\ ") || strings.ContainsFunc(d.Key, odd) {
		f = append(f, problem.Field{Pointer: at + "/key", Code: "key_invalid", Detail: "1 to 200 characters without spaces, slashes, ?, # or %."})
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(d.Name)); n == 0 || n > 200 {
		f = append(f, problem.Field{Pointer: at + "/name", Code: "required", Detail: "1 to 200 characters."})
	}
	switch d.Kind {
	case "", Production, Sandbox:
	default:
		f = append(f, problem.Field{Pointer: at + "/kind", Code: "unknown", Detail: "production or sandbox."})
	}
	if d.Parent != "" && d.Parent == d.Key {
		f = append(f, problem.Field{Pointer: at + "/parent_key", Code: "own_parent", Detail: "An account is not its own parent."})
	}
	if d.Upstream != "" && !upstreamOK(d.Upstream) {
		f = append(f, problem.Field{Pointer: at + "/upstream", Code: "url_invalid", Detail: "A URL with http or https and a host, without user, query and fragment."})
	}
	return f
}

// odd reports characters that a key cannot have where requests carry it.
func odd(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

func upstreamOK(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
