package access_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
)

func TestUnheardNamesWhatNeverHasAnEffect(t *testing.T) {
	t.Parallel()
	known := []access.KnownAction{{Name: "flag:view", On: "proj:env:flag"}, {Name: "flag:view", On: "proj:flag"}, {Name: "project:view", On: "proj"}, {Name: "member:view", On: "acct"}}
	one := func(actions, resources string) access.Policy {
		return access.Policy{{Effect: access.Allow, Actions: strings.Fields(actions), Resources: strings.Fields(resources)}}
	}
	for name, tc := range map[string]struct {
		p    access.Policy
		want string
	}{
		"fits":                     {one("flag:view", "proj/*:env/*:flag/*"), ""},
		"all":                      {one("flag:*", "*"), ""},
		"any action":               {one("*", "proj/web:flag/x"), ""},
		"a parent":                 {one("flag:view", "proj/*"), "/0/resources/0 policy.resource_idle"},
		"one of two":               {one("flag:view project:view", "proj/* acct"), "/0/resources/1 policy.resource_idle"},
		"a slip":                   {one("flags:view", "*"), "/0/actions/0 policy.action_unknown"},
		"a glob of nothing":        {one("flag:view segment:*", "*"), "/0/actions/1 policy.action_unknown"},
		"only slips say no more":   {one("x", "proj/*"), "/0/actions/0 policy.action_unknown"},
		"a kind of nobody":         {one("*", "metric/*"), "/0/resources/0 policy.resource_idle"},
		"a role attribute decides": {one("${roleAttribute/do}", "metric/*"), ""},
		"it names a thing":         {one("flag:view", "proj/*:env/*:flag/${roleAttribute/team}"), ""},
		"it names a parent":        {one("flag:view", "proj/${roleAttribute/team}"), "/0/resources/0 policy.resource_idle"},
		"exceptions speak of all":  {access.Policy{{Effect: access.Deny, NotActions: []string{"flag:view"}, Resources: []string{"metric/*"}}}, "/0/resources/0 policy.resource_idle"},
	} {
		var got []string
		for _, f := range tc.p.Unheard("", known) {
			got = append(got, f.Pointer+" "+f.Code)
		}
		if strings.Join(got, ", ") != tc.want {
			t.Errorf("%s: %v, want %q", name, got, tc.want)
		}
	}
	if got := one("x", "y/*").Unheard("", nil); len(got) != 1 || got[0].Code != "policy.action_unknown" {
		t.Errorf("without knowledge of anything: %+v", got)
	}
	more := one("flag:view", "env/*").Unheard("/policy", append(known, access.KnownAction{Name: "flag:view"}))
	if len(more) != 0 {
		t.Errorf("an action of which the kind is not known may act on anything: %+v", more)
	}
}
