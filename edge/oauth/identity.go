package oauth

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// person are the claims about a person (OpenID Connect Core section 5.1).
type person struct {
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Verified *bool  `json:"email_verified,omitempty"`
	Updated  int64  `json:"updated_at,omitempty"`
}

// identityClaims are the claims of an id token (OpenID Connect Core section 2).
type identityClaims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Expires  int64  `json:"exp"`
	Issued   int64  `json:"iat"`
	AuthTime int64  `json:"auth_time,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
	person
}

// identityToken tells a client who signed in. Its subject is our id of the person,
// which never changes.
func (s *Server) identityToken(ctx context.Context, got authorization.Issued) (string, error) {
	about, err := s.about(ctx, got.User, got.Scopes)
	if err != nil {
		return "", err
	}
	now := s.Now()
	c := identityClaims{Issuer: s.Issuer, Subject: got.User, Audience: got.ClientID, Issued: now.Unix(),
		Expires: now.Add(s.Authorizations.Lives.Identity).Unix(), Nonce: got.Nonce, person: about}
	if !got.SignedIn.IsZero() {
		c.AuthTime = got.SignedIn.Unix()
	}
	return s.Signer.Sign(ctx, authorization.TypeIdentity, c)
}

// about gives what the scopes tell of a person.
func (s *Server) about(ctx context.Context, user string, scopes []string) (person, error) {
	var p person
	if !slices.Contains(scopes, authorization.Profile) && !slices.Contains(scopes, authorization.Email) {
		return p, nil
	}
	var u identity.User
	err := s.Identity.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := s.Identity.Find(tx, user)
		u = got
		return err
	})
	if err != nil {
		return p, err
	}
	if slices.Contains(scopes, authorization.Profile) {
		p.Name = u.Name
	}
	if slices.Contains(scopes, authorization.Email) {
		verified := !u.Verified.IsZero()
		p.Email, p.Verified = u.Email, &verified
	}
	return p, nil
}

// userinfo answers with what the token's scopes tell of its person (OpenID
// Connect Core section 5.3).
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	if crossOrigin(w, r, "GET, POST") {
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		fail(w, r, false, malformed("method_not_allowed", "Use GET or POST."))
		return
	}
	b, err := s.bearer(r)
	if err == nil && !slices.Contains(b.Told, authorization.OpenID) {
		err = problem.Forbidden("insufficient_scope", "The token does not have the scope openid.")
	}
	if err != nil {
		s.challenge(w, r, err)
		return
	}
	about, err := s.about(r.Context(), b.Holding.Subject, b.Told)
	if err != nil {
		s.challenge(w, r, err)
		return
	}
	write(w, http.StatusOK, struct {
		Subject string `json:"sub"`
		person
	}{b.Holding.Subject, about})
}

// keys serves the public keys (RFC 7517).
func (s *Server) keys(w http.ResponseWriter, r *http.Request) {
	set, err := s.Signer.Public(r.Context())
	if err != nil {
		fail(w, r, false, err)
		return
	}
	public(w, "application/jwk-set+json", set)
}

// public answers with a document that anybody may read and keep for a while.
func public(w http.ResponseWriter, kind string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age="+cacheSeconds)
	h.Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(body)
}

// cacheSeconds is how long metadata and keys may be kept: less than the hour for
// which a key is announced.
const cacheSeconds = "300"

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
