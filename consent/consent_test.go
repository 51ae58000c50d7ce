package consent_test

import (
	"slices"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// A24: delegation off refuses, consent asks, trusted spares the page and leaves
// an audit entry.
func TestA24_DelegationOffConsentTrusted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.delegation("off")
		_, err := h.Offer(ctx, h.cleo, h.asked("flags.read"))
		h.code("off", err, "delegation_off")
		_, _, err = h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read"}})
		h.code("off, behind the page's back", err, "delegation_off")

		h.delegation("consent")
		o, err := h.Offer(ctx, h.cleo, h.asked("flags.read"))
		if err != nil || o.Skip || o.Account != h.harbour.ID.String() {
			t.Fatalf("consent: %+v %v", o, err)
		}
		c, g, err := h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read"}})
		if err != nil || c.Trusted || g.Kind != grant.KindConsent || g.Subject != h.cleo.User || g.SubjectKey != "product-cleo" || g.Account != h.harbour.ID.String() ||
			g.Holder != "consent/"+c.ID.String() || g.Group != h.team {
			t.Fatalf("%+v %+v %v", c, g, err)
		}

		h.delegation("trusted")
		dan := h.join(h.harbour, "dan", access.AccountReader)
		o, err = h.Offer(ctx, dan, h.asked("flags.read", "flags.write"))
		if err != nil || !o.Skip {
			t.Fatalf("trusted: %+v %v", o, err)
		}
		c, _, err = h.approve(dan, consent.Choice{Scopes: []string{"flags.read", "flags.write"}})
		if err != nil || !c.Trusted {
			t.Fatalf("%+v %v", c, err)
		}
		if got := h.entries("consent.trust"); len(got) != 1 || got[0].Actor != "user/"+dan.User || got[0].Account != h.harbour.ID.String() || got[0].Group != h.team {
			t.Errorf("trusted left %+v", got)
		}
		if got := h.entries("consent.create"); len(got) != 1 {
			t.Errorf("consent left %d entries", len(got))
		}
	})
}

// A28: too small a request is refused at once and names what is missing.
func TestA28_ScopeTooSmallNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := one(t)
	for what, in := range map[string]consent.Asked{"an account": h.asked("flags.write"), "no account": {Application: h.app.ID.String(), Scopes: []string{"flags.write"}, Redirect: callback}} {
		_, err := h.Offer(ctx, h.cleo, in)
		h.code(what, err, "scope_too_small")
		if got := problem.Of(err).Extra["missing"]; !slices.Equal(got.([]string), []string{"flags.read"}) {
			t.Errorf("%s names %v", what, got)
		}
	}
	_, _, err := h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.write"}, Offered: []string{"flags.read", "flags.write"}})
	h.code("a required one declined", err, "scope_too_small")
	_, err = h.Offer(ctx, h.cleo, h.asked("flags.read", "members"))
	h.code("one that the version does not list", err, "scope_not_requested")
	_, _, err = h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read", "flags.write"}, Offered: []string{"flags.read"}})
	h.code("more than was offered", err, "scope_not_requested")
}

// H17: declining an optional scope yields a smaller grant; each scope comes in
// the words of the registry, with the developer's sentence.
func TestH17_WhatThePersonSeesAndDeclines(t *testing.T) {
	t.Parallel()
	h := one(t)
	o, err := h.Offer(ctx, h.cleo, h.asked("flags.read", "flags.write"))
	h.ok(err)
	if !o.Verified || o.Since.IsZero() || o.Own || o.Developer != "Harbour Tools" || len(o.Items) != 2 {
		t.Fatalf("%+v", o)
	}
	if got := o.Items[1]; got != (consent.Item{Scope: "flags.write", Label: "Change flags", Risk: "high", Purpose: "Turns flags on when a deploy is done."}) {
		t.Errorf("%+v", got)
	}
	if got := o.Items[0]; !got.Required || got.Explanation != "See every flag." || got.Risk != "low" {
		t.Errorf("%+v", got)
	}
	_, g, err := h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read"}, Offered: []string{"flags.read", "flags.write"}})
	h.ok(err)
	if !slices.Equal(g.Scopes, []string{"flags.read"}) || len(g.Layers) != 1 || !slices.Equal(g.Layers[0][0][0].Actions, []string{"flag:view"}) {
		t.Errorf("the grant: %v %v", g.Scopes, g.Layers)
	}
	// What the administrator did not approve is not granted, whatever the person says.
	_, g, err = h.approve(h.ben, consent.Choice{Scopes: []string{"flags.read", "flags.write"}})
	h.ok(err)
	if !slices.Equal(g.Scopes, []string{"flags.read", "flags.write"}) {
		t.Errorf("within the installation: %v", g.Scopes)
	}
}

func TestScopesNotApprovedByTheAdministratorAreNotGranted(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.write(func(tx *store.Tx) error { // a treasurer may approve bills
		r, err := h.Accounts.PutRole(tx, operator, account.Role{Account: h.harbour.ID.String(), Key: "treasurer", Name: "Treasurer", Policy: access.Policy{}})
		if err != nil {
			return err
		}
		return h.Accounts.SetMember(tx, operator, account.Member{Account: h.harbour.ID.String(), User: h.cleo.User, Role: access.AccountMember, Roles: []string{r.ID.String()}})
	})
	o, err := h.Offer(ctx, h.cleo, h.asked("flags.read", "bills"))
	h.ok(err)
	if c := o.Choices[0]; !slices.Equal(c.Refused, []string{"bills"}) || !slices.Equal(c.Approved, []string{"flags.read"}) {
		t.Errorf("%+v", c)
	}
	c, g, err := h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read", "bills"}})
	h.ok(err)
	if !slices.Equal(g.Scopes, []string{"flags.read"}) || !slices.Equal(c.Scopes, []string{"flags.read"}) {
		t.Errorf("%v %v", c.Scopes, g.Scopes)
	}
}

// The same or a wider consent spares the page; a wider request asks again, and
// what was not on the page stays.
func TestEarlierConsentSparesThePage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		c, g, err := h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read"}})
		h.ok(err)
		o, err := h.Offer(ctx, h.cleo, h.asked("flags.read"))
		if err != nil || !o.Skip {
			t.Errorf("the same again: %+v %v", o, err)
		}
		if o, err = h.Offer(ctx, h.cleo, h.asked("flags.read", "flags.write")); err != nil || o.Skip {
			t.Errorf("more: %+v %v", o, err)
		}
		again, same, err := h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read"}})
		h.ok(err)
		if again.ID != c.ID || same.ID != g.ID || len(h.entries("consent.create"))+len(h.entries("consent.update")) != 1 {
			t.Error("the same again changed something")
		}
		wide, wg, err := h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read", "flags.write"}})
		h.ok(err)
		if wide.ID != c.ID || wg.ID != g.ID || len(wg.Scopes) != 2 || len(h.entries("consent.update")) != 1 {
			t.Errorf("wider: %+v %+v", wide, wg)
		}
		small, sg, err := h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read"}})
		h.ok(err)
		if len(small.Scopes) != 2 || len(sg.Scopes) != 2 {
			t.Errorf("what was not on the page: %v", small.Scopes)
		}
		small, _, err = h.approve(h.cleo, consent.Choice{Scopes: []string{"flags.read"}, Offered: []string{"flags.read", "flags.write"}})
		if err != nil || len(small.Scopes) != 1 {
			t.Errorf("what was on it and declined: %v %v", small.Scopes, err)
		}
	})
}

// O-47: a person without the required product role can't approve.
func TestO47_RoleRequiredToApprove(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		var treasurer, editor account.Role
		h.write(func(tx *store.Tx) (err error) {
			if treasurer, err = h.Accounts.PutRole(tx, operator, account.Role{Account: h.harbour.ID.String(), Key: "treasurer", Name: "Treasurer"}); err != nil {
				return err
			}
			editor, err = h.Accounts.PutRole(tx, operator, account.Role{Account: h.harbour.ID.String(), Key: "editor", Name: "Editor"})
			return err
		})
		roles := []string{editor.ID.String()}
		_, err := h.Integrations.Amend(ctx, h.ben, h.installation.ID, integration.Patch{ApproverRoles: &roles})
		h.ok(err)
		try := func(what, want string, scopes ...string) {
			t.Helper()
			_, err := h.Offer(ctx, h.cleo, h.asked(scopes...))
			h.code(what+", the page", err, want)
			_, _, err = h.approve(h.cleo, consent.Choice{Scopes: scopes})
			h.code(what, err, want)
		}
		try("no role", "role_required", "flags.read")
		h.enter(h.harbour, h.cleo.User, access.AccountMember, treasurer.ID.String())
		try("another role", "role_required", "flags.read")
		h.enter(h.harbour, h.cleo.User, access.AccountAdmin)
		try("an administrator without the role", "role_required", "flags.read")
		h.enter(h.harbour, h.cleo.User, access.AccountMember, editor.ID.String())
		try("the role", "", "flags.read")

		// A scope of the catalog may ask for a role too.
		none := []string{}
		_, err = h.Integrations.Amend(ctx, h.ben, h.installation.ID, integration.Patch{ApproverRoles: &none})
		h.ok(err)
		_, err = h.Integrations.Remove(ctx, h.ben, h.installation.ID, "to install it with bills")
		h.ok(err)
		again, err := h.Integrations.Install(ctx, h.ben, h.harbour.ID, integration.Order{ApplicationID: h.app.PublicID, Delegation: "trusted", Scopes: []string{"flags.read", "bills"}})
		h.ok(err)
		try("a scope without its role, though trusted", "role_required", "flags.read", "bills")
		if _, err = h.Offer(ctx, h.cleo, h.asked("flags.read")); err != nil {
			t.Errorf("without that scope: %v", err)
		}
		h.enter(h.harbour, h.cleo.User, access.AccountMember, treasurer.ID.String())
		try("with its role", "", "flags.read", "bills")

		unknown := []string{"rol_00000000000000000000000000"}
		_, err = h.Integrations.Amend(ctx, h.ben, again.ID, integration.Patch{ApproverRoles: &unknown})
		h.code("a role of nobody", err, "role_unknown")
	})
}

// An unverified application is for members of its own developer group, in the
// group's sandbox accounts.
func TestUnverifiedIsForItsOwnGroupInItsOwnSandbox(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		elsewhere := h.asked("flags.read")
		elsewhere.Redirect = "https://deploybot.example/new"
		_, err := h.Offer(ctx, h.cleo, elsewhere)
		h.code("a redirect URI that was not reviewed", err, "application_unverified")

		sandbox := h.account(account.Draft{Key: "sandbox", Name: "Sandbox", Kind: account.Sandbox, Group: h.team})
		h.enter(sandbox, h.ada.User, access.AccountAdmin)
		h.enter(sandbox, h.cleo.User, access.AccountMember)
		h.enter(h.harbour, h.ada.User, access.AccountMember)
		h.ada = h.ada.Holding(account.Resource(sandbox.ID.String()), access.AccountRole(access.AccountAdmin))
		_, err = h.Integrations.Install(ctx, h.ada, sandbox.ID, integration.Order{ApplicationID: h.app.PublicID, Delegation: "consent"})
		h.ok(err)
		elsewhere.Account = sandbox.ID.String()
		if _, err = h.Offer(ctx, h.ada, elsewhere); err != nil {
			t.Errorf("a member in the sandbox: %v", err)
		}
		_, err = h.Offer(ctx, h.cleo, elsewhere)
		h.code("somebody else in the sandbox", err, "application_unverified")
		elsewhere.Account = h.harbour.ID.String()
		_, err = h.Offer(ctx, h.ada, elsewhere)
		h.code("a member elsewhere", err, "application_unverified")
		_, _, err = h.approve(h.ada, consent.Choice{Scopes: []string{"flags.read"}, Redirect: elsewhere.Redirect})
		h.code("behind the page's back", err, "application_unverified")
	})
}

// Suspending the verification ends use at once, but for the own sandbox.
func TestSuspendedVerificationEndsUseAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		_, raw := h.opened(h.cleo, "flags.read")
		h.opens("before", raw, "")
		_, err := h.Releases.SuspendVerification(ctx, operator, h.app.ID, "It sends data elsewhere.")
		h.ok(err)
		h.opens("suspended", raw, "verification_suspended")
		_, err = h.Offer(ctx, h.cleo, h.asked("flags.read"))
		h.code("a new consent", err, "verification_suspended")
		_, err = h.Releases.LiftVerification(ctx, operator, h.app.ID)
		h.ok(err)
		h.opens("lifted", raw, "")
	})
}

func grantID(t *testing.T, text string) grant.ID {
	t.Helper()
	id, err := ident.Parse[grant.Grant](text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A29: revoking ends the grant and every token of it.
func TestA29_RevokeByThePersonAndByAnAdministrator(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		c, raw := h.opened(h.cleo, "flags.read")
		mine, err := h.ListMine(ctx, h.cleo)
		if err != nil || len(mine) != 1 || mine[0].ApplicationName != "Deploybot" || mine[0].AccountName != "Harbour Books" || mine[0].Developer != "Harbour Tools" {
			t.Fatalf("%+v %v", mine, err)
		}
		dan := h.join(h.harbour, "dan", access.AccountMember)
		for name, by := range map[string]access.Principal{"another member": dan, "the developer": h.ada, "nobody": {}} {
			_, err = h.Revoke(ctx, by, c.ID)
			h.code(name, err, "not_found")
			_, err = h.Get(ctx, by, c.ID)
			h.code(name+" looks", err, "not_found")
		}
		h.opens("still", raw, "")
		if _, err = h.Revoke(ctx, h.cleo, c.ID); err != nil {
			t.Fatal(err)
		}
		h.opens("revoked", raw, "token_revoked")
		_, err = h.Revoke(ctx, h.cleo, c.ID)
		h.code("twice", err, "consent_over")
		if g, err := h.Grants.Get(ctx, operator, grantID(t, c.Grant)); err != nil || g.State != grant.Ended {
			t.Errorf("%+v %v", g, err)
		}
		o, err := h.Offer(ctx, h.cleo, h.asked("flags.read"))
		if err != nil || o.Skip {
			t.Errorf("asked again: %+v %v", o, err)
		}
		// An administrator, of any member's; the newest comes first.
		h.clock.Advance(time.Second)
		c, raw = h.opened(h.cleo, "flags.read")
		all, err := h.ListOfAccount(ctx, h.ben, h.harbour.ID)
		if err != nil || len(all) != 2 || all[0].ID != c.ID || all[0].UserName != "cleo" {
			t.Fatalf("%+v %v", all, err)
		}
		_, err = h.ListOfAccount(ctx, h.cleo, h.harbour.ID)
		h.code("a member lists", err, "forbidden")
		if _, err = h.Revoke(ctx, h.ben, c.ID); err != nil {
			t.Fatal(err)
		}
		h.opens("revoked by the administrator", raw, "token_revoked")
		if len(h.entries("consent.revoke")) != 2 {
			t.Error("not every revocation left an entry")
		}
		// A person who is no member any more still takes theirs back.
		c, _ = h.opened(dan, "flags.read")
		h.write(func(tx *store.Tx) error {
			return h.Accounts.RemoveMember(tx, operator, h.harbour.ID.String(), dan.User)
		})
		if _, err = h.Revoke(ctx, access.UserPrincipal(dan.User, nil, nil), c.ID); err != nil {
			t.Errorf("after leaving: %v", err)
		}
	})
}

// A consent follows its installation: switched off, blocked, delegation off,
// removed.
func TestConsentFollowsTheInstallation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		c, raw := h.opened(h.cleo, "flags.read", "flags.write")
		_, err := h.Integrations.SetAvailable(ctx, h.ben, h.installation.ID, integration.Availability{Reason: "maintenance"})
		h.ok(err)
		h.opens("switched off", raw, "installation_unavailable")
		_, err = h.Offer(ctx, h.cleo, h.asked("flags.read"))
		h.code("the page meanwhile", err, "installation_unavailable")
		_, err = h.Integrations.SetAvailable(ctx, h.ben, h.installation.ID, integration.Availability{Available: true})
		h.ok(err)
		h.opens("switched on", raw, "")
		h.delegation("off")
		h.opens("delegation off", raw, "delegation_off")
		h.delegation("trusted")
		h.opens("delegation back", raw, "")
		_, err = h.Integrations.Remove(ctx, h.ben, h.installation.ID, "done")
		h.ok(err)
		h.opens("removed", raw, "token_revoked")
		got, err := h.Get(ctx, h.cleo, c.ID)
		if err != nil || got.State != consent.Ended || got.GrantState != "ended" {
			t.Errorf("%+v %v", got, err)
		}
		_, err = h.Integrations.Restore(ctx, h.ben, h.installation.ID)
		h.ok(err)
		if o, err := h.Offer(ctx, h.cleo, h.asked("flags.read")); err != nil || len(o.Choices[0].Consented) != 0 {
			t.Errorf("after a restore the person is asked again: %+v %v", o, err)
		}
	})
}

// Somebody who may install is led there; others are told whom to ask.
func TestNotInstalledLeadsAdministratorsToInstall(t *testing.T) {
	t.Parallel()
	h := one(t)
	quay := h.account(account.Draft{Key: "quay", Name: "Quay"})
	eve := h.join(quay, "eve", access.AccountAdmin)
	fay := h.join(quay, "fay", access.AccountMember)
	in := consent.Asked{Application: h.app.ID.String(), Account: quay.ID.String(), Scopes: []string{"flags.read"}, Redirect: callback}
	o, err := h.Offer(ctx, eve, in)
	if err != nil || len(o.Choices) != 1 || !o.Choices[0].Install || o.Choices[0].Code != "app_not_installed" || o.Skip {
		t.Errorf("%+v %v", o, err)
	}
	_, err = h.Offer(ctx, fay, in)
	h.code("a member", err, "app_not_installed")
	in.Account = ""
	o, err = h.Offer(ctx, fay, in)
	if err != nil || o.Choices[0].Install || o.Choices[0].Contact != "eve@example.com" {
		t.Errorf("%+v %v", o, err)
	}
	in.Account = h.harbour.ID.String()
	_, err = h.Offer(ctx, eve, in)
	h.code("an account of others", err, "not_found")
	in.Account = "acc_00000000000000000000000000"
	_, err = h.Offer(ctx, eve, in)
	h.code("no account", err, "not_found")
}

// Only a person decides: no token, no application, no system.
func TestOnlyPeopleApprove(t *testing.T) {
	t.Parallel()
	h := one(t)
	for _, by := range []access.Principal{{}, access.System("x"), {Kind: access.KindIntegration, User: h.cleo.User, Grant: "grt_x", Via: "token"}, {Kind: access.KindProduct, Token: "pky_x"}} {
		_, err := h.Offer(ctx, by, h.asked("flags.read"))
		h.code("offer to "+by.Subject(), err, "not_a_person")
		_, _, err = h.approve(by, consent.Choice{Scopes: []string{"flags.read"}})
		h.code("approved by "+by.Subject(), err, "not_a_person")
	}
	_, err := h.ListMine(ctx, access.Principal{Kind: access.KindIntegration, User: h.cleo.User})
	h.code("a list by token", err, "not_a_person")
}
