package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/kit/store"
)

// byName is the console's address with a host name: browsers offer passkeys to names only.
func (h *house) byName() string { return strings.Replace(h.URL, "127.0.0.1", "localhost", 1) }

const (
	passkeyAdd  = "form[data-passkey=create] button"
	passkeyOpen = "form[data-passkey=get] button"
)

// fails presses the button and waits for the words under the browser's name of an error.
func fails(t *testing.T, b *pagetest.Browser, button, name, words string) {
	t.Helper()
	b.Click(button)
	at := "[data-passkey-fault=" + name + "]"
	b.Wait(at)
	if got := b.Text(at); !strings.Contains(got, words) {
		t.Errorf("it says %q, not %q", got, words)
	}
	if n := pagetest.Eval[int](b, "document.querySelectorAll('[data-passkey-fault]:not([hidden])').length"); n != 1 {
		t.Errorf("%d faults are shown", n)
	}
}

func leaves(b *pagetest.Browser) {
	pagetest.Eval[bool](b, "(document.querySelector(\"form[action='/sign-out']\").requestSubmit(), true)")
	b.Wait("form[action='/sign-in']")
}

func TestPasskeyIsAddedAndSignsIn(t *testing.T) {
	h := newHouse(t)
	ada := h.person("Ada", "ada@northwind.example")
	b := pagetest.Open(t)
	device := b.Authenticator()
	b.Goto(h.byName() + "/sign-in?next=/me/passkeys")
	b.Sound()
	b.Screenshot("passkey-sign-in")
	fails(t, b, passkeyOpen, "NotAllowedError", "add one under")
	b.Sound()
	b.Fill("#f-email", "ada@northwind.example")
	b.Fill("#f-password", pass)
	b.Follow("form[action='/sign-in'] button")

	device.Verify(false) // somebody else holds the device
	b.Fill("#f-name", "Work laptop")
	fails(t, b, passkeyAdd, "NotAllowedError", "No passkey was made.")
	b.Sound()
	b.Screenshot("passkey-add")
	device.Verify(true)
	b.Follow(passkeyAdd)
	if text := b.Text("main"); !strings.HasSuffix(b.URL(), "/me") || !strings.Contains(text, "Work laptop") || !strings.Contains(text, "not yet") {
		t.Fatalf("%s says %s", b.URL(), text)
	}
	b.Sound()
	b.Goto(h.byName() + "/me/passkeys")
	b.Fill("#f-name", "Again")
	fails(t, b, passkeyAdd, "InvalidStateError", "This device has a passkey for you already.")

	leaves(b)
	b.Goto(h.byName() + "/sign-in?next=/inbox")
	b.Follow(passkeyOpen)
	if !strings.HasSuffix(b.URL(), "/inbox") {
		t.Fatalf("led to %s: %s", b.URL(), b.Text("main"))
	}
	b.Goto(h.byName() + "/me")
	if text := b.Text("main"); strings.Contains(text, "not yet") {
		t.Errorf("the passkey counts as unused: %s", text)
	}
	by, at, err := h.Sessions.Principal(t.Context(), ada.token)
	must(t, err)
	all, err := h.Identity.Sessions(t.Context(), by, at)
	must(t, err)
	methods := map[string]int{}
	for _, s := range all {
		methods[s.Method]++
	}
	if methods["passkey"] != 1 {
		t.Errorf("the sessions began by %v", methods)
	}

	h.clock.Advance(20 * time.Minute) // a confirmation lasts 15
	b.Goto(h.byName() + "/me/passkeys")
	if !strings.HasSuffix(b.URL(), "/confirm?next=%2Fme%2Fpasskeys") {
		t.Fatalf("an old sign-in gets %s", b.URL())
	}
	b.Sound()
	b.Screenshot("passkey-confirm")
	b.Follow(passkeyOpen)
	if !strings.HasSuffix(b.URL(), "/me/passkeys") || !b.Has(passkeyAdd) {
		t.Errorf("confirmed, and led to %s", b.URL())
	}

	// Renamed and removed by its owner, on pages of their own.
	by, at, err = h.Sessions.Principal(t.Context(), ada.token)
	must(t, err)
	keys, err := h.Identity.Passkeys(t.Context(), by, at)
	must(t, err)
	one := "/me/passkeys/" + keys[0].ID.String()
	b.Goto(h.byName() + "/me")
	b.Follow("a[href='" + one + "']")
	b.Look("passkey-one")
	b.Fill("#f-name", "Old laptop")
	b.Follow("form[action='" + one + "'] button")
	if text := b.Text("main"); !strings.HasSuffix(b.URL(), "/me") || !strings.Contains(text, "The passkey is called “Old laptop” now.") || strings.Contains(text, "Work laptop") {
		t.Errorf("%s says %s", b.URL(), text)
	}
	b.Sound()
	b.Screenshot("passkey-me")
	b.Follow("a[href='" + one + "/remove']")
	b.Sound()
	b.Screenshot("passkey-remove")
	b.Follow("form[action='" + one + "/remove'] button")
	if text := b.Text("main"); !strings.HasSuffix(b.URL(), "/me") || !strings.Contains(text, "The passkey “Old laptop” is removed.") {
		t.Errorf("%s says %s", b.URL(), text)
	}

	leaves(b)
	b.Goto(h.byName() + "/sign-in?next=/inbox")
	b.Follow(passkeyOpen)
	if text := b.Text("main"); !strings.Contains(text, "This passkey does not open anything here.") || !b.Has("input[name=next][value='/inbox']") {
		t.Errorf("a removed passkey: %s", text)
	}
	device.Empty()
	fails(t, b, passkeyOpen, "NotAllowedError", "No passkey was used.")
}

// A passkey is its owner's alone; its name is checked; the only way in is kept.
func TestPasskeyIsRenamedAndRemoved(t *testing.T) {
	h := newHouse(t)
	ada, eve := h.person("Ada", "ada@northwind.example"), h.person("Eve", "eve@else.example")
	b := pagetest.Open(t)
	b.Authenticator()
	b.Goto(h.byName() + "/sign-in?next=/me/passkeys")
	b.Fill("#f-email", "ada@northwind.example")
	b.Fill("#f-password", pass)
	b.Follow("form[action='/sign-in'] button")
	b.Fill("#f-name", "Phone")
	b.Follow(passkeyAdd)
	by, at, err := h.Sessions.Principal(t.Context(), ada.token)
	must(t, err)
	keys, err := h.Identity.Passkeys(t.Context(), by, at)
	must(t, err)
	one := "/me/passkeys/" + keys[0].ID.String()
	ada.get("/me").has(t, "Phone", "Rename…", "Remove…")
	ada.submit(one, one, "name", " ").has(t, "Give the passkey another name.")
	ada.submit(one, one, "name", strings.Repeat("x", 121)).has(t, "Give the passkey another name.", "Passkey “Phone”")
	ada.submit(one, one, "name", "<b>Tablet</b>").led(t, "/me")
	ada.get("/me").has(t, "<b>Tablet</b>")
	for _, path := range []string{one, one + "/remove", "/me/passkeys/psk_00000000000000000000000000", "/me/passkeys/x"} {
		if a := eve.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("somebody else's %s answers %d", path, a.StatusCode)
		}
	}
	must(t, h.db.Write(t.Context(), func(tx *store.Tx) error { // somebody who came without a password
		_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_user SET password = '' WHERE id = ?", by.User)
		return err
	}))
	if a := ada.submit(one+"/remove", one+"/remove").has(t, "The passkey stays.", "This is the only way you can sign in."); a.StatusCode != http.StatusConflict {
		t.Errorf("the last way in: %d", a.StatusCode)
	}
	ada.get("/me").has(t, "<b>Tablet</b>")
}

// Without a script, and where the browser knows no passkeys, the pages say so and the rest works.
func TestPasskeysAreAnAddition(t *testing.T) {
	h := newHouse(t)
	h.person("Ada", "ada@northwind.example")
	b := pagetest.Open(t)
	b.Emulate(pagetest.View{NoScript: true, Width: 400})
	b.Goto(h.byName() + "/sign-in?next=/me/passkeys")
	b.Fill("#f-email", "ada@northwind.example")
	b.Fill("#f-password", pass)
	b.Follow("form[action='/sign-in'] button")
	if text := b.Text("main"); !strings.Contains(text, "needs a browser that runs scripts") || strings.Contains(text, "Name") {
		t.Errorf("without a script: %s", text)
	}
}

// Passkeys belong to a host name; at an address made of numbers the pages lead to the name.
func TestPasskeysNeedAName(t *testing.T) {
	h := newHouse(t)
	c := h.person("Ada", "ada@northwind.example")
	there := h.byName()
	c.get("/me/passkeys").has(t, "Passkeys need a host name.", there+"/me/passkeys")
	h.guest().get("/sign-in?next=/inbox").has(t, "Passkeys need a host name: open "+there+"/sign-in?next=%2Finbox")
	h.Identity.Base = "https://192.0.2.7"
	c.get("/me/passkeys").has(t, "once the operator gives this console a name")
	if a := h.guest().get("/sign-in"); strings.Contains(strings.ToLower(a.text()), "passkey") {
		t.Errorf("the sign-in page speaks of passkeys: %s", a.text())
	}
}

func TestPasskeyAnswersAreChecked(t *testing.T) {
	h := newHouse(t)
	h.Server.URL = h.byName()
	c, g := h.person("Ada", "ada@northwind.example"), h.guest()
	begun := func(a answer) (out struct {
		Options struct {
			PublicKey struct {
				Challenge string
				RP        struct{ ID string }
				RPID      string `json:"rpId"`
			}
		}
		Exchange, Go, Detail string
	}) {
		t.Helper()
		if a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s has the headers %v", a.path, a.Header)
		}
		must(t, json.Unmarshal([]byte(a.body), &out))
		return out
	}
	if got := begun(g.post("/me/passkeys/begin")); got.Go != "/sign-in?next=%2Fme%2Fpasskeys" || got.Exchange != "" {
		t.Errorf("a guest gets %+v", got)
	}
	for _, path := range []string{"/me/passkeys/begin", "/sign-in/passkey/begin"} {
		r := c.request(path)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if a := c.do(r); a.StatusCode != http.StatusForbidden || strings.Contains(a.body, "exchange") {
			t.Errorf("%s from another site: %d", path, a.StatusCode)
		}
	}
	if a := g.post("/sign-in/passkey", "credential", "{}"); a.StatusCode != http.StatusForbidden && a.to() != "/sign-in" {
		t.Errorf("without a form token: %d to %q", a.StatusCode, a.to())
	}

	in := begun(g.post("/sign-in/passkey/begin"))
	if in.Options.PublicKey.Challenge == "" || in.Options.PublicKey.RPID != "localhost" {
		t.Errorf("options: %+v", in)
	}
	token := func(c *client, on, action string) string {
		t.Helper()
		found, err := c.get(on).formToken(action)
		must(t, err)
		return found
	}
	for _, credential := range []string{"", "nonsense", "{}", `{"id":"x"}`} {
		a := g.post("/sign-in/passkey", "exchange", in.Exchange, "credential", credential, "next", "//evil.example", "form_token", token(g, "/sign-in", "/sign-in/passkey"))
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", credential, a.StatusCode)
		}
		if !strings.Contains(a.text(), "does not open anything here") && !strings.Contains(a.text(), "Begin again") {
			t.Errorf("%q: %s", credential, a.text())
		}
		in = begun(g.post("/sign-in/passkey/begin"))
	}

	add := begun(c.post("/me/passkeys/begin"))
	send := func(fields ...string) answer {
		return c.post("/me/passkeys", append(fields, "form_token", token(c, "/me/passkeys", "/me/passkeys"))...)
	}
	send("name", "Laptop").has(t, "needs a browser that runs scripts")
	send("name", "Laptop", "exchange", add.Exchange, "credential", "nonsense").has(t, "could not be verified")
	send("name", strings.Repeat("x", 300), "exchange", add.Exchange, "credential", "{}").has(t, "Give the passkey another name.")
	send("name", "Laptop", "exchange", "made up", "credential", "{}").has(t, "took too long or was answered before")
	h.clock.Advance(20 * time.Minute) // a confirmation lasts 15
	if got := begun(c.post("/me/passkeys/begin")); got.Go != "/confirm?next=%2Fme%2Fpasskeys" {
		t.Errorf("an old sign-in gets %+v", got)
	}
	c.get("/me/passkeys").led(t, "/confirm?next=%2Fme%2Fpasskeys")
}
