package catalog_test

import (
	"os"
	"testing"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/catalog/profile"
)

const corpus = "../../shared/corpus/openapi"

// openCorpus reads one of the published descriptions, or skips where they are not at hand.
func openCorpus(t testing.TB, name string) catalog.Set {
	t.Helper()
	root := corpus + "/" + name
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the published descriptions must be at %s in CI", root)
		}
		t.Skipf("the published descriptions are not at %s", root)
	}
	file := profileFile(t, name)
	set, err := catalog.Load(os.DirFS(root), file.Product.Documents...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func profileFile(t testing.TB, name string) catalog.File {
	t.Helper()
	data, ok := profile.Read(name)
	if !ok {
		t.Fatalf("there is no profile %q", name)
	}
	file, err := catalog.ParseFile(data)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func importCorpus(t testing.TB, name string) (*catalog.Catalog, catalog.Coverage) {
	t.Helper()
	c, cov, err := catalog.Import(openCorpus(t, name), profileFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return c, cov
}

func TestHighLevelFigures(t *testing.T) {
	t.Parallel()
	_, cov := importCorpus(t, "highlevel")
	if cov.Documents != 41 || cov.Operations != 576 || len(cov.ScopesUsed) != 118 || cov.SchemeOnly != 123 || cov.NoSecurity != 16 {
		t.Errorf("documents %d, operations %d, scopes %d, scheme only %d, no security %d", cov.Documents, cov.Operations, len(cov.ScopesUsed), cov.SchemeOnly, cov.NoSecurity)
	}
	reasons := cov.Reasons()
	if reasons["scheme_without_scope"] != 123 || reasons["no_security"] != 16 || len(cov.Gaps) != 139 {
		t.Errorf("gaps: %v", reasons)
	}
	if cov.BySource[catalog.SourceSecurity] != 437 || cov.BySource[catalog.SourceNone] != 139 {
		t.Errorf("sources: %v", cov.BySource)
	}
	if cov.Err() == nil {
		t.Error("unmapped operations are no error")
	}
}
