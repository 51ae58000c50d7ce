package token

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// ProductKeyID identifies a ProductKey.
type ProductKeyID = ident.ID[ProductKey]

// ProductKey is the credential with which the product itself calls us: it keeps
// accounts, people, roles and facts in step, asks for decisions and sends events.
// It opens no grant and may do nothing that an administrator or developer decides.
type ProductKey struct {
	ID        ProductKeyID  `json:"id"`
	Digest    secret.Digest `json:"-"`
	Hint      string        `json:"hint" doc:"Last four characters"`
	Label     string        `json:"label" doc:"Where it is used"`
	State     State         `json:"state" enum:"active,revoked"`
	Created   time.Time     `json:"created"`
	CreatedBy string        `json:"created_by"`
	LastUsed  time.Time     `json:"last_used,omitzero" doc:"To the minute"`
	Revoked   time.Time     `json:"revoked,omitzero"`
}

// IDPrefix implements ident.Named.
func (ProductKey) IDPrefix() string { return "pky" }

// Revoke ends the key at once.
func (k *ProductKey) Revoke(now time.Time) error {
	if k.State != Active {
		return problem.Conflict("product_key_revoked", "This key was revoked already.")
	}
	k.State, k.Revoked = Revoked, now
	return nil
}

// labelMost is the longest label, in characters.
const labelMost = 80

func checkLabel(label string) []problem.Field {
	n := utf8.RuneCountInString(label)
	if strings.TrimSpace(label) == "" || n > labelMost || strings.ContainsFunc(label, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return []problem.Field{{Pointer: "/label", Code: "label_invalid", Detail: "Say where the key is used, in 1 to 80 printable characters."}}
	}
	return nil
}

// productActions are what the product may do, on everything it has told us about.
var productActions = []string{
	"account:sync", "account:view", "user:sync", "member:sync", "member:view", "role:sync", "role:view",
	"resource:*", "decision:*", "event:*", "property:view", "task:take", "task:view",
	"useraction:view", "useraction:run", "driveraction:run", "link:view", "cohort:view", "approval:ask", "approval:view", "snapshot:put", "snapshot:view",
}

// productRules compiles what product keys may do.
func productRules() (access.Rules, error) {
	return access.Policy{{Effect: access.Allow, Actions: productActions, Resources: []string{"*"}}}.Compile(nil)
}

func (k ProductKey) principal(r access.Rules) access.Principal {
	return access.Principal{Kind: access.KindProduct, Token: k.ID.String(), Via: "product key"}.Holding(access.Platform(), access.Layer{r})
}
