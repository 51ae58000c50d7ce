package lint_test

import (
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/lint"
)

// Whatever a package holds, judging it ends, and every finding has its words.
func FuzzPackage(f *testing.F) {
	f.Add(full(f)["manifest.json"].Data, []byte(`{"a": "{{{title.plainText}}}"}`))
	f.Add([]byte(`{"listing":{},"eventHooks":[{"endpoint":{"url":"https://{{a"}}]}`), []byte("{{#each x}}"))
	f.Fuzz(func(t *testing.T, text, template []byte) {
		r, err := manifest.Parse("fuzz", text)
		if err != nil {
			return
		}
		files := fstest.MapFS{"templates/flag.json.hbs": {Data: template}, "templates/place.json.hbs": {Data: template}}
		for _, one := range lint.Package(r, files, lint.LaunchDarkly()) {
			if one.Rule == "" || one.Message == "" || one.Severity == "" || one.Layer == "" {
				t.Fatalf("%+v", one)
			}
		}
	})
}
