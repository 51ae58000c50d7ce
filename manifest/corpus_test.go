package manifest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest"
)

const corpus = "../../shared/corpus/launchdarkly/integrations"

// published gives the published manifests by their key.
func published(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(corpus + "/*/manifest.json")
	if err != nil || len(files) == 0 {
		testenv.Lacks(t, "the published manifests are not at %s", corpus)
	}
	out := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(filepath.Dir(f))] = data
	}
	return out
}

// Every published manifest keeps the schema, and survives the way to the neutral
// form and back, and to our own JSON and back.
func TestPublishedManifestsSurviveTheWayAndBack(t *testing.T) {
	t.Parallel()
	for key, data := range published(t) {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			r, err := manifest.Parse(key, data)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Findings {
				t.Error(f)
			}
			if !r.Compatible {
				t.Error("not seen as the compatible form")
			}
			survives(t, data, r.Package)
		})
	}
}

// survives checks both ways around.
func survives(t *testing.T, data []byte, p manifest.Package) {
	t.Helper()
	theirs, err := p.LaunchDarkly()
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if json.Unmarshal(data, &want) != nil || json.Unmarshal(theirs, &got) != nil || !reflect.DeepEqual(want, got) {
		t.Errorf("came back as\n%s", theirs)
	}
	own, err := p.Native()
	if err != nil {
		t.Fatal(err)
	}
	again, err := manifest.Parse(p.Key, own)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range again.Findings {
		t.Errorf("in our own form: %v\n%s", f, own)
	}
	again.Package.Source = p.Source
	if !reflect.DeepEqual(p, again.Package) {
		t.Errorf("our own form reads as another package:\n%s", own)
	}
}
