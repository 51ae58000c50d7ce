package catalog_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
)

func TestKindsKnowTheirOwn(t *testing.T) {
	t.Parallel()
	flag := catalog.Kind{Kind: "env_flag", Word: "feature", Path: "proj/{p}:env/{e}:flag/{f}", Triggers: []catalog.Instruction{{Name: "turn_on", Label: "Turn on"}}}
	for text, want := range map[string]bool{
		"proj/web:env/production:flag/x": true, "proj/web:flag/x": false, "proj/web:env/production": false, "proj/web:env/production:segment/x": false,
		"proj/web:env/production:flag/x:rule/1": false,
	} {
		r, err := access.ParseResource(text)
		if err != nil || flag.Holds(r) != want {
			t.Errorf("%s: %v %v", text, !want, err)
		}
	}
	one := catalog.Kind{Kind: "billing", Path: "acct/main:billing/plan"}
	for text, want := range map[string]bool{"acct/main:billing/plan": true, "acct/main:billing/other": false} {
		if r, err := access.ParseResource(text); err != nil || one.Holds(r) != want {
			t.Errorf("%s: %v %v", text, !want, err)
		}
	}
	for word, want := range map[string]bool{"env_flag": true, "feature": true, "flag": true, "env": false, "": false} {
		if flag.Called(word) != want {
			t.Errorf("%q: %v", word, !want)
		}
	}
	if i, ok := flag.Instruction("turn_on"); !ok || i.Label != "Turn on" {
		t.Errorf("%+v", i)
	}
	if _, ok := flag.Instruction("delete"); ok {
		t.Error("it has no such instruction")
	}
}
