package listing_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/guestright/guestright/listing"
)

func TestPicturesAreDrawnAnew(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.listed(h.app)
	add := func(kind listing.PictureKind, alt string, data []byte) (listing.State, error) {
		return h.AddPicture(ctx, h.ada, h.app.ID, listing.NewPicture{Kind: kind, Alt: alt, Data: data})
	}
	behind := append(jpegOf(t, 640, 400), []byte("<script>alert(1)</script>")...)
	_, err := add(listing.Screenshot, "A deployment with its flags", behind)
	h.ok(err)
	_, err = add(listing.Icon, "", pngOf(t, 128, 128))
	h.ok(err)
	s, err := add(listing.Icon, "", pngOf(t, 256, 256))
	h.ok(err)
	if len(s.Pictures) != 2 || s.Pictures[0].Width*s.Pictures[1].Width != 256*640 {
		t.Errorf("an icon takes the place of the other: %+v", s.Pictures)
	}
	e, err := h.Entry(ctx, "deploybot")
	h.ok(err)
	if len(e.Screenshots) != 1 || e.Screenshots[0].Alt == "" || !strings.HasSuffix(e.Icon, ".png") {
		t.Fatalf("%+v", e)
	}
	w := ask(h.door(), e.Screenshots[0].URL)
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/jpeg" || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if bytes.Contains(w.Body.Bytes(), []byte("script")) || bytes.Equal(w.Body.Bytes(), behind) {
		t.Error("what stood behind the picture is there, too")
	}
	has(t, ask(h.door(), strings.Replace(e.Screenshots[0].URL, ".jpg", ".png", 1)), 404)

	for what, bad := range map[string]listing.NewPicture{
		"svg": {Kind: listing.Icon, Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)}, "html": {Kind: listing.Icon, Data: []byte("<html>")}, "nothing": {Kind: listing.Icon},
		"not square": {Kind: listing.Icon, Data: pngOf(t, 128, 64)}, "too small": {Kind: listing.Icon, Data: pngOf(t, 32, 32)}, "too wide": {Kind: listing.Screenshot, Alt: "x", Data: pngOf(t, 2600, 400)},
		"no words": {Kind: listing.Screenshot, Data: pngOf(t, 640, 400)}, "cut off": {Kind: listing.Icon, Data: pngOf(t, 128, 128)[:100]}, "another kind": {Kind: "banner", Data: pngOf(t, 128, 128)},
		"too large": {Kind: listing.Icon, Data: make([]byte, listing.PictureMost+1)},
	} {
		_, err := h.AddPicture(ctx, h.ada, h.app.ID, bad)
		h.code(what, err, "picture_invalid")
	}
	for range 5 {
		_, err = add(listing.Screenshot, "more", pngOf(t, 320, 200))
		h.ok(err)
	}
	_, err = add(listing.Screenshot, "one too many", pngOf(t, 320, 200))
	h.code("six are there", err, "pictures_exceeded")
	_, err = h.RemovePicture(ctx, h.ada, h.app.ID, pictureIn(t, e.Screenshots[0].URL))
	h.ok(err)
	_, err = h.RemovePicture(ctx, h.ada, h.app.ID, pictureIn(t, e.Screenshots[0].URL))
	h.code("it is gone", err, "not_found")
	_, err = h.AddPicture(ctx, operator, h.register("Other").ID, listing.NewPicture{Kind: listing.Icon, Data: pngOf(t, 64, 64)})
	h.ok(err)
}
