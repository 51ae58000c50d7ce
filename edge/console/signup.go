package console

import (
	"net/http"

	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// signUpView is the sign-up form.
type signUpView struct {
	Email, Name, Company, Token string
	Terms                       identity.Terms
	Accepted                    bool
	Faults                      faults
}

func signUpPage(v *visit) error {
	if v.session.ID != "" {
		return v.leave("/", "")
	}
	return showSignUp(v, signUpView{})
}

func showSignUp(v *visit, d signUpView) error {
	d.Token, d.Terms = v.token("/sign-up"), v.Identity.Terms
	return v.doorPage(sheet{title: "Create a developer account", status: d.Faults.status(), body: signUpForm(d)})
}

func signUp(v *visit) error {
	d := signUpView{Email: v.field("email"), Name: v.field("name"), Company: v.field("company"), Accepted: v.field("terms") != ""}
	if v.Identity.Terms.Version != "" && !d.Accepted {
		d.Faults = faults{text: "Read and accept the terms to go on.", fields: []problem.Field{{Pointer: "/terms", Detail: "You have to accept the terms."}}}
		return showSignUp(v, d)
	}
	err := v.Identity.SignUp(v.ctx(), identity.SignUp{Email: d.Email, Name: d.Name, Company: d.Company, Password: secret.New(v.r.PostForm.Get("password")), Terms: v.field("terms")})
	if err != nil {
		if f, ok := faultsOf(err, "/email", "/name", "/company", "/password", "/terms"); ok {
			d.Faults = f
			return showSignUp(v, d)
		}
		return err
	}
	// The same words whether the address was free or taken, so that nobody learns who has an account.
	return v.doorPage(sheet{title: "Look into your mail", body: mailSent(mailView{Title: "Look into your mail", Email: d.Email,
		Text: "We have sent a link to finish your sign-up.", Resend: v.token("/verify/again")})})
}

// mailView says that a letter is on its way.
type mailView struct {
	Title, Text, Email, Resend string
}

func verifyAgain(v *visit) error {
	email := v.field("email")
	if err := v.Identity.ResendVerify(v.ctx(), email); err != nil {
		return err
	}
	return v.doorPage(sheet{title: "Look into your mail", body: mailSent(mailView{Title: "Look into your mail", Email: email,
		Text: "If a sign-up with this address is waiting, a new link is on its way. The old one no longer works."})})
}

// linkView is a form that a mailed link leads to.
type linkView struct {
	Link, Token, Fault string
	Faults             faults
	Dead               bool // the link opens nothing any more
}

func verifyPage(v *visit) error { return showVerify(v, linkView{Link: v.query("link")}, http.StatusOK) }

func showVerify(v *visit, d linkView, status int) error {
	d.Token = v.token("/verify")
	return v.doorPage(sheet{title: "Finish your sign-up", status: status, body: verifyForm(d)})
}

func verify(v *visit) error {
	d := linkView{Link: v.field("link")}
	st, err := v.Identity.Verify(v.ctx(), d.Link, secret.New(v.r.PostForm.Get("password")), v.Identity.VisitOf(v.r))
	switch p := problem.Of(err); {
	case err == nil:
	case p.Code == "link_invalid":
		d.Dead, d.Fault = true, p.Detail
		return showVerify(v, d, http.StatusUnprocessableEntity)
	case p.Kind == problem.KindUnauthenticated || p.Kind == problem.KindLimited || p.Kind == problem.KindUnavailable:
		d.Fault = p.Detail
		return showVerify(v, d, http.StatusUnprocessableEntity)
	default:
		return err
	}
	v.begin(st)
	return v.leave("/", "")
}

func forgotPage(v *visit) error { return showForgot(v, signInView{}, http.StatusOK) }

func showForgot(v *visit, d signInView, status int) error {
	d.Token = v.token("/forgot")
	return v.doorPage(sheet{title: "Set a new password", status: status, body: forgotForm(d)})
}

func forgot(v *visit) error {
	d := signInView{Email: v.field("email")}
	if err := v.Identity.RequestReset(v.ctx(), d.Email); err != nil {
		if f, ok := faultsOf(err); ok {
			d.Fault = f.text
			return showForgot(v, d, http.StatusUnprocessableEntity)
		}
		return err
	}
	return v.doorPage(sheet{title: "Look into your mail", body: mailSent(mailView{Title: "Look into your mail", Email: d.Email,
		Text: "If there is an account with this address, a link to set a new password is on its way. It works for an hour."})})
}

func resetPage(v *visit) error { return showReset(v, linkView{Link: v.query("link")}) }

func showReset(v *visit, d linkView) error {
	d.Token = v.token("/reset")
	return v.doorPage(sheet{title: "Choose a new password", status: d.Faults.status(), body: resetForm(d)})
}

func reset(v *visit) error {
	d := linkView{Link: v.field("link")}
	if err := v.Identity.Reset(v.ctx(), d.Link, secret.New(v.r.PostForm.Get("password"))); err != nil {
		if f, ok := faultsOf(err, "/password"); ok {
			d.Faults, d.Dead = f, problem.CodeOf(err) == "link_invalid"
			return showReset(v, d)
		}
		return err
	}
	return v.leave("/sign-in", "Your new password is set. Sign in with it.")
}
