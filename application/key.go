package application

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// KeyID identifies a Key.
type KeyID = ident.ID[Key]

// KeyState of a key.
type KeyState string

// The states of a key.
const (
	KeyActive   KeyState = "active"
	KeyRetiring KeyState = "retiring"
	KeyExpired  KeyState = "expired"
	KeyRevoked  KeyState = "revoked"
)

// OverlapMost is the longest time that two keys may live side by side.
const OverlapMost = 90 * 24 * time.Hour

// LabelMost is the longest label, in characters.
const LabelMost = 80

// Key is a pair of client id and secret of an application.
type Key struct {
	ID          KeyID         `json:"id"`
	Application ID            `json:"application"`
	ClientID    string        `json:"client_id"`
	Digest      secret.Digest `json:"-"`
	Hint        string        `json:"secret_hint" doc:"Last four characters of the secret"`
	Label       string        `json:"label" doc:"Where it is used, in the developer's words"`
	State       KeyState      `json:"state" enum:"active,retiring,expired,revoked"`
	Replaces    string        `json:"replaces,omitempty" doc:"The key that this one follows"`
	Expires     time.Time     `json:"expires,omitzero" doc:"From when the secret is refused; absent: never"`
	Created     time.Time     `json:"created"`
	CreatedBy   string        `json:"created_by"`
	LastUsed    time.Time     `json:"last_used,omitzero"`
	LastAccount string        `json:"last_used_account,omitempty" doc:"Account for which it was last used"`
	LastFrom    string        `json:"last_used_from,omitempty" doc:"Address prefix of the last use"`
}

// IDPrefix implements ident.Named.
func (Key) IDPrefix() string { return "key" }

// Usable reports whether the secret opens anything at now.
func (k Key) Usable(now time.Time) bool {
	return (k.State == KeyActive || k.State == KeyRetiring) && (k.Expires.IsZero() || now.Before(k.Expires))
}

// Retire lets the key live on for overlap, then expire. Zero ends it at once.
func (k *Key) Retire(now time.Time, overlap time.Duration) error {
	if overlap < 0 || overlap > OverlapMost {
		return problem.Invalid("overlap_invalid", "The overlap is between 0 and 90 days.",
			problem.Field{Pointer: "/overlap_seconds", Code: "out_of_range", Detail: "Between 0 and 7776000 seconds."})
	}
	if k.State == KeyRetiring {
		return problem.Conflict("key_already_retiring", "This key is being replaced already. Rotate its successor instead.")
	}
	if !k.Usable(now) {
		return problem.Conflict("key_not_active", "Only an active key can be rotated.")
	}
	k.State = KeyRetiring
	if end := now.Add(overlap); k.Expires.IsZero() || end.Before(k.Expires) {
		k.Expires = end
	}
	if overlap == 0 {
		k.State = KeyExpired
	}
	return nil
}

// Revoke ends the key at once.
func (k *Key) Revoke(now time.Time) error {
	if !k.Usable(now) {
		return problem.Conflict("key_not_active", "This key has ended already.")
	}
	k.State = KeyRevoked
	return nil
}

// KeyDraft is what a developer says about a new key.
type KeyDraft struct {
	Label   string    `json:"label" doc:"Where it will be used" example:"production workers"`
	Expires time.Time `json:"expires,omitzero" doc:"Optional end"`
}

// Check returns the findings about a draft.
func (d KeyDraft) Check(now time.Time) []problem.Field {
	var f []problem.Field
	switch n := utf8.RuneCountInString(strings.TrimSpace(d.Label)); {
	case n == 0:
		f = append(f, problem.Field{Pointer: "/label", Code: "required", Detail: "Say where the key will be used."})
	case n > LabelMost || !printable(d.Label):
		f = append(f, problem.Field{Pointer: "/label", Code: "too_long", Detail: "At most 80 printable characters."})
	}
	if !d.Expires.IsZero() && !d.Expires.After(now) {
		f = append(f, problem.Field{Pointer: "/expires", Code: "in_the_past", Detail: "Choose a time to come."})
	}
	return f
}
