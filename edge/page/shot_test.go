package page_test

import (
	"net/http/httptest"
	"testing"

	"github.com/guestright/guestright/edge/page/gallery"
	"github.com/guestright/guestright/edge/page/pagetest"
)

func TestTempShots(t *testing.T) {
	b := pagetest.Open(t)
	s := httptest.NewServer(gallery.Handler())
	defer s.Close()
	b.Goto(s.URL + "/begin")
	b.Click(".menu.switcher summary")
	b.Screenshot("menu1")
	b.Click("details.menu:has(.menu-end) > summary")
	b.Screenshot("menu2")
	b.Emulate(pagetest.View{Width: 375, Height: 760, Dark: true})
	b.Click(".topbar-menu")
	b.Wait("#side")
	b.Screenshot("drawer")
	pagetest.Eval[bool](b, `document.body.innerHTML = '<div style="padding:40px"></div>'; document.querySelector("div").append(document.createElement("img")); document.images[0].src=document.querySelector("link[rel=icon]").href; document.images[0].width=280; document.body.style.background="#ddd"; true`)
	b.Screenshot("mark")
}
