package oauth_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/group"
)

// developer is somebody of the group who can sign in by the form, in a browser.
func (b *board) developer(email, role string) *visitor {
	b.T.Helper()
	b.enrol(email, "Dora Developer")
	_, err := b.Groups.AddMember(b.T.Context(), b.dev, b.team.ID, email, group.Role(role))
	b.ok(err)
	v := b.visitor()
	v.signIn(v.open("/sign-in"), email)
	return v
}

var recoveryForm = regexp.MustCompile(`--data-urlencode &#39;code=([A-Za-z0-9_-]+)&#39;`)

// Row H20 by plain forms: a developer gets a lost pair back and ends a line, where
// the customer stands among the application's; the code is shown once, and nobody
// else of the group or outside gets as far.
func TestH20_RecoveryAndEndingOnPages(t *testing.T) {
	b := newBoard(t)
	mia := b.enrol("mia@harbour.example", "Mia Harbour")
	b.join(b.account, mia, access.AccountMember)
	person := b.visitor()
	lost := b.approved(person, "mia@harbour.example")
	dora, rob := b.developer("dora@deploybot.example", access.GroupAdmin), b.developer("rob@deploybot.example", access.GroupMember)
	customers := "/applications/" + b.board.ID.String() + "/installations"
	at := customers + "/" + b.in.ID.String() + "/authorizations"

	if list := dora.open(customers); !strings.Contains(list.body, `href="`+at+`"`) {
		t.Error("the list of customers does not lead there")
	}
	if one := dora.open("/installations/" + b.in.ID.String()); !strings.Contains(one.body, `href="`+at+`"`) {
		t.Error("the installation does not lead there")
	}
	dora.open(at).says(t, "Authorizations in harbour", mia, "See flags", "Change flags", "Lost the tokens?")

	ask := dora.open(at+"/recover?user="+mia).says(t, "Nobody is asked again", "good for ten minutes")
	if !strings.Contains(ask.body, `value="`+mia+`"`) {
		t.Error("the form forgets the person")
	}
	dora.send(ask, at+"/recover", "user_id", "usr_00000000000000000000000000").says(t, "There is nothing to recover.", "has approved nothing in the account")
	shown := dora.send(dora.open(at+"/recover"), at+"/recover", "user_id", mia).says(t, "Redeem the code within ten minutes", "grant_type=authorization_code")
	if shown.StatusCode != http.StatusOK || shown.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page with the code: %d %q", shown.StatusCode, shown.Header.Get("Cache-Control"))
	}
	found := recoveryForm.FindStringSubmatch(shown.body)
	if found == nil {
		t.Fatalf("no code on\n%s", shown.text())
	}
	if !b.works(lost.AccessToken) {
		t.Error("asking ends tokens before anything is redeemed")
	}
	if strings.Contains(dora.open(at).body, found[1]) {
		t.Error("the code is shown again")
	}
	status, _, got := b.post("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {found[1]}}, b.boardID, b.secret)
	if status != http.StatusOK || !b.works(text(got, "access_token")) || b.works(lost.AccessToken) {
		t.Fatalf("redeemed: %d %v", status, got)
	}

	line := regexp.MustCompile(`href="(` + at + `/fam_[0-9a-z]{26}/end)"`).FindStringSubmatch(dora.open(at).body)
	if line == nil {
		t.Fatal("no line is listed")
	}
	for who, v := range map[string]*visitor{"a member who may look only": rob, "a customer": person} {
		for _, path := range []string{line[1], at + "/recover"} {
			if got := v.open(path); got.StatusCode != http.StatusForbidden && got.StatusCode != http.StatusNotFound {
				t.Errorf("%s opens %s: %d", who, path, got.StatusCode)
			}
		}
	}
	ending := dora.open(line[1]).says(t, "acting as the person "+mia, "the next call fails", "What the person approved stays")
	done := dora.send(ending, line[1])
	dora.open(done.Header.Get("Location")).says(t, "The authorization has ended.", "None at the moment")
	if b.works(text(got, "access_token")) {
		t.Error("a token of an ended line works")
	}
	if status, _, out := b.post("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {text(got, "refresh_token")}}, b.boardID, b.secret); status != http.StatusBadRequest {
		t.Errorf("and its refresh token: %d %v", status, out)
	}

	yes := true
	_, err := b.Applications.SetClient(t.Context(), b.dev, b.board.ID, application.ClientPatch{Public: &yes})
	b.ok(err)
	if page := dora.open(at).says(t, "A public client recovers nothing."); strings.Contains(page.body, "/recover") {
		t.Error("a public client is offered a code")
	}
}

func TestH20_PagesOfAuthorizationsInChromium(t *testing.T) {
	b := newBoard(t)
	b.join(b.account, b.enrol("mia@harbour.example", "Mia Harbour"), access.AccountMember)
	b.approved(b.visitor(), "mia@harbour.example")
	b.developer("dora@deploybot.example", access.GroupAdmin)
	at := "/applications/" + b.board.ID.String() + "/installations/" + b.in.ID.String() + "/authorizations"
	tab := pagetest.Open(t)
	tab.Goto(b.URL + "/sign-in?next=" + at)
	enter(tab, "dora@deploybot.example")
	look(tab, "authorizations")
	tab.Follow(`a[href*="/recover?user=usr_"]`)
	look(tab, "authorization-recover")
	tab.Follow(`main form .btn[type=submit]`)
	if !tab.Has(".secret") {
		t.Errorf("no code: %s", tab.Text("body"))
	}
	look(tab, "authorization-code")
	tab.Goto(b.URL + at)
	tab.Follow(`a[href$="/end"]`)
	look(tab, "authorization-end")
	tab.Follow(`main form .btn[type=submit]`)
	if text := tab.Text("body"); !strings.Contains(text, "has ended") || !strings.Contains(text, "None at the moment") {
		t.Errorf("after the end: %s", text)
	}
	look(tab, "authorizations-none")
	tab.Goto(b.URL + "/applications/" + b.board.ID.String() + "/installations")
	look(tab, "authorization-customers")
	tab.Goto(b.URL + "/installations/" + b.in.ID.String())
	look(tab, "authorization-installation")
}
