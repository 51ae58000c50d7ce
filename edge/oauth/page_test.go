package oauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/integration"
)

var everything = []string{"flags.read", "flags.write", "projects.write"}

// Row H17: the whole list with warnings, optional scopes as switches, what is new
// at the second time; a declined scope yields a smaller grant. Without script.
func TestH17_ConsentPageAsksAndGivesWhatWasChosen(t *testing.T) {
	b := newBoard(t)
	mia := b.enrol("mia@harbour.example", "Mia Harbour")
	b.join(b.account, mia, access.AccountMember)
	v, verifier := b.visitor(), oauth2.GenerateVerifier()

	door := v.open(b.link(verifier, everything...))
	if door.Request.URL.Path != "/sign-in" {
		t.Fatalf("a stranger is led to %s", door.Request.URL)
	}
	page := v.signIn(door, "mia@harbour.example").says(t, "Flag Board <i>&amp; wants to act as you in Pennant", "Verified", b.team.Name, "harbour", "mia@harbour.example",
		"See flags", "Reads flags, what they do", "Low risk", "High risk", "Change projects and environments", "Switches a flag from the board.", "asks for permissions of high risk",
		"It does not work without these", "Your choice", "take this back at any time", "help@deploybot.example")
	if strings.Contains(page.body, "<script>alert") || strings.Contains(page.body, "Flag Board <i>") {
		t.Error("U-03: the developer's markup is on the page")
	}
	code := v.send(page, "/consent", "account", b.account.ID.String(), "scope", "flags.write", "answer", "approve").answer(b).Get("code")
	if got := b.scopes(code, verifier); !slices.Equal(got, []string{"flags.read", "flags.write"}) {
		t.Errorf("granted %v", got)
	}

	// The same page says that it is over; so does a form that was left open.
	v.open(page.Request.URL.String()).says(t, "answered already", "Go back to the application")
	if again := v.send(page, "/consent", "account", b.account.ID.String(), "answer", "approve"); again.StatusCode == http.StatusSeeOther {
		t.Errorf("a form that was sent already leads to %s", again.Header.Get("Location"))
	}

	// What was agreed to is not asked again.
	v.open(b.link(verifier, "flags.read")).says(t, "Going back to Flag Board")
	silent := v.open(b.link(verifier, "flags.read", "flags.write")).Header.Get("Refresh")
	if !strings.HasPrefix(silent, "0; url="+b.back.URL+"/callback?") || !strings.Contains(silent, "code=") {
		t.Errorf("no question, and then %q", silent)
	}
	// What is new stands by itself.
	diff := v.open(b.link(verifier, everything...)).says(t, "New: you have not been asked for these before Change projects and environments", "You agreed to these before", "It acts as you here already.")
	code = v.send(diff, "/consent", "account", b.account.ID.String(), "scope", "flags.write", "scope", "projects.write", "answer", "approve").answer(b).Get("code")
	if got := b.scopes(code, verifier); !slices.Equal(got, everything) {
		t.Errorf("then granted %v", got)
	}
}

// A no leads back with access_denied, whatever else was chosen, and gives nothing.
func TestDeclineLeadsBack(t *testing.T) {
	b := newBoard(t)
	b.join(b.account, b.enrol("mia@harbour.example", "Mia"), access.AccountMember)
	v := b.visitor()
	page := v.signIn(v.open(b.link(oauth2.GenerateVerifier(), everything...)), "mia@harbour.example")
	got := v.send(page, "/consent", "account", b.account.ID.String(), "answer", "deny").answer(b)
	if got.Get("error") != "access_denied" || got.Has("code") {
		t.Errorf("declined: %v", got)
	}
	all, err := b.Consents.ListOfAccount(t.Context(), b.admin, b.account.ID)
	b.ok(err)
	if len(all) != 0 {
		t.Errorf("%d consents after a no", len(all))
	}
}

// Several accounts: the person chooses; one that is not possible says why, and an
// administrator installs it on the way and comes back to the question.
func TestConsentPageLeadsThroughTheInstallation(t *testing.T) {
	b := newBoard(t)
	other, err := b.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "alder", Name: "Alder Clinic"})
	b.ok(err)
	b.join(other, b.enrol("ida@alder.example", "Ida"), access.AccountAdmin)
	v, verifier := b.visitor(), oauth2.GenerateVerifier()
	page := v.signIn(v.open(b.link(verifier, "flags.read")), "ida@alder.example").says(t, "It can't act as you yet", "Alder Clinic", "not installed", "Install it in Alder Clinic", "Go back to the application")
	_, link, _ := strings.Cut(page.body, `href="/accounts/`+other.ID.String()+`/install`)
	link, _, _ = strings.Cut(link, `"`)
	form := v.open("/accounts/"+other.ID.String()+"/install"+strings.ReplaceAll(link, "&amp;", "&")).says(t, "Install Flag Board")
	done := v.send(form, "/accounts/"+other.ID.String()+"/install", "scope", "flags.read", "keep", "flag:view", "user_name", "Board", "role_name", "Board", "delegation", "consent")
	if to := done.Header.Get("Location"); !strings.HasPrefix(to, "/consent?request=") {
		t.Fatalf("after installing one is led to %q: %s", to, done.text())
	}
	page = v.open(done.Header.Get("Location")).says(t, "is installed", "wants to act as you")
	if v.send(page, "/consent", "account", other.ID.String(), "answer", "approve").answer(b).Get("code") == "" {
		t.Error("no code after the detour")
	}

	// A member of both, of whom one account has end-user access switched off.
	mia := b.enrol("mia@harbour.example", "Mia")
	b.join(b.account, mia, access.AccountMember)
	b.join(other, mia, access.AccountMember)
	both := b.visitor()
	page = both.signIn(both.open(b.link(verifier, "flags.read")), "mia@harbour.example").says(t, "harbour", "Alder Clinic")
	both.send(page, "/consent", "answer", "approve").says(t, "Choose the account first.", "In which account may it act as you?")
	there, err := b.Integrations.ListAccount(t.Context(), access.System("test"), other.ID)
	b.ok(err)
	_, err = b.Integrations.SetDelegation(t.Context(), access.System("test"), there[0].ID, "off")
	b.ok(err)
	both.open(page.Request.URL.String()).says(t, "has not allowed the application to act for people", "Whom to ask: ida@alder.example")
}

// Row A24: off explains itself and offers only the way back; trusted asks nothing
// and leaves an entry.
func TestA24_DelegationOffAndTrustedInTheBrowser(t *testing.T) {
	b := newBoard(t)
	mia := b.enrol("mia@harbour.example", "Mia")
	b.join(b.account, mia, access.AccountMember)
	b.delegation("off")
	v := b.visitor()
	page := v.signIn(v.open(b.link(oauth2.GenerateVerifier(), "flags.read")), "mia@harbour.example").says(t, "has not allowed the application to act for people", "admin@harbour.example")
	if strings.Contains(page.body, `value="approve"`) {
		t.Error("the page can be approved")
	}
	if got := v.send(page, "/consent", "answer", "approve", "account", b.account.ID.String()); got.StatusCode == http.StatusSeeOther {
		t.Errorf("approved by hand: %s", got.Header.Get("Location"))
	}
	page = v.open(page.Request.URL.String())
	if got := v.send(page, "/consent", "answer", "deny").answer(b); got.Get("error") != "access_denied" {
		t.Errorf("back with %v", got)
	}

	b.delegation("trusted")
	if got := v.open(b.link(oauth2.GenerateVerifier(), "flags.read")).says(t, "nothing is asked").Header.Get("Refresh"); !strings.Contains(got, "code=") {
		t.Errorf("trusted leads to %q", got)
	}
	all, err := b.Consents.ListMine(t.Context(), access.UserPrincipal(mia, nil, nil))
	b.ok(err)
	if len(all) != 1 || !all[0].Trusted {
		t.Errorf("consents: %+v", all)
	}
}

func (b *board) delegation(to string) {
	b.T.Helper()
	_, err := b.Integrations.Amend(b.T.Context(), b.admin, b.in.ID, integration.Patch{Delegation: &to})
	b.ok(err)
}

// Rows A27 and A28: without PKCE, with plain, or with less than is required the
// person never sees a question.
func TestA27_A28_BadRequestsNeverReachThePage(t *testing.T) {
	b := newBoard(t)
	v := b.visitor()
	for name, c := range map[string]struct{ address, want string }{
		"no PKCE":   {b.config("flags.read").AuthCodeURL("a state"), "invalid_request"},
		"plain":     {b.config("flags.read").AuthCodeURL("a state", oauth2.SetAuthURLParam("code_challenge", "x"), oauth2.SetAuthURLParam("code_challenge_method", "plain")), "invalid_request"},
		"too small": {b.link(oauth2.GenerateVerifier(), "flags.write"), "invalid_scope"},
	} {
		got := v.open(c.address).answer(b)
		if got.Get("error") != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if name == "too small" && !strings.Contains(got.Get("error_description"), "flags.read") {
			t.Errorf("A28: the missing scope is not named: %v", got)
		}
	}
}

// U-01, U-05 and framing: another site's form decides nothing, a session that is
// over leads through sign-in and back, and the page can't be framed.
func TestU01_U05_ConsentIsGivenByItsOwnPageOnly(t *testing.T) {
	b := newBoard(t)
	mia := b.enrol("mia@harbour.example", "Mia")
	b.join(b.account, mia, access.AccountMember)
	v := b.visitor()
	page := v.signIn(v.open(b.link(oauth2.GenerateVerifier(), "flags.read")), "mia@harbour.example")
	csp := page.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "form-action 'self' "+b.back.URL+";") || page.Header.Get("X-Frame-Options") != "DENY" ||
		page.Header.Get("Referrer-Policy") != "no-referrer" || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", page.Header)
	}
	for _, site := range []string{"cross-site", "same-site", "none"} {
		body := strings.NewReader("answer=approve&account=" + b.account.ID.String() + "&request=" + page.Request.URL.Query().Get("request"))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.URL+"/consent", body)
		b.ok(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Origin", "https://evil.example")
		if got := v.do(r); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d to %q", site, got.StatusCode, got.Header.Get("Location"))
		}
	}
	// A form token of another person decides nothing either.
	b.join(b.account, b.enrol("eve@harbour.example", "Eve"), access.AccountMember)
	eve := b.visitor()
	eve.signIn(eve.open("/sign-in"), "eve@harbour.example")
	if got := eve.send(page, "/consent", "account", b.account.ID.String(), "answer", "approve"); got.StatusCode != http.StatusForbidden {
		t.Errorf("another person's form: %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	// Signing in as somebody else comes back to the question.
	out := v.send(page, "/sign-out")
	if to := out.Header.Get("Location"); !strings.HasPrefix(to, "/sign-in?next=%2Fconsent%3Frequest%3D") {
		t.Fatalf("signing out leads to %q", to)
	}
	v.signIn(v.open(page.Request.URL.String()), "eve@harbour.example").says(t, "wants to act as you", "eve@harbour.example")
}

// prompt=login and max_age ask for the password again and lead back; a request that
// waited too long says so; an address that names none does too.
func TestConsentPageAsksWhoYouAreAndForgets(t *testing.T) {
	b := newBoard(t)
	b.join(b.account, b.enrol("mia@harbour.example", "Mia"), access.AccountMember)
	v, verifier := b.visitor(), oauth2.GenerateVerifier()
	page := v.signIn(v.open(b.link(verifier, "flags.read")), "mia@harbour.example")
	b.clock.Advance(time.Minute)
	confirm := v.open(b.config("flags.read").AuthCodeURL("a state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("prompt", "login"))).says(t, "Confirm that it is you")
	to := v.send(confirm, "/confirm", "password", password).Header.Get("Location")
	asked := v.open(to).says(t, "wants to act as you")
	if v.send(asked, "/consent", "account", b.account.ID.String(), "answer", "approve").answer(b).Get("code") == "" {
		t.Error("no code after the password")
	}
	for _, lost := range []string{"/consent", "/consent?request=nonsense", "/consent?request=areq_01j9z3v6m4c8q2t7x5w1b0n9ha"} {
		if got := v.open(lost).says(t, "There is no question to answer"); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", lost, got.StatusCode)
		}
	}
	b.clock.Advance(31 * time.Minute) // longer than a session may rest, too
	late := v.signIn(v.open(page.Request.URL.String()), "mia@harbour.example").says(t, "waited too long", "start again")
	if late.StatusCode != http.StatusConflict {
		t.Errorf("too late: %d", late.StatusCode)
	}
}
