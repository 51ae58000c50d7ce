package lint_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/lint"
)

const corpus = "../../../shared/corpus/launchdarkly/integrations"

// withIcons stands stubs where a published package has icons that were not copied.
type withIcons struct {
	fs.FS
	icons fstest.MapFS
}

func (w withIcons) Open(name string) (fs.File, error) {
	if f, err := w.icons.Open(name); err == nil {
		return f, nil
	}
	return w.FS.Open(name)
}

func published(t testing.TB) map[string]fs.FS {
	t.Helper()
	dirs, err := filepath.Glob(corpus + "/*")
	if err != nil || len(dirs) == 0 {
		testenv.Lacks(t, "the published manifests are not at %s", corpus)
	}
	out := map[string]fs.FS{}
	for _, d := range dirs {
		data, err := os.ReadFile(d + "/manifest.json")
		if err != nil {
			t.Fatal(err)
		}
		r, err := manifest.Parse(filepath.Base(d), data)
		if err != nil {
			t.Fatal(err)
		}
		icons := r.Package.Listing.Icons
		out[filepath.Base(d)] = withIcons{os.DirFS(d), fstest.MapFS{icons.Square: {}, icons.Horizontal: {}}}
	}
	return out
}

// The published manifests break no rule.
func TestPublishedManifestsKeepTheRules(t *testing.T) {
	t.Parallel()
	for key, files := range published(t) {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			_, all, err := lint.Folder(key, files, lint.LaunchDarkly())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range all {
				if f.Severity == manifest.Error {
					t.Error(f)
				}
				t.Log(f)
			}
			// The one published template that makes no JSON.
			bad := slices.ContainsFunc(all, func(f manifest.Finding) bool {
				return f.Rule == "template.json" && f.File == "templates/flagList.json.hbs"
			})
			if bad != (key == "split") {
				t.Errorf("a template without JSON: %v", bad)
			}
		})
	}
}
