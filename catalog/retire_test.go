package catalog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
)

const retireDocument = `openapi: 3.0.3
info: {title: Retire, version: "1"}
components: {securitySchemes: {oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {a: A, b: B, all: All}}}}}}
paths:
  /v1/things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: oldThing, security: [{oauth: [a]}], responses: {"200": {description: ok}}}
    put: {operationId: oldPut, security: [{oauth: [b]}], responses: {"200": {description: ok}}}
  /v2/things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: thing, security: [{oauth: [a]}, {oauth: [all]}], responses: {"200": {description: ok}}}
  /noted: {get: {operationId: noted, deprecated: true, x-sunset: "2027-03-01", security: [{oauth: [a]}], responses: {"200": {description: ok}}}}
  /both: {get: {operationId: both, security: [{oauth: [a, b]}], responses: {"200": {description: ok}}}}
`

const retireFile = `product: {name: Retire, legacy_keys: [{in: bearer}, {in: header, name: X-Api-Key}]}
versions:
  header: API-Version
  default: "2026-06-01"
  unpinned: "2024-01-01"
  offered:
    - {name: "2024-01-01", deprecated: {since: 2026-06-01T00:00:00Z, sunset: 2027-01-01T00:00:00Z, use: "2026-06-01"}}
    - {name: "2026-06-01"}
deprecations:
  - {under: ["/v1/**"], since: 2026-01-01T00:00:00Z, sunset: 2026-12-31T00:00:00Z, removed: 2027-06-01T00:00:00Z, note: Version 1 goes.}
removed:
  GET /v0/things/{id}: {use: thing, since: 2025-01-01T00:00:00Z}
operations:
  oldThing: {needs: "scope:a", deprecated: {since: 2026-01-01T00:00:00Z, use: thing, link: "https://docs.example.com/v1"}}
  both: {needs: "scope:a and scope:b", removed_in: {"2026-06-01": {use: thing}}}
`

func retiring(t *testing.T, document, text string) (*catalog.Catalog, error) {
	t.Helper()
	set, err := catalog.Parse("retire.yaml", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	file, err := catalog.ParseFile([]byte(text))
	if err != nil {
		return nil, err
	}
	c, _, err := catalog.Import(set, file)
	return c, err
}

func TestDeprecationsAreReadFromFilePathsAndDocument(t *testing.T) {
	t.Parallel()
	c, err := retiring(t, retireDocument, retireFile)
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// What the operation's own entry says comes before a rule for its path.
	own, _ := c.Route("oldThing")
	if d := own.Goodbye(at("2026-02-01")); d == nil || d.Use != "thing" || !d.Sunset.IsZero() {
		t.Errorf("own entry: %+v", d)
	}
	if own.Goodbye(at("2025-12-31")) != nil {
		t.Error("announced before it begins")
	}
	under, _ := c.Route("oldPut")
	if d := under.Deprecated; d == nil || d.Note != "Version 1 goes." {
		t.Errorf("rule for paths: %+v", d)
	}
	if _, gone := under.Gone(at("2027-05-31"), ""); gone {
		t.Error("gone before its time")
	}
	if _, gone := under.Gone(at("2027-06-01"), ""); !gone {
		t.Error("still there after its time")
	}
	noted, _ := c.Route("noted")
	if d := noted.Goodbye(at("2020-01-01")); d == nil || !d.Sunset.Equal(at("2027-03-01")) {
		t.Errorf("the document's own mark: %+v", d)
	}
	var p catalog.Params
	gone, miss := c.Match("GET", "/v0/things/7", &p)
	if miss != catalog.Found || gone.Removed == nil || gone.Unmapped() {
		t.Fatalf("removed: %v %+v", miss, gone)
	}
	if r, is := gone.Gone(at("2020-01-01"), ""); !is || r.Use != "thing" {
		t.Errorf("removed: %+v", r)
	}
	if got := c.Allowed("/v0/things/7"); len(got) != 0 {
		t.Errorf("methods of a path that is gone: %v", got)
	}
	both, _ := c.Route("both")
	if _, is := both.Gone(at("2026-07-01"), "2024-01-01"); is {
		t.Error("gone in a version that has it")
	}
	if _, is := both.Gone(at("2026-07-01"), "2026-06-01"); !is {
		t.Error("there in a version that lacks it")
	}
	var ids []string
	for _, r := range c.Retiring() {
		ids = append(ids, r.Operation)
	}
	if want := []string{"both", "noted", "oldThing", "oldPut", "GET /v0/things/{id}"}; !slices.Equal(ids, want) {
		t.Errorf("retiring: %v", ids)
	}
}

func TestVersionsCountByPin(t *testing.T) {
	t.Parallel()
	c, err := retiring(t, retireDocument, retireFile)
	if err != nil {
		t.Fatal(err)
	}
	v := c.Versions()
	for pin, want := range map[string]string{"": "2024-01-01", "2026-06-01": "2026-06-01", "withdrawn": "2024-01-01"} {
		if got := v.Of(pin); got != want {
			t.Errorf("pinned to %q: %q", pin, got)
		}
	}
	if c.Pin() != "2026-06-01" {
		t.Errorf("new ones are pinned to %q", c.Pin())
	}
	if got := v.Names(time.Now()); len(got) != 2 {
		t.Errorf("offered: %v", got)
	}
}

func TestRetirementMistakesAreFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, with, code string }{
		"a successor that does not exist": {"use: thing,", "use: thinng,", "catalog.unknown_operation"},
		"an end before the beginning":     {"sunset: 2026-12-31", "sunset: 2025-12-31", "catalog.value"},
		"a link that is no address":       {"https://docs.example.com/v1", "javascript:alert(1)", "catalog.url"},
		"a link that breaks the header":   {"https://docs.example.com/v1", "https://docs.example.com/>;x", "catalog.url"},
		"a default that is not offered":   {`default: "2026-06-01"`, `default: "2026-06-02"`, "catalog.unknown_name"},
		"a version that is not offered":   {`removed_in: {"2026-06-01"`, `removed_in: {"2026-06-02"`, "catalog.unknown_name"},
		"a header that cannot be":         {"header: API-Version", "header: 'API Version'", "catalog.value"},
		"a header that is taken":          {"header: API-Version", "header: authorization", "catalog.value"},
		"a place without a name":          {"{in: header, name: X-Api-Key}", "{in: query}", "catalog.value"},
		"our own header":                  {"name: X-Api-Key", "name: authorization", "catalog.value"},
		"removed and there":               {"GET /v0/things/{id}", "GET /v2/things/{x}", "catalog.duplicate_route"},
		"removed without a method":        {"GET /v0/things/{id}", "/v0/things/{id}", "catalog.value"},
		"a rule for no path":              {`under: ["/v1/**"]`, `under: []`, "catalog.missing"},
	} {
		text := strings.Replace(retireFile, c.change, c.with, 1)
		if text == retireFile {
			t.Fatalf("%s: nothing was changed", name)
		}
		_, err := retiring(t, retireDocument, text)
		e := problem.Of(err)
		if e == nil || e.Code != c.code && !slices.ContainsFunc(e.Fields, func(f problem.Field) bool { return f.Code == c.code }) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCoveringLeavesOutWhatIsNotNeeded(t *testing.T) {
	t.Parallel()
	c, err := retiring(t, retireDocument, retireFile+`scopes:
  a: {risk: low}
  b: {risk: high}
  all: {risk: high, entitlements: [x, y]}
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct{ calls, from, want, unmet []string }{
		{[]string{"thing"}, []string{"a", "b", "all"}, []string{"a"}, nil},
		{[]string{"thing"}, []string{"all"}, []string{"all"}, nil},
		{[]string{"thing", "oldPut"}, []string{"a", "b", "all"}, []string{"a", "b"}, nil},
		{[]string{"both"}, []string{"a"}, nil, []string{"both"}},
		{nil, []string{"a", "b"}, nil, nil},
		{[]string{"unheard of"}, []string{"a"}, nil, nil},
	} {
		got, unmet := c.Covering(k.calls, k.from)
		if !slices.Equal(got, k.want) || !slices.Equal(unmet, k.unmet) {
			t.Errorf("%v of %v: %v, unmet %v", k.calls, k.from, got, unmet)
		}
	}
	if c.Suffice("both", []string{"a"}) || !c.Suffice("both", []string{"b", "a"}) {
		t.Error("suffice")
	}
}
