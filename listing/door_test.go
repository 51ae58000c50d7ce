package listing_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guestright/guestright/edge/directory"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/listing"
)

// door serves the public pages and operations as the house does.
func (h *house) door() http.Handler {
	api := web.New(web.Config{DB: h.DB, Catalogue: &web.Catalogue{}})
	h.Mount(api)
	mux := http.NewServeMux()
	mux.Handle("/v1/", api)
	(&directory.Directory{Listings: h.Service, Product: func() string { return "Pennant" }}).Mount(mux)
	return web.NewDoor(web.DoorConfig{}, mux)
}

func ask(door http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Origin", "https://pennant.example") // a page of another site asks
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}

func has(t *testing.T, w *httptest.ResponseRecorder, status int, want ...string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("%d, want %d: %s", w.Code, status, w.Body)
	}
	for _, one := range want {
		if !strings.Contains(w.Body.String(), one) {
			t.Errorf("%q is not in %s", one, w.Body)
		}
	}
}

func TestEverybodyReadsThePages(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.listed(h.app)
	door := h.door()
	w := ask(door, "/directory")
	has(t, w, 200, "<h1>Integrations for Pennant</h1>", "Deploybot", "Flags follow deployments", `rel="canonical" href="https://hub.example/directory"`, `application/ld+json`, "ItemList", `<meta name="description"`)
	if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "script-src") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(w.Body.String(), "noindex") {
		t.Errorf("%s", csp)
	}
	tag := w.Header().Get("ETag")
	if again := ask(door, "/directory", "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("%d", again.Code)
	}
	has(t, ask(door, "/directory?q=zzz"), 200, "Nothing answers to this", "noindex")
	has(t, ask(door, "/directory?q=%3Cscript%3E&page=-7"), 200, "&lt;script&gt;")
	has(t, ask(door, "/directory/deploybot"), 200, "<h1>Deploybot</h1>", `href="/install/`+h.app.PublicID+`"`, "SoftwareApplication", "help@deploybot.example", "/directory/deploybot/docs", "/directory/deploybot/sheet")
	has(t, ask(door, "/directory/deploybot/docs"), 200, "<h2>Set up</h2>")
	has(t, ask(door, "/directory/deploybot/sheet"), 200, "Customer sheet of Deploybot 1.0.0", "View flags", "10,000 calls in 24 hours")
	has(t, ask(door, "/directory/sitemap.xml"), 200, "<loc>https://hub.example/directory/deploybot</loc>")
	for _, gone := range []string{"/directory/other", "/directory/other/sheet", "/directory/deploybot/sheet?version=9.9.9", "/directory/deploybot/pictures/pic_0.png", "/directory/deploybot/pictures/x"} {
		has(t, ask(door, gone), 404, "There is no such page")
	}
	frag := ask(door, "/directory/fragment")
	has(t, frag, 200, `<h3><a href="https://hub.example/directory/deploybot">Deploybot</a></h3>`)
	if frag.Header().Get("Access-Control-Allow-Origin") != "*" || strings.Contains(frag.Body.String(), "<html") {
		t.Errorf("%v", frag.Header())
	}
	hidden, err := h.Show(ctx, h.ada, h.app.ID, listing.Unlisted)
	h.ok(err)
	has(t, ask(door, "/directory"), 200, "There is nothing here yet")
	has(t, ask(door, "/directory/"+hidden.Slug), 200, `<meta name="robots" content="noindex">`)
	_, err = h.Update(ctx, h.ada, h.app.ID, listing.Edit{Documentation: ptr("")})
	h.ok(err)
	has(t, ask(door, "/directory/"+hidden.Slug+"/docs"), 404)
}

func TestDocumentationIsNobodysMarkup(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.listed(h.app)
	_, err := h.Update(ctx, h.ada, h.app.ID, listing.Edit{Documentation: ptr("#### Deep\n\n<script>alert(1)</script>\n\n![x](https://evil.example/x.png) [j](javascript:alert(1)) [ok](https://docs.example/a)\n\n<div onclick=x>d</div>\n\n```\ncode\n```\n")})
	h.ok(err)
	w := ask(h.door(), "/directory/deploybot/docs")
	has(t, w, 200, "<h2>Deep</h2>", `<a href="https://docs.example/a" rel="noopener nofollow ugc">ok</a>`, `<pre tabindex="0">`)
	body := w.Body.String()
	for _, bad := range []string{"<script>alert", "evil.example", "javascript:", "onclick"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q is in %s", bad, body)
		}
	}
}

func TestProgramsReadTheDirectory(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.listed(h.app)
	door := h.door()
	w := ask(door, "/v1/listings?q=deploy&category=automation")
	var got listing.Listings
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Total != 1 || got.Items[0].Page != "https://hub.example/directory/deploybot" || got.Items[0].Install != "https://hub.example/install/"+h.app.PublicID {
		t.Fatalf("%v %s", err, w.Body)
	}
	head := w.Header()
	if head.Get("Access-Control-Allow-Origin") != "*" || head.Get("Cache-Control") != listing.Cached || head.Get("ETag") == "" || head.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("%v", head)
	}
	if again := ask(door, "/v1/listings?q=deploy&category=automation", "If-None-Match", head.Get("ETag")); again.Code != 304 || again.Body.Len() > 0 {
		t.Errorf("%d %s", again.Code, again.Body)
	}
	has(t, ask(door, "/v1/listings/deploybot"), 200, `"documentation":"# Set up`)
	has(t, ask(door, "/v1/listings/deploybot/sheet"), 200, `"application_id":"`+h.app.PublicID+`"`)
	has(t, ask(door, "/v1/listings/none"), 404, `"not_found"`)
	for _, form := range []string{"json", "md"} {
		w := ask(door, "/directory/deploybot/sheet."+form)
		has(t, w, 200, h.app.PublicID)
		if w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%v", w.Header())
		}
		if again := ask(door, "/directory/deploybot/sheet."+form); again.Body.String() != w.Body.String() {
			t.Error("the text is not the same a moment later")
		}
	}
}
