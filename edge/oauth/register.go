package oauth

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"github.com/guestright/guestright/registration"
)

// registered is the answer to a registration (RFC 7591 section 3.2.1).
type registered struct {
	ClientID string `json:"client_id"`
	Secret   string `json:"client_secret,omitempty"`
	Issued   int64  `json:"client_id_issued_at"`
	Expires  *int64 `json:"client_secret_expires_at,omitempty"` // 0: never
	registration.Metadata
}

// register lets a client register itself.
func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	if crossOrigin(w, r, "POST") {
		return
	}
	var m registration.Metadata
	err := error(nil)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, readErr := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		err = malformed("method_not_allowed", "Register with POST.")
	case kind != "application/json":
		err = malformed("invalid_client_metadata", "Send a JSON object: Content-Type application/json.")
	case readErr != nil:
		err = malformed("invalid_client_metadata", "The request is too long or broke off.")
	case json.Unmarshal(body, &m) != nil:
		err = malformed("invalid_client_metadata", "The JSON object cannot be read.")
	}
	if err != nil {
		fail(w, r, false, err)
		return
	}
	got, err := s.Registry.Register(r.Context(), m)
	if err != nil {
		fail(w, r, false, err)
		return
	}
	out := registered{ClientID: got.ClientID, Issued: unix(got.Issued), Metadata: got.Metadata}
	if !got.Secret.IsZero() {
		out.Secret, out.Expires = got.Secret.Reveal(), new(int64)
	}
	write(w, http.StatusCreated, out)
}
