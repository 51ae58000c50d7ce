package server_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/kit/secret"
)

// deskView is the administrator of a desk at a browser.
type deskView struct {
	*desk
	*pagetest.Browser
	seen int
}

// at opens an address, and signs in first where the session has ended.
func (v *deskView) at(url string) {
	v.T.Helper()
	v.Goto(url)
	if v.Has("#f-password") {
		v.Fill("#f-email", "grace@example.com")
		v.Fill("#f-password", deskPass)
		v.Follow(`form:has(#f-password) .btn[type=submit]`) // leads back to the address
	}
}

func (v *deskView) says(words ...string) {
	v.T.Helper()
	text := v.Text("body")
	for _, w := range words {
		if !strings.Contains(text, w) {
			v.T.Errorf("%s does not say %q:\n%s", v.Browser.URL(), w, text)
		}
	}
}

// press follows a link or button with these words; about, if given, stands for readers behind them.
func (v *deskView) press(words string) {
	v.T.Helper()
	mark := fmt.Sprintf(`(() => {
		for (const e of document.querySelectorAll("[data-desk]")) delete e.dataset.desk;
		const one = Array.from(document.querySelectorAll("a, button")).find((e) => { const s = e.cloneNode(true); s.querySelectorAll(".sr-only").forEach((x) => x.remove()); return s.textContent.trim() === %q; });
		if (one) one.dataset.desk = "1";
		return !!one;
	})()`, words)
	if !pagetest.Eval[bool](v.Browser, mark) {
		v.T.Fatalf("%s has nothing to press called %q:\n%s", v.Browser.URL(), words, v.Text("body"))
	}
	v.Follow("[data-desk]")
}

// look proves that the open page is accessible in both themes and fits a phone.
func (v *deskView) look(name string) {
	v.T.Helper()
	v.seen++
	name = fmt.Sprintf("life-%02d-%s", v.seen, name)
	keep := func(name string) {
		if os.Getenv("GUESTRIGHT_SHOTS") != "" {
			v.Screenshot(name)
		}
	}
	v.Sound()
	keep(name)
	v.Emulate(pagetest.View{Dark: true})
	v.Axe()
	keep(name + "-dark")
	v.Emulate(pagetest.View{Width: 375, Height: 800})
	v.Fits()
	keep(name + "-phone")
	v.Emulate(pagetest.View{})
}

var shownToken = regexp.MustCompile(`gr(pk|pt|st)_[0-9A-Za-z]{46}`)

// taken is the token that the open page shows.
func (v *deskView) taken() string {
	v.T.Helper()
	raw := shownToken.FindString(v.Text("main"))
	if !secret.WellFormed(raw) {
		v.T.Fatalf("%s shows no token:\n%s", v.Browser.URL(), v.Text("body"))
	}
	return raw
}

func (v *deskView) confirm() {
	v.T.Helper()
	v.Follow(`.confirm .btn[type=submit]`)
}

// Must show 5, in the browser; H1, H5 to H9 and H11 as an administrator sees them: a token is made,
// called with, rotated with overlap, cancelled, rotated again, extended, browned out, expired, left
// unused until it is disabled, restored, rotated at once and deleted.
func TestTokenLifeInTheBrowser(t *testing.T) {
	t.Parallel()
	v := &deskView{desk: newDesk(t), Browser: pagetest.Open(t)}
	const day = 24 * time.Hour
	end := func(raw string) string { return "grpk_…" + raw[len(raw)-4:] }

	// H1: made, shown once.
	v.at(v.House.URL + "/accounts/" + v.account.ID.String() + "/private/new")
	v.Fill("#f-name", "Nightly export")
	v.Click(`input[name="scope"][value="flags.read"]`)
	v.Follow(`form:has(#f-name) .btn[type=submit]`)
	first := v.taken()
	v.calls("a call", first, "")
	v.press("I have stored the token")
	home := v.Browser.URL()
	v.says("Token "+end(first), "Works", "List the flags of a project, from 127.0.0.0/24")
	if strings.Contains(v.Text("body"), first) {
		t.Error("the token is shown again")
	}

	// H6, H8: both work in the overlap, and the page shows that the old one is used.
	rotate := func() string {
		v.press("Rotate with overlap…")
		v.says("With seven days that is on", "cancel the rotation, extend the overlap")
		v.confirm()
		v.says("works until")
		raw := v.taken()
		v.press("I have stored the token")
		return raw
	}
	v.press("Rotate with overlap…")
	v.look("rotate")
	v.at(home)
	second := rotate()
	v.says("A rotation is under way.", "was not used since it began")
	v.clock.Advance(time.Hour)
	v.calls("the old one in the overlap", first, "")
	v.calls("the new one in the overlap", second, "")
	v.at(home)
	v.says("The old token is still in use.", end(first)+" was last used just now: List the flags of a project, from 127.0.0.0/24", "Old token "+end(first), "New token "+end(second))
	v.look("overlap")

	// H7: cancel, rotate again, extend, brown-out, end.
	v.press("Cancel the rotation…")
	v.says(end(second)+", the new token, is refused", "It was last used")
	v.look("cancel")
	v.confirm()
	v.says("The rotation is cancelled.", "Ended tokens: 1")
	v.calls("the old one after cancelling", first, "")
	v.calls("the new one after cancelling", second, "token_revoked")
	third := rotate()
	v.press("Extend…")
	v.Fill("#f-days", "91")
	pagetest.Eval[bool](v.Browser, `document.querySelector(".confirm form").noValidate = true`)
	v.confirm()
	v.says("A number of days from 1 on.")
	v.Fill("#f-days", "7")
	v.look("extend")
	v.confirm()
	v.says("The overlap is longer")
	v.clock.Advance(10 * day)
	v.calls("the old one, extended", first, "")
	v.at(home)
	v.press("Brown-out…")
	v.says("In the last 7 days it made 1 call from 1 network.", "the new token, works all the time")
	v.look("brown-out")
	v.confirm()
	v.says("Brown-out: refused now", "Works again")
	v.calls("in the brown-out", first, "token_brown_out")
	v.calls("the new one meanwhile", third, "")
	v.clock.Advance(2 * time.Minute)
	v.calls("after the brown-out", first, "")
	v.at(home)
	v.press("End it now…")
	v.look("expire")
	v.confirm()
	v.says("The overlap is over.", "Ended tokens: 2")
	v.calls("the old one, ended", first, "token_expired")
	v.calls("the new one, the old ended", third, "")

	// H9: three notices that lead to the integration, disabled, restored.
	begin := v.clock.Now()
	for n, at := range []int{75, 83, 89} {
		v.clock.Advance(begin.Add(time.Duration(at) * day).Sub(v.clock.Now()))
		v.watch()
		v.notices("token.unused", n+1)
	}
	v.at(v.House.URL + "/inbox")
	v.says("about to be disabled")
	v.look("inbox")
	v.press("Open")
	if v.Browser.URL() != home {
		t.Errorf("the notice leads to %s, not to %s", v.Browser.URL(), home)
	}
	v.says("Unused", "Disabled unless used")
	v.look("unused")
	v.clock.Advance(day)
	v.watch()
	v.notices("token.disabled", 1)
	v.calls("after ninety days", third, "token_idle")
	v.at(home)
	v.says("Disabled: nobody used it", "Can be restored until")
	v.look("disabled")
	v.press("Restore…")
	v.confirm()
	v.calls("restored", third, "")

	// H5: at once, with a reason.
	v.press("Rotate now…")
	v.says("is refused from now on. This can't be undone.", "In the last 7 days it made 1 call")
	v.Fill("#f-reason", "It stood in a log.")
	v.look("rotate-now")
	v.confirm()
	fourth := v.taken()
	v.calls("the old one, rotated now", third, "token_expired")
	v.calls("its successor", fourth, "")

	// H11: what would stop, a typed name, and the way back.
	v.press("I have stored the token")
	v.says("It stood in a log.", "ended the overlap of a token")
	v.press("Delete…")
	v.says("What would stop", "4 calls, 2 of them refused, from 1 network.")
	v.Fill("#f-phrase", "Nightly")
	v.confirm()
	v.says("Type the name exactly")
	v.Fill("#f-phrase", "Nightly export")
	v.confirm()
	v.calls("deleted", fourth, "grant_ended")
	v.press("Undo the deletion")
	v.calls("undone", fourth, "")
}
