package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// From the first visit to an installed application, by plain forms as a browser without a script
// sends them. Row A1, A6, A7.
func TestAnewDeveloperReachesAPublishedApplication(t *testing.T) {
	h := newHouse(t)
	c := h.guest()
	c.get("/").led(t, "/sign-in")
	c.get("/sign-up").has(t, "Create a developer account")
	c.submit("/sign-up", "/sign-up", "name", "Ada Lindqvist", "email", "ada@northwind.example", "password", "short").
		has(t, "12", "E-mail")
	c.submit("/sign-up", "/sign-up", "name", "Ada Lindqvist", "email", "ada@northwind.example", "password", pass).has(t, "Look into your mail", "ada@northwind.example")

	link := strings.TrimPrefix(h.link(), h.URL)
	_, raw, _ := strings.Cut(link, "?link=")
	c.submit(link, "/verify", "link", raw, "password", "not the one I chose").has(t, "wrong")
	h.clock.Advance(time.Minute)
	c.submit(link, "/verify", "link", raw, "password", pass).led(t, "/")
	c.get("/").has(t, "Hello, Ada", "Register your first application", "What happens next")

	c.submit("/groups/new", "/groups/new", "name", "Northwind test").has(t, "Leave out the word “test”")
	at := c.submit("/groups/new", "/groups/new", "name", "Northwind Labs").led(t, "/groups/grp_")
	c.get(at).has(t, "The group is there", "Register an application")
	if c.get(at).has(t, "Northwind Labs"); strings.Contains(c.get(at).text(), "The group is there") {
		t.Error("the flash is shown twice")
	}

	form := at + "/applications/new"
	c.submit(form, form, "name", "Deploybot", "description", strings.Repeat("x", 451), "domains", "https://deploybot.example").
		has(t, "At most 450 characters.", "Leave out the scheme")
	app := c.submit(form, form, "name", "Deploybot", "description", "Turns flags on when you deploy.", "domains", "deploybot.example\nhooks.deploybot.example").led(t, "/applications/app_")
	overview := c.get(app).has(t, "Application ID", "Install link", "Create a key", "Nobody can install it yet")
	id := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).FindString(overview.text())
	if !strings.Contains(overview.body, "/install/"+id) {
		t.Errorf("no install link with the application ID %s", id)
	}

	made := c.submit(app+"/keys/new", app+"/keys/new", "label", "production", "expires", "90")
	if made.StatusCode != http.StatusOK || made.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the secret's page: %d, Cache-Control %q", made.StatusCode, made.Header.Get("Cache-Control"))
	}
	made.has(t, "Copy the secret now", "CLIENT_ID='", "/oauth/token'", "once a customer has installed Deploybot")
	key := regexp.MustCompile(`grcs_[0-9A-Za-z]{46}`).FindString(made.body)
	if key == "" {
		t.Fatal("no secret is shown")
	}
	if strings.Contains(c.get(app+"/keys").has(t, "production", "not yet", "ends 31 May 2026").body, key) {
		t.Error("the secret is shown again")
	}

	v := app + "/versions/new"
	c.submit(v, v, "number", "one", "want:flags.read", "required", "delegation", "off").has(t, "Use three numbers", "Say in one sentence")
	empty := c.submit(v, v, "number", "0.1.0", "delegation", "off").led(t, "/versions/ver_")
	c.submit(empty+"/publish", empty+"/publish").has(t, "Ask for at least one scope, or add an integration package.")
	draft := c.submit(v, v, "number", "1.0.0", "want:flags.read", "required", "purpose:flags.read", "Shows which flags a deployment touches.",
		"want:flags.write", "optional", "purpose:flags.write", "Turns flags on afterwards.", "user_name", "Deploybot User", "role_name", "Deploybot Role", "delegation", "off").led(t, "/versions/ver_")
	c.get(draft).has(t, "You say: “Shows which flags a deployment touches.”", "Draft")
	c.submit(draft+"/publish", draft+"/publish").led(t, app)
	c.get(app).has(t, "1.0.0", "is published")
	if strings.Contains(c.get(app).text(), "Nobody can install it yet") {
		t.Error("a published version is not noticed")
	}
	c.get(app+"/activity").has(t, "Ada Lindqvist registered", "published", "created the key")
}

// The line that the page shows gets a token for an account that is there.
func TestTheCurlLineNamesAnInstalledAccount(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	path := "/applications/" + x.app.ID.String() + "/keys/new"
	dev.submit(path, path, "label", "second", "expires", "0").has(t, "account_id=hillcrest", "for Hillcrest Games", "work as they stand", h.URL+"/oauth/token")
	again := dev.submit(path, path, "label", "third", "expires", "0").text()
	line := regexp.MustCompile(`(?s)CLIENT_ID='([0-9a-f-]{36})'\s+CLIENT_SECRET='(grcs_[0-9A-Za-z]{46})'.*account_id=([a-z]+)'`).FindStringSubmatch(again)
	if line == nil {
		t.Fatalf("no line to paste: %s", again)
	}
	must(t, h.db.Read(t.Context(), func(tx *store.Tx) error { // what the token endpoint does with it
		app, _, err := h.Applications.Authenticate(tx, line[1], secret.New(line[2]))
		if err != nil {
			return err
		}
		_, err = h.Integrations.GrantOf(tx, app, line[3])
		return err
	}))
}

// Row A8: both secrets of a rotation work until the end that was chosen.
func TestRotationSaysWhatStopsWhen(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	keys := "/applications/" + x.app.ID.String() + "/keys"
	path := keys + "/" + x.key.ID.String() + "/rotate"
	dev.get(path).has(t, "until 9 March 2026 at 10:00 UTC", "Customers notice nothing", "not used yet")
	dev.submit(path, path, "overlap", "forever").has(t, "Choose when the old secret ends.")
	dev.submit(path, path, "overlap", "7d").has(t, "until 9 March 2026 at 10:00 UTC", "Copy the secret now")
	dev.get(keys).has(t, "Being replaced", "ends in 7 days")
	dev.submit(path, path, "overlap", "7d").has(t, "being replaced already")

	all, err := h.Applications.ListKeys(t.Context(), dev.by(), x.app.ID)
	must(t, err)
	revoke := keys + "/" + all[len(all)-1].ID.String() + "/revoke"
	dev.submit(revoke, revoke).led(t, keys)
	dev.get(keys).has(t, "Revoked")
}

// Row A2: the owner cannot leave, passes the group on, and can then.
func TestTheOwnerTransfersTheGroupAndLeaves(t *testing.T) {
	h := newHouse(t)
	dev, mate := h.person("Ada", "ada@northwind.example"), h.person("Ben", "ben@northwind.example")
	x := h.team(dev, h.person("Grace", "grace@lakeside.example"))
	g := "/groups/" + x.group.ID.String()
	dev.submit(g+"/members", g+"/members", "email", "nobody@northwind.example", "role", "member").has(t, "No developer has signed up with this address yet.")
	dev.submit(g+"/members", g+"/members", "email", "ben@northwind.example", "role", "member").led(t, g+"/members")
	mate.get(g).has(t, "Deploybot")
	for _, refused := range []string{g + "/applications/new", g + "/transfer", g + "/archive"} {
		if a := mate.get(refused); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s answers a member %d", refused, a.StatusCode)
		}
	}
	mate.get(g+"/applications/new").has(t, "You may not do that", "application:create")
	leave := g + "/members/" + dev.user + "/remove"
	dev.submit(leave, leave).has(t, "Transfer the ownership first")
	dev.submit(g+"/archive", g+"/archive").has(t, "Move or delete what the group still owns first.")
	dev.submit(g+"/transfer", g+"/transfer", "user", mate.user).led(t, g+"/members")
	dev.get(g+"/members").has(t, "The group has a new owner.")
	dev.submit(leave, leave).led(t, "/groups")
	if a := dev.get(g); a.StatusCode != http.StatusNotFound {
		t.Errorf("who has left still sees the group: %d", a.StatusCode)
	}
}

func TestDeveloperHandlesACustomer(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	base := "/applications/" + x.app.ID.String() + "/installations"
	one := base + "/" + x.in[0].ID.String()
	dev.submit(one+"/block", one+"/block", "reason", " ").has(t, "Say why")
	dev.submit(one+"/block", one+"/block", "reason", "Unpaid.").led(t, base)
	dev.get(base).has(t, "Blocked by you", "Unpaid.")
	dev.submit(base, one+"/unblock").led(t, base)
	dev.submit(one+"/uninstall", one+"/uninstall", "reason", "The contract has ended.").led(t, base)
	dev.get(base).has(t, "Removed", "The contract has ended.")
	admin.get("/inbox").has(t, "Deploybot")
	got, err := h.Integrations.Get(t.Context(), admin.by(), x.in[0].ID)
	must(t, err)
	if got.State != integration.Removed {
		t.Errorf("state %s", got.State)
	}
}

func TestMoveShowsTheLimitsFirstAndDeleteCanBeTakenBack(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	other, err := h.Groups.Create(t.Context(), dev.by(), "Northwind Production")
	must(t, err)
	app := "/applications/" + x.app.ID.String()
	preview := dev.get(app+"/move?to="+other.ID.String()).has(t, "What would change", "Calls per 24 hours", "10,000", "Same")
	token, err := preview.formToken(app + "/move")
	must(t, err)
	_ = token
	if a, err := h.Applications.Get(t.Context(), dev.by(), x.app.ID); err != nil || a.Group != x.group.ID.String() {
		t.Errorf("the preview moved it: %v %v", a.Group, err)
	}
	dev.submit(app+"/delete", app+"/delete", "confirm", "Deploybot").has(t, "still installed", "Lakeside Software")
	for _, in := range x.in {
		_, err := h.Integrations.Remove(t.Context(), admin.by(), in.ID, "done")
		must(t, err)
	}
	dev.submit(app+"/delete", app+"/delete", "confirm", "deploybot").has(t, "It must equal the application's name.")
	dev.submit(app+"/delete", app+"/delete", "confirm", "Deploybot").led(t, app)
	dev.get(app).has(t, "This application is being deleted.", "Take the deletion back")
	dev.submit(app, app+"/undelete").led(t, app)
	dev.get(app).has(t, "is back", "Active")
}

func TestUsageIsCountedByOutcomeAndExported(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	app := "/applications/" + x.app.ID.String()
	dev.get(app+"/usage").has(t, "No calls in this time")
	h.calls(x)
	dev.get(app+"/usage").has(t, "A scope is missing", "Too many calls in a short time", "Lakeside Software", "List the flags of a project", "GET ")
	dev.get(app+"/keys").has(t, "4 minutes ago", "for Lakeside Software, 2 more in the last year, from 198.51.100.0/24")
	csv := dev.get(app + "/usage.csv?period=30d")
	lines := strings.Split(strings.TrimSpace(csv.body), "\n")
	if csv.Header.Get("Content-Type") != "text/csv; charset=utf-8" || len(lines) != 31 || !strings.HasPrefix(lines[0], "at,total,ok,") {
		t.Errorf("%s: %d lines, the first %q", csv.Header.Get("Content-Type"), len(lines), lines[0])
	}
	dev.get("/groups/"+x.group.ID.String()+"/usage").has(t, "Installations 3 of 6", "From the plan that every group starts with, Development.", "Deploybot")
}

// Another team's things answer exactly as things that do not exist.
func TestForeignThingsAreAbsent(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	stranger := h.person("Mallory", "mallory@elsewhere.example")
	none := ident.New[application.Application](h.clock.Now()).String()
	want := stranger.get("/applications/" + none)
	app, grp := "/applications/"+x.app.ID.String(), "/groups/"+x.group.ID.String()
	for _, path := range []string{app, app + "/keys", app + "/keys/new", app + "/versions", app + "/installations", app + "/usage", app + "/usage.csv", app + "/settings", app + "/move", app + "/delete", app + "/activity",
		grp, grp + "/members", grp + "/usage", grp + "/settings", grp + "/transfer", grp + "/archive", grp + "/activity", grp + "/applications/new", "/versions/" + x.live.ID.String(), "/versions/" + x.live.ID.String() + "/edit", "/nothing"} {
		got := stranger.get(path)
		if got.StatusCode != http.StatusNotFound || got.text() != strings.ReplaceAll(want.text(), none, "") {
			t.Errorf("%s answers %d: %s", path, got.StatusCode, got.text())
		}
	}
	if by := stranger.by(); by.May("application:view", access.On("group", x.group.ID.String())) == nil {
		t.Error("the stranger is no stranger")
	}
}

// The main way works in a browser that runs no script.
func TestPagesWorkWithoutAScript(t *testing.T) {
	h := newHouse(t)
	h.person("Ada Lindqvist", "ada@northwind.example")
	b := h.browser(nil)
	b.Emulate(pagetest.View{Width: 375, Height: 800, NoScript: true})
	b.Goto(h.URL + "/groups")
	b.Fill("#f-email", "ada@northwind.example")
	b.Fill("#f-password", pass)
	b.Follow("main button[type=submit]")
	if b.URL() != h.URL+"/groups" {
		t.Fatalf("after signing in: %s", b.URL())
	}
	b.Goto(h.URL + "/groups/new")
	b.Fill("#f-name", "Northwind Labs")
	b.Follow("main button[type=submit]")
	b.Follow("main a.btn[data-variant=primary]")
	b.Fill("#f-name", "Deploybot")
	b.Click("#f-description")
	b.Press("Turns flags on when you deploy.")
	b.Follow("main button[type=submit]")
	if !strings.Contains(b.Text("main"), "Application ID") || !strings.Contains(b.Text(".flash"), "is registered") {
		t.Errorf("the application's page says: %s", b.Text("main"))
	}
	b.Fits()
}
