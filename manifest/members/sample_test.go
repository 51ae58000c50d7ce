package members_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/members"
)

// A sample is a batch that the same parser reads.
func TestSamplesCanBeRead(t *testing.T) {
	t.Parallel()
	for name, arrays := range map[string]manifest.MemberArrays{"a flag each": flags, "two arrays": arrays, "an action": action, "an array within a list": inside} {
		p := parser(arrays)
		text := members.Sample(p, "e-7")
		b, got, err := read(t, p, text)
		if err != nil || b.Scope != "e-7" || len(got) == 0 || !strings.HasSuffix(got[0], "+user-1") {
			t.Errorf("%s: %v %+v %v\n%s", name, got, b, err, text)
		}
	}
	p := parser(flags)
	p.ScopeID = "/seg"
	if text := members.Sample(p, "e"); text != "" {
		t.Errorf("pointers that contradict one another: %s", text)
	}
}

func TestSamplesOfPublishedIntegrations(t *testing.T) {
	t.Parallel()
	const corpus = "../../../shared/corpus/launchdarkly/integrations/"
	found := 0
	files, _ := filepath.Glob(corpus + "*/manifest.json")
	if len(files) == 0 {
		testenv.Lacks(t, "the published integrations are not at %s", corpus)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		read, _ := manifest.Parse(filepath.Base(filepath.Dir(file)), data)
		p := read.Package
		if p.MembershipSync == nil || p.MembershipSync.Parser == nil {
			continue
		}
		found++
		n := 0
		b, err := members.Read(strings.NewReader(members.Sample(*p.MembershipSync.Parser, "e-7")), *p.MembershipSync.Parser, func(m members.Member) error {
			if m.In {
				n++
			}
			return nil
		})
		if err != nil || n != 1 || b.Scope != "e-7" {
			t.Errorf("%s: %v %d %+v\n%s", file, err, n, b, members.Sample(*p.MembershipSync.Parser, "e-7"))
		}
	}
	if found < 3 {
		t.Errorf("%d published integrations keep memberships", found)
	}
}
