package console_test

import (
	"testing"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// The pictures of README.md, taken anew by
//
//	GUESTRIGHT_SHOTS=$PWD/docs go test ./edge/console -run TestPicturesOfTheReadme
func TestPicturesOfTheReadme(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada Lindqvist", "ada@northwind.example"), h.person("Grace Okafor", "grace@lakeside.example")
	x := h.team(dev, admin)
	h.calls(x)
	b := h.browser(dev)
	for name, view := range map[string]pagetest.View{"screenshot": {Height: 1000}, "screenshot-dark": {Height: 1000, Dark: true}} {
		b.Emulate(view)
		b.Goto(h.URL + "/applications/" + x.app.ID.String())
		b.Wait(".uplot")
		b.Quiet()
		b.Snapshot(name)
	}
}
