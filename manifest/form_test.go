package manifest_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

// field makes a variable from JSON, with key a unless it says otherwise.
func field(t *testing.T, text string) manifest.Variable {
	t.Helper()
	v := manifest.Variable{Key: "a", Label: "A", Type: manifest.TypeString}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFieldsSayWhatToDo(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_001)
	for i, c := range []struct {
		field string
		value any
		rule  string // "": fine
	}{
		{`{"type":"string"}`, "x", ""},
		{`{"type":"string"}`, nil, "field.required"},
		{`{"type":"string"}`, "", "field.required"},
		{`{"type":"string","optional":true}`, "", ""},
		{`{"type":"string","optional":false}`, "", "field.required"},
		{`{"type":"string","default":"d"}`, "", ""},
		{`{"type":"string","default":""}`, "", "field.required"},
		{`{"type":"string"}`, true, "field.type"},
		{`{"type":"string"}`, 7.0, "field.type"},
		{`{"type":"string"}`, "\xff", "field.type"},
		{`{"type":"string"}`, long, "field.long"},
		{`{"type":"string","secret":true}`, "key", ""},
		{`{"type":"string","secret":true}`, "", "field.required"},
		{`{"type":"string","secret":true}`, long, "field.long"},
		{`{"type":"uri"}`, "https://example.com/x?y", ""},
		{`{"type":"uri"}`, "example.com", "field.uri"},
		{`{"type":"uri"}`, "/x", "field.uri"},
		{`{"type":"uri"}`, "mailto:x@example.com", "field.uri"},
		{`{"type":"uri"}`, "", "field.required"},
		{`{"type":"boolean"}`, true, ""},
		{`{"type":"boolean"}`, "on", ""},
		{`{"type":"boolean"}`, nil, ""},
		{`{"type":"boolean"}`, "perhaps", "field.type"},
		{`{"type":"enum","choices":["x","y"]}`, "y", ""},
		{`{"type":"enum","choices":["x","y"]}`, "z", "field.choice"},
		{`{"type":"enum","choices":["x","y"]}`, "", "field.required"},
		{`{"type":"enum","choices":["x","y"],"default":"x"}`, "", ""},
		{`{"type":"dynamicEnum"}`, "whatever the partner has", ""},
		{`{"type":"dynamicEnum"}`, "", "field.required"},
		{`{"type":"generated"}`, nil, ""},
		{`{"type":"publicKey"}`, nil, ""},
		{`{"type":"oauth"}`, nil, ""},
		{`{"type":"oauth"}`, "x", "field.type"},
		{`{"type":"scopeSelector"}`, []any{"proj/a:env/b"}, ""},
		{`{"type":"scopeSelector"}`, []any{}, "field.required"},
		{`{"type":"scopeSelector"}`, []any{"a", "a"}, "field.twice"},
		{`{"type":"scopeSelector","optional":true}`, "", ""},
		{`{"type":"multiselect","options":[{"label":"X","value":"x"}]}`, []any{"x"}, ""},
		{`{"type":"multiselect","options":[{"label":"X","value":"x"}]}`, "x", ""},
		{`{"type":"multiselect","options":[{"label":"X","value":"x"}]}`, []any{"y"}, "field.choice"},
		{`{"type":"multiselect","options":[{"label":"X","value":"x"}]}`, []any{1}, "field.type"},
		{`{"type":"multiselect","options":[{"label":"X","value":"x"}]}`, nil, "field.required"},
		{`{"type":"multiselect","options":[{"label":"X","value":"x"}],"preselected":["x"]}`, nil, ""},
		{`{"type":"string","hidden":true}`, nil, ""},
		{`{"type":"string","hideEmpty":true}`, nil, ""},
		{`{"key":"b","optional":true}`, "x", "field.unknown"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			f := manifest.Form{field(t, c.field)}
			got := f.Check(f.Typed(map[string]any{"a": c.value}))
			switch {
			case c.rule == "" && len(got) > 0:
				t.Errorf("%s with %v: %v", c.field, c.value, got)
			case c.rule != "" && (len(got) != 1 || got[0].Rule != c.rule || got[0].Key != "a" || !strings.HasSuffix(got[0].Message, ".")):
				t.Errorf("%s with %v: %v, not %s", c.field, c.value, got, c.rule)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		field, operator, want string
		value                 any
		shown                 bool
	}{
		{`{"type":"boolean"}`, "equalTo", "true", true, true},
		{`{"type":"boolean"}`, "equalTo", "true", nil, false},
		{`{"type":"boolean"}`, "equalTo", "false", nil, true},
		{`{"type":"boolean","default":true}`, "equalTo", "true", nil, true},
		{`{}`, "equalTo", "x", "x", true},
		{`{}`, "notEqual", "x", "y", true},
		{`{}`, "notEqual", "x", "x", false},
		{`{}`, "contains", "b", "abc", true},
		{`{}`, "startsWith", "ab", "abc", true},
		{`{}`, "startsWith", "bc", "abc", false},
		{`{}`, "endsWith", "bc", "abc", true},
		{`{}`, "lessThan", "10", "9", true},
		{`{}`, "lessThan", "10", "10", false},
		{`{}`, "lessThanOrEqualTo", "10", "10.0", true},
		{`{}`, "greaterThan", "9", "10", true},
		{`{}`, "greaterThanOrEqualTo", "9", "9", true},
		{`{}`, "greaterThan", "9", "ten", false},
		{`{}`, "lessThan", "nine", "1", false},
		{`{}`, "lessThan", "9", "", false},
		{`{}`, "unheard", "x", "x", false},
		{`{"default":"x"}`, "equalTo", "x", "", true},
		{`{"secret":true}`, "equalTo", "x", "x", true},
		{`{"type":"multiselect"}`, "contains", "b", []any{"a", "b"}, true},
		{`{"type":"multiselect"}`, "contains", "b", []any{"bb"}, false},
		{`{"hidden":true}`, "equalTo", "x", "x", false}, // a hidden field has no value
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			a := field(t, c.field)
			b := manifest.Variable{Key: "b", Hidden: manifest.Some(true), DependsOn: []manifest.Dependency{
				{Variable: "a", Form: manifest.FormInstallation, Action: "show", Conditions: []manifest.Condition{{Operator: c.operator, Value: c.want}}}}}
			f := manifest.Form{b, a}
			_, shown := f.Visible(f.Typed(map[string]any{"a": c.value})).Variable("b")
			if shown != c.shown {
				t.Errorf("%v: shown is %v", c, shown)
			}
		})
	}
}

func when(key, operator, value, action string) manifest.Dependency {
	return manifest.Dependency{Variable: key, Form: manifest.FormInstallation, Action: action, Conditions: []manifest.Condition{{Operator: operator, Value: value}}}
}

func TestDependenciesTakeTurns(t *testing.T) {
	t.Parallel()
	d := manifest.Variable{Key: "d", Optional: manifest.Some(true), DependsOn: []manifest.Dependency{when("a", "startsWith", "x", "hide"), when("a", "equalTo", "xy", "show")}}
	f := manifest.Form{{Key: "a", Type: manifest.TypeString}, d}
	for value, want := range map[string]bool{"": true, "x": false, "xy": true, "y": true} {
		if _, shown := f.Visible(manifest.Values{"a": value}).Variable("d"); shown != want {
			t.Errorf("%q: shown is %v", value, shown)
		}
	}
	both := manifest.Variable{Key: "d", Hidden: manifest.Some(true), DependsOn: []manifest.Dependency{{Variable: "a", Form: manifest.FormInstallation, Action: "show",
		Conditions: []manifest.Condition{{Operator: "startsWith", Value: "x"}, {Operator: "endsWith", Value: "y"}}}}}
	f = manifest.Form{{Key: "a", Type: manifest.TypeString}, both}
	for value, want := range map[string]bool{"x": false, "y": false, "xy": true} {
		if _, shown := f.Visible(manifest.Values{"a": value}).Variable("d"); shown != want {
			t.Errorf("both of %q: shown is %v", value, shown)
		}
	}
}

// Fields that wait for one another end, and many fields that depend on all
// before them cost no more than their number.
func TestDependenciesEnd(t *testing.T) {
	t.Parallel()
	circle := manifest.Form{
		{Key: "a", Hidden: manifest.Some(true), Default: manifest.Some[any]("x"), DependsOn: []manifest.Dependency{when("b", "equalTo", "x", "show")}},
		{Key: "b", Hidden: manifest.Some(true), Default: manifest.Some[any]("x"), DependsOn: []manifest.Dependency{when("a", "equalTo", "x", "show")}},
	}
	if got := circle.Visible(nil); len(got) != 2 {
		t.Errorf("%d are shown", len(got))
	}
	var many manifest.Form
	for i := range 60 {
		d := manifest.Variable{Key: fmt.Sprint("v", i)}
		for j := range i {
			d.DependsOn = append(d.DependsOn, when(fmt.Sprint("v", j), "equalTo", "1", "hide"))
		}
		many = append(many, d)
	}
	if got := many.Visible(manifest.Values{"v0": "1"}); len(got) != 1 {
		t.Errorf("%d are shown", len(got))
	}
}

func TestHiddenValuesAreDropped(t *testing.T) {
	t.Parallel()
	p := manifest.Package{ChangeApproval: &manifest.ChangeApproval{Forms: manifest.ApprovalForms{
		Scope: manifest.Form{{Key: "ask", Type: manifest.TypeBoolean}},
		Request: manifest.Form{{Key: "plan", Type: manifest.TypeString, Hidden: manifest.Some(true), DependsOn: []manifest.Dependency{
			{Variable: "ask", Form: manifest.FormScope, Action: "show", Conditions: []manifest.Condition{{Operator: "equalTo", Value: "true"}}}}}},
	}}}
	s := p.Sheet()
	s.Values[manifest.FormRequest] = manifest.Values{"plan": "as before"}
	if got := s.Complete(manifest.FormRequest); len(got) != 0 {
		t.Errorf("saved %v of a hidden field", got)
	}
	s.Values[manifest.FormScope] = manifest.Values{"ask": true}
	if got := s.Complete(manifest.FormRequest); got["plan"] != "as before" {
		t.Errorf("saved %v", got)
	}
	delete(s.Values, manifest.FormRequest)
	if got := s.Check(manifest.FormRequest); len(got) != 1 || got[0].Rule != "field.required" {
		t.Errorf("a field that is shown must be filled in: %v", got)
	}
}

func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	f := manifest.Form{{Key: "k", Type: manifest.TypeString, Secret: manifest.Some(true)}, {Key: "n", Type: manifest.TypeString}}
	v := f.Complete(f.Typed(map[string]any{"k": "hush", "n": "name"}))
	text, err := json.Marshal(v)
	if err != nil || strings.Contains(fmt.Sprintf("%s %v %+v %#v", text, v, v, v), "hush") {
		t.Errorf("%s %v", text, err)
	}
	if v.Text("k") != "hush" {
		t.Error("not revealed where it is needed")
	}
	open, sealed := v.Split()
	if !reflect.DeepEqual(open, map[string]any{"n": "name"}) || !sealed["k"].Equal(secret.New("hush")) {
		t.Error(open, sealed)
	}
	kept := f.Keep(f.Typed(map[string]any{"k": "", "n": ""}), v)
	if kept.Text("k") != "hush" || kept.Text("n") != "" {
		t.Error("a blank secret stays, a blank name goes", kept)
	}
	if next := f.Keep(f.Typed(map[string]any{"k": "new"}), v); next.Text("k") != "new" {
		t.Error(next)
	}
}

func TestTemplatesGetValuesInOrder(t *testing.T) {
	t.Parallel()
	f := manifest.Form{{Key: "z", Type: manifest.TypeString, Secret: manifest.Some(true)}, {Key: "a", Type: manifest.TypeBoolean},
		{Key: "l", Type: manifest.TypeScopeSelector}, {Key: "none", Type: manifest.TypeString}}
	o := f.Data(f.Typed(map[string]any{"l": []any{"x", "y"}, "a": "on", "z": "hush", "stranger": "1"}))
	if got := string(value.AppendJSON(nil, o)); got != `{"z":"hush","a":true,"l":["x","y"]}` {
		t.Error(got)
	}
}

func TestFixedValuesStay(t *testing.T) {
	t.Parallel()
	f := manifest.Form{{Key: "a", Fixed: manifest.Some(true), Type: manifest.TypeString}, {Key: "l", Fixed: manifest.Some(true), Type: manifest.TypeMultiselect}}
	before := manifest.Values{"a": "1", "l": []string{"x"}}
	if got := f.CheckChange(before, manifest.Values{"a": "1", "l": []string{"x"}}); len(got) != 0 {
		t.Error(got)
	}
	if got := f.CheckChange(before, manifest.Values{"a": "2", "l": []string{"y"}}); len(got) != 2 || got[0].Rule != "field.fixed" {
		t.Error(got)
	}
	if got := f.CheckChange(manifest.Values{}, manifest.Values{"a": "2"}); len(got) != 0 {
		t.Error("a first value is no change", got)
	}
}
