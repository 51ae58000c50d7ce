package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
)

// visit is one request of a person, with all that a page needs to answer it.
type visit struct {
	*Console
	w       http.ResponseWriter
	r       *http.Request
	now     time.Time
	session Session
	by      access.Principal
	guest   string // names the browser of somebody who is not signed in
	most    int64  // bytes of a form with a file; zero: the form has none
}

type handler func(v *visit) error

const formMost = 256 << 10 // bytes of a posted form

// page serves a handler to people who are signed in; others are led to the sign-in page.
func (c *Console) page(h handler) http.Handler {
	return c.open(func(v *visit) error {
		if v.session.ID == "" {
			return problem.Unauthenticated("unauthenticated", "Sign in first.")
		}
		if asked, err := v.asked(); asked || err != nil {
			return err
		}
		return h(v)
	})
}

// upload is page for a form with a file of up to most bytes.
func (c *Console) upload(most int64, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Console: c, w: w, r: r, now: c.Now(), most: most + formMost}
		v.serve(func(v *visit) error {
			if err := v.spend(); err != nil {
				return err
			}
			return h(v)
		})
	})
}

// open serves a handler to everybody. A POST reaches it only with the token of its form.
func (c *Console) open(h handler) http.Handler {
	return c.raw(func(v *visit) error {
		if v.r.Method == http.MethodPost {
			if err := v.spend(); err != nil {
				return err
			}
		}
		return h(v)
	})
}

// raw serves a handler without asking for a form token: for answers that change nothing.
func (c *Console) raw(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Console: c, w: w, r: r, now: c.Now()}
		v.serve(h)
	})
}

func (v *visit) serve(h handler) {
	err := v.enter()
	if err == nil {
		err = h(v)
	}
	if err != nil {
		v.fail(err)
	}
}

func (v *visit) enter() error {
	s, err := v.Console.session(v.r)
	if err != nil {
		return err
	}
	v.session, v.by = s, s.By
	if s.ID == "" {
		v.guest = v.knock()
	}
	if v.r.Method == http.MethodPost {
		if err := v.read(); err != nil {
			return problem.Invalid("form_unreadable", "The form could not be read. It may be too long.").Because(err)
		}
	}
	return nil
}

// read takes in the form that was sent. Files come from people who are signed in
// only, and stay in memory.
func (v *visit) read() error {
	if v.most == 0 || v.session.ID == "" {
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, formMost)
		return v.r.ParseForm()
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, v.most)
	return v.r.ParseMultipartForm(v.most)
}

// file is what was chosen under a name; nil for nothing.
func (v *visit) file(name string) ([]byte, error) {
	f, _, err := v.r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// field is what was entered under a name, without the blanks around it.
func (v *visit) field(name string) string { return strings.TrimSpace(v.r.PostForm.Get(name)) }

// query is a parameter of the address.
func (v *visit) query(name string) string { return strings.TrimSpace(v.r.URL.Query().Get(name)) }

// moment is a time as people say it.
func (v *visit) moment(t time.Time) page.Moment { return page.Moment{At: t, Now: v.now} }

// sheet is a page's content and where it belongs.
type sheet struct {
	title   string
	area    area
	group   string      // id of the group it belongs to; empty: none in particular
	account string      // id of the account it belongs to
	current string      // address of the navigation entry that stands for it; empty: its own path
	trail   []page.Link // breadcrumbs, outermost first, without the area
	status  int         // zero: 200
	bare    bool        // without navigation
	quiet   bool        // hide our address from what it links to, as sign-in pages must
	targets []string    // foreign origins to which the answer of its form may lead
	body    templ.Component
}

// show answers with a page.
func (v *visit) show(s sheet) error {
	f := v.frame(s)
	if s.status == 0 {
		s.status = http.StatusOK
	}
	shell := page.Shell(f)
	if s.bare {
		shell = page.Bare(f)
	}
	whole := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return shell.Render(templ.WithChildren(ctx, s.body), w)
	})
	p := page.Policy{Secure: v.Secure, NoReferrer: s.quiet, FormTargets: s.targets}
	return p.Render(v.w, v.r, s.status, whole)
}

// leave ends a POST: on to another page of ours, which shows the words once.
func (v *visit) leave(path, words string) error {
	if words != "" {
		v.flash(page.Flash{Tone: page.ToneGood, Text: words})
	}
	v.w.Header().Set("Cache-Control", "no-store")
	http.Redirect(v.w, v.r, page.LocalPath(path), http.StatusSeeOther)
	return nil
}
