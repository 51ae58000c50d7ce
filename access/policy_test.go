package access_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guestright/guestright/access"
)

// st builds a statement from "allow|deny action[,action] on resource[|resource]"; "not " before a list negates it.
func st(t testing.TB, text string) access.Statement {
	t.Helper()
	effect, rest, ok := strings.Cut(text, " ")
	actions, resources, ok2 := strings.Cut(rest, " on ")
	if !ok || !ok2 {
		t.Fatalf("statement %q", text)
	}
	s := access.Statement{Effect: access.Effect(effect)}
	if a, not := strings.CutPrefix(actions, "not "); not {
		s.NotActions = strings.Split(a, ",")
	} else {
		s.Actions = strings.Split(a, ",")
	}
	if r, not := strings.CutPrefix(resources, "not "); not {
		s.NotResources = strings.Split(r, "|")
	} else {
		s.Resources = strings.Split(r, "|")
	}
	return s
}

func rules(t testing.TB, given access.Attributes, texts ...string) access.Rules {
	t.Helper()
	var p access.Policy
	for _, text := range texts {
		p = append(p, st(t, text))
	}
	if faults := p.Check(""); len(faults) > 0 {
		t.Fatalf("%v: %v", texts, faults)
	}
	r, err := p.Compile(given)
	if err != nil {
		t.Fatalf("%v: %v", texts, err)
	}
	return r
}

func resource(t testing.TB, text string) access.Resource {
	t.Helper()
	r, err := access.ParseResource(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return r
}

// The vectors are those of the published role language for feature flags: segment counts, tags, negations, order.
func TestPolicyVectors(t *testing.T) {
	t.Parallel()
	const flag = "proj/a:env/production:flag/f"
	two := "allow * on proj/*:env/production:flag/*"
	deny := "deny update* on proj/a:env/*:flag/*"
	for _, tc := range []struct {
		name     string
		policies [][]string
		given    access.Attributes
		action   string
		on       string
		want     bool
	}{
		{"1 parent does not cover children", [][]string{{"allow * on proj/*:env/production"}}, nil, "updateOn", flag, false},
		{"2 full path", [][]string{{two}}, nil, "updateOn", flag, true},
		{"3 deny wins", [][]string{{two, deny}}, nil, "updateOn", flag, false},
		{"3 deny wins in either order (M-17)", [][]string{{deny, two}}, nil, "updateOn", flag, false},
		{"3 other actions stay", [][]string{{deny, two}}, nil, "deleteFlag", flag, true},
		{"4 allow in another role", [][]string{{two, deny}, {two}}, nil, "updateOn", flag, true},
		{"5 one of two tags", [][]string{{"allow * on proj/*:env/*:flag/*;t1,t2"}}, nil, "updateOn", flag + ";t1", false},
		{"5 both tags", [][]string{{"allow * on proj/*:env/*:flag/*;t1,t2"}}, nil, "updateOn", flag + ";t1,t2,t3", true},
		{"6 tag of the parent", [][]string{{"allow * on proj/*:env/*;qa_*:flag/*"}}, nil, "updateOn", "proj/a:env/e;qa_eu:flag/f", true},
		{"6 other tag of the parent", [][]string{{"allow * on proj/*:env/*;qa_*:flag/*"}}, nil, "updateOn", "proj/a:env/e;prod:flag/f;qa_eu", false},
		{"7 not resources", [][]string{{"allow * on not proj/*:env/production:flag/*"}}, nil, "updateOn", "proj/a:env/test:flag/f", true},
		{"7 not resources, any kind", [][]string{{"allow * on not proj/*:env/production:flag/*"}}, nil, "updateOn", "webhook/w1", true},
		{"7 not resources, the exception", [][]string{{"allow * on not proj/*:env/production:flag/*"}}, nil, "updateOn", flag, false},
		{"8 not actions", [][]string{{"allow not delete* on proj/*:env/*:flag/*"}}, nil, "createFlag", flag, true},
		{"8 not actions, the exception", [][]string{{"allow not delete* on proj/*:env/*:flag/*"}}, nil, "deleteFlag", flag, false},
		{"9 case", [][]string{{"allow * on proj/*:env/Production:flag/*"}}, nil, "updateOn", flag, false},
		{"10 attribute, given", [][]string{{"allow * on proj/${roleAttribute/p}"}}, access.Attributes{"p": {"a", "b"}}, "x", "proj/b", true},
		{"10 attribute, not given", [][]string{{"allow * on proj/${roleAttribute/p}"}}, access.Attributes{"p": {"a", "b"}}, "x", "proj/c", false},
		{"10 attribute without value", [][]string{{"allow * on proj/${roleAttribute/p}"}}, nil, "x", "proj/", false},
		{"11 empty policy", [][]string{{}}, nil, "x", flag, false},
		{"11 no policy", nil, nil, "x", flag, false},
		{"12 prefix", [][]string{{"allow updateOn on proj/*:env/*:flag/ops_*"}}, nil, "updateOn", "proj/a:env/b:flag/ops_x", true},
		{"12 not a prefix", [][]string{{"allow updateOn on proj/*:env/*:flag/ops_*"}}, nil, "updateOn", "proj/a:env/b:flag/xops_", false},

		{"bare star", [][]string{{"allow * on *"}}, nil, "anything", "some:kind/x", true},
		{"account", [][]string{{"allow * on acct"}}, nil, "updateOrganization", "acct", true},
		{"account is not its contents", [][]string{{"allow * on acct"}}, nil, "x", "proj/a", false},
		{"stray slash", [][]string{{"allow * on proj/*:env/*;qa_*:/flag/*"}}, nil, "x", "proj/a:env/e;qa_eu:flag/f", true},
		{"several stars", [][]string{{"allow u*d*On on proj/a*b*c"}}, nil, "updateOn", "proj/a-b-b-c", true},
		{"several stars need their pieces", [][]string{{"allow * on proj/a*b*c"}}, nil, "x", "proj/a-c", false},
		{"pieces do not overlap", [][]string{{"allow * on proj/ab*ba"}}, nil, "x", "proj/aba", false},
		{"star in an action crosses colons", [][]string{{"allow * on *"}}, nil, "contact:view", "acct", true},
		{"property", [][]string{{"allow * on proj/*:env/*;{critical:true}"}}, nil, "x", "proj/a:env/e;{critical:true}", true},
		{"property false", [][]string{{"allow * on proj/*:env/*;{critical:false}"}}, nil, "x", "proj/a:env/e;{critical:true}", false},
		{"property not listed is false", [][]string{{"allow * on proj/*:env/*;{critical:false}"}}, nil, "x", "proj/a:env/e;", true},
		{"link", [][]string{{"allow * on proj/*:env/*:flag/*;view:mine"}}, nil, "x", flag + ";view:mine", true},
		{"link to another", [][]string{{"allow * on proj/*:env/*:flag/*;view:mine"}}, nil, "x", flag + ";view:other", false},
		{"link of the parent", [][]string{{"allow * on proj/*;view:mine:env/*"}}, nil, "x", "proj/a;view:mine:env/e", true},
		{"attribute in a tag, action and link", [][]string{{"allow ${roleAttribute/v}* on proj/*;${roleAttribute/t};view:${roleAttribute/v}"}},
			access.Attributes{"v": {"up"}, "t": {"t1"}}, "update", "proj/a;t1;view:up", true},
		{"attribute values are literal", [][]string{{"allow * on proj/${roleAttribute/p}"}}, access.Attributes{"p": {"*", "a:env/b"}}, "x", "proj/a", false},
		{"one value throughout", [][]string{{"allow * on proj/${roleAttribute/p}:env/${roleAttribute/p}"}}, access.Attributes{"p": {"a", "b"}}, "x", "proj/a:env/b", false},
		{"escaped star is a star", [][]string{{"allow * on proj/%2A"}}, nil, "x", "proj/a", false},
		{"escaped name", [][]string{{"allow * on course/id%3Ax"}}, nil, "x", "course/id%3Ax", true},

		{"unknown facts: conditional allow", [][]string{{"allow * on proj/*;t1"}}, nil, "x", "proj/a", false},
		{"unknown facts: conditional deny", [][]string{{"allow * on *", "deny * on proj/*;t1"}}, nil, "x", "proj/a", false},
		{"known facts: conditional deny", [][]string{{"allow * on *", "deny * on proj/*;t1"}}, nil, "x", "proj/a;", true},
		{"unknown facts: other names decide first", [][]string{{"allow * on *", "deny * on proj/b*;t1"}}, nil, "x", "proj/a", true},
		{"unknown facts: allow by exception", [][]string{{"allow * on not proj/*;t1"}}, nil, "x", "proj/a", false},
		{"unknown facts: deny by exception", [][]string{{"allow * on *", "deny * on not proj/*;t1"}}, nil, "x", "proj/a", false},
		{"unknown facts: an unconditional twin decides", [][]string{{"allow * on proj/*;t1|proj/a"}}, nil, "x", "proj/a", true},
		{"attribute without value: allow by exception", [][]string{{"allow * on not proj/${roleAttribute/p}"}}, nil, "x", "proj/a", false},
		{"attribute without value: allowed actions by exception", [][]string{{"allow not ${roleAttribute/p} on *"}}, nil, "x", "proj/a", false},

		{"M-15 another spelling", [][]string{{"allow * on role/admin"}}, nil, "x", "role/Admin", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var l access.Layer
			for _, p := range tc.policies {
				l = append(l, rules(t, tc.given, p...))
			}
			on, err := access.ParseResource(tc.on)
			if err != nil && tc.want {
				t.Fatal(err)
			}
			if got := l.Allows(tc.action, &on); got != tc.want {
				t.Errorf("%s on %s: %v, want %v", tc.action, tc.on, got, tc.want)
			}
		})
	}
}

func TestExplainNamesTheStatement(t *testing.T) {
	t.Parallel()
	r := rules(t, nil, "allow * on proj/a", "allow * on *", "deny delete* on *")
	for _, tc := range []struct {
		action, on string
		effect     access.Effect
		number     int
	}{{"x", "proj/a", access.Allow, 0}, {"x", "proj/b", access.Allow, 1}, {"delete", "proj/a", access.Deny, 2}} {
		on := resource(t, tc.on)
		if effect, number := r.Explain(tc.action, &on); effect != tc.effect || number != tc.number {
			t.Errorf("%s on %s: %s by %d", tc.action, tc.on, effect, number)
		}
	}
	var none access.Rules
	on := resource(t, "proj/a")
	if effect, number := none.Explain("x", &on); effect != access.Deny || number != -1 {
		t.Errorf("no statement: %s by %d", effect, number)
	}
	if all := rules(t, nil, "allow * on *"); all.Allows("x", &access.Resource{}) || all.Allows("", &on) {
		t.Error("a question without resource or action was answered yes")
	}
}

func TestWants(t *testing.T) {
	t.Parallel()
	a1 := access.Access{Action: "updateOn", Resource: resource(t, "proj/a:env/test:flag/f")}
	a2 := access.Access{Action: "updateOn", Resource: resource(t, "proj/a:env/production:flag/f")}
	production := rules(t, nil, "allow * on proj/*:env/production:flag/*")
	var empty access.Rules
	for _, tc := range []struct {
		name     string
		filter   access.Rules
		accesses []access.Access
		want     bool
	}{
		{"11 empty filter", empty, []access.Access{a1}, true},
		{"empty filter, no accesses", empty, nil, true},
		{"no accesses", production, nil, false},
		{"one of two", production, []access.Access{a1, a2}, true},
		{"none", production, []access.Access{a1}, false},
	} {
		if got := tc.filter.Wants(tc.accesses); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestParsePolicyFindsEveryFault(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("x", 501) + `"`
	for in, want := range map[string][]string{
		`{`:                    {""},
		`{}`:                   {""},
		`null`:                 {""},
		`[1]`:                  {"/0"},
		`[{"effect":"allow"}]`: {"/0", "/0"},
		`[{"effect":"allow","actions":["*"],"resources":["*"],"resource":["*"]}]`:                              {"/0/resource"},
		`[{"effect":"allow","Actions":["*"],"resources":["*"]}]`:                                               {"/0/Actions"},
		`[{"effect":"allow","actions":["*"],"actions":["a"],"resources":["*"]}]`:                               {"/0/actions"},
		`[{"effect":"allow","actions":"*","resources":["*"]}]`:                                                 {"/0/actions"},
		`[{"effect":"allow","actions":["*"],"resources":[null]}]`:                                              {"/0/resources"},
		`[{"effect":"grant","actions":["*"],"resources":["*"]}]`:                                               {"/0/effect"},
		`[{"effect":"allow","actions":["*"],"notActions":["a"],"resources":["*"]}]`:                            {"/0"},
		`[{"effect":"allow","actions":[],"resources":["*"]}]`:                                                  {"/0"},
		`[{"effect":"allow","notActions":[],"resources":["*"]}]`:                                               {"/0"},
		`[{"effect":"allow","actions":["a","b c"],"resources":["*","proj"," proj/x","proj/ x","proj/a:env"]}]`: {"/0/actions/1", "/0/resources/2", "/0/resources/3", "/0/resources/4"},
		`[{"effect":"allow","actions":["%61dmin","ad\u200bmin",""],"resources":["*"]}]`:                        {"/0/actions/0", "/0/actions/1", "/0/actions/2"},
		`[{"effect":"allow","actions":["*"],"resources":["role/%61dmin","role/ad\u200bmin","role/a;","role/a;x,","role/a;{x}","role/a;{x:y","role/a/b","*;x","pro*/x","role/${x}","role/${roleAttribute/","a/b:c/d:e/f:g/h:i/j:k/l:m/n:o/p:q/r"]}]`: numbered("/0/resources/", 12),
		`[{"effect":"allow","actions":["*"],"resources":["*"]},{"effect":"deny","actions":["*"],"resources":[` + long + `]}]`:                                                                                                                       {"/1/resources/0"},
	} {
		_, err := access.ParsePolicy([]byte(in))
		if got := pointers(err); !cmp.Equal(got, want) {
			t.Errorf("%s: %q, want %q (%v)", in, got, want, err)
		}
	}
}

func numbered(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, prefix+strconv.Itoa(i))
	}
	return out
}

func TestParseDefaultPolicyFillsDefaults(t *testing.T) {
	t.Parallel()
	got, err := access.ParseDefaultPolicy([]byte(`[{}, {"notActions":["x"]}, {"effect":"deny","resources":["proj/*"]}]`))
	want := access.Policy{
		{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}},
		{Effect: access.Allow, NotActions: []string{"x"}, Resources: []string{"*"}},
		{Effect: access.Deny, Actions: []string{"*"}, Resources: []string{"proj/*"}},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
	if got := (access.Policy{st(t, "allow * on not proj/*")}).Lint("/policy"); len(got) != 1 || got[0].Pointer != "/policy/0/notResources" {
		t.Errorf("Lint = %v", got)
	}
}

// Two lists of which one would be ignored, or none, must not compile either: policies also come from Go.
func TestCompileRefusesWhatWouldBeIgnored(t *testing.T) {
	t.Parallel()
	for _, s := range []access.Statement{
		{Effect: access.Allow, Actions: []string{"*"}, NotActions: []string{"a"}, Resources: []string{"*"}},
		{Effect: access.Deny, Actions: []string{"*"}},
		{Effect: access.Deny, Resources: []string{"*"}},
		{Actions: []string{"*"}, Resources: []string{"*"}},
	} {
		if _, err := (access.Policy{s}).Compile(nil); err == nil {
			t.Errorf("%+v was compiled", s)
		}
	}
	many := access.Attributes{"a": make([]string, 40), "b": make([]string, 40)}
	if _, err := (access.Policy{st(t, "allow * on proj/${roleAttribute/a}${roleAttribute/b}")}).Compile(many); err == nil {
		t.Error("1600 patterns from one entry")
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(`[{"effect":"allow","actions":["update*"],"resources":["proj/*:env/*;qa_*,x;{critical:true};view:k:flag/${roleAttribute/a}*b"]}]`), "proj/a:env/b;c:flag/d")
	f.Add([]byte(`[{"effect":"deny","notActions":["a:*"],"notResources":["*","acct"]}]`), "acct")
	f.Fuzz(func(t *testing.T, raw []byte, on string) {
		p, err := access.ParsePolicy(raw)
		if err != nil {
			return
		}
		r, err := p.Compile(access.Attributes{"a": {"x", "y"}})
		if err != nil {
			return
		}
		where, err := access.ParseResource(on)
		if err != nil {
			return
		}
		effect, number := r.Explain("update", &where)
		if number >= 0 && p[number].Effect != effect {
			t.Fatalf("%s by statement %d, which says %s", effect, number, p[number].Effect)
		}
	})
}
