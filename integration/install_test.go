package integration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
)

func TestA18_TheOfferShowsWhatIsAsked(t *testing.T) {
	t.Parallel()
	h := one(t)
	o, err := h.Preview(ctx, h.ben, h.harbour.ID, h.app.PublicID)
	h.ok(err)
	if o.Developer != "Harbour Tools" || o.Version.ID != h.version.ID || len(o.Asked) != 2 || o.Installed != "" {
		t.Fatalf("%+v", o)
	}
	read, write := o.Asked[0], o.Asked[1]
	if !read.Required || read.Label != "Read flags" || read.Risk != "low" || read.Purpose != "Shows the flags." || len(read.Privileges) != 1 || write.Required {
		t.Errorf("%+v", o.Asked)
	}
	if users, err := h.Accounts.ListIntegrationUsers(ctx, h.ben, h.harbour.ID); err != nil || len(users) != 0 {
		t.Errorf("looking made something: %v %v", users, err)
	}
	_, err = h.Preview(ctx, h.ada, h.harbour.ID, h.app.PublicID)
	h.code("the developer looks from the account", err, "not_found")
	_, err = h.Preview(ctx, h.ben, h.harbour.ID, "6f6b4a8e-9a4a-4e0c-8f3d-000000000000")
	h.code("no such application", err, "not_found")
}

func TestA19_UserAndRoleAreMadeWithNoMore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		i := h.install()
		if i.State != integration.Active || !slices.Equal(i.Scopes, []string{"flags.read"}) || i.Delegation != "off" || i.InstalledBy != h.ben.User {
			t.Errorf("%+v", i)
		}
		users, err := h.Accounts.ListIntegrationUsers(ctx, h.ben, h.harbour.ID)
		h.ok(err)
		roles, err := h.Accounts.ListRoles(ctx, h.ben, h.harbour.ID)
		h.ok(err)
		if len(users) != 1 || users[0].Name != "Deploybot" || len(roles) != 1 || roles[0].Name != "Deploybot role" || !roles[0].Integration {
			t.Fatalf("%+v %+v", users, roles)
		}
		if got := fmt.Sprint(roles[0].Policy); got != "[{allow [flag:view] [] [*] []}]" {
			t.Errorf("the role allows %s", got)
		}
		raw, err := h.obtain("")
		h.ok(err)
		b, err := h.bearers.Authenticate(ctx, raw)
		h.ok(err)
		on := access.On("flag", "a")
		for action, want := range map[string]bool{"flag:view": true, "flag:create": false, "member:create": false} {
			if got := access.Permits(b.Holding.Layers, action, &on); got != want {
				t.Errorf("%s: %v", action, got)
			}
		}
		_, err = h.Install(ctx, h.ben, h.harbour.ID, h.order())
		h.code("again", err, "already_installed")
		if problem.Of(err).Extra["installation"] != i.ID.String() {
			t.Errorf("%v", problem.Of(err).Extra)
		}
		if n := h.notices(h.ada, "installation.create"); n != 1 {
			t.Errorf("the developer has %d notices", n)
		}
		for name, by := range map[string]access.Principal{"the administrator": h.ben, "the developer": h.ada, "the operator": operator} {
			if e := h.entries(by, "installation.create"); len(e) != 1 {
				t.Errorf("%s sees %d entries", name, len(e))
			}
		}
	})
}

func TestA19_EditableDown(t *testing.T) {
	t.Parallel()
	h := one(t)
	for _, tc := range []struct {
		name  string
		order integration.Order
		want  string
	}{
		{"less than is required", integration.Order{Scopes: []string{"flags.write"}}, "scope_required"},
		{"more than is asked", integration.Order{Scopes: []string{"flags.read", "members"}}, "scope_not_requested"},
		{"a strange delegation", integration.Order{Delegation: "always"}, "delegation_invalid"},
		{"a role of another account", integration.Order{Role: "rol_00000000000000000000000000"}, "not_found"},
		{"a user of another account", integration.Order{User: "iur_00000000000000000000000000"}, "not_found"},
		{"a long name", integration.Order{UserName: strings.Repeat("x", 201)}, "user_name_invalid"},
	} {
		tc.order.ApplicationID = h.app.PublicID
		_, err := h.Install(ctx, h.ben, h.harbour.ID, tc.order)
		h.code(tc.name, err, tc.want)
	}
	i, err := h.Install(ctx, h.ben, h.harbour.ID, integration.Order{ApplicationID: h.app.PublicID, Scopes: []string{"flags.read", "flags.write"},
		Without: []string{"flag:create"}, UserName: "Robot", RoleName: "Reader"})
	h.ok(err)
	raw, err := h.obtain("harbour")
	h.ok(err)
	b, err := h.bearers.Authenticate(ctx, raw)
	h.ok(err)
	on := access.On("flag", "a")
	if !access.Permits(b.Holding.Layers, "flag:view", &on) || access.Permits(b.Holding.Layers, "flag:create", &on) || !b.Scopes.Has("flags.write") {
		t.Errorf("what was left out is allowed: %+v", i)
	}
}

func TestA20_AdministratorRolesAreRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		allow := func(actions, resources []string) access.Policy {
			return access.Policy{{Effect: access.Allow, Actions: actions, Resources: resources}}
		}
		everything := []string{"*"}
		roles := map[string]account.Role{
			"everything":                 {Policy: allow([]string{"*"}, everything)},
			"everything with words":      {Policy: allow([]string{"*:*"}, everything)},
			"everything by negation":     {Policy: access.Policy{{Effect: access.Allow, NotActions: []string{"nothing:at_all"}, Resources: everything}}},
			"every place by negation":    {Policy: access.Policy{{Effect: access.Allow, Actions: []string{"*"}, NotResources: []string{"flag/none"}}}},
			"every action by name":       {Policy: allow([]string{"flag:view", "flag:create", "member:create"}, everything)},
			"two statements":             {Policy: append(allow([]string{"flag:*"}, everything), allow([]string{"m*"}, everything)...)},
			"gives rights":               {Policy: allow([]string{"member:create"}, everything)},
			"gives rights by a pattern":  {Policy: allow([]string{"member:*"}, everything)},
			"gives rights by half words": {Policy: allow([]string{"*ber:cr*"}, everything)},
			"marked by the product":      {Policy: allow([]string{"flag:view"}, everything), Administrator: true},
			"Workspace owner":            {Policy: allow([]string{"flag:view"}, everything)},
		}
		n := 0
		for name, r := range roles {
			n++
			r.Account, r.Key, r.Name = h.harbour.ID.String(), fmt.Sprint("role-", n), name
			h.write(func(tx *store.Tx) error {
				made, err := h.Accounts.PutRole(tx, access.System("test"), r)
				r = made
				return err
			})
			o := h.order()
			o.Role = r.ID.String()
			_, err := h.Install(ctx, h.ben, h.harbour.ID, o)
			h.code(name, err, "role_too_broad")
			if problem.Of(err).Kind != problem.KindInvalid {
				t.Errorf("%s: %v", name, problem.Of(err).Kind)
			}
			o.Override = "we know what we do"
			_, err = h.Install(ctx, h.ben, h.harbour.ID, o)
			h.code(name+" with a reason of the administrator's", err, "role_too_broad")
			o.Override = ""
			_, err = h.Install(ctx, operator, h.harbour.ID, o)
			h.code(name+" by the operator without a reason", err, "role_too_broad")
		}
		if n := len(h.entries(operator, "installation.*")); n != 0 {
			t.Errorf("refusals left %d entries", n)
		}
		listed, err := h.Accounts.ListRoles(ctx, h.ben, h.harbour.ID)
		h.ok(err)
		o := h.order()
		o.Role, o.Override = listed[0].ID.String(), "agreed in ticket 81"
		i, err := h.Install(ctx, operator, h.harbour.ID, o)
		h.code("by the operator with a reason", err, "")
		if got := h.entries(h.ben, "installation.role_override"); len(got) != 1 || got[0].Reason != "agreed in ticket 81" {
			t.Errorf("override: %+v", got)
		}
		raw, err := h.obtain("")
		h.ok(err)
		b, err := h.bearers.Authenticate(ctx, raw)
		h.ok(err)
		on := access.On("flag", "a")
		if access.Permits(b.Holding.Layers, "member:create", &on) {
			t.Errorf("the broad role gave what was never approved: %+v", i)
		}
	})
}

func TestA20_ANarrowRoleIsFine(t *testing.T) {
	t.Parallel()
	h := one(t)
	var r account.Role
	h.write(func(tx *store.Tx) error {
		var err error
		r, err = h.Accounts.PutRole(tx, access.System("test"), account.Role{Account: h.harbour.ID.String(), Key: "viewer", Name: "Viewer",
			Policy: access.Policy{{Effect: access.Allow, Actions: []string{"flag:*"}, Resources: []string{"flag/a"}}}})
		return err
	})
	o := h.order()
	o.Role = r.ID.String()
	_, err := h.Install(ctx, h.ben, h.harbour.ID, o)
	h.ok(err)
	raw, err := h.obtain("")
	h.ok(err)
	permitted := func(flag string) bool {
		b, err := h.bearers.Authenticate(ctx, raw)
		h.ok(err)
		on := access.On("flag", flag)
		return access.Permits(b.Holding.Layers, "flag:view", &on)
	}
	if !permitted("a") || permitted("b") {
		t.Error("the role does not bound the grant")
	}
	h.write(func(tx *store.Tx) error {
		r.Policy = access.Policy{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"flag/b"}}}
		_, err := h.Accounts.PutRole(tx, access.System("test"), r)
		return err
	})
	if permitted("a") || !permitted("b") {
		t.Error("the product changed the role and the grant did not follow")
	}
}

func TestA12_SiteQuota(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		install := func(n int) error {
			a := h.account(fmt.Sprint("customer-", n))
			_, err := h.Install(ctx, h.administrator(a, fmt.Sprint("admin-", n)), a.ID, h.order())
			return err
		}
		for n := range 6 {
			h.code(fmt.Sprint("installation ", n+1), install(n), "")
		}
		err := install(7)
		h.code("the seventh", err, "installation_quota_exceeded")
		p := problem.Of(err)
		if p.Kind != problem.KindConflict || p.Extra["contact"] != "help@deploybot.example" {
			t.Errorf("%v %v", p.Kind, p.Extra)
		}
		if n := h.notices(h.ada, "installation.quota_exceeded"); n != 1 {
			t.Errorf("the developer has %d notices", n)
		}
		if got, err := h.ListApplication(ctx, h.ada, h.app.ID); err != nil || len(got) != 6 {
			t.Errorf("%d installations: %v", len(got), err)
		}
		var limits quota.Limits
		limits, err = h.Quota.Limits(ctx, h.ada, h.app.Group)
		h.ok(err)
		if limits.Limits[0].Used != 6 || limits.Limits[0].Remaining != 0 {
			t.Errorf("%+v", limits.Limits[0])
		}
		sandbox, err := h.Accounts.Put(ctx, operator, account.Draft{Key: "sandbox", Name: "Sandbox", Kind: account.Sandbox, Group: h.app.Group})
		h.ok(err)
		_, err = h.Install(ctx, h.administrator(sandbox, "tester"), sandbox.ID, h.order())
		h.code("the developer's own sandbox", err, "")
		all, err := h.ListApplication(ctx, h.ada, h.app.ID)
		h.ok(err)
		// Ids of one millisecond have no order: leave the sandbox's alone, it counts for nothing.
		gone := slices.IndexFunc(all, func(i integration.Listed) bool { return i.AccountKey != "sandbox" })
		_, err = h.Uninstall(ctx, h.ada, all[gone].ID, "no longer a customer")
		h.ok(err)
		h.code("after one was removed", install(8), "")
		h.code("and the next", install(9), "installation_quota_exceeded")
	})
}

func TestDraftsAreForTheOwnSandbox(t *testing.T) {
	t.Parallel()
	h := one(t)
	v, err := h.Releases.Retire(ctx, h.ada, h.version.ID)
	h.ok(err)
	_, err = h.Install(ctx, h.ben, h.harbour.ID, h.order())
	h.code("a retired version", err, "nothing_released")
	draft, err := h.Releases.Draft(ctx, h.ada, h.app.ID, release.Content{Number: "2.0.0", Required: v.Required})
	h.ok(err)
	_, err = h.Install(ctx, h.ben, h.harbour.ID, h.order())
	h.code("a draft", err, "nothing_released")
	foreign, err := h.Accounts.Put(ctx, operator, account.Draft{Key: "s1", Name: "S1", Kind: account.Sandbox, Group: "grp_other"})
	h.ok(err)
	_, err = h.Install(ctx, h.administrator(foreign, "x"), foreign.ID, h.order())
	h.code("a draft in a sandbox of others", err, "nothing_released")
	own, err := h.Accounts.Put(ctx, operator, account.Draft{Key: "s2", Name: "S2", Kind: account.Sandbox, Group: h.app.Group})
	h.ok(err)
	i, err := h.Install(ctx, h.administrator(own, "y"), own.ID, h.order())
	h.code("a draft in the own sandbox", err, "")
	if i.Version != draft.ID.String() {
		t.Errorf("version %s", i.Version)
	}
}

func TestNothingInstallsWhereItMustNot(t *testing.T) {
	t.Parallel()
	h := one(t)
	reader := access.UserPrincipal("usr_r", nil, map[string]string{h.harbour.ID.String(): access.AccountMember})
	_, err := h.Install(ctx, reader, h.harbour.ID, h.order())
	h.code("a member", err, "forbidden")
	_, err = h.Install(ctx, h.ada, h.harbour.ID, h.order())
	h.code("the developer", err, "not_found")
	err = h.suspend(ctx, operator, h.app.ID, "abuse")
	h.ok(err)
	_, err = h.Install(ctx, h.ben, h.harbour.ID, h.order())
	h.code("a suspended application", err, "application_suspended")
	err = h.lift(ctx, operator, h.app.ID)
	h.ok(err)
	_, err = h.Accounts.Close(ctx, operator, h.harbour.ID)
	h.ok(err)
	_, err = h.Install(ctx, h.ben, h.harbour.ID, h.order())
	h.code("a closed account", err, "account_closed")
}
