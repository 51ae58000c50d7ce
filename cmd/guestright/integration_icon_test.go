package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
)

// Every published integration can be imported as it is passed on: without its icons,
// for which stand-ins are drawn.
func TestPublishedIntegrationsAreImported(t *testing.T) {
	t.Parallel()
	const corpus = "../../../shared/corpus/launchdarkly/integrations"
	dirs, err := filepath.Glob(corpus + "/*/manifest.json")
	if err != nil || len(dirs) == 0 {
		testenv.Lacks(t, "the published integrations are not at %s", corpus)
	}
	o := newOffice(t)
	var all []string
	for _, name := range []string{"datadog", "msteams", "custom-approvals", "generic-trigger", "cloudflare", "github", "amplitude"} {
		all = append(all, filepath.Join(corpus, name))
	}
	code, said := o.imports(append([]string{"--scope", "flags.read=Tells of changes of flags.", "--publish"}, all...)...)
	if code != 0 || strings.Count(said, "is published") != len(all) || strings.Count(said, "stand-ins were drawn") != len(all) {
		t.Errorf("%d\n%s", code, said)
	}
}

// What is there is kept, and a package with another fault gets no icons.
func TestStandInsAreDrawnForNothingElse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	square := filepath.Join(o.dir, "assets", "square.svg")
	if err := os.Remove(square); err != nil {
		t.Fatal(err)
	}
	if code, said := o.imports(o.dir); code != 0 || !strings.Contains(said, "drawn: assets/square.svg") || strings.Contains(said, "horizontal") {
		t.Errorf("%d\n%s", code, said)
	}
	o.edit(`"tagline": "`, `"tagline": 7, "x": "`)
	if code, said := o.imports(o.dir); code != 1 || strings.Contains(said, "drawn") {
		t.Errorf("%d\n%s", code, said)
	}
}
