package role_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/role"
)

func TestReadingAPolicySaysWhatItMeans(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		user, admin := h.person("ada", access.AccountMember), h.as(h.person("boss", access.AccountAdmin))
		h.give(admin, user, role.Given{Role: role.Reader})
		got, err := h.Read(h.ctx, admin, h.acc.ID, access.Policy{
			allow("flag:update", "proj/*:env/*:flag/${roleAttribute/team}"), allow("flag:update", "proj/*"), deny("flags:view", "*"),
			{Effect: access.Allow, Actions: []string{"flag:view"}, NotResources: []string{"proj/x:env/y:flag/z"}}})
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		for _, s := range got.Statements {
			line := s.Text
			for _, n := range s.Notes {
				line += " | " + n.Code
			}
			notes = append(notes, line)
		}
		for i, want := range []string{"May update every flag", "policy.resource_idle", "policy.action_unknown", "policy.allows_the_rest"} {
			if !strings.Contains(notes[i], want) {
				t.Errorf("statement %d: %s, want %s", i+1, notes[i], want)
			}
		}
		if strings.Contains(notes[0], "|") || len(got.Attributes) != 1 || got.Attributes[0] != "team" || got.Beyond != "" {
			t.Errorf("%v %+v", notes, got)
		}
		if d := got.Statements[2].Notes[0].Detail; !strings.Contains(d, "Did you mean “flag:view”?") {
			t.Error(d)
		}
		// Whoever reads roles hears what they could not give.
		mine, err := h.Read(h.ctx, h.as(user), h.acc.ID, access.Policy{allow("flag:delete", "*")})
		if err != nil || !strings.Contains(mine.Beyond, "flag:delete") {
			t.Errorf("%+v %v", mine, err)
		}
		if _, err := h.Read(h.ctx, admin, h.acc.ID, access.Policy{{Effect: "perhaps"}}); problem.CodeOf(err) != "policy.invalid" {
			t.Error(err)
		}
		if _, err := h.Read(h.ctx, access.Principal{Kind: access.KindUser, User: "usr_x"}, h.acc.ID, nil); problem.Of(err).Kind != problem.KindNotFound {
			t.Error(err)
		}
	})
}

func TestKeysAreMadeOfNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Ops engineer": "ops-engineer", " 2nd  Line (EU)": "nd-line-eu", "Ωps": "ps", "": "", "!!": "", strings.Repeat("a ", 200): strings.TrimSuffix(strings.Repeat("a-", 50), "-")} {
		if got := role.KeyOf(name); got != want {
			t.Errorf("%q gives %q, want %q", name, got, want)
		}
	}
}
