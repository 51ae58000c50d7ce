package access_test

import (
	"testing"

	"github.com/guestright/guestright/access"
)

var flagWords = access.Words{
	Kinds:   map[string]string{"proj": "project", "env": "environment", "acct": "account"},
	Actions: map[string]string{"flag:view": "View flags", "segment:view": "View segments", "environment:view": "View environments"},
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"allow flag:view,flag:update on proj/*:env/*:flag/ops_*": "May view and update every flag whose key starts with “ops_”, in every environment in every project.",
		"allow * on *": "May do everything with everything.",
		"deny flag:delete,flag:archive on proj/web:env/production:flag/*": "May not delete or archive any flag in the environment “production” in the project “web”.",
		"allow flag:* on proj/*:env/*;qa_*:flag/*":                        "May do everything with every flag in every environment with a tag that starts with “qa_”, in every project.",
		"allow environment:view on proj/*:env/*":                          "May view every environment in every project.",
		"allow flag:view,segment:view on *":                               "May view flags and view segments, on everything.",
		"allow updateOn on proj/*:env/*:flag/*":                           "May use “updateOn”, on every flag in every environment in every project.",
		"allow update* on proj/*:env/*:flag/*":                            "May use every action whose name starts with “update”, on every flag in every environment in every project.",
		"allow not delete* on proj/*;t1,t2":                               "May do everything except use every action whose name starts with “delete”, with every project with the tag “t1” and the tag “t2”.",
		"allow flag:view on not proj/secret|proj/*b:env/x":                "May view flags, on everything of any kind except the project “secret” and the environment “x” in every project whose key ends with “b”.",
		"deny * on *":                             "May not do anything with anything.",
		"deny update*,not on not proj/*b":         "May not use any action whose name starts with “update” or use “not”, on anything of any kind except any project whose key ends with “b”.",
		"allow * on acct":                         "May do everything with the account as a whole.",
		"allow * on proj/${roleAttribute/team}":   "May do everything with every project whose key the role is given for (team).",
		"allow * on proj/${roleAttribute/team}-*": "May do everything with every project whose key matches “${roleAttribute/team}-*”.",
		"allow * on proj/a*c":                     "May do everything with every project whose key matches “a*c”.",
		"allow * on proj/*;{critical:true}":       "May do everything with every project of which critical is true.",
		"allow * on proj/*:env/x;view:mine":       "May do everything with the environment “x” that belongs to the view “mine”, in every project.",
		"allow * on proj/x%3Ay":                   "May do everything with the project “x:y”.",
		"allow * on webhook/*b*":                  "May do everything with every webhook whose key contains “b”.",
	} {
		if got := flagWords.Sentence(st(t, text)); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for want, texts := range map[string][]string{
		"Allows nothing.":                       {"deny * on *"},
		"May view every flag in every project.": {"allow flag:view on proj/*:flag/*"},
		"May view every flag in every project; except that it may not do anything with the project “a”, and may not view the flag “x” in the project “b”.": {"deny * on proj/a", "allow flag:view on proj/*:flag/*", "deny flag:view on proj/b:flag/x"},
		"May view every flag in every project. May do everything with every webhook. Always excepted: it may not do anything with the project “a”.":        {"allow flag:view on proj/*:flag/*", "allow * on webhook/*", "deny * on proj/a"},
	} {
		var p access.Policy
		for _, text := range texts {
			p = append(p, st(t, text))
		}
		if got := flagWords.Summary(p); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := flagWords.Summary(nil); got != "Allows nothing." {
		t.Error(got)
	}
	if got := flagWords.Sentence(access.Statement{Effect: access.Allow, Actions: []string{"x"}, Resources: []string{"proj//x:y"}}); got != "May use “x”, on “proj//x:y”." {
		t.Error(got)
	}
}

func TestLayerExplains(t *testing.T) {
	t.Parallel()
	allow, other := "allow * on proj/*:env/*:flag/*", "allow * on webhook/*"
	deny, tagged := "deny * on proj/a:env/*:flag/*", "allow * on proj/*:env/*;qa:flag/*"
	const flag = "proj/a:env/x:flag/f"
	for name, tc := range map[string]struct {
		layer    [][]string
		on       string
		allowed  bool
		by       access.Spot
		doubt    bool
		possible []access.Spot
	}{
		"the first role that allows": {[][]string{{other}, {other, allow}, {allow}}, flag, true, access.Spot{Policy: 1, Statement: 1}, false, nil},
		"past a denial elsewhere":    {[][]string{{deny, allow}, {allow}}, flag, true, access.Spot{Policy: 1, Statement: 0}, false, nil},
		"a denial":                   {[][]string{{other}, {allow, deny}}, flag, false, access.Spot{Policy: 1, Statement: 1}, false, nil},
		"the denial that matters":    {[][]string{{deny}, {allow, deny}}, flag, false, access.Spot{Policy: 1, Statement: 1}, false, nil},
		"nothing speaks":             {[][]string{{other}, {other}}, flag, false, access.Nowhere, false, nil},
		"no roles":                   {nil, flag, false, access.Nowhere, false, nil},
		"perhaps":                    {[][]string{{other, tagged}}, flag, false, access.Nowhere, false, []access.Spot{{Policy: 0, Statement: 1}}},
		"known otherwise":            {[][]string{{other, tagged}}, "proj/a:env/x;:flag/f", false, access.Nowhere, false, nil},
		"a denial in doubt":          {[][]string{{allow, "deny * on proj/*:env/*;qa:flag/*"}}, flag, false, access.Spot{Policy: 0, Statement: 1}, true, nil},
		"a denial without doubt":     {[][]string{{allow, "deny * on proj/*:env/*;qa:flag/*"}}, "proj/a:env/x;qa:flag/f", false, access.Spot{Policy: 0, Statement: 1}, false, nil},
	} {
		var l access.Layer
		for _, texts := range tc.layer {
			l = append(l, rules(t, nil, texts...))
		}
		on := resource(t, tc.on)
		got := l.Explain("updateOn", &on)
		if got.Allowed != tc.allowed || got.By != tc.by || got.Doubt != tc.doubt || len(got.Possible) != len(tc.possible) || len(got.Possible) == 1 && got.Possible[0] != tc.possible[0] {
			t.Errorf("%s: %+v", name, got)
		}
		if l.Allows("updateOn", &on) != got.Allowed {
			t.Errorf("%s: the explanation contradicts the decision", name)
		}
	}
	zero := access.Resource{}
	if got := (access.Layer{rules(t, nil, allow)}).Explain("x", &zero); got.Allowed || got.By != access.Nowhere {
		t.Errorf("nothing named: %+v", got)
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]access.Distance{
		"allow updateOn on proj/*:env/*:flag/*":                  access.Applies,
		"allow updateOn on proj/*:env/*:flag/*;t1":               access.UnknownFacts,
		"allow updateOn on proj/*:env/*;t1:flag/*":               access.OtherFacts,
		"allow updateOn on proj/*:env/prod:flag/*":               access.OtherName,
		"allow view on proj/*:env/*:flag/*":                      access.OtherAction,
		"allow view on not webhook/*":                            access.OtherAction,
		"allow updateOn on not proj/*:env/*:flag/*":              access.Excepted,
		"allow updateOn on proj/${roleAttribute/p}:env/*:flag/*": access.NoValue,
		"allow updateOn on not proj/${roleAttribute/p}":          access.NoValue,
		"allow updateOn on proj/*:env/*":                         access.OtherDepth,
		"allow updateOn on webhook/*":                            access.OtherKind,
		"allow view on proj/*:env/prod:flag/*":                   access.OtherKind,
	} {
		on := resource(t, "proj/a:env/x;:flag/f")
		got := access.Policy{st(t, text)}.Near(nil, "updateOn", &on)
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	on := resource(t, "acct")
	if got := (access.Policy{{Effect: access.Allow, Actions: []string{"a b"}, Resources: []string{"*"}}}).Near(nil, "x", &on); got != nil {
		t.Errorf("a policy that cannot be read: %v", got)
	}
}

func TestBindAndAttributes(t *testing.T) {
	t.Parallel()
	p := access.Policy{st(t, "allow ${roleAttribute/verb} on proj/${roleAttribute/p}:env/*"), st(t, "deny * on not proj/${roleAttribute/p}|proj/x")}
	if got := p.Attributes(); len(got) != 2 || got[0] != "p" || got[1] != "verb" {
		t.Errorf("%v", got)
	}
	got, err := p.Bind(access.Attributes{"verb": {"a", "b"}, "p": {"*", "y"}})
	if err != nil || len(got) != 2 || len(got[0].Actions) != 2 || got[0].Resources[0] != "proj/%2A:env/*" || len(got[1].NotResources) != 3 {
		t.Errorf("%v %v", got, err)
	}
	if got, err := p.Bind(nil); err != nil || len(got) != 1 || len(got[0].NotResources) != 1 {
		t.Errorf("without values: %v %v", got, err)
	}
	for _, bad := range []string{"a b", "a*"} {
		if _, err := p.Bind(access.Attributes{"verb": {bad}, "p": {"x"}}); len(pointers(err)) != 1 || pointers(err)[0] != "/0/actions" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := p.Bind(access.Attributes{"verb": {"a"}, "p": numbered("p", 201)}); len(pointers(err)) != 1 {
		t.Error("a list of 201 entries was made")
	}
}
