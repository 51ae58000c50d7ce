package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// ETag returns a strong entity tag (RFC 9110 section 8.8.3) of a representation.
func ETag(representation []byte) string {
	sum := sha256.Sum256(representation)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// Matches reports whether a list of tags as in If-Match or If-None-Match holds
// tag, weakly compared when weak is set.
func Matches(list, tag string, weak bool) bool {
	if strings.TrimSpace(list) == "*" {
		return true
	}
	for t := range strings.SplitSeq(list, ",") {
		t = strings.TrimSpace(t)
		if weak {
			t = strings.TrimPrefix(t, "W/")
		}
		if t == tag {
			return true
		}
	}
	return false
}

// Precondition checks If-Match against the present tag: precondition_failed
// when it differs, precondition_required when there is none but must be.
func Precondition(ifMatch, tag string, required bool) error {
	if ifMatch == "" {
		if !required {
			return nil
		}
		return problem.Invalid("precondition_required", "Send the ETag that you read as If-Match.")
	}
	if !Matches(ifMatch, tag, false) {
		return problem.Conflict("precondition_failed", "The object has changed since you read it.")
	}
	return nil
}

// ServeTagged answers with a representation whose Content-Type is already set,
// or with 304 when the caller holds it (RFC 9110 section 13.1.2).
func ServeTagged(w http.ResponseWriter, r *http.Request, representation []byte) {
	tag := ETag(representation)
	h := w.Header()
	h.Set("ETag", tag)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if list := r.Header.Get("If-None-Match"); list != "" && Matches(list, tag, true) {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(representation)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(representation)
	}
}
