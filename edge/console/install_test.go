package console_test

import (
	"testing"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// views are what every page is looked at with.
var views = map[string]pagetest.View{"light": {}, "dark": {Dark: true}, "phone": {Width: 375}}

// sound opens pages in every view and checks them.
func (h *house) sound(c *client, pages map[string]string) {
	h.t.Helper()
	b := h.browser(c)
	for view, v := range views {
		b.Emulate(v)
		for name, path := range pages {
			b.Goto(h.URL + path)
			b.Sound()
			if looking() {
				b.Screenshot(name + "-" + view)
			}
		}
	}
}

func TestInstallPagesAreSound(t *testing.T) {
	s := newShop(t)
	s.role("Administrator", true, "*")
	s.role("Editor", false, "flag:view", "flag:update", "project:view")
	s.sound(s.ines, map[string]string{"account-empty": s.home(), "install": s.consent(), "install-enter": s.home() + "/install", "accounts": "/accounts"})
}
