package integration_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func TestA11_Blocks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		i := h.install()
		raw, err := h.obtain("")
		h.ok(err)
		state := func(want integration.State) {
			t.Helper()
			got, err := h.Get(ctx, h.ada, i.ID)
			if err != nil || got.State != want {
				t.Errorf("state %s, want %s (%v)", got.State, want, err)
			}
		}
		refused := func(what, code string) {
			t.Helper()
			h.opens(what+", the token", raw, code)
			_, err := h.obtain("")
			h.code(what+", a token request", err, code)
		}
		_, err = h.Withhold(ctx, h.ada, i.ID, "")
		h.code("without a reason", err, "reason_required")
		_, err = h.Withhold(ctx, h.ben, i.ID, "x")
		h.code("by the customer", err, "not_found")
		_, err = h.Withhold(ctx, h.ada, i.ID, "unpaid")
		h.ok(err)
		state(integration.BlockedByDeveloper)
		refused("withheld", "installation_blocked")
		_, err = h.Block(ctx, h.ben, i.ID, "x")
		h.code("the operator's stop by the customer", err, "forbidden")
		_, err = h.Block(ctx, operator, i.ID, "abuse")
		h.ok(err)
		state(integration.BlockedByOperator)
		_, err = h.Release(ctx, h.ada, i.ID)
		h.ok(err)
		state(integration.BlockedByOperator)
		refused("one block left", "installation_blocked")
		_, err = h.Unblock(ctx, h.ada, i.ID)
		h.code("the operator's stop lifted by the developer", err, "not_found")
		_, err = h.Unblock(ctx, operator, i.ID)
		h.ok(err)
		state(integration.Active)
		refused("unblocked", "")
		_, err = h.Release(ctx, h.ada, i.ID)
		h.code("released twice", err, "installation_not_blocked")
		if n := h.notices(h.ben, "installation.withhold") + h.notices(h.ben, "installation.block"); n != 2 {
			t.Errorf("the administrator has %d notices of blocks", n)
		}
		for _, action := range []string{"withhold", "release", "block", "unblock"} {
			if n := len(h.entries(h.ben, "installation."+action)); n != 1 {
				t.Errorf("%s left %d entries", action, n)
			}
		}
	})
}

func TestA25_Availability(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		i := h.install()
		raw, err := h.obtain("")
		h.ok(err)
		off := func(a integration.Availability) error {
			_, err := h.SetAvailable(ctx, h.ben, i.ID, a)
			return err
		}
		h.code("without a reason", off(integration.Availability{}), "reason_required")
		h.code("an end in the past", off(integration.Availability{Reason: "x", Until: h.clock.Now()}), "until_invalid")
		_, err = h.SetAvailable(ctx, h.ada, i.ID, integration.Availability{Reason: "x"})
		h.code("by the developer", err, "not_found")
		h.code("off", off(integration.Availability{Reason: "audit", Until: h.clock.Now().Add(time.Hour)}), "")
		h.opens("the token", raw, "installation_unavailable")
		_, err = h.obtain("harbour")
		h.code("a token request", err, "installation_unavailable")
		if n := h.notices(h.ada, "installation.update"); n != 1 {
			t.Errorf("the developer has %d notices", n)
		}
		h.clock.Advance(59 * time.Minute)
		h.ok(h.jobs.Drain(ctx))
		h.opens("before the end", raw, "installation_unavailable")
		h.clock.Advance(time.Minute)
		h.ok(h.jobs.Drain(ctx))
		got, err := h.Get(ctx, h.ben, i.ID)
		h.ok(err)
		if got.State != integration.Active || got.Reason != "" || !got.Until.IsZero() {
			t.Errorf("resumed: %+v", got.Installation)
		}
		again, err := h.obtain("")
		h.ok(err)
		h.opens("resumed without reinstalling", again, "")
		if n := len(h.entries(h.ada, "installation.resume")); n != 1 {
			t.Errorf("the developer sees %d entries of the resumption", n)
		}
		h.code("off again", off(integration.Availability{Reason: "x"}), "")
		h.code("on by hand", off(integration.Availability{Available: true}), "")
		h.opens("on by hand", again, "")
		mode := "consent"
		patched, err := h.Amend(ctx, h.ben, i.ID, integration.Patch{Delegation: &mode, Availability: &integration.Availability{Reason: "y"}})
		if err != nil || patched.Delegation != "consent" || patched.State != integration.Unavailable {
			t.Errorf("both at once: %+v %v", patched, err)
		}
	})
}

func TestH21_UninstallByTheDeveloper(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		i := h.install()
		raw, err := h.obtain("")
		h.ok(err)
		_, err = h.Uninstall(ctx, h.ada, i.ID, " ")
		h.code("without a reason", err, "reason_required")
		_, err = h.Uninstall(ctx, h.ben, i.ID, "x")
		h.code("by the customer", err, "not_found")
		gone, err := h.Uninstall(ctx, h.ada, i.ID, "contract ended")
		h.ok(err)
		if gone.State != integration.Removed || gone.Reason != "contract ended" {
			t.Errorf("%+v", gone)
		}
		h.opens("its token", raw, "token_revoked")
		_, err = h.obtain("")
		h.code("a token request", err, "app_not_installed")
		_, err = h.Uninstall(ctx, h.ada, i.ID, "again")
		h.code("again", err, "installation_removed")
		if n := h.notices(h.ben, "installation.uninstall"); n != 1 {
			t.Errorf("the customer has %d notices", n)
		}
		_, err = h.Restore(ctx, h.ada, i.ID)
		h.code("restored by the developer", err, "not_found")
		h.clock.Advance(30 * 24 * time.Hour)
		back, err := h.Restore(ctx, h.ben, i.ID)
		h.code("restored within 30 days", err, "")
		if back.State != integration.Active || back.ID != i.ID {
			t.Errorf("%+v", back)
		}
		h.opens("the former token", raw, "token_revoked")
		fresh, err := h.obtain("")
		h.ok(err)
		h.opens("a new one", fresh, "")
		if sites, err := h.Quota.Limits(ctx, h.ada, h.app.Group); err != nil || sites.Limits[0].Used != 1 {
			t.Errorf("sites: %+v %v", sites.Limits[0], err)
		}
		_, err = h.Remove(ctx, h.ben, i.ID, "")
		h.ok(err)
		h.clock.Advance(30*24*time.Hour + time.Second)
		_, err = h.Restore(ctx, h.ben, i.ID)
		h.code("too late", err, "restore_too_late")
		if sites, err := h.Quota.Limits(ctx, h.ada, h.app.Group); err != nil || sites.Limits[0].Used != 0 {
			t.Errorf("sites: %+v %v", sites.Limits[0], err)
		}
		_, err = h.Applications.Delete(ctx, h.ada, h.app.ID, h.app.Name)
		h.code("the application is free to go", err, "")
	})
}

func TestARestoredOneTakesItsTurn(t *testing.T) {
	t.Parallel()
	h := one(t)
	first := h.install()
	_, err := h.Remove(ctx, h.ben, first.ID, "")
	h.ok(err)
	h.clock.Advance(time.Second)
	second := h.install()
	_, err = h.Restore(ctx, h.ben, first.ID)
	h.code("beside another one", err, "already_installed")
	_, err = h.Remove(ctx, h.ben, second.ID, "")
	h.ok(err)
	err = h.suspend(ctx, operator, h.app.ID, "abuse")
	h.ok(err)
	_, err = h.Restore(ctx, h.ben, first.ID)
	h.code("of a suspended application", err, "application_suspended")
	err = h.lift(ctx, operator, h.app.ID)
	h.ok(err)
	_, err = h.Restore(ctx, h.ben, first.ID)
	h.code("alone", err, "")
}

func TestA30_WhichAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		ask := func(account, want string) {
			t.Helper()
			_, err := h.obtain(account)
			h.code("for "+account, err, want)
		}
		ask("", "app_not_installed")
		h.install()
		ask("", "")
		ask("harbour", "")
		ask(h.harbour.ID.String(), "")
		ask("nowhere", "app_not_installed")
		other := h.account("quay")
		ask("quay", "app_not_installed")
		_, err := h.Install(ctx, h.administrator(other, "eve"), other.ID, h.order())
		h.ok(err)
		ask("", "account_required")
		ask("quay", "")
		h.key.Secret = secret.Generate(secret.ClientSecret)
		ask("quay", "invalid_client")
		ask("nowhere", "invalid_client")
	})
}

func TestWhoSeesAnInstallation(t *testing.T) {
	t.Parallel()
	h := one(t)
	i := h.install()
	reader := access.UserPrincipal("usr_r", nil, map[string]string{h.harbour.ID.String(): access.AccountReader})
	member := access.UserPrincipal("usr_m", map[string]string{h.app.Group: access.GroupMember}, nil)
	stranger := access.UserPrincipal("usr_s", map[string]string{"grp_x": access.GroupOwner}, map[string]string{"acc_x": access.AccountAdmin})
	for name, tc := range map[string]struct {
		by   access.Principal
		see  string
		stop string
	}{
		"the administrator": {h.ben, "", ""}, "a reader": {reader, "", "forbidden"}, "the developer": {h.ada, "", "not_found"},
		"a member of the group": {member, "", "not_found"}, "a stranger": {stranger, "not_found", "not_found"}, "nobody": {access.Principal{}, "not_found", "not_found"},
	} {
		_, err := h.Get(ctx, tc.by, i.ID)
		h.code(name+" looks", err, tc.see)
		_, err = h.SetDelegation(ctx, tc.by, i.ID, "consent")
		h.code(name+" changes", err, tc.stop)
	}
	got, err := h.Get(ctx, h.ada, i.ID)
	h.ok(err)
	if got.AccountName != h.harbour.Name || got.ApplicationName != "Deploybot" || got.GroupName != "Harbour Tools" || got.Number != "1.0.0" {
		t.Errorf("%+v", got)
	}
	if list, err := h.ListAccount(ctx, h.ben, h.harbour.ID); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	if _, err := h.ListApplication(ctx, h.ben, h.app.ID); !strings.HasPrefix(errText(err), "not_found") {
		t.Errorf("the customer lists other customers: %v", err)
	}
	if a := (account.Account{}); a.State == account.Active {
		t.Error("the zero account is active")
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
