package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	h := newHouse(t)
	here := h.person("Ada", "ada@northwind.example")
	there := h.guest()
	there.submit("/sign-in", "/sign-in", "email", "ada@northwind.example", "password", pass).led(t, "/")
	here.get("/me").has(t, "Where you are signed in", "This browser", "Sign out everywhere else")
	const better = "orchard-kettle-52-lamp"
	here.submit("/me/password", "/me/password", "current", "not mine at all", "password", better).has(t, "The present password is wrong.")
	h.clock.Advance(time.Minute)
	here.submit("/me/password", "/me/password", "current", pass, "password", "password").has(t, "12")
	h.clock.Advance(time.Minute)
	here.submit("/me/password", "/me/password", "current", pass, "password", better).led(t, "/me")
	here.get("/me").has(t, "Your new password is set.")
	there.get("/me").led(t, "/sign-in")
}

// The second step is set up with an app, asked for at sign-in, and a recovery code replaces it.
func TestAuthenticatorAppIsASecondStep(t *testing.T) {
	h := newHouse(t)
	c := h.person("Ada", "ada@northwind.example")
	shown := c.submit("/me/app", "/me/app").has(t, "Scan this picture")
	key := regexp.MustCompile(`[A-Z2-7]{32}`).FindString(shown.text())
	code := func() string {
		n, err := totp.GenerateCode(key, h.clock.Now())
		must(t, err)
		return n
	}
	token, err := shown.formToken("/me/app/confirm")
	must(t, err)
	done := c.post("/me/app/confirm", "code", code(), "form_token", token).has(t, "Recovery codes", "shown only now")
	if done.Header.Get("Cache-Control") != "no-store" {
		t.Error("the recovery codes may be stored")
	}
	c.get("/me").has(t, "recovery codes left")
	again := c.submit("/me/app", "/me/app/codes").has(t, "Recovery codes", "These replace the ones you had")
	if again.Header.Get("Cache-Control") != "no-store" {
		t.Error("the new recovery codes may be stored")
	}
	written := regexp.MustCompile(`[a-z0-9]{4,6}(-[a-z0-9]{4,6})+`)
	old, fresh := written.FindString(done.text()), written.FindString(again.text())
	if old == "" || fresh == "" || old == fresh {
		t.Fatalf("codes %q, then %q", old, fresh)
	}

	g := h.guest()
	h.clock.Advance(time.Minute)
	step := g.submit("/sign-in", "/sign-in", "email", "ada@northwind.example", "password", pass, "next", "/inbox").has(t, "One more step")
	if strings.Contains(step.body, pass) {
		t.Error("the password stands on the page")
	}
	held := regexp.MustCompile(`name="held" value="([^"]+)"`).FindStringSubmatch(step.body)
	if held == nil {
		t.Fatal("the password is not carried on")
	}
	token, err = step.formToken("/sign-in")
	must(t, err)
	if a := g.post("/sign-in", "email", "eve@northwind.example", "held", held[1], "code", code(), "form_token", token); a.to() != "" {
		t.Errorf("what is held for one address works for another: %q", a.to())
	}
	token, err = g.get("/sign-in").formToken("/sign-in")
	must(t, err)
	g.post("/sign-in", "email", "ada@northwind.example", "held", held[1], "code", code(), "next", "/inbox", "form_token", token).led(t, "/inbox")

	h.clock.Advance(time.Minute)
	lost := h.guest()
	if a := lost.submit("/sign-in", "/sign-in", "email", "ada@northwind.example", "password", pass, "code", old); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a replaced recovery code: %d", a.StatusCode)
	}
	h.clock.Advance(time.Minute)
	lost.submit("/sign-in", "/sign-in", "email", "ada@northwind.example", "password", pass, "code", fresh).led(t, "/")
}

// What is asked for by mail happens only after the link is opened and confirmed.
func TestMailedLinksAskBeforeTheyAct(t *testing.T) {
	h := newHouse(t)
	c := h.person("Ada", "ada@northwind.example")
	c.submit("/me/email", "/me/email", "email", "nonsense").has(t, "ada@example.com")
	c.submit("/me/email", "/me/email", "email", "ada@elsewhere.example").led(t, "/me")
	link := strings.TrimPrefix(h.link(), h.URL)
	_, raw, _ := strings.Cut(link, "?link=")
	c.get(link).has(t, "Use the new address?")
	c.get("/me").has(t, "ada@northwind.example")
	c.submit(link, "/verify-email", "link", raw).led(t, "/me")
	c.get("/me").has(t, "ada@elsewhere.example")

	c.submit("/me/delete", "/me/delete").led(t, "/me")
	link = strings.TrimPrefix(h.link(), h.URL)
	_, raw, _ = strings.Cut(link, "?link=")
	c.submit(link, "/delete-account", "link", raw).has(t, "Your account is closed", "22 March 2026")
	c.get("/me").led(t, "/sign-in")
}

func TestForgottenPasswordIsReset(t *testing.T) {
	h := newHouse(t)
	h.person("Ada", "ada@northwind.example")
	g := h.guest()
	known := g.submit("/forgot", "/forgot", "email", "ada@northwind.example").text()
	link := strings.TrimPrefix(h.link(), h.URL)
	h.clock.Advance(time.Minute)
	unknown := g.submit("/forgot", "/forgot", "email", "bob@northwind.example").text()
	if strings.ReplaceAll(known, "ada@", "") != strings.ReplaceAll(unknown, "bob@", "") {
		t.Errorf("the answers tell who has an account:\n%s\n%s", known, unknown)
	}
	_, raw, _ := strings.Cut(link, "?link=")
	const better = "orchard-kettle-52-lamp"
	g.submit(link, "/reset", "link", raw, "password", "short").has(t, "Choose another password.")
	g.submit(link, "/reset", "link", raw, "password", better).led(t, "/sign-in")
	h.clock.Advance(time.Minute)
	g.submit("/sign-in", "/sign-in", "email", "ada@northwind.example", "password", pass).has(t, "Address or password is wrong.")
	h.clock.Advance(time.Minute)
	if a := g.submit("/sign-in", "/sign-in", "email", "ada@northwind.example", "password", better); a.StatusCode != http.StatusSeeOther {
		t.Errorf("the new password: %d %s", a.StatusCode, a.text())
	}
}
