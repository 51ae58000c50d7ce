package catalog_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
)

const rulesDocument = `openapi: 3.0.3
info: {title: Rules, version: "1"}
servers: [{url: "https://{region}.example.com/{v}", variables: {region: {default: eu}, v: {default: v1}}}]
security: [{oauth: [everything]}]
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {a.read: Read a, a.write: Write a, everything: All}}}}
    key: {type: apiKey, in: header, name: X-Key}
    agency: {type: http, scheme: bearer}
paths:
  /explicit: {get: {operationId: explicit, x-guestright-needs: "scope:x", security: [{oauth: [a.read]}], description: needs 'p.VIEW', responses: {"200": {description: ok}}}}
  /extension: {get: {operationId: extension, x-guestright-needs: {any: [{scope: x}, {entitlement: "y:z"}]}, x-guestright-cost: 5, security: [{oauth: [a.read]}], responses: {"200": {description: ok}}}}
  /security: {get: {operationId: security, security: [{oauth: [a.read, a.write]}, {agency: [], oauth: [b]}], description: needs 'p.VIEW', responses: {"200": {description: ok}}}}
  /inherited: {get: {operationId: inherited, responses: {"200": {description: ok}}}}
  /mixed: {get: {operationId: mixed, security: [{oauth: [a.read]}, {key: []}], description: needs 'p.VIEW', responses: {"200": {description: ok}}}}
  /prose: {get: {operationId: prose, security: [{key: []}], description: needs 'p.VIEW', responses: {"200": {description: ok}}}}
  /default/{id}: {get: {operationId: default, security: [], description: nothing, responses: {"200": {description: ok}}, parameters: [{name: id, in: path, required: true, schema: {type: string}}]}}
  /none: {get: {operationId: none, security: [{key: []}], responses: {"200": {description: ok}}}}
  /public: {get: {operationId: public, x-guestright-public: true, deprecated: true, responses: {"200": {description: ok}}}}
  /internal: {get: {operationId: internal, x-guestright-internal: true, responses: {"200": {description: ok}}}}
`

const rulesFile = `product: {name: Rules, account: {in: path, name: id}}
rules:
  security: {schemes: {agency: agency}}
  prose: {entitlement: "'(?P<entitlement>[a-z.]+[A-Z]+)'"}
  default: {entitlement: "{kind}:{verb}", verbs: [{method: GET, verb: view}]}
resources: [{kind: thing, path: "thing/{id}", under: ["/default/*"]}]
operations:
  explicit: {entitlement: "e:x", cost: 3}
scopes:
  a.read: {label: Read, risk: low, entitlements: ["e:x"]}
  unused: {label: Unused}
privileges:
  - {label: Edit things, screen: Settings, entitlements: ["e:x"]}
`

func TestRuleOrder(t *testing.T) {
	t.Parallel()
	set, err := catalog.Parse("rules.yaml", []byte(rulesDocument))
	if err != nil {
		t.Fatal(err)
	}
	file, err := catalog.ParseFile([]byte(rulesFile))
	if err != nil {
		t.Fatal(err)
	}
	c, cov, err := catalog.Import(set, file)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		source catalog.Source
		needs  string
	}{
		"explicit":  {catalog.SourceExplicit, "entitlement:e:x"},
		"extension": {catalog.SourceExtension, "scope:x or entitlement:y:z"},
		"security":  {catalog.SourceSecurity, "(scope:a.read and scope:a.write) or (scope:agency and scope:b)"},
		"inherited": {catalog.SourceSecurity, "scope:everything"},
		"mixed":     {catalog.SourceNone, ""},
		"prose":     {catalog.SourceProse, "entitlement:p.VIEW"},
		"default":   {catalog.SourceDefault, "entitlement:thing:view"},
		"none":      {catalog.SourceNone, ""},
		"public":    {catalog.SourceExtension, ""},
		"internal":  {catalog.SourceExtension, ""},
	}
	for id, want := range cases {
		r, ok := c.Route(id)
		if !ok || r.Source != want.source || r.Needs.Text() != want.needs {
			t.Errorf("%s: %v %+v", id, ok, r)
		}
		if !strings.HasPrefix(r.Template, "/v1/") {
			t.Errorf("%s: the server's base path is missing: %s", id, r.Template)
		}
		if want.needs != "" && r.Program.Needs().Text() != want.needs {
			t.Errorf("%s: the program is another expression", id)
		}
	}
	if r, _ := c.Route("explicit"); r.Cost != 3 {
		t.Errorf("cost %d", r.Cost)
	}
	if r, _ := c.Route("extension"); r.Cost != 5 {
		t.Errorf("cost %d", r.Cost)
	}
	if r, _ := c.Route("public"); !r.Public || r.Unmapped() || r.Deprecated == nil {
		t.Errorf("public: %+v", r)
	}
	if r, _ := c.Route("default"); r.Account != 0 {
		t.Errorf("account parameter %d", r.Account)
	}
	if cov.Operations != 10 || len(cov.Gaps) != 2 || cov.Public != 1 || cov.Internal != 1 || cov.NoSecurity != 1 || cov.SchemeOnly != 2 {
		t.Errorf("coverage: %+v", cov)
	}
	if got := cov.Reasons(); got["security_ambiguous"] != 1 || got["prose_names_none"] != 1 {
		t.Errorf("reasons: %v", got)
	}
	if strings.Join(cov.Undescribed, " ") != "a.write agency b everything x" || strings.Join(cov.Unused, " ") != "unused" || strings.Join(cov.Implicit, " ") != "p.VIEW thing:view y:z" {
		t.Errorf("undescribed %v, unused %v, implicit %v", cov.Undescribed, cov.Unused, cov.Implicit)
	}
	if e := problem.Of(cov.Err()); e.Code != "catalog.unmapped" || len(e.Fields) != 2 {
		t.Errorf("coverage error: %v", e)
	}
	for _, want := range []string{"10 operations", "security_ambiguous (1)", "Scopes described but not used (1)", "/mixed"} {
		if !strings.Contains(cov.Text(), want) {
			t.Errorf("the report lacks %q:\n%s", want, cov.Text())
		}
	}
	if b, err := cov.JSON(); err != nil || !strings.Contains(string(b), `"by_source"`) {
		t.Errorf("JSON report: %v", err)
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	c := imported(t, rulesDocument, rulesFile)
	if s, ok := c.Scope("thing:view"); !ok || s.Risk != "medium" || s.Label != "thing:view" {
		t.Errorf("implicit scope: %+v %v", s, ok)
	}
	r, _ := c.Route("default")
	if !r.Program.Met(c.Bits([]string{"thing:view"})) || r.Program.Met(c.Bits([]string{"a.read"})) {
		t.Error("the bits of a scope do not meet the route")
	}
	if e, _ := c.Route("explicit"); !e.Program.Met(c.Bits([]string{"a.read"})) {
		t.Error("a scope does not give its entitlements")
	}
	if len(c.Privileges("e:x")) != 1 || c.Bit(access.Atom{Kind: access.KindScope, Name: "nobody"}) != -1 {
		t.Error("privileges or bits are wrong")
	}
	admin := imported(t, rulesDocument, rulesFile+`entitlements: {"m:x": {administrator: true}}
roles:
  boss: {administrator: true}
  clerk: {entitlements: ["e:x"]}
  helper: {entitlements: ["m:x"]}
`)
	for role, want := range map[string]bool{"boss": true, "clerk": false, "helper": true, "nobody": false} {
		if admin.AdministratorRole(role) != want {
			t.Errorf("%s: %v", role, !want)
		}
	}
}

func TestMisspeltOperationIsRefused(t *testing.T) {
	t.Parallel()
	set, err := catalog.Parse("rules.yaml", []byte(rulesDocument))
	if err != nil {
		t.Fatal(err)
	}
	file, err := catalog.ParseFile([]byte(plainFile + "operations: {explict: {public: true}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := catalog.Import(set, file); !strings.Contains(findings(err), "Did you mean explicit?") {
		t.Errorf("got %v", err)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	c := imported(t, rulesDocument, rulesFile)
	for _, path := range []string{"/v1/default/{id}", "/v1/default/7", "/v1/default/7?x=y"} {
		s, err := c.Show("get", path)
		if err != nil || s.Operation != "default" || s.Text != "thing:view" || s.Resource != "thing/{id}" {
			t.Errorf("%s: %+v %v", path, s, err)
		}
	}
	s, err := c.ShowOperation("explicit")
	if err != nil || len(s.Entitlements) != 1 || s.Entitlements[0].Privileges[0].Label != "Edit things" || len(s.Scopes) != 1 || s.Scopes[0].Name != "a.read" {
		t.Errorf("%+v %v", s, err)
	}
	if r, _ := c.Route("explicit"); !r.Needs.Equal(s.Needs) {
		t.Error("what is shown is not what is enforced")
	}
	for _, path := range []string{"/v1/internal", "/v1/nothing", "x"} {
		if _, err := c.Show("GET", path); problem.CodeOf(err) != "not_found" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if s, err := c.ShowOperation("GET /v1/none"); err != nil || !s.Unmapped || !strings.Contains(s.Render(), "operation_unmapped") {
		t.Errorf("%+v %v", s, err)
	}
}

func TestReferencesStayInside(t *testing.T) {
	t.Parallel()
	doc := func(ref string) []byte {
		return []byte(`{"openapi":"3.0.0","info":{"title":"T","version":"1"},"paths":{"/x":{"get":{"responses":{"200":{"description":"ok","content":{"application/json":{"schema":{"$ref":"` + ref + `"}}}}}}}}}`)
	}
	for _, ref := range []string{"http://127.0.0.1:1/x.json#/a", "file:///etc/passwd", "/etc/passwd", "../../etc/passwd#/a", "//host/x#/a"} {
		if _, err := catalog.Load(fstest.MapFS{"apps/a.json": {Data: doc(ref)}}, "apps/*.json"); problem.Of(err).Kind != problem.KindInvalid {
			t.Errorf("%s: %v", ref, err)
		}
		if _, err := catalog.Parse("a.json", doc(ref)); err == nil {
			t.Errorf("%s was followed from a single document", ref)
		}
	}
	shared := fstest.MapFS{"apps/a.json": {Data: doc("../common/c.json#/components/schemas/A")},
		"common/c.json": {Data: []byte(`{"openapi":"3.0.0","info":{"title":"C","version":"1"},"paths":{},"components":{"schemas":{"A":{"type":"string"}}}}`)}}
	if _, err := catalog.Load(shared, "apps/*.json"); err != nil {
		t.Errorf("a reference inside the set: %v", err)
	}
	if _, err := catalog.Load(shared, "nothing/*"); err == nil {
		t.Error("a pattern without files was accepted")
	}
	var _ fs.FS = shared
}

func TestVersionFollowsContent(t *testing.T) {
	t.Parallel()
	a, b := imported(t, rulesDocument, rulesFile), imported(t, rulesDocument, rulesFile)
	if a.Version() != b.Version() || a.Version() == "" {
		t.Error("the same content has two versions")
	}
	if imported(t, rulesDocument+"# x\n", rulesFile).Version() == a.Version() || imported(t, rulesDocument, rulesFile+"events: {a: {label: A}}\n").Version() == a.Version() {
		t.Error("another content has the same version")
	}
}

func TestAnnouncedChange(t *testing.T) {
	t.Parallel()
	c := imported(t, rulesDocument, rulesFile+`changes:
  - {operation: explicit, was: "scope:old", starts: 2026-03-01, grace: 30d}
`)
	r, _ := c.Route("explicit")
	until := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
	if needs, p := r.At(until.Add(-time.Microsecond)); needs.Text() != "entitlement:e:x or scope:old" || !p.Met(c.Bits([]string{"old"})) {
		t.Errorf("before: %s", needs.Text())
	}
	if needs, p := r.At(until); needs.Text() != "entitlement:e:x" || p.Met(c.Bits([]string{"old"})) {
		t.Errorf("after: %s", needs.Text())
	}
	if s, err := c.ShowOperation("explicit"); err != nil || s.Until == nil || !s.Until.Equal(until) {
		t.Errorf("shown: %+v %v", s, err)
	}
}
