package page

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Open is the frame of a page that everybody may read and search engines find: no
// scripts, and the same for all readers, so that it can be kept.
type Open struct {
	Service     string // beside the mark
	Title       string
	Description string // for search engines
	Canonical   string // the page's whole address
	Hidden      bool   // from search engines
	Data        any    // JSON-LD (schema.org); nil: none
	Links       []Link // at the top
	Footer      []Link
	Home        string // where the mark leads
}

func (o Open) frame() Frame { return Frame{Title: o.Title, Service: o.Service, Home: o.Home} }

// data is what search engines read. encoding/json writes <, > and & as escapes, so
// that nothing in it can end the element.
func (o Open) data() string {
	raw, err := json.Marshal(o.Data)
	if err != nil {
		return "{}"
	}
	return string(raw)
}

// OpenHeaders sets the security headers of a page that everybody may read.
func OpenHeaders(w http.ResponseWriter, r *http.Request, secure bool) {
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Join([]string{"default-src 'none'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
		"form-action 'self'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'"}, "; "))
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if secure || r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}
