package directory

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/listing"
)

// Directory serves the public pages.
type Directory struct {
	Listings *listing.Service
	Name     string // beside the mark; empty: Guestright
	Product  func() string
	Secure   bool // people come over TLS, ours or a proxy's
	Footer   []page.Link
	Log      *slog.Logger
}

// Mount registers the pages.
func (d *Directory) Mount(mux *http.ServeMux) {
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /directory": d.index, "GET /directory/fragment": d.fragment, "GET /directory/sitemap.xml": d.sitemap,
		"GET /directory/{slug}": d.entry, "GET /directory/{slug}/docs": d.docs,
		"GET /directory/{slug}/sheet": d.sheet, "GET /directory/{slug}/sheet.md": d.sheetText, "GET /directory/{slug}/sheet.json": d.sheetJSON,
		"GET /directory/{slug}/pictures/{picture}": d.picture,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				d.fail(w, r, err)
			}
		})
	}
}

func (d *Directory) service() string {
	if d.Name == "" {
		return "Guestright"
	}
	return d.Name
}

func (d *Directory) product() string {
	if d.Product == nil {
		return "the product"
	}
	return d.Product()
}

// frame is what all pages share.
func (d *Directory) frame(title, description, path string) page.Open {
	return page.Open{Service: d.service(), Title: title, Description: short(description), Canonical: d.Listings.Origin + path, Home: "/directory", Footer: d.Footer,
		Links: []page.Link{{Text: "Directory", URL: "/directory", Current: path == "/directory"}, {Text: "Console", URL: "/"}}}
}

// short is as much of a text as search engines show.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 160 {
		return strings.TrimSpace(string(r[:157])) + "…"
	}
	return text
}

// show answers with a page that others may keep, or with 304.
func (d *Directory) show(w http.ResponseWriter, r *http.Request, o page.Open, body templ.Component) error {
	var b bytes.Buffer
	if err := page.OpenPage(o).Render(templ.WithChildren(r.Context(), body), &b); err != nil {
		return err
	}
	page.OpenHeaders(w, r, d.Secure)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", listing.Cached)
	web.ServeTagged(w, r, b.Bytes())
	return nil
}

// share answers with something that pages of every site may read.
func share(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", listing.Cached)
	web.ServeTagged(w, r, body)
}

// fail says that something is not there, or does not work.
func (d *Directory) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	status, title, text := http.StatusNotFound, "There is no such page", "It may have been taken out of the directory, or the address is mistyped."
	if p.Kind != problem.KindNotFound {
		status, title, text = http.StatusServiceUnavailable, "This page cannot be shown now", "Try again in a moment."
		if d.Log != nil {
			d.Log.ErrorContext(r.Context(), "directory", "error", err)
		}
	}
	o := d.frame(title, text, "/directory")
	o.Canonical, o.Hidden = "", true
	var b bytes.Buffer
	if err := page.OpenPage(o).Render(templ.WithChildren(r.Context(), page.Problem{Status: status, Title: title, Text: text, Steps: []string{"Look for it in the directory."}}), &b); err != nil {
		http.Error(w, title, status)
		return
	}
	page.OpenHeaders(w, r, d.Secure)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader may go away
}
