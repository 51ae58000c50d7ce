package catalog_test

import (
	"strings"
	"testing"
)

func TestActions(t *testing.T) {
	t.Parallel()
	c := imported(t, described("https://x.example", "GET /notes", "POST /notes", "POST /find"), `
product: {name: X}
entitlements:
  'note:export': {label: Export notes, view: false}
  'note:find': {view: true}
  'member:update': {administrator: true}
  'note:read': {}
scopes:
  all: {entitlements: ['note:purge']}
operations:
  'GET /notes': {needs: 'note:list and note:export'}
  'POST /find': {needs: 'note:find or note:read'}
  'POST /notes': {needs: 'note:add'}
resources:
  - {kind: note, path: 'note/{note}'}
`)
	want := map[string]string{
		"note:export": "label Export notes, changes", "note:find": "label note:find, looks", "member:update": "label member:update, changes, administrator",
		"note:read": "label note:read, looks", "note:purge": "label note:purge, changes", "note:list": "label note:list, looks", "note:add": "label note:add, changes",
	}
	var last string
	for _, a := range c.Actions() {
		got := "label " + a.Label
		if a.View {
			got += ", looks"
		} else {
			got += ", changes"
		}
		if a.Administrator {
			got += ", administrator"
		}
		if got != want[a.Name] || a.Name <= last {
			t.Errorf("%s: %s, want %s", a.Name, got, want[a.Name])
		}
		last = a.Name
		delete(want, a.Name)
		if strings.Join(a.Kinds, " ") != "acct" && a.Name != "member:update" && a.Name != "note:purge" {
			t.Errorf("%s on %v", a.Name, a.Kinds)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
