package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/problem"
)

// The values that go into every answer, made once. They are full, so that whoever
// adds to one gets a copy.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	deny       = []string{"DENY"}
	nothing    = []string{"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
	secureYear = []string{"max-age=31536000; includeSubDomains"}
	noStore    = []string{"no-store"}
	noCacheOld = []string{"no-cache"}
)

// SecurityHeaders sets what belongs on every answer. Pages replace the content
// policy with their own. secure adds HSTS for a year (RFC 6797), which only
// makes sense on answers that travel over TLS.
func SecurityHeaders(h http.Header, secure bool) {
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = noReferrer
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["X-Frame-Options"] = deny
	h["Content-Security-Policy"] = nothing
	if secure {
		h["Strict-Transport-Security"] = secureYear
	}
}

// NoStore marks an answer that holds a secret.
func NoStore(h http.Header) {
	h["Cache-Control"] = noStore
	h["Pragma"] = noCacheOld
}

// checkQuery refuses queries that parsers read differently: broken escapes,
// semicolons as separators, text that is not UTF-8, and control characters.
func checkQuery(raw string) error {
	if raw == "" {
		return nil
	}
	malformed := problem.Invalid("request_malformed", "The query cannot be read.")
	values, err := url.ParseQuery(raw)
	if err != nil {
		return malformed
	}
	for name, vs := range values {
		if bad(name) || slices.ContainsFunc(vs, bad) {
			return malformed
		}
	}
	return nil
}

func bad(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl)
}

// CORS answers cross-origin questions (https://fetch.spec.whatwg.org/#http-cors-protocol)
// for an exact list of origins. There is no wildcard and no credentials mode:
// other sites use tokens, not our cookies.
type CORS struct {
	Origins []string // such as https://app.example.com
	Methods []string // besides GET, HEAD and POST
	Headers []string // request headers allowed besides the simple ones
}

// Wrap serves next with cross-origin headers where the origin is listed.
func (c CORS) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		listed := origin != "" && slices.Contains(c.Origins, origin)
		if listed {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "Request-Id, Link, ETag, Location, Retry-After, RateLimit, RateLimit-Policy")
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		if listed {
			h.Set("Access-Control-Allow-Methods", strings.Join(append([]string{"GET", "HEAD", "POST"}, c.Methods...), ", "))
			h.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ", "))
			h.Set("Access-Control-Max-Age", "600")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
