package deploybot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// Refusal is a call that was not allowed or not possible (RFC 9457).
type Refusal struct {
	Status                 int
	Code, Detail, Decision string
	// Missing lists the ways to meet what the call needs: each is a list of scopes and entitlements, all of them needed.
	Missing [][]string
}

func newRefusal(status int, raw []byte) *Refusal {
	var p struct {
		Code, Detail, Decision string
		Alternatives           json.RawMessage
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return &Refusal{Status: status} // not a problem document: the status has to do
	}
	r := &Refusal{Status: status, Code: p.Code, Detail: p.Detail, Decision: p.Decision}
	if err := json.Unmarshal(p.Alternatives, &r.Missing); err != nil {
		r.Missing = nil // absent, or a shape of its own; the detail says it in words
	}
	return r
}

// Error explains the refusal to the person who runs the bot and can ask an administrator for what is missing.
func (r *Refusal) Error() string {
	text := fmt.Sprintf("refused with %d %s", r.Status, http.StatusText(r.Status))
	if r.Detail != "" {
		text = r.Detail
	}
	if r.Code != "" {
		text += " (" + r.Code + ")"
	}
	if r.Status == http.StatusForbidden && len(r.Missing) > 0 {
		text += "\nAsk the administrator of the account to allow " + ways(r.Missing) + "."
	}
	if r.Decision != "" {
		text += "\nThe decision is recorded as " + r.Decision + "."
	}
	return text
}

func ways(all [][]string) string {
	var ways []string
	for _, way := range all {
		ways = append(ways, strings.Join(way, " and "))
	}
	return strings.Join(ways, ", or ")
}

// explainToken keeps what the token endpoint said (RFC 6749 section 5.2) and leaves out the request, which holds the secret.
func explainToken(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode == "" {
		return fmt.Errorf("no token: %w", err)
	}
	if refused.ErrorDescription == "" {
		return fmt.Errorf("no token: %s", refused.ErrorCode)
	}
	return fmt.Errorf("no token: %s (%s)", refused.ErrorDescription, refused.ErrorCode)
}
