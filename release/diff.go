package release

import (
	"slices"
	"strings"
)

// Whole is a version with what its package says, as far as it concerns customers.
type Whole struct {
	Version
	Capabilities []string
	Hosts        []string // that its calls go to; those that an administrator enters are none
	Fields       []FormField
	Digest       string // of the package; "" without one
}

// FormField is a field that administrators fill in.
type FormField struct {
	Key    string
	Label  string
	Needed bool
}

// Kind is what a difference is about.
type Kind string

// The kinds.
const (
	KindScope      Kind = "scope"
	KindEvent      Kind = "event"
	KindCapability Kind = "capability"
	KindHost       Kind = "host"
	KindField      Kind = "field"
	KindDelegation Kind = "delegation"
	KindNames      Kind = "names"
	KindListing    Kind = "listing"
	KindPackage    Kind = "package"
)

// Change is what happened to it.
type Change string

// The changes.
const (
	Added   Change = "added"
	Removed Change = "removed"
	Changed Change = "changed"
)

// Difference is one thing in which two versions differ.
type Difference struct {
	Kind   Kind   `json:"kind" enum:"scope,event,capability,host,field,delegation,names,listing,package"`
	Change Change `json:"change" enum:"added,removed,changed"`
	Name   string `json:"name,omitempty" example:"flags.write"`
	Label  string `json:"label,omitempty" example:"Change flags"`
	Text   string `json:"text" doc:"A sentence for the administrator" example:"It needs “Change flags” (flags.write)."`
	Bump   Bump   `json:"bump" enum:"patch,minor,major" doc:"How far the number must count up for it"`
	Waits  bool   `json:"waits" doc:"It reaches further or needs something: no installation gets it without its administrator"`
}

// Diff is what changes from one version to another.
type Diff struct {
	From  string       `json:"from" example:"1.4.0"`
	To    string       `json:"to" example:"2.0.0"`
	Bump  Bump         `json:"bump" enum:"patch,minor,major" doc:"How far the number must count up"`
	Least string       `json:"least" doc:"The least number that does" example:"2.0.0"`
	Waits bool         `json:"waits" doc:"Something in it needs the administrator of every account"`
	Items []Difference `json:"items" nullable:"false" doc:"What reaches further first"`
}

// Words puts names into the administrator's words; each gives "" for what it does
// not know.
type Words struct {
	Scope, Event func(name string) string
}

func said(label, name string) string {
	if label == "" || label == name {
		return "“" + name + "”"
	}
	return "“" + label + "” (" + name + ")"
}

// differ gathers differences.
type differ struct {
	words Words
	items []Difference
}

func (d *differ) add(i Difference) { d.items = append(d.items, i) }

// Compare says in words what changes from one version to another.
func Compare(from, to Whole, w Words) Diff {
	d := &differ{words: w}
	d.scopes(from.Version, to.Version)
	d.lists(from, to)
	d.fields(from.Fields, to.Fields)
	d.rest(from, to)
	slices.SortStableFunc(d.items, func(a, b Difference) int { return rank(b) - rank(a) })
	out := Diff{From: from.Number, To: to.Number, Bump: BumpPatch, Items: append([]Difference{}, d.items...)}
	for _, i := range out.Items {
		out.Bump, out.Waits = more(out.Bump, i.Bump), out.Waits || i.Waits
	}
	out.Least = next(from.Number, out.Bump)
	return out
}

func rank(i Difference) int {
	n := i.Bump.rank() * 2
	if i.Waits {
		n += 10
	}
	if i.Change == Added {
		n++
	}
	return n
}

// asks are the purposes of a version's scopes, by name.
func asks(list []Request) map[string]string {
	out := map[string]string{}
	for _, r := range list {
		out[r.Scope] = r.Purpose
	}
	return out
}

func (d *differ) scopes(from, to Version) {
	needed, choice := asks(from.Required), asks(from.Optional)
	for _, r := range to.Required {
		label := d.words.Scope(r.Scope)
		i := Difference{Kind: KindScope, Change: Added, Name: r.Scope, Label: label, Bump: BumpMajor, Waits: true}
		purpose, had := needed[r.Scope]
		_, could := choice[r.Scope]
		switch {
		case had && purpose == r.Purpose:
			continue
		case had:
			i.Change, i.Bump, i.Waits = Changed, BumpPatch, false
			i.Text = "It says otherwise what it needs " + said(label, r.Scope) + " for: " + r.Purpose
		case could:
			i.Change, i.Text = Changed, "It does not work without "+said(label, r.Scope)+" any more, which was your choice: "+r.Purpose
		default:
			i.Text = "It needs " + said(label, r.Scope) + ": " + r.Purpose
		}
		d.add(i)
	}
	for _, r := range to.Optional {
		label := d.words.Scope(r.Scope)
		purpose, could := choice[r.Scope]
		_, had := needed[r.Scope]
		i := Difference{Kind: KindScope, Change: Changed, Name: r.Scope, Label: label, Bump: BumpPatch}
		switch {
		case could && purpose == r.Purpose:
			continue
		case could:
			i.Text = "It says otherwise what it would use " + said(label, r.Scope) + " for: " + r.Purpose
		case had:
			i.Text = "It works without " + said(label, r.Scope) + " now, if you like."
		default:
			i.Change, i.Bump, i.Text = Added, BumpMinor, "It would like "+said(label, r.Scope)+", if you allow it: "+r.Purpose
		}
		d.add(i)
	}
	for _, name := range without(from.Scopes(), to.Scopes()) {
		label := d.words.Scope(name)
		d.add(Difference{Kind: KindScope, Change: Removed, Name: name, Label: label, Bump: BumpPatch, Text: "It does not ask for " + said(label, name) + " any more."})
	}
}

// CapabilityWord says what a capability of a package is.
func CapabilityWord(name string) string {
	return map[string]string{"eventHook": "sends what happens to its developer's service", "inboundTrigger": "takes triggers from outside", "changeApproval": "asks for approvals of changes",
		"snapshotPush": "sends how everything stands", "managedStoreSync": "fills a store of your own", "resourceLink": "links things to the product", "membershipSync": "brings in members of segments",
		"reservedProperties": "keeps properties for itself", "userAction": "adds buttons for people", "importer": "imports from another product", "driverAction": "adds a driver"}[name]
}

// lists compares events, capabilities and hosts: things that are there or not.
func (d *differ) lists(from, to Whole) {
	for _, l := range []struct {
		kind                 Kind
		from, to             []string
		label                func(string) string
		added, removed       string // how a sentence begins
		bumpAdded, bumpTaken Bump
		waits                bool
	}{
		{KindEvent, from.Events, to.Events, d.words.Event, "It wants to hear of ", "It does not hear of any more: ", BumpMinor, BumpMajor, false},
		{KindCapability, from.Capabilities, to.Capabilities, CapabilityWord, "It can do something new: it ", "It does not do any more what you may use: it ", BumpMinor, BumpMajor, false},
		{KindHost, from.Hosts, to.Hosts, func(string) string { return "" }, "It sends to another host: ", "It does not send any more to ", BumpPatch, BumpPatch, true},
	} {
		for _, name := range without(l.to, l.from) {
			d.add(Difference{Kind: l.kind, Change: Added, Name: name, Label: l.label(name), Bump: l.bumpAdded, Waits: l.waits, Text: l.added + named(l.kind, l.label(name), name) + "."})
		}
		for _, name := range without(l.from, l.to) {
			d.add(Difference{Kind: l.kind, Change: Removed, Name: name, Label: l.label(name), Bump: l.bumpTaken, Text: l.removed + named(l.kind, l.label(name), name) + "."})
		}
	}
}

func named(k Kind, label, name string) string {
	switch {
	case k == KindCapability && label != "":
		return label
	case k == KindHost:
		return name
	}
	return said(label, name)
}

// fields compares the form. One that somebody must fill in waits, since what is
// there does not work without.
func (d *differ) fields(from, to []FormField) {
	had := map[string]FormField{}
	for _, f := range from {
		had[f.Key] = f
	}
	for _, f := range to {
		was, there := had[f.Key]
		delete(had, f.Key)
		switch {
		case !there && f.Needed:
			d.add(Difference{Kind: KindField, Change: Added, Name: f.Key, Label: f.Label, Bump: BumpPatch, Waits: true, Text: "You fill in one thing more: " + said(f.Label, f.Key) + "."})
		case !there:
			d.add(Difference{Kind: KindField, Change: Added, Name: f.Key, Label: f.Label, Bump: BumpPatch, Text: "You can fill in one thing more: " + said(f.Label, f.Key) + "."})
		case f.Needed && !was.Needed:
			d.add(Difference{Kind: KindField, Change: Changed, Name: f.Key, Label: f.Label, Bump: BumpPatch, Waits: true, Text: "You have to fill in what was your choice: " + said(f.Label, f.Key) + "."})
		case f != was:
			d.add(Difference{Kind: KindField, Change: Changed, Name: f.Key, Label: f.Label, Bump: BumpPatch, Text: "A field is described otherwise: " + said(f.Label, f.Key) + "."})
		}
	}
	for _, f := range from {
		if _, left := had[f.Key]; left {
			d.add(Difference{Kind: KindField, Change: Removed, Name: f.Key, Label: f.Label, Bump: BumpPatch, Text: "You do not fill in any more: " + said(f.Label, f.Key) + "."})
		}
	}
}

func (d *differ) rest(from, to Whole) {
	if from.Delegation != to.Delegation {
		words := map[string]string{"off": "It does not act in the name of people any more.", "consent": "It wants to act in the name of people who agree.", "trusted": "It wants to act in the name of people without asking them."}
		d.add(Difference{Kind: KindDelegation, Change: Changed, Name: to.Delegation, Bump: BumpPatch, Text: words[to.Delegation] + " What you have set stays as it is."})
	}
	if from.UserName != to.UserName || from.RoleName != to.RoleName {
		d.add(Difference{Kind: KindNames, Change: Changed, Bump: BumpPatch, Text: "It proposes other names for its user and role. Yours stay as they are."})
	}
	if from.Listing != to.Listing {
		d.add(Difference{Kind: KindListing, Change: Changed, Bump: BumpPatch, Text: "It describes itself otherwise."})
	}
	if from.Digest == to.Digest {
		return
	}
	text := "Its package is another: templates, icons or texts changed."
	switch {
	case from.Digest == "":
		text = "It has an integration package, and so something to configure."
	case to.Digest == "":
		text = "It has no integration package any more."
	}
	d.add(Difference{Kind: KindPackage, Change: Changed, Bump: BumpPatch, Text: text})
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// Sentences are the differences in words, one a line.
func (d Diff) Sentences() string {
	out := make([]string, len(d.Items))
	for i, one := range d.Items {
		out[i] = one.Text
	}
	return strings.Join(out, "\n")
}
