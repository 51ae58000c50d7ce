package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// U-01: a form that another site's page sends does nothing, however complete it is.
func TestU01AnotherSitesFormDoesNothing(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	draft := "/applications/" + x.app.ID.String() + "/keys/" + x.key.ID.String()
	for _, path := range []string{draft + "/rotate", draft + "/revoke", "/versions/" + x.live.ID.String() + "/retire", "/sign-out", "/applications/" + x.app.ID.String() + "/delete"} {
		good := ""
		if a := dev.get(path); a.StatusCode == http.StatusOK {
			var err error
			good, err = a.formToken(path)
			must(t, err)
		}
		for _, from := range []string{"cross-site", "same-site"} {
			r := dev.request(path, "form_token", good, "overlap", "0", "confirm", "Deploybot")
			r.Header.Set("Sec-Fetch-Site", from)
			r.Header.Set("Origin", "https://evil.example")
			if a := dev.do(r); a.StatusCode != http.StatusForbidden {
				t.Errorf("%s from %s: %d", path, from, a.StatusCode)
			} else {
				a.has(t, "came from another site's page")
			}
		}
		if a := dev.post(path, "overlap", "0", "confirm", "Deploybot"); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s without a form token: %d", path, a.StatusCode)
		}
	}
	// The strangers' attempts have not used the form up.
	revoke := draft + "/revoke"
	mine, err := dev.get(revoke).formToken(revoke)
	must(t, err)
	r := dev.request(revoke, "form_token", mine)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	dev.do(r)
	keys, err := h.Applications.ListKeys(t.Context(), dev.by(), x.app.ID)
	must(t, err)
	if len(keys) != 1 || !keys[0].Usable(h.clock.Now()) {
		t.Errorf("the keys have changed: %+v", keys)
	}
	dev.post(revoke, "form_token", mine).led(t, "/applications/")
}

// A form works once, for its own session and for its own address.
func TestFormTokensAreBoundAndWorkOnce(t *testing.T) {
	h := newHouse(t)
	ada, eve := h.person("Ada", "ada@northwind.example"), h.person("Eve", "eve@northwind.example")
	token, err := ada.get("/groups/new").formToken("/groups/new")
	must(t, err)
	if a := eve.post("/groups/new", "name", "Stolen", "form_token", token); a.StatusCode != http.StatusForbidden {
		t.Errorf("another person's token: %d", a.StatusCode)
	}
	if a := ada.post("/me", "name", "Ada", "form_token", token); a.StatusCode != http.StatusForbidden {
		t.Errorf("another form's token: %d", a.StatusCode)
	}
	ada.post("/groups/new", "name", "Northwind Labs", "form_token", token).led(t, "/groups/grp_")
	if a := ada.post("/groups/new", "name", "Northwind Twice", "form_token", token); a.StatusCode != http.StatusForbidden {
		t.Errorf("a second time: %d", a.StatusCode)
	}
	groups, err := h.Groups.List(t.Context(), ada.by())
	must(t, err)
	if len(groups) != 2 { // the personal one and this
		t.Errorf("%d groups", len(groups))
	}
}

// U-03: what comes back from the address or a form is text, never markup.
func TestU03MarkupInInputIsShownAsText(t *testing.T) {
	h := newHouse(t)
	c := h.guest()
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	bad := []answer{
		c.get("/sign-in?next=" + "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
		c.get("/verify?link=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
		c.get("/reset?link=%22%3E%3Cimg+src=x+onerror=alert(1)%3E"),
		c.submit("/sign-in", "/sign-in", "email", evil, "password", evil),
		c.submit("/sign-up", "/sign-up", "email", evil, "name", evil, "company", evil, "password", "short"),
		c.get("/%3Cscript%3Ealert(1)%3C/script%3E"),
	}
	dev := h.person(`Ada <b>x</b>`, "ada@northwind.example")
	x := h.team(dev, h.person("Grace", "grace@lakeside.example"))
	form := "/groups/" + x.group.ID.String() + "/applications/new"
	bad = append(bad, dev.submit(form, form, "name", evil, "description", "", "homepage", "javascript:alert(1)"), dev.get("/"))
	for _, a := range bad {
		for _, part := range []string{"<script>alert", "<img src=x", "<b>x</b>", `href="javascript:`} {
			if strings.Contains(a.body, part) {
				t.Errorf("%s repeats %s", a.path, part)
			}
		}
		if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s has the policy %q", a.path, csp)
		}
	}
}

// U-05: a new session at sign-in, none after sign-out, none after a role is lost.
func TestU05SessionsChangeAndEnd(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	before := dev.token
	fixed := h.guest()
	fixed.get("/sign-in")
	in := fixed.submit("/sign-in", "/sign-in", "email", "ada@northwind.example", "password", pass, "next", "/inbox")
	in.led(t, "/inbox")
	set := ""
	for _, k := range in.Cookies() {
		if k.Name == h.Identity.CookieName() {
			set = k.Value
			if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Domain != "" || k.Path != "/" {
				t.Errorf("the cookie is %+v", k)
			}
		}
	}
	if set == "" || set == before {
		t.Error("the session has no new secret")
	}
	fixed.submit("/inbox", "/sign-out").led(t, "/sign-in")
	planted := h.guest()
	planted.token = set
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/inbox", nil)
	must(t, err)
	r.AddCookie(&http.Cookie{Name: h.Identity.CookieName(), Value: set})
	planted.do(r).led(t, "/sign-in")

	mate := h.person("Ben", "ben@northwind.example")
	g := "/groups/" + x.group.ID.String()
	dev.submit(g+"/members", g+"/members", "email", "ben@northwind.example", "role", "admin").led(t, g)
	mate.get(g).has(t, "Deploybot")
	out := g + "/members/" + mate.user + "/remove"
	dev.submit(out, out).led(t, g)
	mate.get(g).led(t, "/sign-in")
}

// U-09: nobody is signed into a stranger's account by a form that the stranger prepared.
func TestU09LoginFormsBelongToOneBrowser(t *testing.T) {
	h := newHouse(t)
	h.person("Mallory", "mallory@elsewhere.example")
	attacker, victim := h.guest(), h.guest()
	token, err := attacker.get("/sign-in").formToken("/sign-in")
	must(t, err)
	victim.get("/sign-in")
	a := victim.post("/sign-in", "email", "mallory@elsewhere.example", "password", pass, "form_token", token)
	if a.StatusCode != http.StatusForbidden {
		t.Errorf("the stranger's form: %d", a.StatusCode)
	}
	victim.get("/").led(t, "/sign-in")
	fresh := h.guest()
	if a := fresh.post("/sign-in", "email", "mallory@elsewhere.example", "password", pass, "form_token", token); a.StatusCode == http.StatusOK || a.to() == "/" {
		t.Errorf("a browser that has no form: %d to %q", a.StatusCode, a.to())
	}
	fresh.get("/").led(t, "/sign-in")
}

// After signing in one is led to a page of ours, wherever the address points.
func TestNextLeadsNowhereElse(t *testing.T) {
	h := newHouse(t)
	h.person("Ada", "ada@northwind.example")
	for next, want := range map[string]string{"https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "/groups?x=1": "/groups?x=1"} {
		c := h.guest()
		if got := c.submit("/sign-in", "/sign-in", "email", "ada@northwind.example", "password", pass, "next", next).to(); got != want {
			t.Errorf("next %q leads to %q", next, got)
		}
	}
}

// What matters asks for a recent sign-in, and leads back after it.
func TestOldSessionsConfirmBeforeTheyRotate(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	path := "/applications/" + x.app.ID.String() + "/keys/" + x.key.ID.String() + "/rotate"
	page := dev.get(path)
	h.clock.Advance(20 * time.Minute)
	dev.get(path).led(t, "/confirm?next=")
	token, err := page.formToken(path)
	must(t, err)
	dev.post(path, "form_token", token, "overlap", "0").led(t, "/confirm?next=")
	dev.submit("/confirm", "/confirm", "next", path, "password", "not my password").has(t, "wrong")
	h.clock.Advance(time.Minute)
	dev.submit("/confirm", "/confirm", "next", path, "password", pass).led(t, path)
	dev.get(path).has(t, "When does the old secret end?")
}

// Every page forbids framing, caching and foreign content.
func TestPagesCarryTheirHeaders(t *testing.T) {
	h := newHouse(t)
	dev := h.person("Ada", "ada@northwind.example")
	for _, path := range []string{"/", "/groups", "/me", "/nothing", "/sign-out"} {
		a := dev.get(path)
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	if got := h.guest().get("/sign-in").Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("the sign-in page has the referrer policy %q", got)
	}
}
