package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page/pagetest"
)

// approved lets somebody sign in with Flag Board through the pages and gives the
// token.
func (b *board) approved(v *visitor, email string) *oauth2.Token {
	b.T.Helper()
	verifier := oauth2.GenerateVerifier()
	page := v.open(b.link(verifier, "flags.read", "flags.write"))
	if page.Request.URL.Path == "/sign-in" {
		page = v.signIn(page, email)
	}
	code := v.send(page, "/consent", "account", b.account.ID.String(), "scope", "flags.write", "answer", "approve").answer(b).Get("code")
	got, err := b.config().Exchange(b.http(), code, oauth2.VerifierOption(verifier))
	b.ok(err)
	return got
}

// dead proves that neither the token nor its refresh token opens anything.
func (b *board) dead(got *oauth2.Token) {
	b.T.Helper()
	if b.works(got.AccessToken) {
		b.T.Error("the access token still works")
	}
	status, _, out := b.post("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.RefreshToken}}, b.boardID, b.secret)
	if status != http.StatusBadRequest || text(out, "error") != "invalid_grant" {
		b.T.Errorf("refresh: %d %v", status, out)
	}
}

// Row A29: people see and take back what acts as them, administrators what acts as
// any member; the next call fails, and each side reads what happened.
func TestA29_AuthorisedApplicationsAreSeenAndTakenBack(t *testing.T) {
	b := newBoard(t)
	b.join(b.account, b.enrol("mia@harbour.example", "Mia Harbour"), access.AccountMember)
	b.join(b.account, b.enrol("eve@harbour.example", "Eve Harbour"), access.AccountMember)
	b.join(b.account, b.enrol("ada@harbour.test", "Ada Admin"), access.AccountAdmin)
	mia, eve, ada := b.visitor(), b.visitor(), b.visitor()
	mia.signIn(mia.open("/sign-in"), "mia@harbour.example")
	mia.open("/me/applications").says(t, "None at the moment")
	first, second := b.approved(mia, "mia@harbour.example"), b.approved(eve, "eve@harbour.example")
	if !b.works(first.AccessToken) || !b.works(second.AccessToken) {
		t.Fatal("the tokens do not work")
	}

	list := mia.open("/me/applications").says(t, "Flag Board", b.team.Name, "harbour", "See flags", "Change flags", "Active")
	_, path, _ := strings.Cut(list.body, `href="/me/applications/`)
	id, _, _ := strings.Cut(path, "/revoke")
	take := "/me/applications/" + id + "/revoke"
	if got := eve.open(take); got.StatusCode != http.StatusNotFound {
		t.Errorf("another member sees it: %d", got.StatusCode)
	}
	if got := mia.open("/accounts/" + b.account.ID.String() + "/consents"); got.StatusCode != http.StatusForbidden {
		t.Errorf("a member lists everybody's: %d %s", got.StatusCode, got.text())
	}
	ask := mia.open(take).says(t, "from acting as you?", "What it copied before stays with its developers", "help@deploybot.example")
	done := mia.send(ask, take)
	mia.open(done.Header.Get("Location")).says(t, "can't act as Mia Harbour in harbour any more", "Over", "Taken back")
	b.dead(first)
	if !b.works(second.AccessToken) {
		t.Error("another person's token has ended too")
	}

	ada.signIn(ada.open("/sign-in"), "ada@harbour.test")
	all := "/accounts/" + b.account.ID.String() + "/consents"
	list = ada.open(all).says(t, "Acting for people", "Eve Harbour", "eve@harbour.example", "Mia Harbour", "Over")
	_, path, _ = strings.Cut(list.body, `href="`+all+`/`)
	id, _, _ = strings.Cut(path, "/revoke")
	take = all + "/" + id + "/revoke"
	done = ada.send(ada.open(take).says(t, "from acting as Eve Harbour?", "Eve Harbour is told"), take)
	ada.open(done.Header.Get("Location")).says(t, "can't act as Eve Harbour in harbour any more")
	b.dead(second)
	ada.open("/accounts/"+b.account.ID.String()+"/activity").says(t, "let act as themselves", "took back the access of", "Flag Board")
	eve.open("/inbox").says(t, "An administrator of harbour took the access of Flag Board")
	// After that the person is asked again.
	eve.open(b.link(oauth2.GenerateVerifier(), "flags.read", "flags.write")).says(t, "wants to act as you")
}

func TestA29_PagesOfAuthorisedApplicationsInChromium(t *testing.T) {
	b := newBoard(t)
	ida := b.enrol("ida@harbour.test", "Ida Admin")
	b.join(b.account, ida, access.AccountAdmin)
	b.approved(b.visitor(), "ida@harbour.test")
	tab := pagetest.Open(t)
	tab.Goto(b.URL + "/sign-in?next=/me/applications")
	enter(tab, "ida@harbour.test")
	look(tab, "authorised")
	tab.Goto(b.URL + "/accounts/" + b.account.ID.String() + "/consents")
	look(tab, "authorised-account")
	tab.Goto(b.URL + "/me")
	tab.Sound()
	tab.Goto(b.URL + "/me/applications")
	tab.Follow(`a[href$="/revoke"]`)
	look(tab, "authorised-revoke")
	tab.Follow(`main form .btn[type=submit]`)
	if text := tab.Text("body"); !strings.Contains(text, "any more") || !strings.Contains(text, "Taken back") {
		t.Errorf("after taking it back: %s", text)
	}
	look(tab, "authorised-over")
}
