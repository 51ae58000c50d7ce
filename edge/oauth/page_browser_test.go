package oauth_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page/pagetest"
)

// look proves that the open page is accessible and fits, whatever the view.
func look(b *pagetest.Browser, name string) {
	b.Look(name, pagetest.View{Width: 375, Height: 800, Dark: true})
}

func enter(b *pagetest.Browser, email string) {
	b.Fill("#f-email", email)
	b.Fill("#f-password", password)
	b.Follow(`form:has(#f-password) .btn[type=submit]`)
}

// Rows H17, A24 and A29 in a real browser: sign-in, the page, back at the
// application, although the answer of the form leads to another origin; nothing to
// ask the second time; and all of it without script too.
func TestH17_A24_SignInWithAnApplicationInChromium(t *testing.T) {
	b := newBoard(t)
	other, err := b.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "alder", Name: "Alder Clinic"})
	b.ok(err)
	mia := b.enrol("mia@harbour.example", "Mia Harbour")
	b.join(b.account, mia, access.AccountMember)
	b.join(other, mia, access.AccountMember)
	tab, verifier := pagetest.Open(t), oauth2.GenerateVerifier()

	tab.Goto(b.link(verifier, "flags.read", "flags.write", "openid", "email"))
	enter(tab, "mia@harbour.example")
	tab.Wait("[name=answer]")
	look(tab, "consent")
	tab.Click(`input[role=switch][value="flags.write"]`)
	tab.Follow(`[name=answer][value=approve]`)
	got := b.arrived(tab)
	if scopes := b.scopes(got.Get("code"), verifier); !slices.Equal(scopes, []string{"email", "flags.read", "flags.write", "openid"}) {
		t.Errorf("granted %v", scopes)
	}

	// A new permission: the difference is shown.
	tab.Goto(b.link(verifier, everything...))
	tab.Wait("[name=answer]")
	if text := tab.Text("body"); !strings.Contains(text, "New: you have not been asked") {
		t.Errorf("no difference: %s", text)
	}
	look(tab, "consent-again")
	tab.Follow(`[name=answer][value=deny]`)
	if got := b.arrived(tab); got.Get("error") != "access_denied" {
		t.Errorf("declined: %v", got)
	}

	// Nothing to ask: straight back, without script as well.
	tab.Goto(b.link(verifier, "flags.read"))
	tab.Wait("h1")
	if got := b.arrived(tab); got.Get("code") == "" {
		t.Errorf("nothing to ask: %v", got)
	}
	tab.Emulate(pagetest.View{NoScript: true})
	tab.Goto(b.link(verifier, everything...))
	tab.Follow(`[name=answer][value=approve]`)
	tab.Emulate(pagetest.View{})
	if got := b.arrived(tab); got.Get("code") == "" {
		t.Errorf("without script: %v", got)
	}

	b.delegation("off")
	tab.Goto(b.link(verifier, everything...))
	look(tab, "consent-off")
	if tab.Has(`[value=approve]`) {
		t.Error("A24: it can be approved although end-user access is off")
	}
	tab.Follow(`[value=deny]`)
	b.arrived(tab)
	tab.Goto(b.URL + "/consent?request=nonsense")
	look(tab, "consent-lost")
}

// arrived waits until the browser is back at the application and reads the answer.
func (b *board) arrived(tab *pagetest.Browser) url.Values {
	b.T.Helper()
	for range 200 {
		if strings.HasPrefix(tab.URL(), b.back.URL+"/callback?") {
			break
		}
		pagetest.Eval[bool](tab, `new Promise((done) => setTimeout(() => done(true), 50))`)
	}
	at, err := url.Parse(tab.URL())
	b.ok(err)
	if !strings.HasPrefix(at.String(), b.back.URL+"/callback?") {
		b.T.Fatalf("the browser is at %s:\n%s", at, tab.Text("body"))
	}
	return at.Query()
}
