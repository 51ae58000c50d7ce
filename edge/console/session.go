package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Session is who is signed in. It is read anew for every request, so that a role that was taken away
// is gone with the next click.
type Session struct {
	ID    string // names the session without being its secret
	By    access.Principal
	Name  string
	Email string
	At    identity.Session
}

// session reads who sends the request; the zero Session when nobody is signed in.
func (c *Console) session(r *http.Request) (Session, error) {
	raw := c.Identity.FromRequest(r)
	if raw == "" {
		return Session{}, nil
	}
	by, at, err := c.Sessions.Principal(r.Context(), raw)
	if err != nil {
		if problem.Of(err).Kind == problem.KindUnauthenticated {
			return Session{}, nil
		}
		return Session{}, err
	}
	s := Session{ID: at.ID.String(), By: by, At: at}
	err = c.Identity.DB.Read(r.Context(), func(tx *store.Tx) error {
		u, err := c.Identity.Find(tx, by.User)
		s.Name, s.Email = u.Name, u.Email
		return err
	})
	return s, err
}

// begin puts a new or renewed session into the browser. What was said to it before is forgotten with
// the old one.
func (v *visit) begin(st identity.Started) { http.SetCookie(v.w, v.Identity.Cookie(st.Token)) }

// fresh fails unless the person has proven who they are lately; fail then asks for it and leads back.
func (v *visit) fresh() error { return v.Identity.RequireFresh(v.session.At, 0) }

// sure serves a handler that needs a recent sign-in.
func (c *Console) sure(h handler) http.Handler {
	return c.page(func(v *visit) error {
		if err := v.fresh(); err != nil {
			return err
		}
		return h(v)
	})
}

// signInPath leads to the sign-in page and back to a page of ours.
func signInPath(back string) string { return withNext("/sign-in", back) }

func withNext(path, back string) string {
	if back = page.LocalPath(back); back == "/" {
		return path
	}
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return path + mark + "next=" + url.QueryEscape(back)
}
