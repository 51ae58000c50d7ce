package catalog_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"pgregory.net/rapid"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
)

// described makes a document with these operations, "METHOD /path", under a server address.
func described(server string, operations ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "openapi: 3.1.0\ninfo: {title: Test, version: '1'}\nservers: [{url: %q}]\npaths:\n", server)
	paths := map[string][]string{}
	for _, o := range operations {
		method, path, _ := strings.Cut(o, " ")
		paths[path] = append(paths[path], strings.ToLower(method))
	}
	for path, methods := range paths {
		fmt.Fprintf(&b, "  %q:\n", path)
		for _, m := range methods {
			fmt.Fprintf(&b, "    %s:\n      x-guestright-entitlement: thing:use\n      responses: {'200': {description: ok}}\n", m)
		}
		var params []string
		for rest := path; ; {
			_, after, found := strings.Cut(rest, "{")
			if !found {
				break
			}
			name, tail, _ := strings.Cut(after, "}")
			params = append(params, fmt.Sprintf("{name: %s, in: path, required: true, schema: {type: string}}", name))
			rest = tail
		}
		fmt.Fprintf(&b, "    parameters: [%s]\n", strings.Join(params, ", "))
	}
	return b.String()
}

func imported(t testing.TB, document, file string) *catalog.Catalog {
	t.Helper()
	set, err := catalog.Parse("api.yaml", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	f, err := catalog.ParseFile([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := catalog.Import(set, f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const plainFile = "product: {name: Test}\n"

func TestMatch(t *testing.T) {
	t.Parallel()
	c := imported(t, described("https://api.example.com/base/", "GET /things", "POST /things", "GET /things/{id}", "DELETE /things/{id}",
		"GET /things/mine", "POST /things/{id}:act", "POST /things/{id}:act:now", "GET /files/{name}.{ext}", "GET /a/b/c", "GET /a/{x}/d", "GET /list/",
		"GET /range/{from}-{to}", "GET /x{y}z/end", "GET /caf%C3%A9", "GET /"), plainFile)
	cases := []struct{ method, path, template, params string }{
		{"GET", "/base/things", "/base/things", ""},
		{"HEAD", "/base/things", "/base/things", ""},
		{"PUT", "/base/things", "405", ""},
		{"GET", "/things", "404", ""},
		{"GET", "/base/things/", "404", ""},
		{"GET", "/base/things/7", "/base/things/{id}", "id=7"},
		{"GET", "/base/things/mine", "/base/things/mine", ""},
		{"GET", "/base/things/%6dine", "/base/things/mine", ""},
		{"DELETE", "/base/things/mine", "405", ""},
		{"GET", "/base/things/a%2Fb", "/base/things/{id}", "id=a/b"},
		{"POST", "/base/things/7:act", "/base/things/{id}:act", "id=7"},
		{"POST", "/base/things/7%3aact", "/base/things/{id}:act", "id=7"},
		{"POST", "/base/things/7:act:now", "/base/things/{id}:act:now", "id=7"},
		{"POST", "/base/things/:act", "405", ""},
		{"GET", "/base/files/a.tar.gz", "/base/files/{name}.{ext}", "name=a.tar ext=gz"},
		{"GET", "/base/files/.gz", "404", ""},
		{"GET", "/base/a/b/c", "/base/a/b/c", ""},
		{"GET", "/base/a/b/d", "/base/a/{x}/d", "x=b"},
		{"GET", "/base/a/b/e", "404", ""},
		{"GET", "/base/list/", "/base/list/", ""},
		{"GET", "/base/list", "404", ""},
		{"GET", "/base/range/1-2-3", "/base/range/{from}-{to}", "from=1-2 to=3"},
		{"GET", "/base/xyz/end", "/base/x{y}z/end", "y=y"},
		{"GET", "/base/xz/end", "404", ""},
		{"GET", "/base/xzz/end", "/base/x{y}z/end", "y=z"},
		{"GET", "/base/caf%c3%a9", "/base/caf%C3%A9", ""},
		{"GET", "/base/", "/base/", ""},
		{"GET", "", "404", ""},
		{"GET", "base/things", "404", ""},
	}
	for _, tc := range cases {
		var p catalog.Params
		r, miss := c.Match(tc.method, tc.path, &p)
		got := map[catalog.Miss]string{catalog.NotFound: "404", catalog.MethodNotAllowed: "405"}[miss]
		var params []string
		if miss == catalog.Found {
			got = r.Template
			for i, n := range r.ParamNames() {
				params = append(params, n+"="+p.Value(i))
			}
		}
		if got != tc.template || strings.Join(params, " ") != tc.params {
			t.Errorf("%s %s: %s %v, want %s %s", tc.method, tc.path, got, params, tc.template, tc.params)
		}
	}
	if got := c.Allowed("/base/things"); !slices.Equal(got, []string{"GET", "HEAD", "POST"}) {
		t.Errorf("Allowed = %v", got)
	}
}

func TestTemplatesThatCannotBeRoutes(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/x/{a}{b}", "/x/{a", "/x/a}", "/x/{}", "/x?y=1", "/" + strings.Repeat("{p}/", 17)} {
		doc := "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n  " + fmt.Sprintf("%q", path) + ":\n    get: {responses: {'200': {description: ok}}}\n"
		set, err := catalog.Parse("api.yaml", []byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := catalog.Import(set, catalog.File{}); !errors.Is(err, &problem.Error{Kind: problem.KindInvalid}) {
			t.Errorf("%s: %v", path, err)
		}
	}
	doc := described("/", "GET /x/{a}/y", "GET /x/{b}/y")
	set, err := catalog.Parse("api.yaml", []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := catalog.Import(set, catalog.File{}); err == nil {
		t.Error("two routes for the same paths were accepted")
	}
}

// oracle asks kin-openapi's router, which compiles the same documents into regular expressions.
func oracle(t testing.TB, spec *openapi3.T) routers.Router {
	t.Helper()
	bare := *spec
	bare.Servers = nil
	r, err := gorillamux.NewRouter(&bare)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ask(r routers.Router, method, path string) (string, map[string]string) {
	req := httptest.NewRequest(http.MethodGet, "http://x/", nil)
	req.Method = method
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return "bad", nil
	}
	req.URL = u
	route, params, err := r.FindRoute(req)
	switch {
	case errors.Is(err, routers.ErrMethodNotAllowed):
		return "405", nil
	case err != nil:
		return "404", nil
	}
	return route.Path, params
}

// TestMatchAgreesWithOracle calls every operation of the published descriptions with several parameters.
func TestMatchAgreesWithOracle(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"highlevel", "blackboard", "launchdarkly"} {
		set := openCorpus(t, name)
		c, _ := importCorpus(t, name)
		compared := 0
		for _, d := range set.Documents {
			router := oracle(t, d.Spec)
			for path, item := range d.Spec.Paths.Map() {
				for method := range item.Operations() {
					for _, value := range []string{"a.b-c:d", "%41%20é"} {
						value = strings.ReplaceAll(value, "é", "%C3%A9")
						concrete := fillTemplate(path, value)
						var p catalog.Params
						got := "404"
						if r, miss := c.Match(method, concrete, &p); miss == catalog.Found {
							got = r.Template
						} else if miss == catalog.MethodNotAllowed {
							got = "405"
						}
						want, _ := ask(router, method, concrete)
						if want == "405" && got == path {
							continue // the oracle cannot tell /x/{a} from /x/{b} and loses the methods of one of them
						}
						if got != want {
							t.Errorf("%s: %s %s: got %s, want %s", name, method, concrete, got, want)
						}
						compared++
					}
				}
			}
		}
		t.Logf("%s: %d calls agree", name, compared)
	}
}

func fillTemplate(path, value string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(path, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, path, _ = strings.Cut(rest, "}")
		b.WriteString(value)
	}
}

// TestMatchProperty draws small sets of templates and compares with the oracle on paths made of the same material. Where
// two templates of equal rank fit, the oracle's order differs, so only whether something fits is compared then.
func TestMatchProperty(t *testing.T) {
	t.Parallel()
	segment := rapid.SampledFrom([]string{"a", "b", "{p}", "a{p}", "{p}b", "{p}.{q}", "{p}:act"})
	rapid.Check(t, func(t *rapid.T) {
		templates := map[string]bool{}
		shapes := map[string]bool{}
		for _, parts := range rapid.SliceOfN(rapid.SliceOfN(segment, 1, 3), 1, 6).Draw(t, "templates") {
			path := ""
			for i, s := range parts {
				s = strings.NewReplacer("{p}", fmt.Sprintf("{p%d}", i), "{q}", fmt.Sprintf("{q%d}", i)).Replace(s)
				path += "/" + s
			}
			if shape := fillTemplate(path, "*"); !shapes[shape] {
				shapes[shape], templates["GET "+path] = true, true
			}
		}
		var list []string
		for o := range templates {
			list = append(list, o)
		}
		set, err := catalog.Parse("api.yaml", []byte(described("/", list...)))
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := catalog.Import(set, catalog.File{})
		if err != nil {
			t.Fatal(err)
		}
		bare := *set.Documents[0].Spec
		bare.Servers = nil
		router, err := gorillamux.NewRouter(&bare)
		if err != nil {
			t.Fatal(err)
		}
		for _, parts := range rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "x.y", "x.y.z", "x:act", "aab", "%61", "v", ".", "a:act"}), 1, 3), 1, 12).Draw(t, "paths") {
			path := "/" + strings.Join(parts, "/")
			var p catalog.Params
			r, miss := c.Match("GET", path, &p)
			want, params := ask(router, "GET", path)
			if (miss == catalog.Found) != (want != "404") && !strings.Contains(path, "%") {
				t.Fatalf("%v: %s: found %v, oracle %s", list, path, miss == catalog.Found, want)
			}
			if miss == catalog.Found && r.Template == want {
				for i, n := range r.ParamNames() {
					if p.Value(i) != params[n] && !strings.Contains(path, "%") {
						t.Fatalf("%s: %s = %q, oracle %q", path, n, p.Value(i), params[n])
					}
				}
			}
		}
	})
}

func FuzzMatch(f *testing.F) {
	c := imported(f, described("/v1", "GET /things/{id}", "POST /things/{id}:act", "GET /f/{a}-{b}.{c}", "GET /lit%2Feral", "GET /{x}/{y}/z"), plainFile)
	for _, s := range []string{"/v1/things/1", "/v1/things/%zz", "/v1/f/1-2-3.4.5", "/v1/lit%2feral", "//", "/v1/%", "/v1/a/b/z", "/v1/f/%2d-%2e.%2"} {
		f.Add("GET", s)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		var p catalog.Params
		r, miss := c.Match(method, path, &p)
		if miss != catalog.Found {
			return
		}
		if p.Len() != len(r.ParamNames()) {
			t.Fatalf("%d parameters for %v", p.Len(), r.ParamNames())
		}
		for i := range p.Len() {
			if p.Raw(i) == "" || strings.Contains(p.Raw(i), "/") || !strings.Contains(path, p.Raw(i)) {
				t.Fatalf("parameter %d is %q", i, p.Raw(i))
			}
		}
	})
}

func TestMatchAllocatesNothing(t *testing.T) {
	c := wide(t)
	var p catalog.Params
	var segments catalog.Segments
	buf := make([]byte, 0, 256)
	for _, path := range []string{"/v1/r17/abc/items/def", "/v1/r17/%61bc/items/d:f", "/v1/r599/x:act", "/v1/none", "/v1/r5/x/items"} {
		if n := testing.AllocsPerRun(100, func() {
			r, miss := c.Match("GET", path, &p)
			if miss == catalog.Found {
				buf = r.AppendResource(buf[:0], &p)
				if !strings.Contains(path, "%") {
					r.Fill(&p, &segments)
				}
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

// wide is a catalog of 600 routes.
func wide(t testing.TB) *catalog.Catalog {
	t.Helper()
	var ops []string
	for i := range 150 {
		ops = append(ops, fmt.Sprintf("GET /r%d/{a}/items/{b}", i), fmt.Sprintf("POST /r%d/{a}/items", i), fmt.Sprintf("GET /r%d/{a}:act", i), fmt.Sprintf("GET /r%d", i))
	}
	ops = append(ops, "GET /r599/{a}:act")
	return imported(t, described("/v1", ops...), plainFile+"resources:\n  - {kind: item, path: \"r/{a}:item/{b}\", under: [\"/**\"]}\n")
}

func BenchmarkMatch600(b *testing.B) {
	c := wide(b)
	var p catalog.Params
	b.ReportAllocs()
	for b.Loop() {
		if _, miss := c.Match("GET", "/v1/r117/abcdefgh/items/0123456789", &p); miss != catalog.Found {
			b.Fatal("not found")
		}
	}
}

func TestResources(t *testing.T) {
	t.Parallel()
	c := imported(t, described("/", "GET /p/{projectKey}/e/{envKey}/f/{flagKey}", "GET /p/{projectKey}/f/{flagKey}", "GET /me"), plainFile+`resources:
  - {kind: flag, path: "proj/{projectKey}:env/{environmentKey|envKey}:flag/{flagKey}", under: ["/p/**"]}
  - {kind: account, path: acct, under: ["/**"]}
`)
	for path, want := range map[string]string{
		"/p/a/e/b/f/c":             "proj/a:env/b:flag/c",
		"/p/a/f/c":                 "proj/a:env/*:flag/c",
		"/p/a/f/*":                 "proj/a:env/*:flag/%2A",
		"/p/a/f/c:env%2Fx%3B$%7b~": "proj/a:env/*:flag/c%3Aenv%2Fx%3B%24%7B~",
		"/me":                      "acct",
	} {
		var p catalog.Params
		var segments catalog.Segments
		r, miss := c.Match("GET", path, &p)
		if miss != catalog.Found {
			t.Fatalf("%s: not found", path)
		}
		if got := string(r.AppendResource(nil, &p)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		filled := r.Fill(&p, &segments)
		if strings.Contains(want, "/*") {
			continue
		}
		parsed, err := access.ParseResource(want)
		if err != nil || filled.String() != parsed.String() {
			t.Errorf("%s: %s, want %s (%v)", path, filled, parsed, err)
		}
	}
}
