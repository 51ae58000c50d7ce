package console_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/suspension"
)

// sound opens pages and checks them in every view.
func (h *house) sound(c *client, pages map[string]string) {
	h.t.Helper()
	b := h.browser(c)
	for name, path := range pages {
		b.Goto(h.URL + path)
		b.Look(name)
	}
}

func TestInstallPagesAreSound(t *testing.T) {
	s := newShop(t)
	s.role("Administrator", true, "*")
	s.role("Editor", false, "flag:view", "flag:update", "project:view")
	bare := s.offer("Not Yet", release.Content{})
	s.sound(s.noor, map[string]string{"install-nobody": "/install/" + s.app.PublicID})
	s.sound(s.ines, map[string]string{"install-no": s.home() + "/install?application_id=" + bare.PublicID, "account-empty": s.home(), "install": s.consent(), "install-enter": s.home() + "/install", "accounts": "/accounts", "install-unknown": s.home() + "/install?application_id=nonsense"})
}

// fields are what a browser sends for the form that posts to action: everything that is checked or filled in.
func (a answer) fields(t *testing.T, action string) url.Values {
	t.Helper()
	_, form, found := strings.Cut(a.body, `action="`+html.EscapeString(action)+`"`)
	if !found {
		t.Fatalf("%s has no form for %s:\n%s", a.path, action, a.text())
	}
	form, _, _ = strings.Cut(form, "</form>")
	out := url.Values{}
	for _, tag := range regexp.MustCompile(`<input [^>]*>`).FindAllString(form, -1) {
		get := func(name string) string {
			m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
			if m == nil {
				return ""
			}
			return html.UnescapeString(m[1])
		}
		choice := get("type") == "checkbox" || get("type") == "radio"
		if get("name") == "" || strings.Contains(tag, " disabled") || choice && !strings.Contains(tag, " checked") {
			continue
		}
		out.Add(get("name"), get("value"))
	}
	return out
}

// send posts fields.
func (c *client) send(path string, fields url.Values) answer {
	c.t.Helper()
	var flat []string
	for name, all := range fields {
		for _, v := range all {
			flat = append(flat, name, v)
		}
	}
	return c.post(path, flat...)
}

func TestInstallJourney(t *testing.T) {
	s := newShop(t)
	s.role("Administrator", true, "*")
	home := s.ines.get(s.home()).has(t, "No integrations yet", "Enter the application ID your vendor gave you")
	if home.StatusCode != http.StatusOK {
		t.Fatal(home.StatusCode)
	}
	// The link that the developer gives away leads straight there: Ines administers one account.
	s.ines.get("/install/"+s.app.PublicID).led(t, s.consent())
	offer := s.ines.get(s.consent()).has(t, "Install Deploybot?", "By Northwind Labs.", "Not reviewed by Pennant", "Nobody at Pennant has checked this application",
		"Turns flags on step by step while it watches your error rate.", "Settings > Roles: Flags: view · Flags: create", "High risk", "deploybot.example",
		"It will not be able to", "See or change anything in other accounts", "An integration can't have this role. The product marks this role as an administrator role.")
	sent := offer.fields(t, s.home()+"/install")
	if got := strings.Join(sent["scope"], " "); got != "projects.read flags.write" {
		t.Errorf("preset scopes %q", got)
	}
	if sent.Get("user_name") != "deploybot" || sent.Get("role_name") != "Deploybot" || sent.Get("delegation") != "consent" {
		t.Errorf("presets %v", sent)
	}
	// She gives less than asked: nothing may be deleted.
	sent["keep"] = slices.DeleteFunc(sent["keep"], func(e string) bool { return e == "flag:delete" })
	at := s.ines.send(s.home()+"/install", sent).led(t, "/installations/ins_")
	page := s.ines.get(at).has(t, "Deploybot is installed.", "Active", "deploybot", "Flags: create", "You installed")
	if strings.Contains(page.text(), "Flags: delete") {
		t.Error("the role has a privilege that was taken away")
	}
	roles, err := s.Accounts.ListRoles(t.Context(), s.ines.by(), s.account.ID)
	must(t, err)
	if i := slices.IndexFunc(roles, func(r account.Role) bool { return r.Name == "Deploybot" }); i < 0 ||
		fmt.Sprint(roles[i].Policy[0].Actions) != "[environment:view flag:create flag:update flag:view project:view]" {
		t.Errorf("roles %v", roles)
	}
	// The same form again does nothing; the same offer says that it is there.
	if again := s.ines.send(s.home()+"/install", sent); again.StatusCode < 400 || s.sites(t) != 1 {
		t.Errorf("a form sent twice answers %d", again.StatusCode)
	}
	s.ines.get(s.consent()).has(t, "It is installed already.")
	s.ines.get(s.home()).has(t, "Deploybot by Northwind Labs", "never")
}

func TestInstallWithOptionalScope(t *testing.T) {
	s := newShop(t)
	sent := s.ines.get(s.consent()).fields(t, s.home()+"/install")
	// The wide scope makes the role one that can give rights: refused, and the form keeps what was chosen.
	sent.Add("scope", "members.write")
	refused := s.ines.send(s.home()+"/install", sent)
	if refused.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("answers %d: %s", refused.StatusCode, refused.text())
	}
	refused.has(t, "An integration can't have an administrator's role.", "Privileges in the new role")
	kept := refused.fields(t, s.home()+"/install")
	if !slices.Contains(kept["scope"], "members.write") {
		t.Errorf("the choice is lost: %v", kept)
	}
	// Without the two privileges that give rights it is fine.
	kept["keep"] = slices.DeleteFunc(kept["keep"], func(e string) bool { return e == "member:update" || e == "role:create" })
	at := s.ines.send(s.home()+"/install", kept).led(t, "/installations/")
	s.ines.get(at).has(t, "Change what people may do", "People: view")
}

func TestInstallInBrowser(t *testing.T) {
	for name, view := range map[string]pagetest.View{"script": {}, "no script": {NoScript: true, Width: 375}} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			b := s.browser(s.ines)
			b.Emulate(view)
			b.Goto(s.URL + s.home())
			b.Fill("#f-application_id", strings.ToUpper(s.app.PublicID))
			b.Follow(".empty button[type=submit]")
			if !strings.Contains(b.Text("h1"), "Install Deploybot?") {
				t.Fatalf("shows %q", b.Text("h1"))
			}
			if !view.NoScript {
				b.Click("label[for=f-scope-1-0]")
				b.Wait("#summary li:nth-child(3)")
				pagetest.Eval[bool](b, `new Promise((done) => { const look = () => document.querySelector("#summary").textContent.includes("Use 10 privileges") ? done(true) : setTimeout(look, 20); look(); })`)
				if got := b.Text("#summary"); strings.Contains(got, "Give rights to anybody") {
					t.Errorf("the summary promises too much: %s", got)
				}
				b.Click("label[for=f-scope-1-0]")
				b.Quiet()
			}
			b.Follow(".beside button[type=submit]")
			if !strings.Contains(b.Text(".flash"), "Deploybot is installed") {
				t.Fatalf("shows %q at %s", b.Text("main"), b.URL())
			}
		})
	}
}

func TestInstallRefusals(t *testing.T) {
	s := newShop(t)
	olga := s.operator("Olga Brandt", "olga@pennant.example")
	bare := s.offer("Not Yet", release.Content{})
	stopped := s.offer("Night Watch", deploybot())
	_, err := s.Suspensions.Begin(t.Context(), olga.by(), suspension.Order{Target: suspension.Target{Kind: suspension.KindApplication, ID: stopped.ID.String()}, Reason: "Unexpected traffic."})
	must(t, err)
	at := func(id string) answer { return s.ines.get(s.home() + "/install?application_id=" + id) }
	at("6f1c2e9a-4b0d-4f7e-9a51-0c3b7d2e8f64").has(t, "There is no application with this ID.")
	at("nonsense").has(t, "There is no application with this ID.")
	at(bare.PublicID).has(t, "There is nothing to install yet", "Ask the developer to release a version")
	at(stopped.PublicID).has(t, "This application is stopped", "The operator of this platform has suspended it.")

	must(t, s.Quota.Grant(t.Context(), olga.by(), quota.Override{Owner: s.group.ID.String(), Limit: quota.SitesLimit, Value: 0, Reason: "test"}))
	full := s.ines.send(s.home()+"/install", s.ines.get(s.consent()).fields(t, s.home()+"/install"))
	full.has(t, "The developer has no room for another customer", "Whom to ask", "help@deploybot.example", "We have told them already", "installation_quota_exceeded")
	s.noor.get("/inbox").has(t, "Harbour Books could not install Deploybot")
	if s.sites(t) != 0 {
		t.Error("something was installed")
	}
	// A link for people who administer nothing says whom to ask.
	s.noor.get("/install/"+s.app.PublicID).has(t, "You administer no account")
}

func (s *shop) sites(t *testing.T) int {
	t.Helper()
	all, err := s.Integrations.ListAccount(t.Context(), s.ines.by(), s.account.ID)
	must(t, err)
	return len(all)
}

func TestInstallLinkAsksWhichAccount(t *testing.T) {
	s := newShop(t)
	s.house.account("harbour-music", "Harbour Music", s.ines)
	s.ines.again()
	s.install()
	page := s.ines.get("/install/"+s.app.PublicID).has(t, "Install Deploybot", "Harbour Music", "Installed already")
	if !strings.Contains(page.body, "/install?application_id="+s.app.PublicID) {
		t.Error("no way on")
	}
	s.ines.get("/install/6f1c2e9a-4b0d-4f7e-9a51-0c3b7d2e8f64").has(t, "This application can't be installed")
}

// What belongs to somebody else answers exactly like what does not exist.
func TestOthersAreAbsent(t *testing.T) {
	s := newShop(t)
	i := s.install()
	eve := s.person("Eve Stranger", "eve@elsewhere.example")
	eve.get("/") // the frame is the same from here on
	for real, random := range map[string]string{
		s.home():                          "/accounts/acc_01k00000000000000000000000",
		s.home() + "/people":              "/accounts/acc_01k00000000000000000000000/people",
		s.home() + "/activity":            "/accounts/acc_01k00000000000000000000000/activity",
		s.consent():                       "/accounts/acc_01k00000000000000000000000/install?application_id=" + s.app.PublicID,
		"/installations/" + i.ID.String(): "/installations/ins_01k00000000000000000000000",
		"/operator":                       "/operatorx",
		"/operator/groups":                "/operator/nothing",
		"/operator/mail":                  "/nothing",
		"/operator/jobs":                  "/nothing/jobs",
		"/operator/groups/" + s.group.ID.String():     "/operator/groups/grp_01k00000000000000000000000",
		"/installations/" + i.ID.String() + "/remove": "/installations/ins_01k00000000000000000000000/remove",
	} {
		got, want := eve.get(real), eve.get(random)
		if got.StatusCode != http.StatusNotFound || want.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d, a random one %d", real, got.StatusCode, want.StatusCode)
		}
		if a, b := plain(got), plain(want); a != b {
			t.Errorf("%s can be told from a random one:\n%s\n%s", real, a, b)
		}
	}
	for _, path := range []string{s.home(), "/installations/" + i.ID.String(), "/operator", "/reference"} {
		s.guest().get(path).led(t, "/sign-in")
	}
}

// plain is a page without what differs from request to request.
func plain(a answer) string {
	return regexp.MustCompile(`\S*[A-Za-z0-9_-]{26,}\S*`).ReplaceAllString(a.text(), "x")
}
