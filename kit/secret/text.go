package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Text is a secret in memory. Every way of printing or encoding it gives
// "[secret]"; Reveal is the only way to the value, so that grep finds each use.
type Text struct{ value string }

const masked = "[secret]"

// New wraps a value.
func New(value string) Text { return Text{value} }

// Reveal returns the value. Call it only where it is sent or shown once.
func (t Text) Reveal() string { return t.value }

// IsZero reports whether there is no secret.
func (t Text) IsZero() bool { return t.value == "" }

// Hint returns the last four characters, for people to recognise it by; "" for
// secrets too short to spare them.
func (t Text) Hint() string {
	if len(t.value) < 20 {
		return ""
	}
	return t.value[len(t.value)-4:]
}

// Equal compares in constant time.
func (t Text) Equal(other Text) bool {
	return subtle.ConstantTimeCompare([]byte(t.value), []byte(other.value)) == 1
}

// String hides the value.
func (t Text) String() string { return masked }

// GoString hides the value from %#v.
func (t Text) GoString() string { return masked }

// Format hides the value from every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalText hides the value from JSON, YAML and the like.
func (t Text) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue hides the value from slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(masked) }
