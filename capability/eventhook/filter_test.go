package eventhook_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/eventhook"
)

// One of the things that a change did is enough; deny wins; a condition on tags that
// are not known lets nothing through (LaunchDarkly's documentation of policies as
// filters).
func TestFilters(t *testing.T) {
	t.Parallel()
	allow := func(actions, resources []string) access.Statement {
		return access.Statement{Effect: access.Allow, Actions: actions, Resources: resources}
	}
	production, any := []string{"proj/*:env/production:flag/*"}, []string{"*"}
	for name, c := range map[string]struct {
		policy access.Policy
		did    [][2]string
		want   bool
	}{
		"no policy":              {nil, [][2]string{{"updateOn", "proj/a:env/test:flag/f"}}, true},
		"allowed":                {access.Policy{allow(any, production)}, [][2]string{{"updateOn", "proj/a:env/production:flag/f"}}, true},
		"another environment":    {access.Policy{allow(any, production)}, [][2]string{{"updateOn", "proj/a:env/test:flag/f"}}, false},
		"the environment itself": {access.Policy{allow(any, production)}, [][2]string{{"updateName", "proj/a:env/production"}}, false},
		"one of two":             {access.Policy{allow(any, production)}, [][2]string{{"updateOn", "proj/a:env/test:flag/f"}, {"updateOn", "proj/a:env/production:flag/f"}}, true},
		"denied":                 {access.Policy{allow(any, production), {Effect: access.Deny, Actions: []string{"update*"}, Resources: production}}, [][2]string{{"updateOn", "proj/a:env/production:flag/f"}}, false},
		"another action":         {access.Policy{allow([]string{"create*"}, any)}, [][2]string{{"updateOn", "proj/a:env/production:flag/f"}}, false},
		"with the tag":           {access.Policy{allow(any, []string{"proj/*:env/*:flag/*;ops"})}, [][2]string{{"updateOn", "proj/a:env/production:flag/f;ops,web"}}, true},
		"without the tag":        {access.Policy{allow(any, []string{"proj/*:env/*:flag/*;ops"})}, [][2]string{{"updateOn", "proj/a:env/production:flag/f;web"}}, false},
		"nothing is known of it": {access.Policy{allow(any, []string{"proj/*:env/*:flag/*;ops"})}, [][2]string{{"updateOn", "proj/a:env/production:flag/f"}}, false},
		"nothing but denials":    {access.Policy{{Effect: access.Deny, Actions: any, Resources: any}}, [][2]string{{"updateOn", "proj/a:env/production:flag/f"}}, false},
		"it has touched nothing": {access.Policy{allow(any, any)}, nil, false},
	} {
		f, err := eventhook.NewFilter(c.policy)
		if err != nil {
			t.Fatal(name, err)
		}
		var did []eventhook.Touched
		for _, one := range c.did {
			on, err := access.ParseResource(one[1])
			if err != nil {
				t.Fatal(err)
			}
			did = append(did, eventhook.Touched{Action: one[0], On: on})
		}
		if got := f.Passes(did); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
