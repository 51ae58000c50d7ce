package listing

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	auto, data := Category{"auto", "Automation"}, Category{"data", "Data"}
	all := []Entry{
		{Slug: "board", Name: "Board", Developer: "Acme", Tagline: "Notes for deployments", Categories: []Category{data}, Capabilities: []string{"eventHook"}, Published: day(3)},
		{Slug: "deploybot", Name: "Deploybot", Developer: "Harbour", Tagline: "Flags follow", Categories: []Category{auto, data}, Capabilities: []string{"api"}, Verified: true, Accounts: 9, Published: day(1)},
		{Slug: "archive", Name: "Archive", Developer: "Acme", Description: "Keeps what a deploy did.", Categories: []Category{auto}, Capabilities: []string{"api", "eventHook"}, Published: day(2)},
	}
	for i := range all {
		all[i] = all[i].ready()
	}
	order(all)
	for _, c := range []struct {
		what string
		q    Query
		want string
	}{
		{"most used first", Query{}, "deploybot archive board"}, {"by name", Query{Sort: SortName}, "archive board deploybot"}, {"newest", Query{Sort: SortNew}, "board archive deploybot"},
		{"the name counts most", Query{Text: "Deploy"}, "deploybot archive board"}, {"all words", Query{Text: "deploy acme"}, "archive board"}, {"a category's label", Query{Text: "automation"}, "deploybot archive"},
		{"nothing", Query{Text: "zzz"}, ""}, {"category", Query{Category: "data"}, "deploybot board"}, {"capability", Query{Capability: "eventHook"}, "archive board"}, {"verified", Query{Verified: true}, "deploybot"},
		{"second page", Query{Per: 2, Page: 2}, "board"}, {"beyond the last", Query{Per: 2, Page: 99}, "board"}, {"no such category", Query{Category: "x"}, ""},
	} {
		got := find(all, []Category{auto, data}, c.q)
		var names []string
		for _, e := range got.Items {
			names = append(names, e.Slug)
		}
		if strings.Join(names, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.what, names, c.want)
		}
	}
	got := find(all, []Category{auto, data}, Query{Category: "data"})
	if !slices.Equal(got.Categories, []Facet{{"auto", "Automation", 2}, {"data", "Data", 2}}) || len(got.Capabilities) != 2 || got.Capabilities[0].Count != 1 || got.Verified != 1 || got.Total != 2 {
		t.Errorf("facets say how many there would be instead: %+v", got)
	}
}

func TestNumbersOfAccountsAreNotShownWhileFew(t *testing.T) {
	t.Parallel()
	if accountsLeast < 5 {
		t.Error("a number this small would say who they are")
	}
	if got := SlugOf("  Ünïque -- Bot 2!"); got != "n-que-bot-2" {
		t.Errorf("%q", got)
	}
	if got := SlugOf("Fragment"); got != "integration" {
		t.Errorf("%q", got)
	}
	if got := firstSentence("One. Two."); got != "One." {
		t.Errorf("%q", got)
	}
}
