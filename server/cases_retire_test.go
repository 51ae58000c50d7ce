package server_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"google.golang.org/grpc/metadata"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/server/fronttest"
	"github.com/guestright/guestright/usage"
)

// retiring is what the odd product announces in the tests below.
func retiring(file *catalog.File) {
	day := func(s string) time.Time {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil {
			panic(err)
		}
		return t
	}
	file.Operations["read"] = catalog.Override{Needs: "scope:a", Deprecated: &catalog.Deprecation{Since: day("2026-01-01"), Sunset: day("2099-01-01"), Use: "part2"}}
	file.Operations["slow"] = catalog.Override{Needs: "scope:a", Deprecated: &catalog.Deprecation{Since: day("2020-01-01"), Removed: day("2021-01-01"), Use: "part2", Note: "Ask for one part."}}
	file.Removed = map[string]catalog.Removal{"GET /v0/{name}": {Use: "part2", Since: day("2024-01-01")}}
}

// A33: through every door an answer about a deprecated operation carries
// Deprecation, Sunset and Link, and nobody else's answer does. H29: what was
// removed answers 410 and names what to call instead.
func TestA33H29DeprecationThroughEveryDoor(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		cat := s.Catalog.Get()
		file := cat.File()
		file.Operations = map[string]catalog.Override{"internal": {Internal: true}, "thing": {Entitlement: "thing:view", Resource: "thing/{id}"}}
		retiring(&file)
		if err := s.Swap(imported(t, file, strings.Replace(oddProduct, "  /admin:", `  /w/{name}: {get: {operationId: part2, security: [{oauth: [a]}], parameters: [{name: name, in: path, required: true, schema: {type: string}}], responses: {"200": {description: ok}}}}
  /admin:`, 1))); err != nil {
			t.Fatal(err)
		}
		t.Run(s.name, func(t *testing.T) {
			before := s.counted(t, s.app.ID.String())
			a, seen := s.send(t, "GET /a/x%20y HTTP/1.1")
			s.served(t, "deprecated", "/a/x%20y", a, seen)
			if a.Header.Get("Deprecation") != "@1767225600" || a.Header.Get("Sunset") != "Thu, 01 Jan 2099 00:00:00 GMT" {
				t.Errorf("fields: %v", a.Header)
			}
			links := strings.Join(a.Header.Values("Link"), ", ")
			for _, want := range []string{"<" + s.URL + `/reference/read>; rel="deprecation"; type="text/html"`, `</w/x%20y>; rel="successor-version"`, "</own>; rel=next"} {
				if !strings.Contains(links, want) {
					t.Errorf("no %s in %s", want, links)
				}
			}
			if s.name == "proxy" {
				s.envoySays(t, "/a/x", "deprecation", "@1767225600")
			}
			a, seen = s.send(t, "GET /w/x HTTP/1.1")
			s.served(t, "not deprecated", "/w/x", a, seen)
			if a.Header.Get("Sunset") != "" || a.Header.Get("Deprecation") != "" || len(a.Header.Values("Link")) != 1 {
				t.Errorf("fields of another operation: %v", a.Header)
			}
			for _, line := range []string{"GET /slow HTTP/1.1", "GET /v0/x HTTP/1.1"} {
				a, seen := s.send(t, line)
				s.refused(t, line, a, seen, http.StatusGone)
				var doc struct {
					Code, Detail, Replacement string
					Operation                 string `json:"replacement_operation"`
				}
				if err := json.Unmarshal([]byte(a.Body), &doc); err != nil || doc.Code != "operation_removed" ||
					doc.Replacement != s.URL+"/reference/part2" || doc.Operation != "GET /w/{name}" {
					t.Errorf("%s: %s", line, a.Body)
				}
			}
			if a, seen := s.send(t, "POST /v0/x HTTP/1.1"); a.Status != http.StatusNotFound || len(seen) > 0 {
				t.Errorf("a method of what is gone: %d %s", a.Status, a.Body)
			}
			got := s.counted(t, s.app.ID.String())
			passed := int64(2)
			if s.name == "proxy" {
				passed++ // Envoy's question
			}
			if got[usage.OperationRemoved]-before[usage.OperationRemoved] != 2 || got[usage.OK]-before[usage.OK] != passed {
				t.Errorf("counted %v after %v", got, before)
			}
		})
	}
}

// H29: the version that counts is the one that the application was made under,
// unless a call names another; the product is told which.
func TestH29VersionsArePinned(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		if s.name != "proxy" {
			continue
		}
		file := s.Catalog.Get().File()
		file.Operations = maps.Clone(file.Operations)
		with := func(def string) {
			file.Versions = catalog.Versions{Header: "API-Version", Default: def, Unpinned: "v1", Offered: []catalog.Version{
				{Name: "v0", Deprecated: &catalog.Deprecation{Removed: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), Use: "v2"}},
				{Name: "v1", Deprecated: &catalog.Deprecation{Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Sunset: time.Date(2098, 1, 1, 0, 0, 0, 0, time.UTC), Use: "v2"}},
				{Name: "v2"}, {Name: "v3"}}}
			file.Operations["part"] = catalog.Override{Needs: "scope:a", RemovedIn: map[string]catalog.Removal{"v3": {Use: "read"}}}
			if err := s.Swap(imported(t, file, oddProduct)); err != nil {
				t.Fatal(err)
			}
		}
		with("v2")
		version := func(name string, fields ...string) fronttest.Answer {
			t.Helper()
			a, seen := s.send(t, "GET /a/x HTTP/1.1", fields...)
			if got := s.served(t, name, "/a/x", a, seen).All("Api-Version"); len(got) != 1 {
				t.Fatalf("%s: the product was told %q", name, got)
			} else if got[0] != name {
				t.Errorf("the product was told %q, not %q", got[0], name)
			}
			return a
		}
		// The application was made before there were versions.
		if a := version("v1"); a.Header.Get("Deprecation") == "" || a.Header.Get("Sunset") != "Wed, 01 Jan 2098 00:00:00 GMT" {
			t.Errorf("fields of a deprecated version: %v", a.Header)
		}
		if a := version("v2", "API-Version: v2"); a.Header.Get("Deprecation") != "" {
			t.Errorf("fields of a version that stays: %v", a.Header)
		}
		v2 := "v2"
		if _, err := s.Applications.Amend(t.Context(), s.dev, s.app.ID, application.Patch{APIVersion: &v2}); err != nil {
			t.Fatal(err)
		}
		version("v2")
		young, err := s.Applications.Register(t.Context(), s.dev, s.app.Group, application.Draft{Name: "Young", Description: "Made later."})
		if err != nil || young.APIVersion != "v2" {
			t.Errorf("made under v2: %+v %v", young, err)
		}
		with("v3") // a new default moves nobody
		version("v2")
		for name, c := range map[string]struct {
			fields []string
			line   string
			status int
			code   string
			holds  string
		}{
			"unknown":                {[]string{"API-Version: v9"}, "GET /a/x", 400, "api_version_unknown", `"versions":["v1","v2","v3"]`},
			"two":                    {[]string{"API-Version: v2", "Api-Version: v3"}, "GET /a/x", 400, "api_version_unknown", ""},
			"two spellings":          {[]string{"API-Version: v2", "Api_Version: v3"}, "GET /a/x", 400, "api_version_unknown", ""},
			"removed":                {[]string{"API-Version: v0"}, "GET /a/x", 410, "api_version_removed", `"replacement":"v2"`},
			"removed in the version": {[]string{"API-Version: v3"}, "GET /a/x/y", 410, "operation_removed", `"replacement":"` + s.URL + `/reference/read"`},
		} {
			a, seen := s.send(t, c.line+" HTTP/1.1", c.fields...)
			s.refused(t, name, a, seen, c.status)
			if !strings.Contains(a.Body, `"code":"`+c.code+`"`) || !strings.Contains(a.Body, c.holds) {
				t.Errorf("%s: %s", name, a.Body)
			}
		}
		bad := "v9"
		if _, err := s.Applications.Amend(t.Context(), s.dev, s.app.ID, application.Patch{APIVersion: &bad}); err == nil {
			t.Error("pinned to a version that is not offered")
		}
	}
}

// envoySays asks as Envoy does and fails unless the answer is to carry a field;
// what the product says in Link must stay.
func (s *stand) envoySays(t *testing.T, path, name, value string) {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "guestright-check-key", checkKey)
	res, err := s.envoy(t).Check(ctx, question("GET", path, fronttest.Host, map[string]string{"authorization": "Bearer " + s.token}))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]*corev3.HeaderValueOption{}
	for _, o := range res.GetOkResponse().GetResponseHeadersToAdd() {
		said[o.GetHeader().GetKey()] = o
	}
	if got := said[name].GetHeader().GetValue(); got != value {
		t.Errorf("Envoy is told %s: %q", name, got)
	}
	if said["link"].GetAppendAction() != corev3.HeaderValueOption_APPEND_IF_EXISTS_OR_ADD {
		t.Error("the product's own Link would go")
	}
}

// imported builds a catalog of a document and a file in hand.
func imported(t *testing.T, file catalog.File, document string) *catalog.Catalog {
	t.Helper()
	set, err := catalog.Parse("odd.yaml", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	cat, coverage, err := catalog.Import(set, file)
	if err != nil {
		t.Fatalf("%v\n%s", err, coverage.Text())
	}
	return cat
}
