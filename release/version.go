package release

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Version.
type ID = ident.ID[Version]

// State of a version.
type State string

// The states.
const (
	Draft       State = "draft"
	Submitted   State = "submitted"
	InReview    State = "in_review"
	Disapproved State = "disapproved"
	Live        State = "live"
	Deprecated  State = "deprecated"
	Retired     State = "retired"
)

// Request is one scope that a version asks for, and why.
type Request struct {
	Scope   string `json:"scope"`
	Purpose string `json:"purpose" doc:"One sentence for the administrator: what the application does with it"`
}

// Version is what an installation asks of an account.
type Version struct {
	ID          ID        `json:"id"`
	Application string    `json:"application"`
	Number      string    `json:"number" doc:"Semantic version, such as 1.2.0"`
	State       State     `json:"state" enum:"draft,submitted,in_review,disapproved,live,deprecated,retired"`
	Required    []Request `json:"required"`
	Optional    []Request `json:"optional"`
	UserName    string    `json:"user_name" doc:"Preferred name of the integration user"`
	RoleName    string    `json:"role_name" doc:"Preferred name of its role"`
	Delegation  string    `json:"delegation" enum:"off,consent,trusted" doc:"End-user access that it needs"`
	Events      []string  `json:"events" nullable:"false" doc:"Types of events that it wants to hear of"`
	Listing     Listing   `json:"listing"`
	Notes       string    `json:"notes" doc:"What is new, for customers"`
	Created     time.Time `json:"created"`
	Released    time.Time `json:"released,omitzero"`
	Ends        time.Time `json:"ends,omitzero" doc:"From when on a deprecated version is not looked after any more; nothing stops then by itself"`
	RolledBack  time.Time `json:"rolled_back,omitzero" doc:"When its developers took it back"`

	// What follows is for the developers and the operator; see Staged.
	Stage       Stage     `json:"-"`
	Paused      time.Time `json:"-"`
	Reason      string    `json:"-"` // of the state it is in
	Submitted   time.Time `json:"-"`
	SubmittedBy string    `json:"-"`
	Reviewer    string    `json:"-"`
	Approved    time.Time `json:"-"`
	approvedFor string    // the group that owned it then
	revision    int64
}

// IDPrefix implements ident.Named.
func (Version) IDPrefix() string { return "ver" }

// Content is what a developer enters.
type Content struct {
	Number     string    `json:"number" example:"1.0.0"`
	Required   []Request `json:"required,omitempty"`
	Optional   []Request `json:"optional,omitempty"`
	UserName   string    `json:"user_name,omitempty" doc:"Preferred name of the integration user; made from the application's name when absent"`
	RoleName   string    `json:"role_name,omitempty"`
	Delegation string    `json:"delegation,omitempty" enum:"off,consent,trusted" doc:"off when absent"`
	Events     []string  `json:"events,omitempty" doc:"Types of events that it wants to hear of"`
	Listing    Listing   `json:"listing,omitzero"`
	Notes      string    `json:"notes,omitempty" doc:"What is new, for customers; every version but the first needs it to be released"`
}

// Listing is how a version describes itself to customers. It changes with the
// version only.
type Listing struct {
	Tagline     string `json:"tagline,omitempty" maxLength:"640" doc:"One sentence, at most 160 characters"`
	Description string `json:"description,omitempty" maxLength:"16000" doc:"At most 4,000 characters"`
}

// Longest texts of a version, in characters.
const (
	TaglineMost = 160
	ListingMost = 4000
	NotesMost   = 2500
	eventsMost  = 200
)

// PurposeMost is the longest purpose sentence, in characters.
const PurposeMost = 300

// Check returns the findings; known tells which scopes the catalog has.
func (c Content) Check(known func(scope string) bool) []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	if _, ok := parseNumber(c.Number); !ok {
		add("/number", "version_invalid", "Use three numbers, such as 1.0.0.")
	}
	seen := map[string]bool{}
	for _, part := range []struct {
		at   string
		list []Request
	}{{"/required/", c.Required}, {"/optional/", c.Optional}} {
		for i, r := range part.list {
			at := part.at + strconv.Itoa(i)
			switch {
			case !known(r.Scope):
				add(at+"/scope", "scope_unknown", "The product has no such scope.")
			case seen[r.Scope]:
				add(at+"/scope", "scope_twice", "This scope is asked for twice.")
			}
			seen[r.Scope] = true
			switch n := utf8.RuneCountInString(r.Purpose); {
			case strings.TrimSpace(r.Purpose) == "":
				add(at+"/purpose", "required", "Say in one sentence what the application does with it: administrators decide by this.")
			case n > PurposeMost:
				add(at+"/purpose", "too_long", "At most 300 characters.")
			}
		}
	}
	for _, n := range []struct {
		at, text string
		most     int
	}{{"/user_name", c.UserName, 100}, {"/role_name", c.RoleName, 100}, {"/listing/tagline", c.Listing.Tagline, TaglineMost},
		{"/listing/description", c.Listing.Description, ListingMost}, {"/notes", c.Notes, NotesMost}} {
		if utf8.RuneCountInString(n.text) > n.most {
			add(n.at, "too_long", "At most "+strconv.Itoa(n.most)+" characters.")
		}
	}
	switch c.Delegation {
	case "", "off", "consent", "trusted":
	default:
		add("/delegation", "unknown", "off, consent or trusted.")
	}
	return f
}

// CheckEvents returns the findings about event types; known tells which there are.
func (c Content) CheckEvents(known func(kind string) bool) []problem.Field {
	var f []problem.Field
	if len(c.Events) > eventsMost {
		return []problem.Field{{Pointer: "/events", Code: "too_many", Detail: "At most 200 types."}}
	}
	for i, e := range c.Events {
		at := "/events/" + strconv.Itoa(i)
		switch {
		case !known(e):
			f = append(f, problem.Field{Pointer: at, Code: "event_unknown", Detail: "There is no such type of event."})
		case slices.Contains(c.Events[:i], e):
			f = append(f, problem.Field{Pointer: at, Code: "event_twice", Detail: "This type is there twice."})
		}
	}
	return f
}

// parseNumber reads MAJOR.MINOR.PATCH (semver.org, section 2).
func parseNumber(s string) ([3]int, bool) {
	var out [3]int
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return out, false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 999999 || strconv.Itoa(n) != p {
			return out, false
		}
		out[i] = n
	}
	return out, true
}

// highest finds the version with the highest number in a state.
func highest(all []Version, in State) (Version, bool) {
	var best Version
	var most [3]int
	found := false
	for _, v := range all {
		n, ok := parseNumber(v.Number)
		if v.State != in || !ok || found && slices.Compare(n[:], most[:]) <= 0 {
			continue
		}
		best, most, found = v, n, true
	}
	return best, found
}

// Scopes lists the names asked for, required ones first.
func (v Version) Scopes() []string {
	out := make([]string, 0, len(v.Required)+len(v.Optional))
	for _, r := range v.Required {
		out = append(out, r.Scope)
	}
	for _, r := range v.Optional {
		out = append(out, r.Scope)
	}
	return out
}

// asksOrDoes refuses to release a version that would give an account nothing: one
// without scopes works only by its package.
func (v Version) asksOrDoes(packed bool) error {
	if packed || len(v.Required)+len(v.Optional) > 0 {
		return nil
	}
	return problem.Invalid("version_invalid", "The version asks for nothing and has no integration package.",
		problem.Field{Pointer: "/required", Code: "required", Detail: "Ask for at least one scope, or add an integration package."})
}

// Approve checks what an administrator approved against what the version asks
// for: nothing beyond it, and every required scope.
func (v Version) Approve(scopes []string) error {
	asked := map[string]bool{}
	for _, s := range v.Scopes() {
		asked[s] = true
	}
	have := map[string]bool{}
	for _, s := range scopes {
		if !asked[s] {
			return problem.Invalid("scope_not_requested", "Only scopes that the version asks for can be granted.",
				problem.Field{Pointer: "/scopes", Code: "not_requested", Detail: "This scope is not asked for: " + s})
		}
		have[s] = true
	}
	var missing []string
	for _, r := range v.Required {
		if !have[r.Scope] {
			missing = append(missing, r.Scope)
		}
	}
	if len(missing) > 0 {
		return problem.Invalid("scope_required", "The application does not work without some of the scopes. Grant them or do not install it.",
			problem.Field{Pointer: "/scopes", Code: "required", Detail: "Required: " + strings.Join(missing, ", ")}).With("missing", missing)
	}
	return nil
}
