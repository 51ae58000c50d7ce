package console

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

func (c *Console) signInRoutes() []route {
	return []route{
		{"GET /sign-in", c.open(signInPage)},
		{"POST /sign-in", c.open(signIn)},
		{"POST /sign-out", c.page(signOut)},
		{"GET /confirm", c.page(confirmPage)},
		{"POST /confirm", c.page(confirmSelf)},
		{"GET /sign-up", c.open(signUpPage)},
		{"POST /sign-up", c.open(signUp)},
		{"GET /verify", c.open(verifyPage)},
		{"POST /verify", c.open(verify)},
		{"POST /verify/again", c.open(verifyAgain)},
		{"GET /forgot", c.open(forgotPage)},
		{"POST /forgot", c.open(forgot)},
		{"GET /reset", c.open(resetPage)},
		{"POST /reset", c.open(reset)},
	}
}

// signInView is the sign-in form. Held carries the password, sealed, to the second step.
type signInView struct {
	Email, Next, Token, Fault, Held string
	Code                            bool // ask for the second factor
	Resend                          string
	Provider                        string // name of the operator's sign-in; empty: none
	Passkey                         passkeyEntry
}

// doorPage is a page for people who are not signed in.
func (v *visit) doorPage(s sheet) error {
	s.bare, s.quiet = true, true
	return v.show(s)
}

func signInPage(v *visit) error {
	next := page.LocalPath(v.query("next"))
	if v.session.ID != "" {
		return v.leave(next, "")
	}
	return showSignIn(v, signInView{Next: next}, http.StatusOK)
}

func showSignIn(v *visit, d signInView, status int) error {
	d.Token, d.Provider = v.token("/sign-in"), v.providerName()
	d.Passkey = v.passkeyEntry("Sign in with a passkey", "/sign-in", d.Next)
	if d.Resend != "" {
		d.Resend = v.token("/verify/again")
	}
	return v.doorPage(sheet{title: "Sign in", status: status, body: signInForm(d)})
}

// heldPassword travels sealed between the two steps of a sign-in, bound to the browser and address.
type heldPassword struct {
	Until    int64
	Password string
}

const heldFor = 5 * time.Minute

func (v *visit) hold(email, password string) string {
	b, err := json.Marshal(heldPassword{Until: v.now.Add(heldFor).Unix(), Password: password})
	if err != nil {
		return ""
	}
	return v.Keys.Seal(secret.New(string(b)), "second factor/"+v.guest+"/"+email)
}

func (v *visit) unhold(email string) string {
	open, err := v.Keys.Open(v.field("held"), "second factor/"+v.guest+"/"+email)
	if err != nil {
		return ""
	}
	var h heldPassword
	if json.Unmarshal([]byte(open.Reveal()), &h) != nil || v.now.Unix() > h.Until {
		return ""
	}
	return h.Password
}

func signIn(v *visit) error {
	d := signInView{Email: v.field("email"), Next: page.LocalPath(v.field("next"))}
	password := v.r.PostForm.Get("password")
	if v.field("held") != "" {
		if password = v.unhold(d.Email); password == "" {
			d.Fault = "That took too long. Enter your password again."
			return showSignIn(v, d, http.StatusUnprocessableEntity)
		}
	}
	st, err := v.Identity.SignIn(v.ctx(), identity.SignIn{Email: d.Email, Password: secret.New(password), Code: v.field("code")}, v.Identity.VisitOf(v.r))
	switch p := problem.Of(err); {
	case err == nil:
	case p.Code == "second_factor_required" || p.Code == "second_factor_wrong":
		d.Code, d.Held = true, v.hold(d.Email, password)
		if p.Code == "second_factor_wrong" {
			d.Fault = p.Detail
		}
		return showSignIn(v, d, http.StatusUnprocessableEntity)
	case p.Code == "email_unverified":
		d.Fault, d.Resend = p.Detail, "yes"
		return showSignIn(v, d, http.StatusUnprocessableEntity)
	case p.Kind == problem.KindUnauthenticated || p.Kind == problem.KindLimited || p.Kind == problem.KindUnavailable:
		d.Fault = p.Detail
		return showSignIn(v, d, http.StatusUnprocessableEntity)
	default:
		return err
	}
	v.begin(st)
	return v.leave(d.Next, "")
}

func signOut(v *visit) error {
	if err := v.Identity.SignOut(v.ctx(), v.Identity.FromRequest(v.r)); err != nil {
		return err
	}
	http.SetCookie(v.w, v.Identity.NoCookie())
	return v.leave(signInPath(v.field("next")), "")
}

// confirmView asks a person who is signed in to prove it again.
type confirmView struct {
	Next, Token, Fault string
	Password           bool
	TOTP               bool
	Passkey            passkeyEntry
}

func confirmPage(v *visit) error {
	return showConfirm(v, confirmView{Next: page.LocalPath(v.query("next"))}, http.StatusOK)
}

func showConfirm(v *visit, d confirmView, status int) error {
	me, err := v.Identity.Me(v.ctx(), v.by)
	if err != nil {
		return err
	}
	d.Password, d.TOTP, d.Token = me.Password, me.TOTP, v.token("/confirm")
	if me.Passkeys > 0 {
		d.Passkey = v.passkeyEntry("Confirm with a passkey", "/confirm", d.Next)
	}
	return v.doorPage(sheet{title: "Confirm that it is you", status: status, body: confirmForm(d)})
}

func confirmSelf(v *visit) error {
	d := confirmView{Next: page.LocalPath(v.field("next"))}
	st, err := v.Identity.Reauthenticate(v.ctx(), v.by, v.session.At, identity.SignIn{Password: secret.New(v.r.PostForm.Get("password")), Code: v.field("code")})
	switch p := problem.Of(err); {
	case err == nil:
	case p.Kind == problem.KindUnauthenticated || p.Kind == problem.KindLimited || p.Kind == problem.KindUnavailable:
		d.Fault = p.Detail
		return showConfirm(v, d, http.StatusUnprocessableEntity)
	default:
		return err
	}
	v.begin(st)
	return v.leave(d.Next, "")
}
