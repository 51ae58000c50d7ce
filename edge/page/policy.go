package page

import (
	"crypto/rand"
	"net/http"
	"strings"
)

// Policy is what a page answer tells the browser it may do. The zero value is the strictest: only
// our own files, scripts only with the nonce of this answer, forms only to ourselves, no frames.
type Policy struct {
	// Secure sends Strict-Transport-Security even if TLS ended at a proxy in front of us.
	Secure bool
	// FormTargets are further origins ("https://app.example") that a form may lead to. A consent page
	// needs the redirect target, since browsers apply form-action to redirects as well.
	FormTargets []string
	// NoReferrer also hides our own addresses from our own pages, as sign-in and consent pages must.
	// Browsers then send "Origin: null" with forms and rely on Sec-Fetch-Site alone.
	NoReferrer bool
}

// Headers sets the security headers of a page and returns the fresh nonce for its scripts.
func (p Policy) Headers(w http.ResponseWriter, r *http.Request) string {
	nonce := rand.Text()
	forms := append([]string{"'self'"}, p.FormTargets...)
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'",
		"script-src 'nonce-" + nonce + "'",
		"style-src 'self'",
		"img-src 'self'",
		"font-src 'self'",
		"connect-src 'self'",
		"form-action " + strings.Join(forms, " "),
		"base-uri 'none'",
		"object-src 'none'",
		"frame-ancestors 'none'",
	}, "; "))
	referrer := "same-origin"
	if p.NoReferrer {
		referrer = "no-referrer"
	}
	h.Set("Referrer-Policy", referrer)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	if p.Secure || r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	return nonce
}
