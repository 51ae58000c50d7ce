package lint_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/lint"
)

func TestClientsAreSharedOnPurpose(t *testing.T) {
	t.Parallel()
	text := string(full(t)["manifest.json"].Data)
	var all []manifest.Read
	for key, credential := range map[string]string{"one": "harbour", "two": "harbour", "three": "servicenow", "four": "servicenow", "five": "alone"} {
		r, err := manifest.Parse(key, []byte(strings.Replace(text, `"oauthIntegrationKey": "harbour"`, `"oauthIntegrationKey": "`+credential+`"`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	got := lint.Together(all, lint.LaunchDarkly())
	if len(got) != 2 || len(got["one"]) != 1 || len(got["two"]) != 1 {
		t.Fatal(got)
	}
	if f := got["one"][0]; f.Rule != "oauth.shared" || f.Pointer != "/oauthIntegrationKey" || f.Layer != manifest.LayerRules || f.Line == 0 {
		t.Errorf("%+v", f)
	}
}

// The published manifests share one client, and that on purpose.
func TestPublishedManifestsTogether(t *testing.T) {
	t.Parallel()
	var all []manifest.Read
	for key, files := range published(t) {
		r, _, err := lint.Folder(key, files, lint.LaunchDarkly())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if got := lint.Together(all, lint.LaunchDarkly()); len(got) > 0 {
		t.Error(got)
	}
}
