package console

import (
	"net/http"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
)

// Signing in through the operator's own OpenID Connect provider. The way there and back are plain
// links: a form may not lead to another host under our content policy.
func (c *Console) providerRoutes() []route {
	if c.Identity == nil || c.Identity.Provider == nil {
		return nil
	}
	return []route{
		{"GET " + identity.PathProvider + "/begin", c.open(beginProvider)},
		{"GET " + identity.PathProvider, c.open(endProvider)},
		{"GET /me/provider", c.sure(linkProvider)},
		{"GET /me/provider/unlink", c.sure(unlinkProviderPage)},
		{"POST /me/provider/unlink", c.sure(unlinkProvider)},
	}
}

// providerName is what the button says; empty: there is no provider.
func (v *visit) providerName() string {
	p := v.Identity.Provider
	switch {
	case p == nil:
		return ""
	case p.Name == "":
		return "your company's sign-in"
	}
	return p.Name
}

func beginProvider(v *visit) error {
	to, err := v.Identity.BeginProvider(v.ctx(), page.LocalPath(v.query("next")))
	if err != nil {
		return err
	}
	return v.away(to)
}

func linkProvider(v *visit) error {
	to, err := v.Identity.BeginLink(v.ctx(), v.by, v.session.At, "/me")
	if err != nil {
		return err
	}
	return v.away(to)
}

func unlinkProviderPage(v *visit) error {
	const path = "/me/provider/unlink"
	name := v.providerName()
	return v.mine(sheet{title: "Unlink", trail: []page.Link{{Text: "Unlink"}}, body: page.Confirm{Title: "Unlink " + name + "?",
		Text: "You can't sign in with it any more until you link it again. Your other ways to sign in stay.", Action: path, Token: v.token(path), Button: "Unlink", Cancel: "/me"}})
}

func unlinkProvider(v *visit) error {
	if err := v.Identity.Unlink(v.ctx(), v.by, v.session.At); err != nil {
		return err
	}
	return v.leave("/me", v.providerName()+" does not open your account any more.")
}

func (v *visit) away(to identity.Redirect) error {
	http.SetCookie(v.w, v.Identity.StateCookie(to.Kept))
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(v.w, v.r, to.URL, http.StatusSeeOther)
	return nil
}

func endProvider(v *visit) error {
	http.SetCookie(v.w, v.Identity.NoStateCookie())
	got, err := v.Identity.CompleteProvider(v.ctx(), v.by, v.session.At, v.Identity.CallbackOf(v.r), v.Identity.VisitOf(v.r))
	if err != nil {
		p := problem.Of(err)
		if p.Kind == problem.KindInternal || v.session.ID != "" {
			return err
		}
		return showSignIn(v, signInView{Fault: p.Detail, Next: "/"}, http.StatusUnprocessableEntity)
	}
	if got.Linked {
		return v.leave("/me", "From now on you can sign in with "+v.providerName()+".")
	}
	v.begin(got.Started)
	return v.leave(got.Return, "")
}
