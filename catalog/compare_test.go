package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guestright/guestright/catalog"
)

func TestCompareAndPreview(t *testing.T) {
	t.Parallel()
	from := imported(t, described("/", "GET /kept/{id}", "GET /gone", "GET /wider", "GET /narrower", "GET /mixed", "GET /closed", "GET /opened"), plainFile+`operations:
  GET /kept/{id}: {needs: "scope:a and scope:b"}
  GET /gone: {needs: "scope:a"}
  GET /wider: {needs: "scope:a"}
  GET /narrower: {needs: "scope:a and scope:b"}
  GET /mixed: {needs: "scope:a"}
  GET /closed: {public: true}
  GET /opened: {internal: true}
`)
	to := imported(t, described("/", "GET /kept/{other}", "GET /new", "GET /wider", "GET /narrower", "GET /mixed", "GET /closed", "GET /opened"), plainFile+`operations:
  GET /kept/{other}: {needs: "scope:b and scope:a"}
  GET /new: {needs: "scope:b"}
  GET /wider: {needs: "scope:a and scope:c"}
  GET /narrower: {needs: "scope:a"}
  GET /mixed: {needs: "scope:b"}
  GET /closed: {needs: "scope:a"}
  GET /opened: {public: true}
`)
	d := catalog.Compare(from, to)
	var got []string
	for _, ch := range d.Added {
		got = append(got, "added "+ch.Path)
	}
	for _, ch := range d.Removed {
		got = append(got, "removed "+ch.Path)
	}
	for _, ch := range d.Changed {
		got = append(got, string(ch.Direction)+" "+ch.Path)
	}
	want := []string{"added /new", "removed /gone", "wider /closed", "mixed /mixed", "narrower /narrower", "narrower /opened", "wider /wider"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !catalog.Compare(from, from).Empty() || d.Empty() {
		t.Error("Empty is wrong")
	}
	plan := catalog.Preview(from, to, []catalog.GrantView{{ID: "g1", Scopes: []string{"a"}}, {ID: "g2", Scopes: []string{"b"}}, {ID: "g3"}})
	wanted := []catalog.GrantChange{
		{Grant: "g1", Gains: []string{"GET /narrower", "GET /opened"}, Loses: []string{"GET /gone", "GET /mixed", "GET /wider"}},
		{Grant: "g2", Gains: []string{"GET /new", "GET /mixed", "GET /opened"}, Loses: []string{"GET /closed"}},
		{Grant: "g3", Gains: []string{"GET /opened"}, Loses: []string{"GET /closed"}},
	}
	if diff := cmp.Diff(wanted, plan); diff != "" {
		t.Error(diff)
	}
}

// A scope that gives fewer entitlements takes calls away although no route changed.
func TestPreviewSeesScopes(t *testing.T) {
	t.Parallel()
	doc := described("/", "GET /x")
	from := imported(t, doc, plainFile+"scopes: {s: {entitlements: [\"thing:use\"]}}\n")
	to := imported(t, doc, plainFile+"scopes: {s: {label: S}}\n")
	if !catalog.Compare(from, to).Empty() {
		t.Error("no route changed")
	}
	plan := catalog.Preview(from, to, []catalog.GrantView{{ID: "g", Scopes: []string{"s"}}, {ID: "narrow", Scopes: []string{"s"}, Entitlements: []string{"other"}}})
	if len(plan) != 1 || strings.Join(plan[0].Loses, " ") != "GET /x" {
		t.Errorf("%+v", plan)
	}
}
