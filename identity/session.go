package identity

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// SessionID identifies a Session; it is not the secret in the cookie.
type SessionID = ident.ID[Session]

// Session is one signed-in browser.
type Session struct {
	ID            SessionID `json:"id"`
	User          string    `json:"user"`
	Method        string    `json:"method" doc:"How the person proved who they are: password, password+totp, password+recovery, passkey, oidc, setup"`
	Agent         string    `json:"agent,omitempty" doc:"What the browser says it is"`
	Address       string    `json:"address,omitempty" doc:"Network of the client: /24 of IPv4, /48 of IPv6"`
	Created       time.Time `json:"created"`
	Authenticated time.Time `json:"authenticated" doc:"When the person last proved who they are"`
	Seen          time.Time `json:"seen" doc:"Last use, to the minute"`
	Current       bool      `json:"current" doc:"This is the session that asks"`

	digest secret.Digest
	roles  roles
}

// IDPrefix implements ident.Named.
func (Session) IDPrefix() string { return "ses" }

// Lifetimes of everything that ends by itself. Zero values mean the defaults.
type Lifetimes struct {
	Idle     time.Duration // session without use; 30 min
	Absolute time.Duration // session at most; 12 h
	Fresh    time.Duration // how recent a sign-in sensitive changes ask for; 15 min
	Verify   time.Duration // link that proves an address or confirms a deletion; 24 h
	Reset    time.Duration // link that sets a new password; 1 h
	Setup    time.Duration // secret of the first start; 15 min
	Grace    time.Duration // between the wish to be deleted and the deletion; 20 days
}

func (l Lifetimes) orDefault() Lifetimes {
	fill := func(d *time.Duration, or time.Duration) {
		if *d <= 0 {
			*d = or
		}
	}
	fill(&l.Idle, 30*time.Minute)
	fill(&l.Absolute, 12*time.Hour)
	fill(&l.Fresh, 15*time.Minute)
	fill(&l.Verify, 24*time.Hour)
	fill(&l.Reset, time.Hour)
	fill(&l.Setup, 15*time.Minute)
	fill(&l.Grace, 20*24*time.Hour)
	return l
}

// live reports whether the session still opens anything.
func (s Session) live(now time.Time, l Lifetimes) bool {
	return now.Sub(s.Seen) < l.Idle && now.Sub(s.Created) < l.Absolute
}

// Fresh reports whether the person proved who they are within the time given.
func (s Session) Fresh(now time.Time, within time.Duration) bool {
	return !s.ID.IsZero() && now.Sub(s.Authenticated) < within
}

// roles are what a person was last seen with: "group/id" and "account/id" to a
// role's name, and "platform" to "operator".
type roles map[string]string

func rolesOf(u User, groups, accounts map[string]string) roles {
	r := make(roles, len(groups)+len(accounts)+1)
	for id, role := range groups {
		r["group/"+id] = role
	}
	for id, role := range accounts {
		r["account/"+id] = role
	}
	if u.Operator {
		r["platform"] = "operator"
	}
	return r
}

// rank orders the built-in roles within one group or account.
func rank(role string) int {
	switch role {
	case access.GroupOwner:
		return 4
	case access.GroupAdmin:
		return 3
	case access.GroupMember:
		return 2
	case access.AccountReader:
		return 1
	}
	return 0
}

// lost reports whether now holds less than r did: a role is gone, lower, or
// exchanged for one that cannot be compared.
func (r roles) lost(now roles) bool {
	for on, was := range r {
		is, ok := now[on]
		if !ok || is != was && rank(is) <= rank(was) {
			return true
		}
	}
	return false
}

const (
	secretBytes  = 32 // 256 bits; OWASP ASVS 5.0 7.2.3 asks for 128
	secretLength = 43 // of their base64url form
	agentMost    = 200
)

// newSecret makes a session cookie, link or ceremony secret.
func newSecret() secret.Text {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return secret.New(base64.RawURLEncoding.EncodeToString(b[:]))
}

// wellFormed keeps garbage away from look-ups.
func wellFormed(raw string) bool {
	if len(raw) != secretLength {
		return false
	}
	for i := range len(raw) {
		c := raw[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// shortened keeps what a browser says about itself presentable.
func shortened(agent string) string {
	agent = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, agent)
	for utf8.RuneCountInString(agent) > agentMost {
		_, n := utf8.DecodeLastRuneInString(agent)
		agent = agent[:len(agent)-n]
	}
	return agent
}

// needSession fails unless by came in person, by the session at.
func needSession(by access.Principal, at Session) error {
	if by.User == "" || at.ID.IsZero() || at.User != by.User {
		return problem.Forbidden("session_required", "This can be done only by the person in a signed-in browser, not with a token.")
	}
	return nil
}
