package console_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/release"
)

// An integration that is set up elsewhere says where, and offers no form.
func TestPagesSayWhereAnIntegrationIsSetUp(t *testing.T) {
	b := newBoard(t)
	text, err := os.ReadFile("testdata/board/manifest.json")
	must(t, err)
	for _, c := range []struct {
		number string
		add    string
		says   []string
		form   bool
	}{
		{"2.1.0", `"configuration": {"location": {"page": "insights/boards"}}`, []string{"The product has a page for this.", "insights/boards", "Set it up"}, true},
		{"2.2.0", `"configuration": {"editable": false}`, []string{"The developer's own service sets it up"}, false},
		{"2.3.0", `"configuration": {"editable": false, "location": {"url": "https://board.example/connect"}}`, []string{"It is set up at board.example", "Open board.example"}, false},
	} {
		raw := strings.Replace(string(text), "{", "{\n  "+c.add+",", 1)
		made, found, err := bundle.Folder(fstest.MapFS{"manifest.json": &fstest.MapFile{Data: []byte(raw)}, "default.json.hbs": &fstest.MapFile{Data: []byte(`{"text": "{{{event.title}}}"}`)},
			"icon.svg": &fstest.MapFile{Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8z"/></svg>`)}})
		must(t, err)
		v, err := b.Releases.Draft(t.Context(), b.dev.by(), b.x.app.ID, release.Content{Number: c.number, Notes: "Set up elsewhere.", Required: b.x.live.Required, Optional: b.x.live.Optional})
		must(t, err)
		if _, err := b.Releases.PutPackage(t.Context(), b.dev.by(), v.ID, release.Archive{Key: "board", Data: made.Bytes()}); err != nil {
			t.Fatal(c.number, err, found)
		}
		v, err = b.Releases.Publish(t.Context(), b.dev.by(), v.ID)
		must(t, err)
		in := b.x.in[0]
		if now, err := b.Integrations.Get(t.Context(), b.admin.by(), in.ID); err != nil || now.Version != v.ID.String() {
			_, err = b.Integrations.Take(t.Context(), b.admin.by(), in.ID, integration.Taking{Version: v.ID.String(), Scopes: v.Scopes()})
			must(t, err)
		}
		got := b.admin.get(b.base).has(t, c.says...)
		if strings.Contains(got.text(), "Set it up") != c.form {
			t.Errorf("%s: the form is offered: %v", c.number, !c.form)
		}
	}
}
