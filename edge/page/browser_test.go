package page_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guestright/guestright/edge/page/gallery"
	"github.com/guestright/guestright/edge/page/pagetest"
)

// Every component in both themes, wide and at the width of a small phone.
func TestPagesAreSound(t *testing.T) {
	b := pagetest.Open(t)
	s := httptest.NewServer(gallery.Handler())
	defer s.Close()
	for _, path := range gallery.Pages {
		b.Goto(s.URL + path)
		b.Look(strings.Trim(path, "/"), pagetest.View{Dark: true, Width: 375})
	}
}

// Without a script every word, menu and number is still there.
func TestPagesWorkWithoutScript(t *testing.T) {
	b := pagetest.Open(t)
	s := httptest.NewServer(gallery.Handler())
	defer s.Close()
	b.Emulate(pagetest.View{Width: 375, NoScript: true})
	b.Goto(s.URL + "/overview")
	if !strings.Contains(b.Text(".chart-table"), "12 May 14:30") {
		t.Error("the chart's table is not shown")
	}
	b.Click(".topbar-menu")
	b.Wait("#side .nav")
	b.Goto(s.URL + "/overview")
	b.Click("details.menu:has(.menu-end) > summary")
	if got := b.Text(".menu-who"); !strings.Contains(got, "ada@northwind.example") {
		t.Errorf("menu shows %q", got)
	}
	b.Emulate(pagetest.View{NoScript: true})
	b.Goto(s.URL + "/overview")
	b.Follow(".topbar .theme button[value=dark]")
	if !b.Has("html[data-theme=dark]") || b.URL() != s.URL+"/overview" {
		t.Errorf("the theme did not change, or the way back is lost: %s", b.URL())
	}
}

func TestScriptAddsComfort(t *testing.T) {
	b := pagetest.Open(t)
	s := httptest.NewServer(gallery.Handler())
	defer s.Close()
	b.Goto(s.URL + "/forms")
	b.Fill("#f-description", "ten chars.")
	if got := b.Text("#f-description-count"); got != "440" {
		t.Errorf("counter says %s", got)
	}
	b.Fill("[data-filter]", "gradebook")
	if n := pagetest.Eval[int](b, `document.querySelectorAll(".picker:has([data-filter]:not([hidden])) .pick:not([hidden])").length`); n != 1 {
		t.Errorf("the filter shows %d entries, want 1", n)
	}
	b.Click(".topbar .theme button[value=dark]")
	b.Wait("html[data-theme=dark] .topbar .theme button[value=dark][aria-pressed=true]")
	b.Quiet()

	b.Goto(s.URL + "/overview")
	b.Wait("[data-chart] canvas")
	if b.Has(".chart-table[open]") {
		t.Error("the table stays open beside the drawing")
	}
	if !pagetest.Eval[bool](b, `document.fonts.ready.then(() => document.fonts.check("14px Inter") && document.fonts.check("14px 'JetBrains Mono'"))`) {
		t.Error("the fonts did not load")
	}
	b.Click("[data-copy]")
	b.Quiet()
}

// The keyboard reaches the content first, and sees where it is.
func TestSkipLink(t *testing.T) {
	b := pagetest.Open(t)
	s := httptest.NewServer(gallery.Handler())
	defer s.Close()
	b.Goto(s.URL + "/overview")
	b.Press("\t")
	if got := b.Text(":focus"); got != "Skip to content" {
		t.Errorf("the first stop is %q", got)
	}
	b.Press("\r")
	if !b.Has("main:focus") {
		t.Error("the skip link does not move the focus")
	}
	b.Press("\t")
	if !pagetest.Eval[bool](b, `document.activeElement.closest("main") !== null && getComputedStyle(document.activeElement).outlineStyle === "solid"`) {
		t.Error("the focus is not visible inside the content")
	}
}
