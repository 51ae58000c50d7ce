package console_test

import (
	"os"
	"testing"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// TestShots keeps pictures of every page for looking at.
func TestShots(t *testing.T) {
	if os.Getenv("GUESTRIGHT_SHOTS") == "" {
		t.Skip("only for looking")
	}
	h, a, app := world(t)
	h.role(a, "Administrator", true, "*")
	h.role(a, "Editor", false, "flag:view", "flag:update", "project:view")
	b := pagetest.Open(t)
	b.Goto(h.url("/test/as/Ines"))
	for _, look := range []struct {
		name string
		view pagetest.View
	}{{"light", pagetest.View{}}, {"dark", pagetest.View{Dark: true}}, {"phone", pagetest.View{Width: 375}}} {
		b.Emulate(look.view)
		for name, path := range map[string]string{
			"account": "/accounts/" + a.ID.String(), "install": "/accounts/" + a.ID.String() + "/install?application_id=" + app.PublicID,
			"enter": "/accounts/" + a.ID.String() + "/install",
		} {
			b.Goto(h.server.URL + path)
			b.Sound()
			b.Screenshot(name + "-" + look.name)
		}
	}
}
