package identity

import (
	"net/http"

	"github.com/guestright/guestright/kit/secret"
)

// The names of the session cookie. Browsers take the first only over TLS, for
// the whole host and from nobody else (RFC 6265bis, cookie name prefixes); plain
// HTTP on loopback has a name of its own, so that neither is mistaken for the
// other.
const (
	cookieSecure   = "__Host-guestright"
	cookieInsecure = "guestright-local"
)

// CookieName is the name of the session cookie.
func (s *Service) CookieName() string {
	if s.Insecure {
		return cookieInsecure
	}
	return cookieSecure
}

// Cookie carries a new session to the browser. It has no expiry of its own: the
// session ends here, not in the browser.
func (s *Service) Cookie(token secret.Text) *http.Cookie {
	return s.cookie(s.CookieName(), token.Reveal())
}

// NoCookie takes the session cookie away.
func (s *Service) NoCookie() *http.Cookie {
	c := s.cookie(s.CookieName(), "")
	c.MaxAge = -1
	return c
}

func (s *Service) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", Secure: !s.Insecure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// StateCookie keeps what belongs to a sign-in through the provider. It is sent
// along when the provider redirects back, which SameSite=Lax allows.
func (s *Service) StateCookie(kept secret.Text) *http.Cookie {
	c := s.cookie(s.CookieName()+stateSuffix, kept.Reveal())
	c.MaxAge = int(ceremonyLife.Seconds())
	return c
}

// NoStateCookie takes it away.
func (s *Service) NoStateCookie() *http.Cookie {
	c := s.cookie(s.CookieName()+stateSuffix, "")
	c.MaxAge = -1
	return c
}

// CallbackOf reads the provider's answer.
func (s *Service) CallbackOf(r *http.Request) Callback {
	q := r.URL.Query()
	in := Callback{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss"), Error: q.Get("error")}
	if found := r.CookiesNamed(s.CookieName() + stateSuffix); len(found) == 1 {
		in.Kept = found[0].Value
	}
	return in
}

const stateSuffix = "-state"

// FromRequest is the session secret that a request carries, "" for none. Of two
// cookies with the name neither counts: somebody planted one.
func (s *Service) FromRequest(r *http.Request) string {
	found := r.CookiesNamed(s.CookieName())
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// VisitOf gathers what a sign-in takes from the request.
func (s *Service) VisitOf(r *http.Request) Visit {
	return Visit{Agent: r.UserAgent(), Old: s.FromRequest(r)}
}
