package catalog

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
)

// Action is one entitlement as policies name it.
type Action struct {
	Name          string   `json:"name" example:"flag:update"`
	Label         string   `json:"label" doc:"In words for people"`
	Explanation   string   `json:"explanation,omitempty"`
	View          bool     `json:"view" doc:"It only looks and changes nothing"`
	Administrator bool     `json:"administrator" doc:"Whoever has it can give themselves other rights"`
	Kinds         []string `json:"kinds" nullable:"false" doc:"Paths of types on which operations ask for it, such as proj:env:flag"`
}

// Actions lists every action that policies can allow, by name.
func (c *Catalog) Actions() []Action {
	type seen struct {
		asked, changes bool
		kinds          []string
	}
	all := map[string]*seen{}
	at := func(name string) *seen {
		if all[name] == nil {
			all[name] = &seen{}
		}
		return all[name]
	}
	for name := range c.file.Entitlements {
		at(name)
	}
	for _, given := range c.gives {
		for _, name := range given {
			at(name)
		}
	}
	for _, r := range c.routes {
		for _, a := range r.asked() {
			if a.Kind != access.KindEntitlement {
				continue
			}
			s := at(a.Name)
			s.asked = true
			s.changes = s.changes || r.Method != "GET" && r.Method != "HEAD"
			if kinds := r.resource.kinds(); !slices.Contains(s.kinds, kinds) {
				s.kinds = append(s.kinds, kinds)
			}
		}
	}
	out := make([]Action, 0, len(all))
	for name, s := range all {
		e := c.file.Entitlements[name]
		a := Action{Name: name, Label: e.Label, Explanation: e.Explanation, Administrator: e.Administrator, View: looks(name) || s.asked && !s.changes, Kinds: s.kinds}
		if e.View != nil {
			a.View = *e.View
		}
		if a.Label == "" {
			a.Label = name
		}
		if a.Kinds == nil {
			a.Kinds = []string{}
		}
		slices.Sort(a.Kinds)
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Action) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// looks reports whether the name of an action says that it only looks: its last word is view or read.
func looks(name string) bool {
	last := name[strings.LastIndexAny(name, ":._/")+1:]
	return last == "view" || last == "read"
}

// kinds is the path of types that the resource has; "acct" for operations about the account as a whole.
func (r *resource) kinds() string {
	if len(r.steps) == 0 {
		return "acct"
	}
	kinds := make([]string, 0, len(r.steps))
	for _, s := range r.steps {
		kinds = append(kinds, s.kind)
	}
	return strings.Join(kinds, ":")
}
