package access_test

import (
	"fmt"
	"testing"

	"github.com/guestright/guestright/access"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	needs := access.All(access.Scope("contacts"), access.Any(access.Entitlement("contact:view"), access.Entitlement("contact:update")))
	viewing := access.Layer{rules(t, nil, "allow contact:view on contact/*")}
	all := access.Layer{rules(t, nil, "allow * on *")}
	updating := access.Layer{rules(t, nil, "allow contact:update on *")}
	one := resource(t, "contact/1")
	for _, tc := range []struct {
		name    string
		needs   access.Needs
		scopes  []string
		layers  []access.Layer
		on      access.Resource
		allowed bool
		missing string
	}{
		{"met", needs, []string{"x", "contacts"}, []access.Layer{all, viewing}, one, true, ""},
		{"no scope", needs, []string{"x"}, []access.Layer{viewing}, one, false, "contacts"},
		{"no entitlement", needs, []string{"contacts"}, []access.Layer{{}}, one, false, "contact:view | contact:update"},
		{"neither", needs, nil, nil, one, false, "contacts+contact:view | contacts+contact:update"},
		{"layers combine by and", needs, []string{"contacts"}, []access.Layer{viewing, updating}, one, false, "contact:view | contact:update"},
		{"an empty layer allows nothing", needs, []string{"contacts"}, []access.Layer{all, nil}, one, false, "contact:view | contact:update"},
		{"no layer allows nothing", needs, []string{"contacts"}, nil, one, false, "contact:view | contact:update"},
		{"no resource", needs, []string{"contacts"}, []access.Layer{all}, access.Resource{}, false, "contact:view | contact:update"},
		{"scopes alone need no resource", access.Scope("contacts"), []string{"contacts"}, nil, access.Resource{}, true, ""},
		{"an entitlement is not a scope", access.Entitlement("contacts"), []string{"contacts"}, nil, one, false, "contacts"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			index := func(a access.Atom) int { return map[string]int{"x": 3, "contacts": 70}[a.Name] }
			bits := make([]uint64, 2)
			for _, s := range tc.scopes {
				i := index(access.Atom{Name: s})
				bits[i/64] |= 1 << (i % 64)
			}
			for form, q := range map[string]access.Question{
				"names": {Program: tc.needs.Compile(nil), Scopes: access.SortScopes(tc.scopes...)},
				"bits":  {Program: tc.needs.Compile(index), Scopes: access.Scopes{Bits: bits}},
			} {
				q.Layers, q.Resource = tc.layers, tc.on
				v := access.Decide(q)
				if v.Allowed != tc.allowed || sets(v.Missing) != tc.missing || v.Unmapped {
					t.Errorf("%s: %+v, want %v, %q", form, v, tc.allowed, tc.missing)
				}
			}
		})
	}
	v := access.Decide(access.Question{Layers: []access.Layer{all}, Resource: one})
	if v.Allowed || !v.Unmapped || v.Missing != nil {
		t.Errorf("unmapped: %+v", v)
	}
}

// fifty is a policy of 50 statements of which the last one decides.
func fifty(t testing.TB) access.Rules { return rules(t, nil, fiftyTexts()...) }

func fiftyTexts() []string {
	var texts []string
	for i := range 20 {
		texts = append(texts, fmt.Sprintf("deny delete*,updateTags on proj/p%d:env/*:flag/*;locked", i))
	}
	for i := range 29 {
		texts = append(texts, fmt.Sprintf("allow updateOn,updateRules,createFlag on proj/q%d:env/*;qa_*:flag/ops_*", i))
	}
	return append(texts, "allow updateOn,updateRules on proj/*:env/production:flag/*")
}

func question(t testing.TB) access.Question {
	return access.Question{
		Program:  access.All(access.Scope("flags.write"), access.Entitlement("updateRules")).Compile(nil),
		Scopes:   access.SortScopes("a", "b", "c", "flags.read", "flags.write", "members.read"),
		Layers:   []access.Layer{{fifty(t)}},
		Resource: resource(t, "proj/storefront:env/production;prod:flag/new-checkout;a,b"),
	}
}

func TestDecidingAllocatesNothing(t *testing.T) {
	q := question(t)
	shape := access.NewShape("proj", "env", "flag")
	segments := make([]access.Segment, 3)
	user := access.UserPrincipal("u", map[string]string{"g": access.GroupAdmin}, nil)
	app := access.On("group", "g", "application", "a")
	if n := testing.AllocsPerRun(200, func() {
		segments[0].Name, segments[1].Name, segments[2].Name = "storefront", "production", "new-checkout"
		q.Resource = shape.Fill(segments)
		if !access.Decide(q).Allowed {
			t.Fatal("refused")
		}
		if user.May("application:update", app) != nil {
			t.Fatal("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecideFiftyStatements(b *testing.B) {
	q := question(b)
	b.ReportAllocs()
	for b.Loop() {
		if !access.Decide(q).Allowed {
			b.Fatal("refused")
		}
	}
}

func BenchmarkDecideScopes(b *testing.B) {
	index := func(access.Atom) int { return 77 }
	q := access.Question{Program: access.Scope("x").Compile(index), Scopes: access.Scopes{Bits: []uint64{0, 1 << 13}}}
	b.ReportAllocs()
	for b.Loop() {
		if !access.Decide(q).Allowed {
			b.Fatal("refused")
		}
	}
}
