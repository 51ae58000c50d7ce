package catalog_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/catalog/profile"
	"github.com/guestright/guestright/kit/testenv"
)

const corpus = "../../shared/corpus/openapi"

// descriptions are read once for all tests of the package: under the race detector that takes seconds.
var descriptions = map[string]func() description{
	"highlevel":    sync.OnceValue(func() description { return describe("highlevel") }),
	"blackboard":   sync.OnceValue(func() description { return describe("blackboard") }),
	"launchdarkly": sync.OnceValue(func() description { return describe("launchdarkly") }),
}

type description struct {
	set      catalog.Set
	catalog  *catalog.Catalog
	coverage catalog.Coverage
	err      error
}

func describe(name string) description {
	data, _ := profile.Read(name)
	file, err := catalog.ParseFile(data)
	if err != nil {
		return description{err: err}
	}
	set, err := catalog.Load(os.DirFS(corpus+"/"+name), file.Product.Documents...)
	if err != nil {
		return description{err: err}
	}
	c, cov, err := catalog.Import(set, file)
	return description{set: set, catalog: c, coverage: cov, err: err}
}

// published gives one of the published descriptions, or skips where they are not at hand.
func published(t testing.TB, name string) description {
	t.Helper()
	root := corpus + "/" + name
	if _, err := os.Stat(root); err != nil {
		testenv.Lacks(t, "the published descriptions are not at %s", root)
	}
	d := descriptions[name]()
	if d.err != nil {
		t.Fatal(d.err)
	}
	return d
}

func openCorpus(t testing.TB, name string) catalog.Set {
	t.Helper()
	return published(t, name).set
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
	d := published(t, name)
	return d.catalog, d.coverage
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

func TestBlackboardFigures(t *testing.T) {
	t.Parallel()
	c, cov := importCorpus(t, "blackboard")
	reasons := cov.Reasons()
	if cov.Operations != 248 || cov.BySource[catalog.SourceProse] < 200 || reasons["prose_names_none"] != 25 || reasons["prose_ambiguous"] > 20 {
		t.Errorf("operations %d, sources %v, gaps %v", cov.Operations, cov.BySource, reasons)
	}
	for call, want := range map[string]string{
		"GET /learn/api/public/v1/announcements":                                                        "system.announcements.VIEW or system.announcements.admin.VIEW",
		"GET /learn/api/public/v1/courses/{courseId}/announcements":                                     "course.announcements.VIEW",
		"POST /learn/api/public/v1/courses/{courseId}/announcements":                                    "course.announcements.CREATE and course.announcements.VIEW",
		"POST /learn/api/public/v1/courses/{courseId}/meetings/{meetingId}/users/bulk":                  "course.attendance.CREATE and course.attendance.MODIFY",
		"PATCH /learn/api/public/v1/courses/{courseId}/meetings/{meetingId}":                            "course.attendance.MODIFY and course.attendance.VIEW",
		"POST /learn/api/public/v1/courses/{courseId}/contents/createAssignment":                        "course.content.CREATE and course.gradebook.MODIFY",
		"GET /learn/api/public/v1/courses/{courseId}/assessments/{assessmentId}/questions/{questionId}": "course.assessment.CREATE or course.assessment.MODIFY",
		"GET /learn/api/public/v1/catalog/categories/{categoryType}":                                    "system.course-categories.VIEW",
		"POST /learn/api/public/v1/catalog/categories/{categoryType}":                                   "system.course.categories.MODIFY or system.org.categories.MODIFY",
		"GET /learn/api/public/v1/courses/{courseId}/users":                                             "course.user.VIEW or system.user.course.enrollment.VIEW or system.courseuserlist.VIEW or system.user.org.enrollment.VIEW or system.orguserlist.VIEW",
		"GET /learn/api/public/v1/courses/{courseId}/nodes":                                             "system.multiinst.node.course.association.VIEW and system.multiinst.node.org.association.VIEW",
		"PATCH /learn/api/public/v3/courses/{courseId}":                                                 "system.course.properties.MODIFY or system.org.properties.MODIFY or course.configure-properties.EXECUTE",
		"POST /learn/api/public/v2/courses/{courseId}/copy":                                             "(system.course.copy.EXECUTE or system.org.copy.EXECUTE or course.content.copy.exact.EXECUTE or course.content.copy.new.EXECUTE) and course.content.copy.EXECUTE",
		"GET /learn/api/public/v1/terms/{termId}":                                                       "system.term.VIEW or system.term.MODIFY",
		"PATCH /learn/api/public/v2/courses/{courseId}/gradebook/columns/{columnId}":                    "course.gradebook.MODIFY",
		"GET /learn/api/public/v2/courses/{courseId}/groups/sets/{groupId}":                             "course.groups.VIEW or course.groups.admin.VIEW",
		"GET /learn/api/public/v1/sessions":                                                             "system.user.sessions.VIEW",
	} {
		r, ok := c.Route(call)
		if !ok || r.Needs.String() != want {
			t.Errorf("%s: got %v, want %s", call, r.Needs, want)
		}
	}
	for _, g := range cov.Gaps {
		if r, ok := c.Route(g.Operation); !ok || !r.Unmapped() {
			t.Errorf("%s is listed as open but not refused", g.Operation)
		}
	}
}

func TestLaunchDarklyFigures(t *testing.T) {
	t.Parallel()
	c, cov := importCorpus(t, "launchdarkly")
	if cov.Operations != 351 || cov.BySource[catalog.SourceDefault] != 351 || cov.WithResource != 351 || cov.Err() != nil {
		t.Errorf("operations %d, sources %v, with resource %d", cov.Operations, cov.BySource, cov.WithResource)
	}
	for call, want := range map[string][2]string{
		"GET /api/v2/flags/p/f":                                                     {"flag:view", "proj/p:env/*:flag/f"},
		"PATCH /api/v2/flags/p/f":                                                   {"flag:update", "proj/p:env/*:flag/f"},
		"GET /api/v2/flag-statuses/p/e/f":                                           {"flag:view", "proj/p:env/e:flag/f"},
		"PUT /api/v2/projects/p/flags/f/release":                                    {"flag:update", "proj/p:env/*:flag/f"},
		"DELETE /api/v2/segments/p/e/s":                                             {"segment:delete", "proj/p:env/e:segment/s"},
		"POST /api/v2/projects/p/environments":                                      {"environment:create", "proj/p:env/*"},
		"POST /api/v2/projects/p/environments/e/apiKey":                             {"environment:update", "proj/p:env/e"},
		"POST /api/v2/destinations/projects/p/environments/e/generate-trust-policy": {"destination:create", "proj/p:env/e:destination/*"},
		"DELETE /api/v2/members/m":                                                  {"member:delete", "member/m"},
		"GET /api/v2/versions":                                                      {"account:view", "acct"},
	} {
		method, path, _ := strings.Cut(call, " ")
		var p catalog.Params
		r, miss := c.Match(method, path, &p)
		if miss != catalog.Found {
			t.Errorf("%s: not found", call)
			continue
		}
		if got := string(r.AppendResource(nil, &p)); r.Needs.String() != want[0] || got != want[1] {
			t.Errorf("%s: %s on %s, want %v", call, r.Needs, got, want)
		}
	}
}

// TestEveryOperationIsEnforcedAsShown walks all operations: every smallest set passes, and without any one member it does
// not.
func TestEveryOperationIsEnforcedAsShown(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"highlevel", "blackboard", "launchdarkly"} {
		c, _ := importCorpus(t, name)
		for _, r := range c.Routes() {
			shown, err := c.ShowOperation(r.Operation)
			if err != nil || !shown.Needs.Equal(r.Needs) || !r.Program.Needs().Equal(r.Needs) {
				t.Fatalf("%s: %v", r.Operation, err)
			}
			for _, set := range shown.Alternatives {
				if !r.Program.Met(bitsOf(c, set)) {
					t.Errorf("%s: %v does not pass", r.Operation, set)
				}
				for i := range set {
					rest := slices.Delete(slices.Clone(set), i, i+1)
					if r.Program.Met(bitsOf(c, rest)) {
						t.Errorf("%s: passes without %s", r.Operation, set[i].Name)
					}
				}
			}
		}
	}
}

func bitsOf(c *catalog.Catalog, set []access.Atom) []uint64 {
	bits := make([]uint64, 16)
	for _, a := range set {
		b := c.Bit(a)
		bits[b>>6] |= 1 << (b & 63)
	}
	return bits
}

// TestWrittenFilesImport: what Write makes of a published description reads back and imports with the same figures.
func TestWrittenFilesImport(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"highlevel", "blackboard", "launchdarkly"} {
		set := openCorpus(t, name)
		text, err := catalog.Write(set)
		if err != nil {
			t.Fatal(err)
		}
		file, err := catalog.ParseFile(text)
		if err != nil {
			t.Fatalf("%s: %v\n%.2000s", name, err, text)
		}
		_, cov, err := catalog.Import(set, file)
		if err != nil || len(cov.Undescribed) != 0 || len(cov.Unused) != 0 {
			t.Errorf("%s: %v, undescribed %d, unused %d", name, err, len(cov.Undescribed), len(cov.Unused))
		}
		if strings.Count(string(text), `{needs: ""}`) != len(cov.Gaps) {
			t.Errorf("%s: the file does not list all %d open operations", name, len(cov.Gaps))
		}
	}
}

func TestReferenceData(t *testing.T) {
	t.Parallel()
	c, _ := importCorpus(t, "highlevel")
	o, ok := c.Operation("create-contact")
	if !ok || len(o.Parameters) == 0 || len(o.Bodies) != 1 || len(o.Answers) == 0 {
		t.Fatalf("%+v", o)
	}
	want := "curl --request POST 'https://gw.example.com/contacts/' \\\n  --header \"Authorization: Bearer $TOKEN\" \\\n  --header 'Version: 2021-07-28' \\\n  --header 'Content-Type: application/json' \\\n  --data '{}'"
	if got := o.Curl("https://gw.example.com/"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, ok := c.Schema("apps/contacts.json", "CreateContactDto"); !ok {
		t.Error("a schema of the document is missing")
	}
	if n := len(c.Operations()); n != 576 {
		t.Errorf("%d operations in the reference", n)
	}
}
