package console

import (
	"net/http"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

func (c *Console) signInRoutes() []route {
	return []route{
		{"GET /sign-in", c.open(signInPage)},
		{"POST /sign-in", c.open(signIn)},
		{"POST /sign-out", c.page(signOut)},
	}
}

// signInView is the sign-in form.
type signInView struct {
	Email, Next, Token, Fault string
}

func signInPage(v *visit) error {
	if v.session.ID != "" {
		return v.leave(page.LocalPath(v.query("next")), "")
	}
	return showSignIn(v, signInView{Next: page.LocalPath(v.query("next"))}, http.StatusOK)
}

func showSignIn(v *visit, d signInView, status int) error {
	d.Token = v.token("/sign-in")
	return v.show(sheet{title: "Sign in", bare: true, quiet: true, status: status, body: signInForm(d)})
}

func signIn(v *visit) error {
	d := signInView{Email: v.field("email"), Next: page.LocalPath(v.field("next"))}
	t, err := v.People.SignIn(v.ctx(), d.Email, secret.New(v.r.PostForm.Get("password")))
	switch p := problem.Of(err); {
	case err == nil:
	case p.Kind == problem.KindUnauthenticated || p.Kind == problem.KindLimited:
		d.Fault = p.Detail
		return showSignIn(v, d, http.StatusUnprocessableEntity)
	default:
		return err
	}
	v.remember(v.w, t)
	return v.leave(d.Next, "")
}

func signOut(v *visit) error {
	if err := v.People.SignOut(v.ctx(), v.held(v.r)); err != nil {
		return err
	}
	v.remember(v.w, secret.New(""))
	return v.leave("/sign-in", "")
}
