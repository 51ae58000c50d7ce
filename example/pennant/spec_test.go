package pennant_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/example/pennant"
)

// spec holds every answer of the tests against the published description.
type spec struct {
	doc   *openapi3.T
	paths map[string]*regexp.Regexp
}

func loadSpec(t *testing.T) *spec {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(pennant.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	s := &spec{doc: doc, paths: map[string]*regexp.Regexp{}}
	for path := range doc.Paths.Map() {
		quoted := regexp.QuoteMeta(path)
		s.paths[path] = regexp.MustCompile("^" + regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(quoted, "[^/]+") + "$")
	}
	return s
}

// check fails the test when an answer isn't one that the description promises.
func (s *spec) check(t *testing.T, r *http.Request, a answer) {
	t.Helper()
	for path, pattern := range s.paths {
		op := s.doc.Paths.Value(path).GetOperation(r.Method)
		if op == nil || !pattern.MatchString(r.URL.Path) {
			continue
		}
		promised := op.Responses.Value(strconv.Itoa(a.status))
		if promised == nil {
			t.Errorf("%s %s answered %d, which isn't described", r.Method, path, a.status)
			return
		}
		kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
		if len(promised.Value.Content) == 0 {
			if len(a.raw) > 0 {
				t.Errorf("%s %s: a body where none is described", r.Method, path)
			}
			return
		}
		media := promised.Value.Content[kind]
		if media == nil {
			t.Errorf("%s %s: %d as %q isn't described", r.Method, path, a.status, kind)
			return
		}
		if !strings.HasSuffix(kind, "json") {
			return
		}
		var body any
		a.into(t, &body)
		if err := media.Schema.Value.VisitJSON(body); err != nil {
			t.Errorf("%s %s: %d: %v", r.Method, path, a.status, err)
		}
		return
	}
}

func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	doc := loadSpec(t).doc
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || len(op.Tags) != 1 || op.Security == nil {
				t.Errorf("%s %s lacks an id of its own, a summary, a tag or its security", method, path)
			}
			ids[op.OperationID] = true
		}
	}
}

func TestDescriptionAndRoutesAreTheSame(t *testing.T) {
	t.Parallel()
	var described []string
	for path, item := range loadSpec(t).doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	served := pennant.Routes()
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described\n%s\nserved\n%s", strings.Join(described, "\n"), strings.Join(served, "\n"))
	}
}

func TestCatalogCoversTheDescription(t *testing.T) {
	t.Parallel()
	file, err := catalog.ParseFile(pennant.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	set, err := catalog.Load(os.DirFS("."), file.Product.Documents...)
	if err != nil {
		t.Fatal(err)
	}
	_, coverage, err := catalog.Import(set, file)
	if err != nil {
		t.Fatal(err)
	}
	if len(coverage.Gaps)+len(coverage.Undescribed)+len(coverage.Unused)+len(coverage.Implicit)+len(coverage.Notes) > 0 {
		t.Errorf("the catalog leaves something open: %+v", coverage)
	}
	if coverage.Public != 1 || coverage.Internal != 1 || coverage.Operations != len(pennant.Routes()) {
		t.Errorf("%d operations, %d public, %d internal", coverage.Operations, coverage.Public, coverage.Internal)
	}
	labels := map[string]string{}
	for _, p := range pennant.Privileges() {
		labels[p.Label] = p.Key
		if _, ok := file.Entitlements[p.Key]; !ok {
			t.Errorf("%s isn't an entitlement of the catalog", p.Key)
		}
	}
	for _, p := range file.Privileges {
		if len(p.Entitlements) != 1 || labels[p.Label] != p.Entitlements[0] {
			t.Errorf("%q isn't what Pennant's own page says", p.Label)
		}
	}
	if len(file.Privileges) != len(labels) {
		t.Errorf("%d privileges in the catalog, %d on the page", len(file.Privileges), len(labels))
	}
}
