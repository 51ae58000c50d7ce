package pagetest

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/page"

	"github.com/guestright/guestright/edge/page/assets/axe"
)

// Violation is a rule of axe-core that the open page breaks.
type Violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// String names the rule and the elements that break it.
func (v Violation) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %s", v.ID, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&s, "\n    %s\n      %s", n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n      "))
	}
	return s.String()
}

// axeRules choose what is checked in a view: WCAG 2.2 A and AA and axe's own good practice in a
// light desktop window; elsewhere what the view can change, the contrast in the dark and the size
// of what a finger must hit on a phone.
func axeRules(v View) string {
	switch {
	case v.Dark:
		return `["color-contrast", "link-in-text-block"]`
	case v.Width < 500:
		return `["target-size", "scrollable-region-focusable", "meta-viewport"]`
	default:
		return `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	}
}

// Violations runs axe-core on the open page. It needs scripting.
func (b *Browser) Violations() []Violation {
	b.t.Helper()
	if !b.axe { // sent once for all pages of the tab; one that is not asked for it never runs it
		source := "window.makeAxe = function () {" + axe.Source + "\n};"
		b.run("keep axe", call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source}))
		Eval[bool](b, source+"true")
		b.axe = true
	}
	return Eval[[]Violation](b, `(window.axe || makeAxe(), axe).run(document, {resultTypes: ["violations"], runOnly: `+axeRules(b.view)+`}).then((r) => r.violations)`)
}

// Axe reports every violation of the open page as a test error.
func (b *Browser) Axe() {
	b.t.Helper()
	for _, v := range b.Violations() {
		b.t.Errorf("accessibility on %s: %s", b.URL(), v)
	}
}

// Fits reports a page that scrolls sideways, naming the elements that stick out.
func (b *Browser) Fits() {
	b.t.Helper()
	out := Eval[struct {
		Wide   int      `json:"wide"`
		Window int      `json:"window"`
		Who    []string `json:"who"`
	}](b, `(() => {
		const window = document.documentElement.clientWidth, wide = document.documentElement.scrollWidth;
		const who = wide <= window ? [] : Array.from(document.body.querySelectorAll("*"))
			.filter((e) => e.getBoundingClientRect().right > window + 1).slice(0, 8)
			.map((e) => e.tagName.toLowerCase() + "." + e.getAttribute("class"));
		return {wide, window, who};
	})()`)
	if out.Wide > out.Window {
		b.t.Errorf("%s scrolls sideways: %d px in a window of %d px; sticking out: %s", b.URL(), out.Wide, out.Window, strings.Join(out.Who, ", "))
	}
}

// Quiet reports what the open page has complained about: script errors, refused scripts or styles,
// files that did not load.
func (b *Browser) Quiet() {
	b.t.Helper()
	for _, text := range Eval[[]string](b, "window.complaints || []") {
		b.t.Errorf("%s complains: %s", b.URL(), text)
	}
}

// Sound is Axe, Fits and Quiet.
func (b *Browser) Sound() {
	b.t.Helper()
	b.Axe()
	b.Fits()
	b.Quiet()
}
