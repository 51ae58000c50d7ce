package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Session is who is signed in. It is read anew for every request, so that a role that was taken away
// is gone with the next click.
type Session struct {
	ID    string // names the session without being its secret; form tokens hang on it
	By    access.Principal
	Name  string
	Email string
	Since time.Time // when the person last proved who they are
}

// cookie names the session cookie. The host prefix keeps other hosts of the domain from setting it,
// but browsers accept it over TLS only.
func (c *Console) cookie() string {
	if c.Secure {
		return "__Host-guestright"
	}
	return "guestright"
}

// remember puts the session's secret into the browser; an empty one takes it out.
func (c *Console) remember(w http.ResponseWriter, t secret.Text) {
	k := &http.Cookie{Name: c.cookie(), Value: t.Reveal(), Path: "/", HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode}
	if t.IsZero() {
		k.MaxAge = -1
	}
	http.SetCookie(w, k)
}

// held is the secret that the browser sent; empty when there is none.
func (c *Console) held(r *http.Request) secret.Text {
	k, err := r.Cookie(c.cookie())
	if err != nil || len(k.Value) > 200 {
		return secret.New("")
	}
	return secret.New(k.Value)
}

// session reads who sends the request; the zero Session when nobody is signed in.
func (c *Console) session(r *http.Request) (Session, error) {
	t := c.held(r)
	if t.IsZero() || c.People.Session == nil {
		return Session{}, nil
	}
	s, err := c.People.Session(r.Context(), t)
	if err != nil && problem.Of(err).Kind == problem.KindUnauthenticated {
		return Session{}, nil
	}
	return s, err
}

// signInPath leads to the sign-in page and back to a page of ours.
func signInPath(back string) string {
	if back = page.LocalPath(back); back == "/" {
		return "/sign-in"
	}
	return "/sign-in?next=" + url.QueryEscape(back)
}
