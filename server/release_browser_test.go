package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// window is a visitor's real browser, in which every page runs its scripts, forms
// are filled in where they stand and sent by their button.
type window struct {
	*pagetest.Browser
	t    *testing.T
	home string
	seen int
}

// onto turns a visitor into one who sits at a real browser.
func (v *visitor) onto(b *pagetest.Browser) { v.tab = &window{Browser: b, t: v.t, home: v.home} }

// open goes to a page.
func (w *window) open(path string) seen {
	w.t.Helper()
	w.Goto(w.home + strings.TrimPrefix(path, w.home))
	return w.read()
}

// read is the page as it stands, once it has complained about nothing.
func (w *window) read() seen {
	w.t.Helper()
	w.Quiet()
	w.seen++
	if os.Getenv("GUESTRIGHT_SHOTS") != "" {
		w.Screenshot(fmt.Sprintf("path-%p-%02d", w, w.seen))
	}
	at, err := url.Parse(w.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	body := pagetest.Eval[string](w.Browser, "document.documentElement.outerHTML")
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	status := pagetest.Eval[int](w.Browser, `performance.getEntriesByType("navigation")[0].responseStatus`)
	return seen{t: w.t, status: status, path: at.Path, body: body, root: root}
}

// submit fills in the form on the open page that posts to action, and presses its button.
func (w *window) submit(action string, fields url.Values) seen {
	w.t.Helper()
	form := fmt.Sprintf("form[action=%q]", action)
	button := form + " button:is([type=submit], :not([type]))"
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if named := fmt.Sprintf("%s button[name=%q][value=%q]", form, name, fields.Get(name)); w.Has(named) {
			button = named
			continue
		}
		w.answer(form, name, fields[name])
	}
	if !pagetest.Eval[bool](w.Browser, fmt.Sprintf(`(() => {
		const one = document.querySelector(%q);
		if (one) one.dataset.press = "1";
		return !!one;
	})()`, button)) {
		w.t.Fatalf("%s: the form to %s has no button", w.URL(), action)
	}
	w.Follow("[data-press]")
	return w.read()
}

// answer gives a field of a form its values: types them, or chooses them.
func (w *window) answer(form, name string, values []string) {
	w.t.Helper()
	field := fmt.Sprintf("%s [name=%q]", form, name)
	switch kind := pagetest.Eval[string](w.Browser, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		for (let d = e && e.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
		return !e ? "" : e.tagName === "INPUT" ? e.type : e.tagName.toLowerCase();
	})()`, field)); kind {
	case "":
		w.t.Fatalf("%s has no field %s in %s", w.URL(), name, form)
	case "radio", "checkbox", "select":
		wanted, err := json.Marshal(values)
		if err != nil {
			w.t.Fatal(err)
		}
		if left := pagetest.Eval[[]string](w.Browser, fmt.Sprintf(`((want) => {
			const chosen = [];
			for (const e of document.querySelectorAll(%q)) {
				if (e.tagName === "SELECT") {
					e.value = want[0];
					e.dispatchEvent(new Event("change", {bubbles: true}));
					chosen.push(e.value);
					continue;
				}
				if (e.checked !== want.includes(e.value) && !(e.type === "radio" && e.checked)) e.click();
				if (e.checked) chosen.push(e.value);
			}
			return want.filter((v) => !chosen.includes(v));
		})(%s)`, field, wanted)); len(left) > 0 {
			w.t.Fatalf("%s: %s can't be %v", w.URL(), name, left)
		}
	default:
		w.Fill(field, values[0])
	}
}

// Must show: the whole way, in a real browser.
func TestFromSignUpToASecondVersionInTheBrowser(t *testing.T) {
	t.Parallel()
	goTheWay(t, func(v *visitor) { v.onto(pagetest.Open(t)) })
}
