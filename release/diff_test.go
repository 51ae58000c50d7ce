package release

import (
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"time"
)

var speak = Words{
	Scope: func(n string) string {
		return map[string]string{"flags.read": "Read flags", "flags.write": "Change flags"}[n]
	},
	Event: func(n string) string { return map[string]string{"flag.created": "A flag was made"}[n] },
}

// whole is a version with one of everything.
func whole() Whole {
	return Whole{Version: Version{Number: "1.2.3", Required: []Request{{"flags.read", "Shows them."}}, Optional: []Request{{"names", "Greets people."}},
		Events: []string{"flag.created"}, Delegation: "off", UserName: "Bot", RoleName: "Bot role"},
		Capabilities: []string{"eventHook"}, Hosts: []string{"api.example.com"}, Fields: []FormField{{"token", "Token", true}, {"room", "Room", false}}, Digest: "d1"}
}

// Row H28: what changes, in words, and how far the number must count up for it.
func TestH28_EveryDifferenceHasItsWordsAndItsBump(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Whole)
		bump   Bump
		waits  bool
		said   string // a part of the first sentence
	}{
		"nothing":                     {func(*Whole) {}, BumpPatch, false, ""},
		"a required scope more":       {func(w *Whole) { w.Required = append(w.Required, Request{"flags.write", "Turns them on."}) }, BumpMajor, true, "It needs “Change flags” (flags.write): Turns them on."},
		"an optional one is required": {func(w *Whole) { w.Required, w.Optional = append(w.Required, w.Optional...), nil }, BumpMajor, true, "does not work without “names” any more"},
		"an optional scope more":      {func(w *Whole) { w.Optional = append(w.Optional, Request{"flags.write", "Turns them on."}) }, BumpMinor, false, "It would like “Change flags” (flags.write), if you allow it"},
		"a required one is optional":  {func(w *Whole) { w.Optional, w.Required = append(w.Optional, w.Required...), nil }, BumpPatch, false, "works without “Read flags” (flags.read) now"},
		"a scope less":                {func(w *Whole) { w.Optional = nil }, BumpPatch, false, "does not ask for “names” any more"},
		"another purpose":             {func(w *Whole) { w.Required = []Request{{"flags.read", "Sells them."}} }, BumpPatch, false, "says otherwise what it needs “Read flags” (flags.read) for: Sells them."},
		"another wish":                {func(w *Whole) { w.Optional = []Request{{"names", "Sells them."}} }, BumpPatch, false, "would use “names” for: Sells them."},
		"an event type more":          {func(w *Whole) { w.Events = append(w.Events, "flag.gone") }, BumpMinor, false, "It wants to hear of “flag.gone”."},
		"an event type less":          {func(w *Whole) { w.Events = nil }, BumpMajor, false, "It does not hear of any more: “A flag was made” (flag.created)."},
		"a capability more":           {func(w *Whole) { w.Capabilities = append(w.Capabilities, "inboundTrigger") }, BumpMinor, false, "It can do something new: it takes triggers from outside."},
		"a capability less":           {func(w *Whole) { w.Capabilities = nil }, BumpMajor, false, "does not do any more what you may use: it sends what happens"},
		"another host":                {func(w *Whole) { w.Hosts = []string{"other.example.com"} }, BumpPatch, true, "It sends to another host: other.example.com."},
		"a host less":                 {func(w *Whole) { w.Hosts = nil }, BumpPatch, false, "It does not send any more to api.example.com."},
		"a field that is needed":      {func(w *Whole) { w.Fields = append(w.Fields, FormField{"key", "Key", true}) }, BumpPatch, true, "You fill in one thing more: “Key” (key)."},
		"a field that was not needed": {func(w *Whole) { w.Fields = []FormField{{"token", "Token", true}, {"room", "Room", true}} }, BumpPatch, true, "You have to fill in what was your choice: “Room” (room)."},
		"a field of choice":           {func(w *Whole) { w.Fields = append(w.Fields, FormField{"key", "Key", false}) }, BumpPatch, false, "You can fill in one thing more"},
		"a field less":                {func(w *Whole) { w.Fields = w.Fields[:1] }, BumpPatch, false, "You do not fill in any more: “Room” (room)."},
		"a field's label":             {func(w *Whole) { w.Fields = []FormField{{"token", "API token", true}, {"room", "Room", false}} }, BumpPatch, false, "A field is described otherwise"},
		"acting for people":           {func(w *Whole) { w.Delegation = "trusted" }, BumpPatch, false, "without asking them"},
		"another name":                {func(w *Whole) { w.RoleName = "Other" }, BumpPatch, false, "proposes other names"},
		"another listing":             {func(w *Whole) { w.Listing.Tagline = "Best." }, BumpPatch, false, "describes itself otherwise"},
		"another package":             {func(w *Whole) { w.Digest = "d2" }, BumpPatch, false, "Its package is another"},
		"a package less":              {func(w *Whole) { w.Digest = "" }, BumpPatch, false, "no integration package any more"},
	} {
		to := whole()
		tc.change(&to)
		d := Compare(whole(), to, speak)
		if d.Bump != tc.bump || d.Waits != tc.waits || !strings.Contains(d.Sentences(), tc.said) || (tc.said == "") != (len(d.Items) == 0) {
			t.Errorf("%s: %+v", name, d)
		}
	}
	to := whole()
	to.Optional, to.Events = nil, nil
	to.Required = append(to.Required, Request{"flags.write", "Turns them on."})
	d := Compare(whole(), to, speak)
	if d.Least != "2.0.0" || d.Items[0].Name != "flags.write" || d.Items[1].Kind != KindEvent {
		t.Errorf("what reaches further comes first: %+v", d)
	}
	first := Whole{Version: Version{Number: "1.0.0"}}
	if d := Compare(first, whole(), speak); !strings.Contains(d.Sentences(), "so something to configure") {
		t.Errorf("a package at last: %s", d.Sentences())
	}
}

// Row H28: numbers that are accepted for a change (semver.org).
func TestH28_TheNumberCountsUpAsFarAsTheChange(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from, to string
		needs    Bump
		ok       bool
		least    string
	}{
		{"1.2.3", "1.2.4", BumpPatch, true, "1.2.4"}, {"1.2.3", "1.3.0", BumpPatch, true, "1.2.4"}, {"1.2.3", "2.0.0", BumpPatch, true, "1.2.4"},
		{"1.2.3", "1.2.4", BumpMinor, false, "1.3.0"}, {"1.2.3", "1.3.0", BumpMinor, true, "1.3.0"}, {"1.2.3", "1.10.0", BumpMinor, true, "1.3.0"},
		{"1.2.3", "1.3.0", BumpMajor, false, "2.0.0"}, {"1.2.3", "2.0.0", BumpMajor, true, "2.0.0"}, {"1.2.3", "3.1.4", BumpMajor, true, "2.0.0"},
		{"0.1.0", "0.2.0", BumpMajor, false, "1.0.0"}, {"1.9.0", "1.10.0", BumpMinor, true, "1.10.0"},
		{"1.2.3", "1.2.3", BumpPatch, false, "1.2.4"}, {"1.2.3", "1.1.9", BumpPatch, false, "1.2.4"}, {"1.2.3", "x", BumpPatch, false, "1.2.4"},
	} {
		d := Diff{From: tc.from, To: tc.to, Bump: tc.needs, Least: next(tc.from, tc.needs), Items: []Difference{{Bump: tc.needs, Text: "Because."}}}
		err := d.checkBump()
		if (err == nil) != tc.ok || d.Least != tc.least {
			t.Errorf("%+v: %v, at least %s", tc, err, d.Least)
		}
		if err != nil && (problem.CodeOf(err) != "version_bump" || !strings.Contains(problem.Of(err).Fields[0].Detail, tc.least)) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

func TestPredecessor(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	version := func(number string, released time.Time) Version {
		return Version{ID: ident.New[Version](at), Number: number, Released: released}
	}
	all := []Version{version("2.0.0", at), version("1.10.0", at), version("1.9.0", at), version("1.11.0", time.Time{})}
	for number, want := range map[string]string{"1.12.0": "1.10.0", "1.9.1": "1.9.0", "3.0.0": "2.0.0", "0.9.0": "1.9.0"} {
		if got, ok := predecessor(all, version(number, time.Time{})); !ok || got.Number != want {
			t.Errorf("%s comes after %s", number, got.Number)
		}
	}
	if _, ok := predecessor(slices.Concat(all[3:]), version("1.0.0", time.Time{})); ok {
		t.Error("a draft was before")
	}
	if got, ok := predecessor(all[:1], all[0]); ok {
		t.Errorf("it comes after itself: %v", got)
	}
}
