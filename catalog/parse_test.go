package catalog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/catalog/profile"
	"github.com/guestright/guestright/kit/problem"
)

func TestParseFileFindsMistakes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ file, want string }{
		"unknown key names the nearest":  {"product:\n  name: X\n  upstream: {default: 'http://a'}\n", `line 3 /product/upstream catalog.unknown_key There is no key "upstream" here; did you mean "upstreams"?`},
		"unknown top key":                {"product: {name: X}\nscope: {}\n", `line 2 /scope catalog.unknown_key There is no key "scope" here; did you mean "scopes"?`},
		"unknown nested key":             {"product: {name: X}\nscopes:\n  a.read:\n    lable: A\n", `did you mean "label"?`},
		"nothing near":                   {"product: {name: X}\nzzzzzzzzzzzz: 1\n", "the keys are product, rules"},
		"no name":                        {"product: {description: X}\n", "line 1 /product catalog.missing"},
		"empty":                          {"", "line 1 catalog.syntax"},
		"not YAML":                       {"a: [", "catalog.syntax"},
		"list for block":                 {"product: []\n", "line 1 /product catalog.type"},
		"scalar for block":               {"product: X\n", "line 1 /product catalog.type"},
		"block for list":                 {"product: {name: X}\nprivileges: {a: b}\n", "line 2 /privileges catalog.type"},
		"alias":                          {"product: &p {name: X}\n", "catalog.alias"},
		"repeated key":                   {"product: {name: X, name: Y}\n", "catalog."},
		"bad needs":                      {"product: {name: X}\noperations:\n  GET /x:\n    needs: 'a and'\n", "line 4 /operations/GET /x/needs catalog.needs"},
		"two declarations":               {"product: {name: X}\noperations:\n  GET /x: {needs: a, public: true}\n", "line 3 /operations/GET /x catalog.conflict"},
		"unknown upstream":               {"product: {name: X}\noperations:\n  GET /x: {public: true, upstream: y}\n", "catalog.unknown_name"},
		"risk":                           {"product: {name: X}\nscopes:\n  a: {risk: huge}\n", "One of low, medium, high"},
		"upstream address":               {"product: {name: X, upstreams: {default: 'ftp://a'}}\n", "catalog.url"},
		"upstream with user":             {"product: {name: X, upstreams: {default: 'http://u:p@a'}}\n", "catalog.url"},
		"account place":                  {"product: {name: X, account: {in: body, name: y}}\n", "/product/account/in catalog.value"},
		"account host":                   {"product: {name: X, account: {in: host, name: y}}\n", "contains {account} once"},
		"resource path":                  {"product: {name: X}\nresources: [{kind: a, path: 'proj/{x'}]\n", "/resources/0/path catalog.resource"},
		"resource twice":                 {"product: {name: X}\nresources: [{kind: a, path: a}, {kind: a, path: a}]\n", "/resources/1/kind catalog.value"},
		"instruction twice":              {"product: {name: X}\nresources: [{kind: a, path: a, triggers: [{name: on, label: On}, {name: on, label: On}]}]\n", "/resources/0/triggers/1/name catalog.value"},
		"instruction with a space":       {"product: {name: X}\nresources: [{kind: a, path: a, triggers: [{name: turn on, label: On}]}]\n", "/resources/0/triggers/0/name catalog.value"},
		"instruction without label":      {"product: {name: X}\nresources: [{kind: a, path: a, triggers: [{name: turn_on}]}]\n", "/resources/0/triggers/0/label catalog.value"},
		"limit":                          {"product: {name: X}\nplans: {p: {sites: 1, limits: [{calls: 0, per: 1s}]}}\n", "/plans/p/limits/0 catalog.value"},
		"duration":                       {"product: {name: X}\nplans: {p: {sites: 1, limits: [{calls: 1, per: soon}]}}\n", "catalog.duration"},
		"prose expression":               {"product: {name: X}\nrules: {prose: {entitlement: '(a'}}\n", "/rules/prose catalog.prose"},
		"prose group":                    {"product: {name: X}\nrules: {prose: {entitlement: '(?P<entitlement>a)', statements: ['(?P<maybe>x)']}}\n", "no group with a known name"},
		"default braces":                 {"product: {name: X}\nrules: {default: {entitlement: '{noun}', verbs: [{verb: x}]}}\n", "Only {kind} and {verb}"},
		"change without date":            {"product: {name: X}\nchanges: [{operation: a, was: b}]\n", "the day on which it starts"},
		"name that cannot be told apart": {"product: {name: X}\nscopes:\n  \"a\\u200b\": {label: A}\n", "catalog.name"},
	}
	for name, tc := range cases {
		_, err := catalog.ParseFile([]byte(tc.file))
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if got := findings(err); !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %s\nwant %s", name, got, tc.want)
		}
	}
}

func findings(err error) string {
	e := problem.Of(err)
	var lines []string
	for _, f := range e.Fields {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Pointer, f.Code, f.Detail)))
	}
	return strings.Join(lines, "\n")
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	f, err := catalog.ParseFile([]byte(plainFile))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(catalog.Development(), f.Plans["development"]); diff != "" {
		t.Error(diff)
	}
	if f.Product.Account.In != "none" || f.Product.Account.Missing != "grant" {
		t.Errorf("account: %+v", f.Product.Account)
	}
	f, err = catalog.ParseFile([]byte(plainFile + "plans:\n  development: {sites: 2, limits: [{calls: 5, per: 2d, scope: key, mode: delay}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := catalog.ParseFile([]byte(plainFile + "plans:\n  p: {sites: 2, limits: [{calls: 500, per: month, soft: 250, contract: 310, mode: delay, pace: 2s, max_wait: 10s}]}\n")); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff([]catalog.Limit{{Calls: 500, Per: catalog.Month, Soft: 250, Contract: 310, Mode: "delay", Pace: catalog.Duration(2 * time.Second),
		MaxWait: catalog.Duration(10 * time.Second)}}, got.Plans["p"].Limits); diff != "" {
		t.Error(diff)
	}
	if p := f.Plans["development"]; p.Sites != 2 || p.Limits[0].Per.String() != "2d" {
		t.Errorf("plan: %+v", p)
	}
}

// What a limit cannot mean is found in the file, with the place and the way out.
func TestLimitsThatCannotBe(t *testing.T) {
	t.Parallel()
	for limits, want := range map[string]string{
		"{calls: 5, per: week}":                                        "catalog.duration",
		"{calls: 5, per: 100ms}":                                       "/plans/p/limits/0 catalog.value",
		"{calls: 5, per: month, soft: -1}":                             "/plans/p/limits/0/soft catalog.value A level is a number",
		"{calls: 5, per: 10s, soft: 3}":                                "/plans/p/limits/0/soft catalog.value Only limits of five minutes",
		"{calls: 5, per: 299s, contract: 3}":                           "/plans/p/limits/0/contract catalog.value Only limits of five minutes",
		"{calls: 5, per: month, contract: 6}":                          "/plans/p/limits/0/contract catalog.value The level is never reached",
		"{calls: 5, per: 24h, soft: 4, contract: 3}":                   "/plans/p/limits/0/soft catalog.value The soft level comes before",
		"{calls: 5, per: 24h, pace: 2s}":                               "/plans/p/limits/0/pace catalog.value",
		"{calls: 5, per: 10s, mode: delay, pace: 2s}":                  "/plans/p/limits/0/pace catalog.value",
		"{calls: 5, per: 24h, max_wait: 2s}":                           "/plans/p/limits/0/max_wait catalog.value Only mode: delay",
		"{calls: 5, per: 24h, mode: delay, max_wait: 2m}":              "/plans/p/limits/0/max_wait catalog.value A call is held",
		"{calls: 5, per: 24h, mode: delay, pace: 6s}":                  "/plans/p/limits/0/max_wait catalog.value No call above",
		"{calls: 5, per: month, burst: 2}":                             "burst",
		"{calls: 5, per: 24h}, {calls: 9, per: 1d}":                    "/plans/p/limits/1 catalog.value The limit number 1",
		"{calls: 5, per: month}, {calls: 9, per: month, scope: group}": "/plans/p/limits/1 catalog.value The limit number 1",
		"{calls: 5, per: month}, {calls: 9, per: month, scope: key}":   "",
		"{calls: 5, per: 5m, soft: 5, contract: 5}":                    "",
		"{calls: 5, per: month, mode: delay, soft: 9, contract: 10}":   "",
		"{calls: 5, per: 10s, mode: delay, max_wait: 1m}":              "",
		"{calls: 5, per: 24h, mode: delay, pace: 100ms, max_wait: 1s}": "",
	} {
		_, err := catalog.ParseFile([]byte(plainFile + "plans: {p: {sites: 1, limits: [" + limits + "]}}\n"))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v %s", limits, err, findings(err))
		case want != "" && err == nil:
			t.Errorf("%s is accepted", limits)
		case want != "" && !strings.Contains(findings(err)+err.Error(), want):
			t.Errorf("%s: %v %s", limits, err, findings(err))
		}
	}
}

func TestProfilesParse(t *testing.T) {
	t.Parallel()
	for _, name := range profile.Names() {
		profileFile(t, name)
	}
	if _, ok := profile.Read("nobody"); ok {
		t.Error("a profile that does not exist was read")
	}
}

func TestAccountFromHost(t *testing.T) {
	t.Parallel()
	k := catalog.Key{In: "host", Name: "{account}.api.example.com"}
	for host, want := range map[string]string{"acme.api.example.com": "acme", "ACME.API.example.COM": "ACME", "api.example.com": "", ".api.example.com": "",
		"a.b.api.example.com": "", "acme.api.example.org": "", "evil.com": ""} {
		if got, ok := k.FromHost(host); got != want || ok != (want != "") {
			t.Errorf("%s: %q %v", host, got, ok)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte(rulesFile))
	f.Add([]byte("product: {name: X}\noperations: {GET /x: {needs: a}}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := catalog.ParseFile(data)
		if err != nil {
			if problem.Of(err).Kind != problem.KindInvalid {
				t.Fatalf("not a finding about the input: %v", err)
			}
			return
		}
		set, err := catalog.Parse("api.yaml", []byte(described("/", "GET /x/{id}")))
		if err != nil {
			t.Fatal(err)
		}
		_, _, _ = catalog.Import(set, file)
	})
}
