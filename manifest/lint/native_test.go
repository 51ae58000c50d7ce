package lint_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/lint"
)

// The same package in our own form has nothing wrong either, and keeps the view
// that its templates are written for.
func TestOurOwnFormOfAll(t *testing.T) {
	t.Parallel()
	files := full(t)
	r, err := manifest.Parse("harbour-watch", files["manifest.json"].Data)
	if err != nil {
		t.Fatal(err)
	}
	own, err := r.Package.Native()
	if err != nil {
		t.Fatal(err)
	}
	files["manifest.json"] = &fstest.MapFile{Data: own}
	again, all, err := lint.Folder("harbour-watch", files, lint.LaunchDarkly())
	if err != nil || len(all) > 0 || again.Compatible || again.Package.View() != manifest.ViewLaunchDarkly {
		t.Error(all, err)
	}
}

// begin gives the files of a new integration, with changes.
func begin(t *testing.T, change ...string) fstest.MapFS {
	t.Helper()
	files, err := lint.Scaffold("harbour-watch")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for name, data := range files {
		text := strings.NewReplacer(change...).Replace(string(data))
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// Our own view has its own names.
func TestNamesOfOurOwnView(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, want []string }{
		"as it is":         {nil, nil},
		"no such field":    {[]string{"{{config.token}}", "{{config.nobody}}"}, []string{"form.unused", "hook.request-strict"}},
		"the other view":   {[]string{"{{event.title}}", "{{title.plainText}}"}, []string{"hook.template-strict"}},
		"no such member":   {[]string{"{{event.title}}", "{{event.titel}}"}, []string{"hook.template-strict"}},
		"absent and asked": {[]string{"{{event.title}}", "{{#if nobody}}x{{/if}}"}, []string{"template.undeclared"}},
		"no JSON":          {[]string{`"kind": `, `"kind" `}, []string{"hook.template-json"}},
		"unknown kind":     {[]string{`"default": "templates/default.json.hbs"`, `"byKind": {"ship": "templates/default.json.hbs"}`}, []string{"kind.unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, all, err := lint.Folder("harbour-watch", begin(t, c.change...), lint.Profile{Kinds: []string{"course"}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range all {
				got = append(got, f.Rule)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Error(all)
			}
		})
	}
}

func TestNamesOfNewIntegrations(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "x.y", "long-" + strings.Repeat("name-", 20) + "x"} {
		files, err := lint.Scaffold(key)
		if err != nil {
			t.Fatal(err)
		}
		r, err := manifest.Parse(key, files["manifest.json"])
		if err != nil || len(r.Findings) > 0 {
			t.Error(key, r.Findings, err)
		}
	}
	for _, key := range []string{"", "A", "a_b", "-a", "../a", "a--b"} {
		if _, err := lint.Scaffold(key); err == nil {
			t.Errorf("%q is no key", key)
		}
	}
}
