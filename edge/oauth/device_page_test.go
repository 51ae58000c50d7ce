package oauth_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// signedIn opens a Chromium in which a member of the account is signed in.
func (h *house) signedIn(email string) *pagetest.Browser {
	h.T.Helper()
	ctx, pass := context.WithoutCancel(h.T.Context()), secret.New("a plain long passphrase 17")
	u, err := h.Identity.Enrol(ctx, access.System("test"), identity.Newcomer{Email: email, Name: "Eve Member", Password: pass})
	h.ok(err)
	h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: h.account.ID.String(), User: u.ID.String(), Role: access.AccountMember})
	}))
	st, err := h.Identity.SignIn(ctx, identity.SignIn{Email: email, Password: pass}, identity.Visit{})
	h.ok(err)
	b := pagetest.Open(h.T)
	b.Goto(h.URL + "/sign-in")
	pagetest.Eval[string](b, "document.cookie = '"+h.Identity.CookieName()+"="+st.Token.Reveal()+"; path=/'")
	return b
}

// A person types the code that a device shows, and decides on the consent page;
// the device goes on. A code in the address is not used before the person says so.
func TestDevicePage(t *testing.T) {
	yes := true
	h := newHouse(t, options{real: true, client: application.ClientPatch{Public: &yes}})
	begin := func() (string, string, string) {
		_, _, out := h.post("/oauth/device", url.Values{"client_id": {h.app.PublicID}})
		return text(out, "device_code"), text(out, "user_code"), text(out, "verification_uri_complete")
	}
	status, head, _ := h.get(h.URL + "/device?user_code=BCDF-GHJK")
	if status != http.StatusSeeOther || !strings.HasPrefix(head.Get("Location"), "/sign-in?next=%2Fdevice%3Fuser_code%3DBCDF-GHJK") {
		t.Errorf("nobody signed in: %d %s", status, head.Get("Location"))
	}
	b := h.signedIn("eve@harbour.example")
	_, user, complete := begin()
	b.Goto(h.URL + "/device")
	b.Look("device")
	b.Fill("#f-user_code", "0000")
	b.Follow("main form [type=submit]")
	if got := b.Text("#f-user_code-error"); !strings.Contains(got, "eight letters") {
		t.Errorf("the field says %q", got)
	}
	b.Look("device-wrong")
	b.Goto(complete)
	if got := pagetest.Eval[string](b, "document.getElementById('f-user_code').value"); got != user || !strings.HasPrefix(b.URL(), h.URL+"/device") {
		t.Errorf("the address leads to %s with %q", b.URL(), got)
	}
	b.Look("device-linked")
	for _, answer := range []string{"approve", "deny"} {
		device, user, _ := begin()
		b.Goto(h.URL + "/device")
		b.Fill("#f-user_code", strings.ToLower(user))
		b.Follow("main form [type=submit]")
		if !strings.Contains(b.URL(), "/consent?request=") || !strings.Contains(b.Text("main"), "Deploybot") {
			t.Fatalf("%s: led to %s: %s", answer, b.URL(), b.Text("main"))
		}
		b.Screenshot("device-consent-" + answer)
		b.Follow("main [name=answer][value=" + answer + "]")
		if got := b.Text("main"); !strings.Contains(got, "device") {
			t.Errorf("%s: %s", answer, got)
		}
		b.Sound()
		status, _, out := h.post("/oauth/token", url.Values{"grant_type": {deviceGrant}, "device_code": {device}, "client_id": {h.app.PublicID}})
		if answer == "approve" && (status != http.StatusOK || text(out, "access_token") == "") || answer == "deny" && text(out, "error") != "access_denied" {
			t.Errorf("%s: %d %v", answer, status, out)
		}
	}
}
