package notice

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// How much a notice matters. Critical ones reach the inbox whatever a person
// prefers.
const (
	Info     = "info"
	Warning  = "warning"
	Critical = "critical"
)

// Notice is what an operation wants people to know.
type Notice struct {
	Kind     string // "installation.quota_exceeded"; people set preferences per kind
	To       To
	Subject  string    // one line
	Text     string    // plain text; an empty line separates paragraphs
	Link     string    // path in the console such as /groups/grp_…, or an https address
	Due      time.Time // not before; zero: now
	Dedupe   string    // a person gets one notice of this kind with this key, ever; "" does not de-duplicate
	Severity string    // info (also ""), warning, critical
}

// To says who gets a notice: everybody whom any of its parts names, once.
type To struct {
	User        string
	Group       string
	GroupRole   string // this role or a higher one: member, admin, owner; "": everybody in the group
	Account     string
	AccountRole string // this role or a higher one: reader, member, admin; "": everybody in the account
	Operators   bool   // all of the platform's operators
}

// ID names an item of an inbox.
type ID = ident.ID[Item]

// Item is a notice in somebody's inbox.
type Item struct {
	ID       ID         `json:"id"`
	Kind     string     `json:"kind"`
	Severity string     `json:"severity" enum:"info,warning,critical"`
	Subject  string     `json:"subject"`
	Text     string     `json:"text"`
	Link     string     `json:"link,omitempty" doc:"Where to look: a path of the console or an address."`
	At       time.Time  `json:"at"`
	Read     *time.Time `json:"read,omitempty" doc:"When it was read; absent while unread."`
}

// IDPrefix implements ident.Named.
func (Item) IDPrefix() string { return "ntc" }

// Preference says how a person wants to hear about a kind of notice.
type Preference struct {
	Kind  string `json:"kind" maxLength:"80" doc:"A kind, a group of kinds such as installation.*, or * for all others."`
	Mail  bool   `json:"mail"`
	Inbox bool   `json:"inbox"`
}

// Preferences are all of one person's. What they do not mention comes by mail
// and into the inbox.
type Preferences []Preference

const (
	maxSubject     = 200
	maxText        = 10_000
	maxPreferences = 100
)

var kindForm = regexp.MustCompile(`^([a-z0-9_]+\.)*([a-z0-9_]+|\*)$`)

// For returns what holds for a kind: the entry that matches most closely.
func (p Preferences) For(kind, severity string) Preference {
	best := Preference{Kind: "", Mail: true, Inbox: true}
	for _, c := range p {
		prefix, open := strings.CutSuffix(c.Kind, "*")
		match := c.Kind == kind || open && strings.HasPrefix(kind, prefix)
		if match && len(c.Kind) > len(best.Kind) {
			best = c
		}
	}
	best.Kind = kind
	best.Inbox = best.Inbox || severity == Critical
	return best
}

// Check returns what is wrong with the preferences.
func (p Preferences) Check() []problem.Field {
	var out []problem.Field
	if len(p) > maxPreferences {
		return []problem.Field{{Pointer: "/preferences", Code: "too_many", Detail: "At most 100 preferences."}}
	}
	seen := map[string]bool{}
	for _, c := range p {
		switch {
		case !kindForm.MatchString(c.Kind):
			out = append(out, problem.Field{Pointer: "/preferences", Code: "kind_invalid", Detail: "A kind is lower-case words with dots between, and * at most at the end."})
		case seen[c.Kind]:
			out = append(out, problem.Field{Pointer: "/preferences", Code: "kind_twice", Detail: "Each kind at most once."})
		}
		seen[c.Kind] = true
	}
	return out
}

var errUnclear = errors.New("a notice needs a kind, a subject, a recipient and a link of ours or with https")

// tidy makes a notice fit to store and refuses one that a programmer got wrong.
func (n Notice) tidy() (Notice, error) {
	n.Subject, n.Text = line(n.Subject), clip(n.Text, maxText)
	if n.Severity == "" {
		n.Severity = Info
	}
	if n.Kind == "" || n.Subject == "" || n.To == (To{}) || !linkOK(n.Link) {
		return n, errUnclear
	}
	return n, nil
}

func linkOK(link string) bool {
	return link == "" || strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://") ||
		strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") && !strings.ContainsAny(link, "\\\r\n")
}

// line makes one line of a text, so that it cannot end a mail header.
func line(text string) string { return clip(strings.Join(strings.Fields(text), " "), maxSubject) }

func clip(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}

// groupRoles and accountRoles are ordered from the highest.
var (
	groupRoles   = []string{"owner", "admin", "member"}
	accountRoles = []string{"admin", "member", "reader"}
)

// atLeast lists a role and those above it; nil for everybody. A role that is
// not built in stands for itself.
func atLeast(role string, order []string) []string {
	if role == "" {
		return nil
	}
	for i, r := range order {
		if r == role {
			return order[:i+1]
		}
	}
	return []string{role}
}
