package access_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guestright/guestright/access"
)

// A policy has bounds, and the fault says where they are passed.
func TestPolicyBounds(t *testing.T) {
	t.Parallel()
	one := access.Statement{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}
	many := one
	many.Actions, many.Resources = slices.Repeat([]string{"a"}, 201), slices.Repeat([]string{"*"}, 201)
	for name, tc := range map[string]struct {
		policy access.Policy
		want   []string
	}{
		"statements": {slices.Repeat(access.Policy{one}, 201), []string{"/policy"}},
		"entries":    {access.Policy{one, many}, []string{"/policy/1/actions", "/policy/1/resources"}},
	} {
		var got []string
		for _, f := range tc.policy.Check("/policy") {
			got = append(got, f.Pointer)
		}
		if !cmp.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	raw, err := json.Marshal(slices.Repeat(access.Policy{one}, 201))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := access.ParsePolicy(raw); !cmp.Equal(pointers(err), []string{""}) {
		t.Errorf("parsed 201 statements: %v", err)
	}
}

// A policy too large to compare is not handed out.
func TestCoversRefusesWhatItCannotCompare(t *testing.T) {
	t.Parallel()
	var texts []string
	for i := range 150 {
		names := make([]string, 0, 20)
		for j := range 20 {
			names = append(names, "proj/"+strings.Repeat("x", i+1)+strings.Repeat("y", j)+"*")
		}
		texts = append(texts, "allow a on "+strings.Join(names, "|"))
	}
	l := access.Layer{rules(t, nil, texts...)}
	if ok, why := access.Covers(l, l, nil); ok || !strings.Contains(why, "too large") {
		t.Errorf("%v, %q", ok, why)
	}
}

func TestAccessAndAtomsAsJSON(t *testing.T) {
	t.Parallel()
	in := access.Access{Action: "updateOn", Resource: resource(t, "proj/a:env/b;t:flag/c")}
	out, err := json.Marshal(in)
	if err != nil || string(out) != `{"action":"updateOn","resource":"proj/a:env/b;t:flag/c"}` {
		t.Fatalf("%s, %v", out, err)
	}
	var back access.Access
	if err := json.Unmarshal(out, &back); err != nil || back.Resource.Text() != in.Resource.Text() {
		t.Errorf("%v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"resource":"proj/*"}`), &back); err == nil {
		t.Error("a pattern was read as a resource")
	}
	var atom access.Atom
	if err := json.Unmarshal([]byte(`{"scope":"x"}`), &atom); err != nil || atom != access.Scope("x").Atom {
		t.Errorf("%v, %v", atom, err)
	}
	for _, bad := range []string{`{"all":[{"scope":"x"},{"scope":"y"}]}`, `null`, `"x"`} {
		if err := json.Unmarshal([]byte(bad), &atom); err == nil && bad != "null" {
			t.Errorf("%s was read as an atom", bad)
		}
	}
	if _, err := json.Marshal(access.Atom{Name: "x"}); err == nil {
		t.Error("an atom without a kind was written")
	}
}

// However statements are ordered and grouped inside, the decision is the one that the plain rule gives: no denial
// concerns the question and some allowance does. Every statement is asked on its own for comparison.
func TestIndexAgreesWithPlainRule(t *testing.T) {
	t.Parallel()
	texts := []string{
		"allow update* on proj/a:env/*", "allow view on proj/*:env/prod;t", "allow * on proj/a", "allow not view on not proj/*",
		"deny update on proj/a:env/prod", "deny * on proj/*:env/*;t", "deny view on webhook/w|proj/b", "allow view on *", "deny delete on *",
	}
	places := []string{"proj/a", "proj/b", "proj/a:env/prod", "proj/a:env/prod;t", "proj/a:env/prod;", "proj/b:env/test;t", "webhook/w", "acct"}
	for mask := range 1 << len(texts) {
		var chosen []string
		for i, text := range texts {
			if mask>>i&1 == 1 {
				chosen = append(chosen, text)
			}
		}
		all := rules(t, nil, chosen...)
		for _, place := range places {
			on := resource(t, place)
			for _, action := range []string{"view", "update", "delete"} {
				allowed, denied := false, false
				for _, text := range chosen {
					if rest, deny := strings.CutPrefix(text, "deny "); deny {
						// A denial is seen by what it takes away from an allowance of everything.
						alone := rules(t, nil, "allow * on *", "deny "+rest)
						denied = denied || !alone.Allows(action, &on)
					} else {
						alone := rules(t, nil, text)
						allowed = allowed || alone.Allows(action, &on)
					}
				}
				if got := all.Allows(action, &on); got != (allowed && !denied) {
					t.Fatalf("%q: %s on %s: %v", chosen, action, place, got)
				}
			}
		}
	}
}
