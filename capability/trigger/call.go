package trigger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

// read makes of a request what is remembered of it, by what the package says.
func read(m *manifest.InboundTrigger, body []byte, now time.Time) Call {
	c := Call{At: now, Event: m.EventName()}
	v, err := value.Decode(body)
	if err == nil {
		c.Body = strings.ToValidUTF8(string(body), "\uFFFD")
		if len(c.Body) > bodyKept {
			c.Body, c.Cut = strings.ToValidUTF8(c.Body[:bodyKept], ""), true
		}
	}
	if p := m.Parser; err == nil && p != nil {
		if name := at(v, p.EventName); name != "" {
			c.Event = name
		}
		c.Value = at(v, p.Value)
		c.URL, _ = capability.WebAddress(text(v, p.URL))
	}
	c.Test = tests(m).MatchString(c.Event)
	return c
}

// at is the text at a place, in a line for people.
func at(v value.Value, place manifest.Opt[string]) string { return problem.Words(text(v, place)) }

// text is what stands at a place; "" when nothing does. An empty place is none.
func text(v value.Value, place manifest.Opt[string]) string {
	p, err := value.ParsePointer(place.Get())
	if err != nil || place.Get() == "" {
		return ""
	}
	found, ok := p.Get(v)
	if !ok || found == nil {
		return ""
	}
	if s, ok := found.(string); ok {
		return s
	}
	return string(value.AppendJSON(nil, found))
}

// tests is the expression of events that change nothing. One that this language
// does not know is as good as none: then the usual one counts.
func tests(m *manifest.InboundTrigger) *regexp.Regexp {
	if r, err := regexp.Compile(m.TestPattern()); err == nil {
		return r
	}
	return regexp.MustCompile(manifest.InboundTrigger{}.TestPattern())
}

// signatures are the headers in which a caller may sign a body.
var signatures = []string{"X-Signature", "X-Signature-256", "X-Hub-Signature-256"}

// shown reports whether a caller has shown that they may, besides knowing the
// address: with the shared secret itself, where that is enough, or with HMAC-SHA-256
// of the body in hexadecimal.
func shown(auth string, shared secret.Text, h http.Header, body []byte) bool {
	if auth == manifest.AuthURL {
		return true
	}
	if shared.IsZero() {
		return false // the package asks for one only since it was made
	}
	if auth == manifest.AuthSharedSecret {
		if raw, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer "); ok && secret.New(raw).Equal(shared) {
			return true
		}
	}
	mac := hmac.New(sha256.New, []byte(shared.Reveal()))
	mac.Write(body)
	want := mac.Sum(nil)
	for _, name := range signatures {
		got, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(h.Get(name)), "sha256="))
		if err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

// asked is what the product gets.
type asked struct {
	Instruction string    `json:"instruction"`
	Trigger     string    `json:"trigger"`
	Event       askedWhy  `json:"event"`
	Actor       askedWho  `json:"actor"`
	At          time.Time `json:"at"`
}

// askedWhy is what happened at the caller.
type askedWhy struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	URL   string `json:"url,omitempty"`
}

// askedWho is the integration, and the user that it has in the product.
type askedWho struct {
	UserKey      string `json:"user_key,omitempty"`
	User         string `json:"user"`
	Name         string `json:"name"`
	Application  string `json:"application"`
	Installation string `json:"installation"`
}

// data is what the product gets, as JSON.
func (a asked) data() (json.RawMessage, error) { return json.Marshal(a) }
