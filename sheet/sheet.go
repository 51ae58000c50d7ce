package sheet

import (
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/release"
)

// Sheet is what the administrator of a customer is told about a version.
type Sheet struct {
	Product       string        `json:"product" doc:"The product that it works with"`
	Name          string        `json:"name" doc:"Of the application"`
	ApplicationID string        `json:"application_id" doc:"The ID that administrators enter to install it"`
	Developer     string        `json:"developer" doc:"Name of the developer group"`
	Verified      bool          `json:"verified" doc:"The operator has reviewed it with all that it asks for"`
	Version       string        `json:"version"`
	State         release.State `json:"state" enum:"draft,submitted,in_review,disapproved,live,deprecated,retired"`
	Released      time.Time     `json:"released,omitzero"`
	Ends          time.Time     `json:"ends,omitzero" doc:"From when on a deprecated version is not looked after any more"`
	Tagline       string        `json:"tagline,omitempty"`
	Description   string        `json:"description"`
	UserName      string        `json:"user_name" doc:"Preferred name of the integration user"`
	RoleName      string        `json:"role_name" doc:"Preferred name of its role"`
	Delegation    string        `json:"delegation" enum:"off,consent,trusted" doc:"Whether it also acts in the name of people"`
	InPersonsName string        `json:"in_a_persons_name,omitempty" doc:"What that means for privileges; absent while it acts in its own name only"`
	Scopes        []Scope       `json:"scopes" nullable:"false"`
	Privileges    []Privilege   `json:"privileges" nullable:"false" doc:"What its role needs, as the product's own screens call it"`
	Entitlements  []string      `json:"entitlements" nullable:"false"`
	Events        []Event       `json:"events" nullable:"false" doc:"What it is told of"`
	Capabilities  []string      `json:"capabilities" nullable:"false" doc:"What its package can do"`
	Hosts         []string      `json:"hosts" nullable:"false" doc:"Hosts that the product's data goes to; those that an administrator enters are not among them"`
	Data          string        `json:"data,omitempty" doc:"What the developer keeps of customers' data"`
	Links         Links         `json:"links"`
	Limits        []Limit       `json:"limits" nullable:"false" doc:"Of all calls, unless scope says otherwise"`
	Notes         string        `json:"notes,omitempty" doc:"What is new in this version"`
}

// Scope is one that the version asks for.
type Scope struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	Explanation string `json:"explanation,omitempty"`
	Risk        string `json:"risk" enum:"low,medium,high"`
	Purpose     string `json:"purpose" doc:"The developer's own sentence"`
	Required    bool   `json:"required"`
}

// Privilege is a line of the product's role editor.
type Privilege struct {
	Label         string   `json:"label"`
	Screen        string   `json:"screen,omitempty" doc:"Where administrators find it"`
	Entitlements  []string `json:"entitlements" nullable:"false"`
	Scopes        []string `json:"scopes" nullable:"false" doc:"Scopes that need it"`
	Required      bool     `json:"required" doc:"false: only scopes that may be left out need it"`
	Administrator bool     `json:"administrator,omitempty" doc:"It belongs to administrators"`
}

// Event is a type of event.
type Event struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

// Links are where to ask and to read.
type Links struct {
	Website  string `json:"website,omitempty"`
	Support  string `json:"support,omitempty" doc:"An address of the web, or of mail"`
	Privacy  string `json:"privacy,omitempty"`
	Security string `json:"security,omitempty" doc:"Mail address for reports of security problems"`
}

// Limit is one of the limits in force.
type Limit struct {
	Name  string `json:"name"`
	Calls int64  `json:"calls"`
	Per   string `json:"per" example:"24 hours"`
	Scope string `json:"scope" enum:"group,application,account,key" doc:"What shares it: all applications of the developer (group), this one at all customers (application), this one at one customer (account), one key (key)"`
}

// The words for what acts in people's names (row A27 in the reference: the user's
// own privileges apply).
const (
	ownPrivileges     = "Where it acts in a person's name, that person's own privileges apply, and the scopes can only narrow them: it never sees or changes more than the person could. "
	personsConsent    = ownPrivileges + "Each person is asked before the first time."
	personsNotAskedAs = ownPrivileges + "People are not asked if the administrator trusts it; each time is noted in the log of activity."
)

// inPersonsName says what delegation means.
func inPersonsName(delegation string) string {
	switch delegation {
	case "consent":
		return personsConsent
	case "trusted":
		return personsNotAskedAs
	}
	return ""
}

// asks puts what a version asks for into the catalog's words.
func (s *Sheet) asks(cat *catalog.Catalog, v release.Version) {
	s.Scopes, s.Privileges, s.Entitlements = []Scope{}, []Privilege{}, []string{}
	for _, part := range []struct {
		list     []release.Request
		required bool
	}{{v.Required, true}, {v.Optional, false}} {
		for _, r := range part.list {
			sc, _ := cat.Scope(r.Scope)
			one := Scope{Name: r.Scope, Label: or(sc.Label, r.Scope), Explanation: sc.Explanation, Risk: or(sc.Risk, "medium"), Purpose: r.Purpose, Required: part.required}
			s.Scopes = append(s.Scopes, one)
			for _, e := range cat.Entitlements(r.Scope) {
				s.need(cat, e, one)
			}
		}
	}
	slices.Sort(s.Entitlements)
	s.Events = []Event{}
	for _, name := range v.Events {
		e := Event{Name: name, Label: name}
		if known, ok := cat.Event(name); ok && known.Label != "" {
			e.Label = known.Label
		}
		s.Events = append(s.Events, e)
	}
}

// need adds an entitlement under every line that the product's screens have for it.
func (s *Sheet) need(cat *catalog.Catalog, entitlement string, by Scope) {
	if !slices.Contains(s.Entitlements, entitlement) {
		s.Entitlements = append(s.Entitlements, entitlement)
	}
	about := cat.File().Entitlements[entitlement]
	lines := cat.Privileges(entitlement)
	if len(lines) == 0 { // the product has no line for it: its own name then
		lines = []catalog.Privilege{{Label: or(about.Label, entitlement)}}
	}
	for _, l := range lines {
		at := slices.IndexFunc(s.Privileges, func(p Privilege) bool { return p.Label == l.Label && p.Screen == l.Screen })
		if at < 0 {
			at = len(s.Privileges)
			s.Privileges = append(s.Privileges, Privilege{Label: l.Label, Screen: l.Screen, Entitlements: []string{}, Scopes: []string{}})
		}
		p := &s.Privileges[at]
		p.Required = p.Required || by.Required
		p.Administrator = p.Administrator || l.Administrator || about.Administrator
		p.Entitlements = with(p.Entitlements, entitlement)
		p.Scopes = with(p.Scopes, by.Name)
	}
}

func with(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

func or(first, second string) string {
	if strings.TrimSpace(first) == "" {
		return second
	}
	return first
}
