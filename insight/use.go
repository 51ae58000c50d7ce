package insight

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/usage"
)

// Used says how much something was used. Last is the begin of the hour.
type Used struct {
	Calls int64     `json:"calls" doc:"Calls that passed"`
	Last  time.Time `json:"last,omitzero" doc:"The hour of the last of them; absent: never"`
}

func (u *Used) add(o usage.Use) {
	u.Calls += o.Passed
	if o.LastPassed.After(u.Last) {
		u.Last = o.LastPassed
	}
}

// ScopeUse is one granted scope.
type ScopeUse struct {
	Scope string `json:"scope"`
	Label string `json:"label"`
	Risk  string `json:"risk"`
	Used
	Operations []string `json:"operations" nullable:"false" doc:"Operations called that this scope serves"`
	Needed     bool     `json:"needed" doc:"Some call would not have passed without it, whichever other granted scopes stay"`
	Required   bool     `json:"required" doc:"The application says that it does not work without it"`
}

// EntitlementUse is one action that operations asked for.
type EntitlementUse struct {
	Entitlement string `json:"entitlement"`
	Label       string `json:"label"`
	Used
	Granted bool `json:"granted" doc:"A granted scope gives it"`
}

// OperationUse is one operation that was called.
type OperationUse struct {
	Operation string `json:"operation"`
	Used
	Refused int64 `json:"refused" doc:"Calls that did not pass, for whatever reason"`
}

// Proposal is the narrower set of scopes under which every recorded call would
// have passed.
type Proposal struct {
	Keep []string `json:"keep" nullable:"false"`
	Drop []string `json:"drop" nullable:"false"`
}

// Report compares what one grant was given with what it was used for.
type Report struct {
	Grant        string           `json:"grant"`
	Kind         grant.Kind       `json:"kind" enum:"installation,consent,private,member,service,legacy,recording"`
	Holder       string           `json:"holder"`
	Name         string           `json:"name" doc:"What people call the holder"`
	Account      string           `json:"account"`
	Since        time.Time        `json:"since" doc:"Calls from then on were looked at"`
	Calls        int64            `json:"calls" doc:"Whatever became of them"`
	Passed       int64            `json:"passed"`
	Last         time.Time        `json:"last,omitzero" doc:"The hour of the last call that passed"`
	Scopes       []ScopeUse       `json:"scopes" nullable:"false" doc:"Every granted scope"`
	Entitlements []EntitlementUse `json:"entitlements" nullable:"false" doc:"Every entitlement that a granted scope gives or that was used"`
	Operations   []OperationUse   `json:"operations" nullable:"false" doc:"The most used first"`
	Needed       []string         `json:"needed" nullable:"false" doc:"As few scopes as the calls needed: what an application may ask for"`
	Unknown      int64            `json:"unknown" doc:"Calls of which the operation is not known any more; while there are any, nothing is proposed"`
	Proposal     *Proposal        `json:"proposal,omitempty" doc:"Absent when nothing narrower would do, or when this kind of grant is not narrowed"`
	Undo         *Narrowing       `json:"undo,omitempty" doc:"The last narrowing, while it can be taken back"`
}

// given is what is known about a grant before its use is.
type given struct {
	scopes   []string
	required []string // that the holder does not work without
	narrows  bool     // there is somebody who can narrow it
}

// compare fills in a report. uses are those of the grant; what did not pass says
// nothing about what is needed.
func (r *Report) compare(c *catalog.Catalog, g given, uses []usage.Use) {
	ops := r.count(c, uses)
	granted := slices.Clone(g.scopes)
	slices.Sort(granted)
	granted = slices.Compact(granted)
	needed, _ := c.Covering(ops, granted)
	r.Needed = append([]string{}, needed...)
	serves := map[string][]string{} // by operation, the fewest granted scopes that would do for it
	for _, id := range ops {
		serves[id], _ = c.Covering([]string{id}, granted)
	}
	for _, name := range granted {
		s, _ := c.Scope(name)
		one := ScopeUse{Scope: name, Label: cmp.Or(s.Label, name), Risk: s.Risk, Operations: []string{}, Needed: slices.Contains(needed, name), Required: slices.Contains(g.required, name)}
		for _, o := range r.Operations {
			if o.Calls > 0 && slices.Contains(serves[o.Operation], name) {
				one.Operations = append(one.Operations, o.Operation)
				one.Calls += o.Calls
				one.Last = later(one.Last, o.Last)
			}
		}
		r.Scopes = append(r.Scopes, one)
	}
	r.entitlements(c, granted)
	keep := append(slices.Clone(needed), g.required...)
	slices.Sort(keep)
	keep = slices.Compact(keep)
	drop := slices.DeleteFunc(slices.Clone(granted), func(s string) bool { return slices.Contains(keep, s) })
	if g.narrows && r.Unknown == 0 && len(drop) > 0 && len(keep) > 0 {
		r.Proposal = &Proposal{Keep: keep, Drop: drop}
	}
}

// count sums the uses by operation and lists those that passed.
func (r *Report) count(c *catalog.Catalog, uses []usage.Use) []string {
	all := map[string]*OperationUse{}
	for _, u := range uses {
		r.Calls += u.Calls
		if u.Operation == "" {
			continue // nothing was called that exists
		}
		o := all[u.Operation]
		if o == nil {
			o = &OperationUse{Operation: u.Operation}
			all[u.Operation] = o
		}
		o.add(u)
		o.Refused += u.Calls - u.Passed
	}
	var passed []string
	for id, o := range all {
		r.Passed += o.Calls
		r.Last = later(r.Last, o.Last)
		r.Operations = append(r.Operations, *o)
		if o.Calls == 0 {
			continue
		}
		if _, ok := c.Route(id); !ok {
			r.Unknown += o.Calls
			continue
		}
		passed = append(passed, id)
	}
	slices.Sort(passed)
	slices.SortFunc(r.Operations, func(a, b OperationUse) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(b.Refused, a.Refused), strings.Compare(a.Operation, b.Operation))
	})
	return passed
}

func (r *Report) entitlements(c *catalog.Catalog, granted []string) {
	all := map[string]*EntitlementUse{}
	at := func(name string) *EntitlementUse {
		if all[name] == nil {
			all[name] = &EntitlementUse{Entitlement: name, Label: cmp.Or(c.File().Entitlements[name].Label, name)}
		}
		return all[name]
	}
	for _, s := range granted {
		for _, e := range c.Entitlements(s) {
			at(e).Granted = true
		}
	}
	for _, o := range r.Operations {
		route, ok := c.Route(o.Operation)
		if !ok || o.Calls == 0 {
			continue
		}
		for _, a := range route.Needs.Atoms() {
			if a.Kind == access.KindEntitlement {
				e := at(a.Name)
				e.Calls += o.Calls
				e.Last = later(e.Last, o.Last)
			}
		}
	}
	for _, e := range all {
		r.Entitlements = append(r.Entitlements, *e)
	}
	slices.SortFunc(r.Entitlements, func(a, b EntitlementUse) int { return strings.Compare(a.Entitlement, b.Entitlement) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
