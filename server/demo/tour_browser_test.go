package demo_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/server/demo"
)

// tour is one visitor of the demo with a browser.
type tour struct {
	*pagetest.Browser
	t     *testing.T
	guide demo.Guide
	seen  int
}

func newTour(t *testing.T) *tour {
	t.Helper()
	return &tour{Browser: pagetest.Open(t), t: t, guide: start(t)}
}

// look proves that the open page is accessible in both themes and fits a phone.
func (v *tour) look(name string) {
	v.t.Helper()
	v.seen++
	name = fmt.Sprintf("tour-%02d-%s", v.seen, name)
	v.Sound()
	v.keep(name)
	v.Emulate(pagetest.View{Dark: true})
	v.Axe()
	v.keep(name + "-dark")
	v.Emulate(pagetest.View{Width: 375, Height: 800})
	v.Fits()
	v.keep(name + "-phone")
	v.Emulate(pagetest.View{})
}

// keep writes a picture where somebody wants to see it; otherwise it saves the time.
func (v *tour) keep(name string) {
	if os.Getenv("GUESTRIGHT_SHOTS") != "" {
		v.Screenshot(name)
	}
}

// says reports words that the open page does not show.
func (v *tour) says(words ...string) {
	v.t.Helper()
	text := v.Text("body")
	for _, w := range words {
		if !strings.Contains(text, w) {
			v.t.Errorf("%s does not say %q:\n%s", v.URL(), w, text)
		}
	}
}

// link follows the first link or button of the page's content with exactly these words.
func (v *tour) link(words string) {
	v.t.Helper()
	mark := fmt.Sprintf(`(() => {
		for (const e of document.querySelectorAll("[data-tour]")) delete e.dataset.tour;
		const all = Array.from(document.querySelectorAll("#content a, #content button, main a, main button, nav a"));
		const one = all.find((e) => e.innerText.trim() === %q || (e.innerText.trim().startsWith(%q) && e.querySelector(".sr-only")));
		if (one) one.dataset.tour = "1";
		return !!one;
	})()`, words, words)
	if !pagetest.Eval[bool](v.Browser, mark) {
		v.t.Fatalf("%s has nothing to press called %q:\n%s", v.URL(), words, v.Text("body"))
	}
	v.Follow("[data-tour]")
}

// submit sends the form that holds a field.
func (v *tour) submit(field string) {
	v.t.Helper()
	v.Follow(`form:has(` + field + `) .btn[type=submit]`)
}

func (v *tour) choose(selector, value string) {
	v.t.Helper()
	pagetest.Eval[bool](v.Browser, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`, selector, value))
}

// code is the text of the block that a copy button would take.
func (v *tour) code(label string) string {
	v.t.Helper()
	return pagetest.Eval[string](v.Browser, fmt.Sprintf(`Array.from(document.querySelectorAll(".code")).find((e) => e.querySelector("figcaption span").innerText.endsWith(%q))?.querySelector("[data-copy-text]").textContent || ""`, label))
}

func (v *tour) copied(label string) string {
	v.t.Helper()
	return pagetest.Eval[string](v.Browser, fmt.Sprintf(`Array.from(document.querySelectorAll(".copy")).find((e) => e.querySelector("span").innerText === %q)?.querySelector("[data-copy-text]").textContent || ""`, label))
}

func (v *tour) signIn(who string) {
	v.t.Helper()
	for _, p := range v.guide.People {
		if p.Who == who {
			v.enter(p.Email, p.Password)
			return
		}
	}
	v.t.Fatalf("the demo has no %s", who)
}

func (v *tour) enter(email, password string) {
	v.t.Helper()
	v.Goto(v.guide.Console + "/sign-in")
	v.Fill("#f-email", email)
	v.Fill("#f-password", password)
	v.submit("#f-password")
}

func (v *tour) signOut() {
	v.t.Helper()
	v.Click(`details:has(form[action="/sign-out"]) > summary`)
	v.Follow(`form[action="/sign-out"] button[type=submit]`)
}

// shell runs lines as a person pastes them.
func shell(t *testing.T, lines ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "bash", "-c", strings.Join(lines, "\n")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, strings.Join(lines, "\n"), out)
	}
	return string(out)
}

func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		testenv.Tool(t, tool)
	}
}

const password = "seven violet otters drink tea"

// The tour of the README in the browser, as somebody new takes it: sign up, register, release, be
// installed, call the API by the lines that the pages show, see the call counted.
func TestTourInTheBrowser(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl")
	v := newTour(t)
	v.becomeDeveloper()
	public := v.register()
	key := v.release()
	v.signOut()
	v.install(public)
	v.signOut()
	v.call(key)
}

// becomeDeveloper signs up, with the letter read from the operator's outbox.
func (v *tour) becomeDeveloper() {
	v.Goto(v.guide.Console)
	v.look("sign-in")
	v.link("Create a developer account")
	v.Fill("#f-name", "Nora Newcomer")
	v.Fill("#f-company", "Newcomer Ltd")
	v.Fill("#f-email", "nora@newcomer.example")
	v.Fill("#f-password", password)
	v.look("sign-up")
	v.submit("#f-password")
	v.look("mail-sent")
	v.signIn("platform operator")
	v.look("operator-home")
	v.link("Outgoing mail")
	v.Click("details.fold summary")
	v.look("outbox")
	v.link("Follow its link")
	v.look("verify")
	v.Fill("#f-password", password)
	v.submit("#f-password")
	v.says("Hello, Nora")
	v.look("developer-home")
}

// register founds a group and registers an application; it returns the application ID as copied.
func (v *tour) register() string {
	v.Goto(v.guide.Console + "/groups/new")
	v.Fill("#f-name", "Newcomer - Switchboard")
	v.look("new-group")
	v.submit("#f-name")
	v.look("group")
	v.link("Register an application")
	v.Fill("#f-name", "Switchboard")
	v.Fill("#f-description", "Turns a flag on when a deployment has succeeded.")
	v.Fill("#f-domains", "newcomer.example")
	v.Fill("#f-support", "help@newcomer.example")
	v.look("register")
	v.submit("#f-description")
	v.look("application-new")
	public := v.copied("Application ID")
	if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(public) {
		v.t.Fatalf("the page offers %q as the application ID", public)
	}
	return public
}

// release creates a key and publishes a version; it returns the lines of the key's page.
func (v *tour) release() (lines [2]string) {
	v.link("Create a key")
	v.Fill("#f-label", "my laptop")
	v.look("new-key")
	v.submit("#f-label")
	v.says("Copy the secret now")
	v.look("issued-key")
	lines = [2]string{v.code("Keep the key in your shell"), v.code("Get a token")}
	v.link("I have stored the secret")
	v.look("keys")
	v.link("Overview")
	v.link("Write a version")
	v.Fill("#f-number", "1.0.0")
	for scope, purpose := range map[string]string{"flags.read": "Looks whether the flag is on already.", "flags.write": "Turns the flag on once the deployment is done."} {
		v.choose(`select[name="want:`+scope+`"]`, "required")
		v.Fill(`input[name="purpose:`+scope+`"]`, purpose)
	}
	v.look("version-editor")
	v.submit("#f-number")
	v.look("version")
	v.link("Publish…")
	v.look("publish")
	v.Follow(`form[action$="/publish"] .btn[type=submit]`)
	v.link("Overview")
	v.says("Published version", "1.0.0")
	v.look("application-published")
	return lines
}

// install is what the customer's administrator does.
func (v *tour) install(public string) {
	v.signIn("account administrator")
	v.says("Harbour Books")
	v.look("account-home")
	v.Fill(`[name="application_id"]`, public)
	v.submit(`[name="application_id"]`)
	v.says("Install Switchboard?", "See flags", "Change flags", "Looks whether the flag is on already.", "Settings > Roles", "Name of the new user")
	v.look("consent")
	v.Follow(`form:has([name="user_name"]) .btn[type=submit]`)
	v.until("Active", 20*time.Second)
	v.says("Switchboard", "Active")
	v.look("installation")
}

// call is what the developer does next: the lines of the pages, pasted.
func (v *tour) call(key [2]string) {
	v.enter("nora@newcomer.example", password)
	v.link("Switchboard")
	v.says("Call the API", "Harbour Books")
	v.look("application-installed")
	token, call := v.code("Get a token"), v.code("Call the API")
	for _, first := range []string{token, key[1]} {
		out := shell(v.t, key[0], first, call)
		if !strings.Contains(out, "HTTP/1.1 200") || !strings.Contains(out, "dark-mode") && !strings.Contains(out, `"items"`) {
			v.t.Fatalf("the product did not answer:\n%s\n%s\n%s", first, call, out)
		}
	}
	v.link("Usage")
	v.until("Harbour Books", time.Minute)
	v.says("Calls", "Passed", "Harbour Books", "List the flags of a project")
	if n := pagetest.Eval[string](v.Browser, `document.querySelector(".stat")?.innerText || ""`); !strings.Contains(n, "2") {
		v.t.Errorf("two calls were made, the page counts %q", n)
	}
	v.look("usage")
	v.link("Installations")
	v.look("customers")
	v.link("Activity")
	v.look("activity")
}

// until loads the page again until it says something.
func (v *tour) until(words string, patience time.Duration) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(v.Text("#content"), words); {
		if time.Now().After(deadline) {
			v.t.Fatalf("%s does not say %q after %v:\n%s", v.URL(), words, patience, v.Text("#content"))
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-v.t.Context().Done():
		}
		v.Goto(v.URL())
	}
}

// first is where the first link of the content leads that holds words; "" without one.
func (v *tour) first(words string) string {
	v.t.Helper()
	return pagetest.Eval[string](v.Browser, fmt.Sprintf(`(Array.from(document.querySelectorAll("#content a, main a")).find((e) => e.innerText.includes(%q)) || {href: ""}).href`, words))
}
