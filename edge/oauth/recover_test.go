package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/notice"
)

func (h *house) recovery(who []string, more ...string) (int, map[string]any) {
	h.T.Helper()
	form := url.Values{"account_id": {"harbour"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	status, _, out := h.post("/oauth/recover", form, who...)
	return status, out
}

func (h *house) redeemRecovery(code string, more ...string) (int, map[string]any) {
	h.T.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	status, _, out := h.post("/oauth/token", form, h.own()...)
	return status, out
}

// notices counts what somebody was told of one kind.
func (h *house) notices(by access.Principal, kind string) int {
	h.T.Helper()
	box, err := h.Notices.List(h.T.Context(), by, notice.Query{})
	h.ok(err)
	n := 0
	for _, item := range box.Items {
		if item.Kind == kind {
			n++
		}
	}
	return n
}

// H20: a developer who has lost the stored tokens gets a new pair without the
// customer's doing; it is audited, and the customer is told.
func TestH20_RecoveryOfALostPair(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	lost := h.token(h.config("openid", "flags.read", "flags.write"))
	status, got := h.recovery(h.own(), "user_id", h.person.User)
	code := text(got, "recovery_code")
	if status != http.StatusCreated || code == "" || got["expires_in"] != 600.0 || got["account_id"] != h.account.ID.String() || got["user_id"] != h.person.User {
		t.Fatalf("%d %v", status, got)
	}
	if !h.works(lost.AccessToken) {
		t.Error("asking for a code ends tokens before it is redeemed")
	}
	if n := h.notices(h.admin, "authorization.recovered"); n != 0 {
		t.Error("the customer is told before anything has happened")
	}
	status, pair := h.redeemRecovery(code)
	if status != http.StatusOK || text(pair, "refresh_token") == "" || text(pair, "id_token") == "" || text(pair, "user_id") != h.person.User || text(pair, "scope") != "openid flags.read flags.write" {
		t.Fatalf("%d %v", status, pair)
	}
	if !h.works(text(pair, "access_token")) || h.works(lost.AccessToken) {
		t.Error("the new token does not work, or the lost one does")
	}
	if status, out := h.refresh(lost.RefreshToken); status != http.StatusBadRequest || text(out, "error") != "invalid_grant" {
		t.Errorf("the lost refresh token: %d %v", status, out)
	}
	if status, out := h.refresh(text(pair, "refresh_token")); status != http.StatusOK {
		t.Errorf("the new refresh token: %d %v", status, out)
	}
	for who, by := range map[string]access.Principal{"administrator": h.admin, "person": h.person} {
		if n := h.notices(by, "authorization.recovered"); n != 1 {
			t.Errorf("the %s was told %d times", who, n)
		}
	}
	for _, action := range []string{"authorization.recovery_code", "authorization.recover"} {
		log, err := h.Audit.List(t.Context(), h.admin, audit.Filter{Account: h.account.ID.String(), Action: action}, 0)
		h.ok(err)
		if len(log.Entries) != 1 || log.Entries[0].Actor != "application/"+h.app.ID.String() || log.Entries[0].User != h.person.User || strings.Contains(string(log.Entries[0].After), code) {
			t.Errorf("%s as the customer sees it: %+v", action, log.Entries)
		}
	}
}

// H20: the code is single use, expires, is bound to its application and to what
// stands.
func TestH20_TheRecoveryCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	h.token(h.config("flags.read", "flags.write"))
	person := h.person.User
	code := func() string {
		status, got := h.recovery(h.own(), "user_id", person)
		if status != http.StatusCreated {
			t.Fatalf("%d %v", status, got)
		}
		return text(got, "recovery_code")
	}
	refused := func(name string, status int, out map[string]any) {
		t.Helper()
		if status != http.StatusBadRequest || text(out, "error") != "invalid_grant" {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	first := code()
	second := code()
	status, out := h.redeemRecovery(first)
	refused("a code with a newer one", status, out)
	status, out = h.redeemRecovery(second, "code_verifier", strings.Repeat("v", 43))
	refused("with a verifier: it did not come through a browser", status, out)
	status, out = h.redeemRecovery(second, "redirect_uri", callback)
	refused("with a redirect_uri", status, out)
	otherApp, otherKey := h.Release(h.dev, h.team, "flags.read")
	form := url.Values{"grant_type": {"authorization_code"}, "code": {second}}
	status, _, out = h.post("/oauth/token", form, otherKey.ClientID, otherKey.Secret.Reveal())
	refused("another application", status, out)
	if status, out := h.recovery([]string{otherKey.ClientID, otherKey.Secret.Reveal()}, "user_id", person); status/100 != 4 || text(out, "recovery_code") != "" {
		t.Errorf("a code for another application's consent: %d %v", status, out)
	}
	_ = otherApp
	status, pair := h.redeemRecovery(second)
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, pair)
	}
	h.clock.Advance(2 * time.Second)
	status, out = h.redeemRecovery(second)
	refused("a second use", status, out)
	if h.works(text(pair, "access_token")) {
		t.Error("what a reused recovery code has produced still works")
	}
	late := code()
	h.clock.Advance(10 * time.Minute)
	status, out = h.redeemRecovery(late)
	refused("after ten minutes", status, out)
	for name, tc := range map[string]struct {
		who  []string
		more []string
	}{
		"a stranger":           {nil, []string{"user_id", person, "client_id", h.key.ClientID}},
		"a wrong secret":       {[]string{h.key.ClientID, "grcs_x"}, []string{"user_id", person}},
		"another account":      {h.own(), []string{"user_id", person, "account_id", "nowhere"}},
		"a person without one": {h.own(), []string{"user_id", h.admin.User}},
	} {
		if status, out := h.recovery(tc.who, tc.more...); status/100 != 4 || text(out, "recovery_code") != "" {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	open := code()
	all, err := h.Consents.ListMine(t.Context(), h.person)
	h.ok(err)
	_, err = h.Consents.Revoke(t.Context(), h.person, all[0].ID)
	h.ok(err)
	status, out = h.redeemRecovery(open)
	refused("after the person took the consent back", status, out)
	if status, out := h.recovery(h.own(), "user_id", person); status/100 != 4 {
		t.Errorf("a code for a consent that is over: %d %v", status, out)
	}
}

// H20: an installation that acts as itself, and a public client, which cannot show
// that it is the one that lost anything.
func TestH20_InstallationsAndPublicClients(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	_, got := h.recovery(h.own())
	status, pair := h.redeemRecovery(text(got, "recovery_code"))
	if status != http.StatusOK || text(pair, "refresh_token") == "" || text(pair, "user_id") != "" || !h.works(text(pair, "access_token")) {
		t.Errorf("%d %v", status, pair)
	}
	_, err := h.Integrations.Remove(t.Context(), h.admin, h.ins.ID, "No longer needed.")
	h.ok(err)
	if status, out := h.recovery(h.own()); status/100 != 4 {
		t.Errorf("without an installation: %d %v", status, out)
	}
	if status, _ := h.refresh(text(pair, "refresh_token")); status/100 != 4 {
		t.Error("a recovered line outlives its installation")
	}
	yes := true
	h.client(application.ClientPatch{Public: &yes})
	if status, out := h.recovery(nil, "client_id", h.app.PublicID); status != http.StatusBadRequest || text(out, "error") != "unauthorized_client" {
		t.Errorf("a public client: %d %v", status, out)
	}
}

// H20: twenty redemptions of one recovery code at once: one line survives.
func TestH20_ParallelRedemptions(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, h *house) {
		h.token(h.config("flags.read", "flags.write"))
		_, got := h.recovery(h.own(), "user_id", h.person.User)
		won := 0
		for _, out := range h.together(url.Values{"grant_type": {"authorization_code"}, "code": {text(got, "recovery_code")}}) {
			if raw := text(out, "access_token"); raw != "" {
				won++
				if !h.works(raw) {
					t.Error("the one that won does not work")
				}
			} else if text(out, "error") != "invalid_grant" {
				t.Errorf("a loser hears %v", out)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d succeeded", won, parallel)
		}
		all, err := h.Authority.Families(t.Context(), h.dev, h.app.ID)
		h.ok(err)
		if len(all) != 1 {
			t.Errorf("%d lines live", len(all))
		}
	})
}

// A developer, an administrator of the account and the person end a line of
// refresh tokens; for everybody else it does not exist.
func TestEndingAnAuthorization(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	strangerDev, _ := h.Developer("other@elsewhere.example")
	strangerAdmin, _ := h.Customer("elsewhere", "production")
	colleague := h.member("bob@harbour.example")
	for name, tc := range map[string]struct {
		by  access.Principal
		may bool
	}{
		"a developer": {h.dev, true}, "an administrator": {h.admin, true}, "the person": {h.person, true}, "a colleague": {colleague, false},
		"another developer": {strangerDev, false}, "another administrator": {strangerAdmin, false}, "nobody": {access.Principal{}, false},
	} {
		h.clock.Advance(time.Second) // ids of the same moment have no order
		tok := h.token(h.config("flags.read", "flags.write"))
		all, err := h.Authority.Families(t.Context(), h.dev, h.app.ID)
		h.ok(err)
		f, err := h.Authority.EndFamily(t.Context(), tc.by, all[0].ID)
		if tc.may != (err == nil) || !tc.may && problem.CodeOf(err) != "not_found" {
			t.Errorf("%s: %v", name, err)
		}
		status, _ := h.refresh(tok.RefreshToken)
		if works := h.works(tok.AccessToken); works == tc.may || (status == http.StatusOK) == tc.may {
			t.Errorf("%s: the access token works: %t, the refresh token: %d", name, works, status)
		}
		if tc.may && (f.State != authorization.FamilyEnded || !strings.HasPrefix(f.Reason, "ended_by_")) {
			t.Errorf("%s: %+v", name, f)
		}
		if _, err := h.Authority.EndFamily(t.Context(), tc.by, all[0].ID); tc.may && problem.CodeOf(err) != "authorization_over" {
			t.Errorf("%s, twice: %v", name, err)
		}
	}
	if _, err := h.Authority.EndFamily(t.Context(), h.dev, ident.New[authorization.Family](h.DB.Now())); problem.CodeOf(err) != "not_found" {
		t.Errorf("one that is not there: %v", err)
	}
	if _, err := h.Authority.Families(t.Context(), strangerDev, h.app.ID); problem.CodeOf(err) != "not_found" {
		t.Errorf("the list for another developer: %v", err)
	}
	if _, err := h.Authority.RecoverFor(t.Context(), strangerDev, h.app.ID, authorization.Lost{Account: "harbour"}); problem.CodeOf(err) != "not_found" {
		t.Errorf("a recovery code for another developer: %v", err)
	}
	r, err := h.Authority.RecoverFor(t.Context(), h.dev, h.app.ID, authorization.Lost{Account: "harbour", User: h.person.User})
	h.ok(err)
	if status, out := h.redeemRecovery(r.Code.Reveal()); status != http.StatusOK {
		t.Errorf("a developer's recovery code: %d %v", status, out)
	}
}
