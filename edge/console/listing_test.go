package console_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/directory"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sheet"
)

// withDirectory gives the house a directory.
func withDirectory(h *house) {
	s := &h.Services
	sheets := &sheet.Service{DB: h.db, Applications: s.Applications, Groups: s.Groups, Releases: s.Releases, Quota: s.Quota, Catalog: s.Catalog}
	s.Listings = &listing.Service{DB: h.db, Audit: s.Audit, Applications: s.Applications, Releases: s.Releases, Sheets: sheets, Notices: s.Notices,
		Categories: listing.Categories(listing.Usual()), Origin: h.URL}
	sheets.Links = s.Listings.SheetLinks
	s.Listings.Watch()
}

func shot(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		x, y := i%w, i/w
		img.Set(x, y, color.RGBA{uint8(40 + x*60/w), 120, uint8(110 + y*60/h), 255})
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, img))
	return b.Bytes()
}

func TestAListingIsWrittenAndTakenDown(t *testing.T) {
	h := newHouse(t, withDirectory)
	dev, admin, op := h.person("Ada Boone", "ada@northwind.example"), h.person("Ben Ames", "ben@lakeside.example"), h.operator("Olga Reyes", "olga@platform.example")
	x := h.team(dev, admin)
	at := "/applications/" + x.app.ID.String() + "/listing"
	dev.get(at).has(t, "Private", "Missing before others can see it", "Say where your privacy statement stands.", "Choose a category.", "There are none yet.")
	dev.submit(at, at+"/visibility", "visibility", "public").has(t, "Something is missing before others can see it.", "Choose a category.")
	dev.submit(at, at, "slug", "Deploy Bot", "category", "automation", "privacy", "ftp://x", "documentation", "# Set up").has(t, "Small letters and digits", "Use an address that starts with https://", "# Set up")
	dev.submit(at, at, "slug", "deploybot", "category", "automation", "privacy", "https://deploybot.example/privacy", "documentation", "# Set up\n\nInstall it, and name your *pipeline*.").led(t, at)
	_, err := h.Listings.AddPicture(t.Context(), dev.by(), x.app.ID, listing.NewPicture{Kind: listing.Icon, Data: shot(t, 128, 128)})
	must(t, err)
	s, err := h.Listings.AddPicture(t.Context(), dev.by(), x.app.ID, listing.NewPicture{Kind: listing.Screenshot, Alt: "A deployment and the flags that follow it", Data: shot(t, 960, 540)})
	must(t, err)
	dev.get(at+"/preview").has(t, "This is a preview.", "Deploybot", "Set up", "automation"[1:])
	if a := dev.get(at + "/pictures/" + s.Pictures[0].ID.String() + ".png"); a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	dev.submit(at, at+"/visibility", "visibility", "public").led(t, at)
	dev.get(at).has(t, "Public", h.URL+"/directory/deploybot", "/directory/deploybot/sheet.md")
	v, err := h.Releases.Draft(t.Context(), dev.by(), x.app.ID, release.Content{Number: "1.1.0", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows which flags a deployment touches."}}})
	must(t, err)
	dev.get("/versions/"+v.ID.String()+"/sheet").has(t, "Customer sheet of Deploybot 1.1.0", "not released", "Shows which flags")
	dev.get("/versions/"+v.ID.String()).has(t, "Customer sheet")
	for _, path := range []string{at, at + "/preview", "/versions/" + v.ID.String() + "/sheet"} {
		if a := admin.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s by a stranger: %d", path, a.StatusCode)
		}
	}
	if to := h.guest().get("/install/"+x.app.PublicID).led(t, "/sign-in"); !strings.Contains(to, x.app.PublicID) { // and comes back
		t.Errorf("a guest is led to %s", to)
	}
	admin.get("/install/"+x.app.PublicID).has(t, "Lakeside Software")
	mux := http.NewServeMux()
	h.Listings.Members = func(*store.Tx) (map[string]catalog.Tier, error) { // what the programme says of a member
		return map[string]catalog.Tier{x.group.ID.String(): {Label: "Partner", Badge: true}}, nil
	}
	h.clock.Advance(6 * time.Minute) // nobody announced it
	(&directory.Directory{Listings: h.Listings, Product: func() string { return "Pennant" }}).Mount(mux)
	mux.Handle(page.AssetPath, page.Assets())
	open := httptest.NewServer(web.NewDoor(web.DoorConfig{}, mux))
	defer open.Close()
	b := h.browser(dev)
	for name, path := range map[string]string{"listing": h.URL + at, "listing-preview": h.URL + at + "/preview", "directory": open.URL + "/directory", "directory-entry": open.URL + "/directory/deploybot",
		"directory-docs": open.URL + "/directory/deploybot/docs", "directory-sheet": open.URL + "/directory/deploybot/sheet"} {
		b.Goto(path)
		b.Look(name)
	}

	down := "/operator/listings/" + x.app.ID.String() + "/take-down"
	op.get("/operator/listings").has(t, "Deploybot", "/directory/deploybot", "Public")
	op.submit(down, down, "reason", " ").has(t, "Say why")
	op.submit(down, down, "reason", "It claims to be ours.").led(t, "/operator/listings")
	dev.get(at).has(t, "The operator took it out of the directory.", "It claims to be ours.", "Taken down")
	pagetest.Eval[string](b, "document.cookie = '"+h.Identity.CookieName()+"="+op.token+"; path=/'")
	b.Goto(h.URL + "/operator/listings")
	b.Look("operator-listings")
	op.submit("/operator/listings", "/operator/listings/"+x.app.ID.String()+"/reinstate").led(t, "/operator/listings")
	dev.get(at).has(t, "Public")
}
