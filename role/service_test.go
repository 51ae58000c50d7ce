package role_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
)

const (
	flagHere  = "proj/web:env/test:flag/ops_x"
	flagThere = "proj/web:env/production:flag/ops_x"
)

func TestBuiltInRolesFollowTheCatalog(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		user, admin := h.person("ada", access.AccountMember), h.as(h.person("boss", access.AccountAdmin))
		for key, want := range map[string]string{
			role.Reader: "flag:view", role.Writer: "flag:view flag:update project:delete",
			role.Admin: "flag:view flag:update project:delete member:update role:create anything:new", role.NoAccess: "",
		} {
			h.give(admin, user, role.Given{Role: key})
			var got []string
			for _, a := range []string{"flag:view", "flag:update", "project:delete", "member:update", "role:create", "anything:new"} {
				if h.may(user, a, "proj/web") {
					got = append(got, a)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s allows %v, want %q", key, got, want)
			}
		}
		got, err := h.BuiltIns(h.ctx, h.as(user), h.acc.ID)
		if err != nil || len(got) != 4 || got[0].Key != role.Reader || len(got[0].Policy) != 1 {
			t.Errorf("%v %v", got, err)
		}
		got[0].Policy[0].Actions[0] = "*" // what one caller does with the answer changes nothing
		if h.give(admin, user, role.Given{Role: role.Reader}); h.may(user, "flag:update", "proj/web") {
			t.Error("a built-in role was changed")
		}
	})
}

func TestRolesOfTheProductAndOursCombine(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		product := h.productRole("tester", access.Policy{allow("flag:update", "proj/web:env/test:flag/*")})
		user, admin := h.person("ada", access.AccountMember, product), h.as(h.person("boss", access.AccountAdmin))
		r := h.create(admin, role.Draft{Key: "prod", Name: "Production", Policy: access.Policy{
			allow("flag:update", "proj/*:env/production:flag/*"), deny("*", "proj/*:env/test:flag/*"), deny("flag:view", "proj/secret:env/*:flag/*")}, Base: role.BaseReader})
		if !h.may(user, "flag:update", flagHere) || h.may(user, "flag:update", flagThere) {
			t.Error("the product's role alone is wrong")
		}
		h.give(admin, user, role.Given{Role: r.ID.String()})
		for _, q := range []struct {
			action, on string
			want       bool
		}{
			{"flag:update", flagHere, true}, // a denial in one role does not override another role
			{"flag:update", flagThere, true},
			{"flag:view", flagThere, true},                   // the base speaks where the policy is silent
			{"flag:view", "proj/secret:env/x:flag/y", false}, // and is bound by its denials
			{"flag:delete", flagThere, false},
		} {
			if got := h.may(user, q.action, q.on); got != q.want {
				t.Errorf("%s on %s: %v", q.action, q.on, got)
			}
		}
		if h.may("usr_nobody", "flag:view", flagThere) {
			t.Error("who is no member may do something")
		}
		h.write(func(tx *store.Tx) error {
			_, err := tx.NewRaw("UPDATE identity_user SET state = 'deletion_requested' WHERE id = ?", user).Exec(tx.Ctx)
			return err
		})
		if h.may(user, "flag:view", flagThere) {
			t.Error("who is leaving may still do something")
		}
	})
}

func TestRoleAttributes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		user, admin := h.person("ada", access.AccountMember), h.as(h.person("boss", access.AccountAdmin))
		r := h.create(admin, role.Draft{Key: "team", Name: "Team", Policy: access.Policy{allow("flag:*", "proj/${roleAttribute/project}:env/*:flag/*")}})
		h.give(admin, user, role.Given{Role: r.ID.String()})
		if h.may(user, "flag:view", "proj/a:env/x:flag/f") {
			t.Error("without a value something is allowed")
		}
		h.give(admin, user, role.Given{Role: r.ID.String(), Attributes: access.Attributes{"project": {"a", "b*"}}})
		for on, want := range map[string]bool{"proj/a:env/x:flag/f": true, "proj/b%2A:env/x:flag/f": true, "proj/bc:env/x:flag/f": false, "proj/c:env/x:flag/f": false} {
			if got := h.may(user, "flag:view", on); got != want {
				t.Errorf("%s: %v", on, got)
			}
		}
		_, err := h.Assign(h.ctx, admin, h.place(user), []role.Given{{Role: r.ID.String(), Attributes: access.Attributes{"pro ject": {"a"}}}})
		if code(err) != "role_assignment_invalid" {
			t.Error(err)
		}
		h.read(func(tx *store.Tx) error {
			got, err := h.PoliciesWith(tx, h.acc.ID.String(), []string{r.ID.String(), role.Reader}, access.Attributes{"project": {"a", "b*"}})
			if err != nil || len(got) != 2 || !slices.Equal(got[0][0].Resources, []string{"proj/a:env/*:flag/*", "proj/b%2A:env/*:flag/*"}) {
				t.Errorf("%v %v", got, err)
			}
			_, err = h.Policies(tx, h.acc.ID.String(), []string{"rle_nobody"})
			if code(err) != "role_unknown" {
				t.Error(err)
			}
			return nil
		})
	})
}

// M-13: a delegated administrator gives nothing that they do not hold, however
// it is dressed, and nobody changes their own rights.
func TestM13_GivingRightsChecksTheGiver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		boss, other := h.as(h.person("boss", access.AccountAdmin)), h.person("other", access.AccountMember)
		lead := h.person("lead", access.AccountMember)
		leads := h.create(boss, role.Draft{Key: "lead", Name: "Team lead", Manage: []string{"roles"}, Policy: access.Policy{
			allow("flag:*", "proj/web:env/*:flag/*"), deny("*", "proj/web:env/production:flag/*")}})
		h.give(boss, lead, role.Given{Role: leads.ID.String()})
		by := h.as(lead)

		for name, p := range map[string]access.Policy{
			"another project":  {allow("flag:view", "proj/shop:env/test:flag/*")},
			"what is denied":   {allow("flag:view", "proj/web:env/production:flag/x")},
			"another action":   {allow("segment:view", "proj/web:env/test:flag/*")},
			"everything":       {allow("*", "*")},
			"the rest":         {{Effect: access.Allow, Actions: []string{"flag:view"}, NotResources: []string{"proj/shop"}}},
			"all but":          {{Effect: access.Allow, NotActions: []string{"flag:delete"}, Resources: []string{"proj/web:env/test:flag/*"}}},
			"a wider star":     {allow("flag:view", "proj/w*:env/test:flag/*")},
			"behind a denial":  {allow("flag:*", "proj/*:env/test:flag/*"), deny("*", "proj/a*:env/test:flag/*")},
			"the whole tenant": {allow("acct:close", "acct")},
		} {
			_, err := h.Create(h.ctx, by, h.acc.ID, role.Draft{Key: "x", Name: "X", Policy: p})
			if code(err) != "role_exceeds_giver" || problem.Of(err).Extra["action"] == nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		mine := h.create(by, role.Draft{Key: "tester", Name: "Tester", Policy: access.Policy{allow("flag:view", "proj/web:env/test:flag/*"), allow("flag:view", "proj/${roleAttribute/p}:env/test:flag/*")}})

		for name, want := range map[string][]role.Given{
			"a built-in role beyond": {{Role: role.Reader}},
			"administrator":          {{Role: role.Admin}},
			"a value beyond":         {{Role: mine.ID.String(), Attributes: access.Attributes{"p": {"web", "shop"}}}},
		} {
			if _, err := h.Assign(h.ctx, by, h.place(other), want); code(err) != "role_exceeds_giver" {
				t.Errorf("%s: %v", name, err)
			}
		}
		h.give(by, other, role.Given{Role: mine.ID.String(), Attributes: access.Attributes{"p": {"web"}}})

		// What managing roles gives is bounded alike.
		_, err := h.Create(h.ctx, by, h.acc.ID, role.Draft{Key: "y", Name: "Y", Manage: []string{"roles", "private"}})
		if code(err) != "role_exceeds_giver" {
			t.Error(err)
		}
		managers := h.create(boss, role.Draft{Key: "keys", Name: "Keys", Manage: []string{"private"}})
		if _, err := h.Assign(h.ctx, by, h.place(other), []role.Given{{Role: managers.ID.String()}}); code(err) != "role_exceeds_giver" {
			t.Error(err)
		}

		// Nobody changes what they have themselves.
		policy := access.Policy{allow("flag:view", "proj/web:env/test:flag/*")}
		for name, err := range map[string]error{
			"own assignment": func() error { _, err := h.Assign(h.ctx, by, h.place(lead), nil); return err }(),
			"own role":       func() error { _, err := h.Update(h.ctx, by, h.at(leads), role.Patch{Policy: &policy}); return err }(),
			"deleting it":    h.Delete(h.ctx, by, h.at(leads), role.Reader),
			"an administrator's own": func() error {
				_, err := h.Assign(h.ctx, boss, h.place(boss.User), []role.Given{{Role: role.Admin}})
				return err
			}(),
		} {
			if code(err) != "own_rights" {
				t.Errorf("%s: %v", name, err)
			}
		}

		// Narrowing what is beyond oneself is no giving; widening it is.
		high := h.create(boss, role.Draft{Key: "high", Name: "High", Policy: access.Policy{allow("segment:*", "proj/*:env/*:segment/*"), deny("segment:delete", "*")}})
		less := access.Policy{allow("segment:view", "proj/*:env/*:segment/*")}
		if _, err := h.Update(h.ctx, by, h.at(high), role.Patch{Policy: &less}); err != nil {
			t.Error(err)
		}
		more := access.Policy{allow("segment:*", "proj/*:env/*:segment/*")}
		if _, err := h.Update(h.ctx, by, h.at(high), role.Patch{Policy: &more}); code(err) != "role_exceeds_giver" {
			t.Error(err)
		}

		// A token gives at most what it holds itself, and one of unknown extent nothing.
		narrow := compiled(t, access.Policy{allow("flag:view", "*")})
		for _, tc := range []struct {
			bounds []access.Layer
			action string
			want   string
		}{{nil, "flag:view", "role_exceeds_giver"}, {[]access.Layer{narrow}, "flag:view", ""}, {[]access.Layer{narrow}, "flag:update", "role_exceeds_giver"}} {
			token := boss
			token.Grant, token.Bounds = "grt_x", tc.bounds
			h.read(func(tx *store.Tx) error {
				err := h.MayGive(tx, token, h.acc.ID.String(), []access.Policy{{allow(tc.action, "proj/web:env/test:flag/*")}})
				if code(err) != tc.want {
					t.Errorf("%v %s: %v", tc.bounds, tc.action, err)
				}
				return nil
			})
		}
		h.read(func(tx *store.Tx) error {
			give := []access.Policy{{allow("flag:view", "proj/web:env/test:flag/*")}}
			for name, tc := range map[string]struct {
				by   access.Principal
				want string
			}{"the operator": {operator, ""}, "a stranger": {access.UserPrincipal("usr_x", nil, nil), "role_exceeds_giver"}, "nobody": {access.Principal{}, "role_exceeds_giver"}, "who holds it": {by, ""}} {
				if err := h.MayGive(tx, tc.by, h.acc.ID.String(), give); code(err) != tc.want {
					t.Errorf("%s: %v", name, err)
				}
			}
			return nil
		})
	})
}

func compiled(t *testing.T, p access.Policy) access.Layer {
	t.Helper()
	rules, err := p.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	return access.Layer{rules}
}

// M-17: where a role allows and denies the same, the denial wins, in either order.
func TestM17_DenialWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		user, admin := h.person("ada", access.AccountMember), h.as(h.person("boss", access.AccountAdmin))
		yes, no := allow("flag:*", "proj/*:env/*:flag/*"), deny("*", "proj/web:env/production:flag/*")
		r := h.create(admin, role.Draft{Key: "x", Name: "X", Policy: access.Policy{yes, no}})
		h.give(admin, user, role.Given{Role: r.ID.String()})
		for _, p := range []access.Policy{{yes, no}, {no, yes}, {yes, no, yes}} {
			if _, err := h.Update(h.ctx, admin, h.at(r), role.Patch{Policy: &p}); err != nil {
				t.Fatal(err)
			}
			if h.may(user, "flag:view", flagThere) || !h.may(user, "flag:view", flagHere) {
				t.Errorf("%v", p)
			}
		}
	})
}

// M-07 and the end of a membership: who comes back has nothing of before, and a
// role made anew under the old name is another role.
func TestLeavingTakesTheRoles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		user, admin := h.person("ada", access.AccountMember), h.as(h.person("boss", access.AccountAdmin))
		r := h.create(admin, role.Draft{Key: "x", Name: "X", Policy: access.Policy{allow("*", "*")}, Manage: []string{"roles"}})
		h.give(admin, user, role.Given{Role: r.ID.String()}, role.Given{Role: role.Reader})
		if h.as(user).May("role:update", r.Resource()) != nil {
			t.Error("the right to manage roles is missing")
		}
		h.write(func(tx *store.Tx) error { return h.Accounts.RemoveMember(tx, operator, h.acc.ID.String(), user) })
		if h.may(user, "flag:view", flagHere) || h.as(user).May("role:update", r.Resource()) == nil {
			t.Error("who has left still may")
		}
		h.person("ada", access.AccountMember)
		if h.may(user, "flag:view", flagHere) {
			t.Error("who came back has the old roles")
		}
		if err := h.Delete(h.ctx, admin, h.at(r), ""); err != nil {
			t.Fatal(err)
		}
		again := h.create(admin, role.Draft{Key: "x", Name: "X"})
		if again.ID == r.ID {
			t.Error("an id was used twice")
		}
	})
}

func TestDeletingARoleInUse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		a, b, admin := h.person("ada", access.AccountMember), h.person("bob", access.AccountMember), h.as(h.person("boss", access.AccountAdmin))
		r := h.create(admin, role.Draft{Key: "x", Name: "X", Policy: access.Policy{allow("*", "*")}})
		h.give(admin, a, role.Given{Role: r.ID.String()})
		h.give(admin, b, role.Given{Role: r.ID.String()}, role.Given{Role: role.Reader})
		h.write(func(tx *store.Tx) error {
			return h.PutHold(tx, h.acc.ID.String(), r.ID.String(), role.Hold{Holder: "apitoken/1", Name: "Nightly export", Grant: "grt_1"})
		})
		err := h.Delete(h.ctx, admin, h.at(r), role.Reader)
		if code(err) != "role_in_use" || !slices.Equal(problem.Of(err).Extra["holders"].([]string), []string{"ada", "bob", "Nightly export"}) {
			t.Errorf("%v %v", err, problem.Of(err).Extra)
		}
		withToken := admin
		withToken.Grant = "grt_1"
		text := "new"
		if _, err := h.Update(h.ctx, withToken, h.at(r), role.Patch{Description: &text}); code(err) != "own_rights" {
			t.Errorf("a token changes the role with which it acts: %v", err)
		}
		h.write(func(tx *store.Tx) error { return h.DropHolds(tx, h.acc.ID.String(), "apitoken/1") })
		for instead, want := range map[string]string{"": "role_in_use", "nothing": "role_unknown", r.ID.String(): "role_unknown"} {
			if err := h.Delete(h.ctx, admin, h.at(r), instead); code(err) != want {
				t.Errorf("instead %q: %v", instead, err)
			}
		}
		if err := h.Delete(h.ctx, admin, h.at(r), role.Reader); err != nil {
			t.Fatal(err)
		}
		for _, user := range []string{a, b} {
			got, err := h.OfMember(h.ctx, admin, h.place(user))
			if err != nil || len(got) != 1 || got[0].Role != role.Reader || got[0].Name != "Reader" {
				t.Errorf("%v %v", got, err)
			}
		}
		if n := h.entries("role.delete"); n != 1 {
			t.Errorf("%d audit entries", n)
		}
	})
}

func TestChangesAreHeardAndRecordedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		user, admin := h.person("ada", access.AccountMember), h.as(h.person("boss", access.AccountAdmin))
		var heard []string
		h.DB.OnChange(role.Topic, func(key string) { heard = append(heard, "role "+key) })
		h.DB.OnChange(account.MemberTopic, func(key string) { heard = append(heard, "member "+key) })
		followed := 0
		h.Changed = func(_ *store.Tx, _, _ string) error { followed++; return nil }
		r := h.create(admin, role.Draft{Key: "x", Name: "X"})
		h.give(admin, user, role.Given{Role: r.ID.String()})
		h.give(admin, user, role.Given{Role: r.ID.String()}) // nothing new
		policy, name := access.Policy{allow("*", "*")}, "X"
		for range 2 {
			if _, err := h.Update(h.ctx, admin, h.at(r), role.Patch{Policy: &policy, Name: &name}); err != nil {
				t.Fatal(err)
			}
		}
		want := "role ACC,member usr_ada,role ACC,member usr_ada"
		if got := strings.ReplaceAll(strings.Join(heard, ","), h.acc.ID.String(), "ACC"); got != want {
			t.Errorf("heard %s, want %s", got, want)
		}
		if followed != 1 || h.entries("role.create") != 1 || h.entries("role.assign") != 1 || h.entries("role.update") != 1 {
			t.Errorf("followed %d times; %d %d %d entries", followed, h.entries("role.create"), h.entries("role.assign"), h.entries("role.update"))
		}
	})
}

func TestTwoChangesOfOneRole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.person("boss", access.AccountAdmin))
		r := h.create(admin, role.Draft{Key: "x", Name: "X"})
		h.create(admin, role.Draft{Key: "y", Name: "Why"})
		for _, d := range []role.Draft{{Key: "x", Name: "Other"}, {Key: "z", Name: "WHY"}, {Key: "z", Name: "ｗｈｙ"}} {
			if _, err := h.Create(h.ctx, admin, h.acc.ID, d); code(err) != "role_exists" {
				t.Errorf("%+v: %v", d, err)
			}
		}
		name := " why "
		if _, err := h.Update(h.ctx, admin, h.at(r), role.Patch{Name: &name}); code(err) != "role_exists" {
			t.Error(err)
		}
		name = "Ex"
		got, err := h.Update(h.ctx, admin, h.at(r), role.Patch{Name: &name, Revision: r.Revision})
		if err != nil || got.Name != "Ex" || got.Revision != r.Revision+1 || got.Key != "x" {
			t.Errorf("%+v %v", got, err)
		}
		name = "Axe"
		if _, err := h.Update(h.ctx, admin, h.at(r), role.Patch{Name: &name, Revision: r.Revision + 7}); code(err) != "role_changed" {
			t.Error(err)
		}
		all, err := h.List(h.ctx, admin, h.acc.ID)
		if err != nil || len(all) != 2 || all[0].Name != "Ex" {
			t.Errorf("%v %v", all, err)
		}
	})
}

func TestWhoManagesRoles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		admin, member := h.as(h.person("boss", access.AccountAdmin)), h.as(h.person("ada", access.AccountMember))
		stranger := access.UserPrincipal("usr_x", nil, nil)
		r := h.create(admin, role.Draft{Key: "x", Name: "X"})
		name := "Y"
		for who, tc := range map[string]struct {
			by         access.Principal
			look, make string
		}{"a member": {member, "", "forbidden"}, "a stranger": {stranger, "not_found", "not_found"}, "nobody": {access.Principal{}, "not_found", "not_found"}} {
			_, err := h.Get(h.ctx, tc.by, h.at(r))
			_, err2 := h.Create(h.ctx, tc.by, h.acc.ID, role.Draft{Key: "z", Name: "Z"})
			_, err3 := h.Update(h.ctx, tc.by, h.at(r), role.Patch{Name: &name})
			err4 := h.Delete(h.ctx, tc.by, h.at(r), "")
			_, err5 := h.Assign(h.ctx, tc.by, h.place("usr_ada"), nil)
			_, err6 := h.List(h.ctx, tc.by, h.acc.ID)
			_, _, err7 := h.Holders(h.ctx, tc.by, h.at(r))
			if code(err) != tc.look || code(err6) != tc.look || code(err7) != tc.look || code(err2) != tc.make || code(err3) != tc.make || code(err4) != tc.make || code(err5) != tc.make {
				t.Errorf("%s: %v; %v; %v; %v; %v; %v; %v", who, err, err2, err3, err4, err5, err6, err7)
			}
		}
		if _, err := h.Assign(h.ctx, admin, h.place("usr_x"), nil); code(err) != "not_found" {
			t.Errorf("somebody who is no member: %v", err)
		}
	})
}
