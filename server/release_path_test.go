package server_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

const pathPass = "violet otter 7 teacups"

// path is the way of one application from its developer to a customer.
type path struct {
	*servertest.House
	t                  *testing.T
	sits               func(*visitor) // gives somebody a browser
	clock              *storetest.Clock
	world              *servertest.World
	olga, dev, grace   *visitor
	group, app, public string
	key                application.IssuedKey
	lab, customer      account.Account
	version, installed string
}

func (p *path) visitor() *visitor {
	p.t.Helper()
	v := newVisitor(p.t, p.House)
	p.sits(v)
	return v
}

// enrolled is somebody who is known already, signed in.
func (p *path) enrolled(name, email string, operator bool) (*visitor, string) {
	p.t.Helper()
	u, err := p.Identity.Enrol(p.t.Context(), access.System("test"), identity.Newcomer{Email: email, Name: name, Password: secret.New(pathPass), Operator: operator})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.visitor(), u.ID.String()
}

func (v *visitor) signIn(email string) {
	v.t.Helper()
	v.send("/sign-in", "/sign-in", "email", email, "password", pathPass).at("/")
}

func (v *visitor) again(email string) {
	v.t.Helper()
	if v.tab != nil {
		v.tab.Forget()
	}
	v.http.Jar, _ = cookiejar.New(nil)
	v.signIn(email)
}

// account makes an account of the product with an administrator.
func (p *path) account(d account.Draft, user string) account.Account {
	p.t.Helper()
	a, err := p.Accounts.Put(p.t.Context(), access.System("test"), d)
	if err == nil {
		err = p.DB.Write(p.t.Context(), func(tx *store.Tx) error {
			return p.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: user, Role: access.AccountAdmin})
		})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *path) one(form, in string) string {
	p.t.Helper()
	m := regexp.MustCompile(form).FindStringSubmatch(in)
	if m == nil {
		p.t.Fatalf("no %s in %s", form, in)
	}
	return m[len(m)-1]
}

// call makes a call through the gateway.
func (p *path) call(raw, method, url, simulate string, status int) {
	p.t.Helper()
	a := p.Call(raw, method, url, func(r *http.Request) {
		if simulate != "" {
			r.Header.Set("X-Simulate", simulate)
		}
	})
	if a.Status != status {
		p.t.Errorf("%s %s %s: %d %s, want %d", method, url, simulate, a.Status, a.Body, status)
	}
}

// Must show: the whole way, as new users would go it, by the pages alone.
func TestFromSignUpToASecondVersion(t *testing.T) {
	t.Parallel()
	goTheWay(t, func(*visitor) {})
}

func goTheWay(t *testing.T, sits func(*visitor)) {
	t.Helper()
	p := &path{t: t, sits: sits, clock: storetest.NewClock(), world: servertest.NewWorld(t)}
	product := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(product.Close)
	p.House = servertest.Start(t, servertest.Options{Clock: p.clock, Catalog: servertest.PennantCatalog(t, product.URL), Outbound: p.world.Client, TXT: p.world,
		Change: func(c *server.Config) { c.Apps.Review = true }})
	p.olga, _ = p.enrolled("Olga", "olga@platform.example", true)
	p.olga.signIn("olga@platform.example")
	user := p.signUp()
	p.register()
	p.lab = p.account(account.Draft{Key: "lab", Name: "Northwind, trying out", Kind: account.Sandbox, Group: strings.TrimPrefix(p.group, "/groups/")}, user)
	p.dev.again("ada@northwind.example") // to be the sandbox's administrator too
	p.record()
	p.fail()
	p.mend()
	p.pass()
	p.approve("1.0.0")
	p.list()
	p.install()
	p.second()
	p.accept()
}

// signUp is the developer, who follows the link in the letter.
func (p *path) signUp() string {
	const email = "ada@northwind.example"
	p.dev = p.visitor()
	p.dev.send("/sign-up", "/sign-up", "name", "Ada Lindqvist", "email", email, "password", pathPass).says("Look into your mail")
	link := p.one(`https?://[^\s"<]+(/verify\?link=[^\s"<]+)`, p.olga.get("/operator/mail").body)
	p.dev.send(link, "/verify", "password", pathPass).says("Hello, Ada")
	var user string
	if err := p.DB.Read(p.t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT id FROM identity_user WHERE email = ?", email).Scan(tx.Ctx, &user)
	}); err != nil {
		p.t.Fatal(err)
	}
	return user
}

func (p *path) register() {
	p.group = p.dev.send("/groups/new", "/groups/new", "name", "Northwind Labs").at("/groups/grp_")
	form := p.group + "/applications/new"
	page := p.dev.send(form, form, "name", "Deploybot", "description", "Turns flags on when you deploy.")
	p.app = page.at("/applications/app_")
	p.public = p.one(`/install/([0-9a-f-]{36})`, page.body)
	made := p.dev.send(p.app+"/keys/new", p.app+"/keys/new", "label", "workers")
	p.key.ClientID, p.key.Secret = p.one(`CLIENT_ID='([^']+)'`, made.text()), secret.New(p.one(`grcs_[0-9A-Za-z]{46}`, made.body))
}

func webFlags(a account.Account) string { return "/api/v1/accounts/" + a.Key + "/projects/web/flags" }

// recording starts one in the sandbox and copies its token.
func (p *path) recording() (raw, at string) {
	p.t.Helper()
	form := p.app + "/recordings"
	started := p.dev.send(form, form, "account", p.lab.ID.String())
	return p.one(`grat_[0-9A-Za-z_]+`, started.body), p.one(`/recordings/rec_[0-9a-z]+`, started.body)
}

// record builds against the sandbox, and begins a version with what that needed.
func (p *path) record() {
	raw, one := p.recording()
	p.call(raw, "GET", webFlags(p.lab), "", http.StatusOK)
	if text := p.dev.get(one).says("Scopes to ask for", "flags.read", "listFlags").text(); strings.Contains(text, "flags.write") || strings.Contains(text, "projects.") {
		p.t.Errorf("more than the least: %s", text)
	}
	p.version = p.dev.send(one, one+"/draft").at("/versions/ver_")
	p.dev.send(one, one+"/end").says("Its token opens nothing any more")
	p.call(raw, "GET", webFlags(p.lab), "", http.StatusUnauthorized)
	edit := p.version + "/edit"
	p.dev.send(edit, edit, "number", "1.0.0", "purpose:flags.read", "Shows which flags a deployment touches.").at(p.version)
}

func (p *path) check() seen {
	p.t.Helper()
	return p.dev.send(p.version+"/checklist", p.version+"/checklist/run")
}

func (p *path) fail() {
	p.dev.get(p.version + "/checklist").says("The checks have not run yet")
	p.check().says("It cannot be handed in yet", "Failed", "It has not met a limit (429) in a sandbox yet.", "It has not been removed from a sandbox yet.")
	p.dev.send(p.version+"/submit", p.version+"/submit", "reach", "all").says("It met a revoked token (401), and nothing has passed since.")
}

// mend does what the checks asked for.
func (p *path) mend() {
	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
	p.world.Host("www.deploybot.com", hello)
	p.world.Host("docs.deploybot.com", hello)
	settings, listing, domains := p.app+"/settings", p.app+"/listing", p.group+"/domains"
	p.dev.send(settings, settings, "homepage", "https://www.deploybot.com", "support", "help@deploybot.com").at(p.app)
	p.dev.send(listing, listing, "privacy", "https://www.deploybot.com/privacy", "documentation_url", "https://docs.deploybot.com").at(listing)
	added := p.dev.send(domains, domains, "name", "deploybot.com")
	added.says("_guestright-challenge.deploybot.com")
	check := p.one(domains+`/dom_[0-9a-z]+/check`, added.body)
	p.dev.send(domains, check).says("No proof for deploybot.com was found")
	p.world.Record("_guestright-challenge.deploybot.com", p.one(`guestright-domain=[0-9A-Za-z_-]+`, added.body))
	p.clock.Advance(domain.Again)
	p.dev.send(domains, check).says("deploybot.com is proven to be yours")
	p.work()
}

// setUp installs the application in an account by its install link.
func (p *path) setUp(v *visitor, a account.Account) string {
	p.t.Helper()
	at := "/accounts/" + a.ID.String() + "/install"
	return v.send("/install/"+p.public, at).at("/installations/")
}

// work installs it in the sandbox, lets it call, be slowed down and refused, and
// removes it.
func (p *path) work() {
	p.t.Helper()
	in := p.setUp(p.dev, p.lab)
	raw := p.Token(p.key, p.lab.Key)
	p.call(raw, "GET", webFlags(p.lab), "", http.StatusOK)
	for _, step := range []struct {
		simulate string
		status   int
	}{{"rate_limited", http.StatusTooManyRequests}, {"", http.StatusOK}, {"revoked_key", http.StatusUnauthorized}, {"", http.StatusOK}} {
		p.clock.Advance(time.Minute)
		p.call(raw, "GET", webFlags(p.lab), step.simulate, step.status)
	}
	p.dev.send(in+"/remove", in+"/remove", "reason", "The trial is over.", "phrase", "Deploybot").says("Deploybot is removed.")
	p.call(raw, "GET", webFlags(p.lab), "", http.StatusUnauthorized)
}

// pass runs the checks again and hands the version in.
func (p *path) pass() {
	p.check().says("Nothing failed", "Everything that a machine can check is fine", "It met a limit (429), and went on.")
	p.dev.send(p.version+"/submit", p.version+"/submit", "reach", "all").says("waits for review")
}

// approve is the operator, who belongs to no group of the developer's.
func (p *path) approve(number string) {
	at := "/operator" + p.version
	p.olga.get("/operator/versions").says("Deploybot "+number, "Northwind Labs")
	p.olga.send(at, at+"/take").says("It is yours")
	p.olga.send(at, at+"/decide", "answer", "approve").says("answer")
	var marks []string
	for _, q := range checklist.Questions {
		marks = append(marks, "verdict_"+q.Code, string(checklist.OK))
	}
	p.olga.send(at, at+"/marks", marks...).says("Saved")
	p.olga.send(at, at+"/decide", "answer", "approve").says("Approved")
}

// list lets everybody find it.
func (p *path) list() {
	listing := p.app + "/listing"
	if strings.Contains(p.dev.get("/directory?q=Deploybot").text(), "Install Deploybot") {
		p.t.Error("it is in the directory before anybody put it there")
	}
	p.dev.send(listing, listing+"/visibility", "visibility", "public").says("Choose a category.")
	p.dev.send(listing, listing, "category", "developer-tools").at(listing)
	p.dev.send(listing, listing+"/visibility", "visibility", "public").says("Everybody finds it in the directory now.")
}

// install is an administrator elsewhere, who finds it and reads what it needs.
func (p *path) install() {
	v, user := p.enrolled("Grace", "grace@lakeside.example", false)
	p.customer, p.grace = p.account(account.Draft{Key: "lakeside", Name: "Lakeside Software"}, user), v
	found := v.get("/directory?q=Deploybot").says("Deploybot", "Turns flags on when you deploy.")
	entry := v.get(found.link("Deploybot")).says("Northwind Labs")
	v.get(entry.link("ustomer sheet")).says("Customer sheet of Deploybot 1.0.0", "flags.read", "Shows which flags a deployment touches.")
	v.signIn("grace@lakeside.example")
	if link := entry.link("Install"); !strings.HasSuffix(link, "/install/"+p.public) {
		p.t.Errorf("install leads to %s", link)
	}
	p.installed = p.setUp(v, p.customer)
	p.call(p.Token(p.key, p.customer.Key), "GET", webFlags(p.customer), "", http.StatusOK)
}

// second is a version that asks for one scope more.
func (p *path) second() {
	form := p.app + "/versions/new"
	more := []string{"notes", "It turns flags on by itself.", "want:flags.read", "required", "purpose:flags.read", "Shows which flags a deployment touches.",
		"want:flags.write", "required", "purpose:flags.write", "Turns a flag on after a deployment."}
	p.version = p.dev.send(form, form, append(more, "number", "1.1.0")...).says("The number must be at least 2.0.0.").at("/versions/ver_")
	edit := p.version + "/edit"
	p.dev.send(edit, edit, "number", "2.0.0").says("What changes since 1.0.0").at(p.version)
	p.check().says("flags.write", "It cannot be handed in yet")
	raw, one := p.recording()
	p.call(raw, "DELETE", webFlags(p.lab)+"/x", "", http.StatusOK)
	p.dev.send(one, one+"/end").says("flags.write")
	p.pass()
	p.approve("2.0.0")
}

// accept is the customer's administrator, who reads the difference first.
func (p *path) accept() {
	raw := p.Token(p.key, p.customer.Key)
	p.call(raw, "GET", webFlags(p.customer), "", http.StatusOK)
	p.call(raw, "DELETE", webFlags(p.customer)+"/x", "", http.StatusForbidden)
	p.grace.get(p.installed).says("2.0.0")
	update := p.installed + "/update"
	p.grace.get(update).says("New, and needed by the new version", "flags.write", "Turns a flag on after a deployment.")
	p.grace.send(update, update).says("has the new version")
	p.call(p.Token(p.key, p.customer.Key), "DELETE", webFlags(p.customer)+"/x", "", http.StatusOK)
}
