package console

import (
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

func (c *Console) meRoutes() []route {
	return []route{
		{"GET /me", c.page(mePage)},
		{"POST /me", c.page(saveMe)},
		{"POST /me/sessions/end", c.page(endSession)},
		{"POST /me/sessions/others", c.page(endOthers)},
		{"GET /me/password", c.sure(passwordPage)},
		{"POST /me/password", c.sure(changePassword)},
		{"GET /me/email", c.sure(emailPage)},
		{"POST /me/email", c.sure(changeEmail)},
		{"GET /verify-email", c.page(confirmEmailPage)},
		{"POST /verify-email", c.page(confirmEmail)},
		{"GET /me/app", c.sure(appPage)},
		{"POST /me/app", c.sure(beginApp)},
		{"POST /me/app/confirm", c.sure(confirmApp)},
		{"POST /me/app/codes", c.sure(renewCodes)},
		{"POST /me/app/remove", c.sure(removeApp)},
		{"GET /me/delete", c.sure(deleteMePage)},
		{"POST /me/delete", c.sure(deleteMe)},
		{"GET /delete-account", c.open(confirmDeletionPage)},
		{"POST /delete-account", c.open(confirmDeletion)},
	}
}

// meView is a person's own page.
type meView struct {
	Me                                    identity.Me
	Sessions                              []identity.Session
	Passkeys                              []identity.Passkey
	Name, Company                         string
	Token, EndToken, OthersToken, KeyDrop string
	Faults                                faults
}

func mePage(v *visit) error { return showMe(v, meView{}) }

func showMe(v *visit, d meView) error {
	var err error
	if d.Me, err = v.Identity.Me(v.ctx(), v.by); err != nil {
		return err
	}
	if !d.Faults.any() {
		d.Name, d.Company = d.Me.Name, d.Me.Company
	}
	if d.Sessions, err = v.Identity.Sessions(v.ctx(), v.by, v.session.At); err != nil {
		return err
	}
	if d.Passkeys, err = v.Identity.Passkeys(v.ctx(), v.by, v.session.At); err != nil {
		return err
	}
	d.Token, d.OthersToken = v.token("/me"), v.token("/me/sessions/others")
	return v.show(sheet{title: "Profile and security", status: d.Faults.status(), trail: []page.Link{{Text: "Profile and security"}}, body: meHome(v, d)})
}

func saveMe(v *visit) error {
	d := meView{Name: v.field("name"), Company: v.field("company")}
	if _, err := v.Identity.UpdateProfile(v.ctx(), v.by, v.session.At, identity.Profile{Name: &d.Name, Company: &d.Company}); err != nil {
		if f, ok := faultsOf(err, "/name", "/company"); ok {
			d.Faults = f
			return showMe(v, d)
		}
		return err
	}
	return v.leave("/me", "Saved.")
}

func endSession(v *visit) error {
	id, err := ident.Parse[identity.Session](v.field("session"))
	if err != nil {
		return err
	}
	if err := v.Identity.EndSession(v.ctx(), v.by, v.session.At, id); err != nil {
		return err
	}
	return v.leave("/me", "That browser is signed out.")
}

func endOthers(v *visit) error {
	if err := v.Identity.EndOthers(v.ctx(), v.by, v.session.At); err != nil {
		return err
	}
	return v.leave("/me", "You are signed out everywhere else.")
}

// mine is a page below the person's own.
func (v *visit) mine(s sheet) error {
	s.trail = append([]page.Link{{Text: "Profile and security", URL: "/me"}}, s.trail...)
	s.current = "/me"
	return v.show(s)
}

// changeView is one change of how a person signs in.
type changeView struct {
	Me     identity.Me
	Token  string
	Email  string
	Link   string
	Faults faults
}

func (v *visit) changing(path string, f faults) (changeView, error) {
	me, err := v.Identity.Me(v.ctx(), v.by)
	return changeView{Me: me, Token: v.token(path), Faults: f}, err
}

func passwordPage(v *visit) error { return showPassword(v, faults{}) }

func showPassword(v *visit, f faults) error {
	d, err := v.changing("/me/password", f)
	if err != nil {
		return err
	}
	return v.mine(sheet{title: "Password", status: f.status(), trail: []page.Link{{Text: "Password"}}, body: passwordForm(d)})
}

func changePassword(v *visit) error {
	st, err := v.Identity.ChangePassword(v.ctx(), v.by, v.session.At, identity.PasswordChange{Current: secret.New(v.r.PostForm.Get("current")), New: secret.New(v.r.PostForm.Get("password"))})
	if err != nil {
		if problem.CodeOf(err) == "sign_in_failed" {
			return showPassword(v, faults{text: "The present password is wrong.", fields: []problem.Field{{Pointer: "/current", Detail: "This is not your present password."}}})
		}
		if f, ok := faultsOf(err, "/password"); ok {
			return showPassword(v, f)
		}
		return err
	}
	v.begin(st)
	return v.leave("/me", "Your new password is set. You are signed out everywhere else.")
}

func emailPage(v *visit) error { return showEmail(v, "", faults{}) }

func showEmail(v *visit, email string, f faults) error {
	d, err := v.changing("/me/email", f)
	if err != nil {
		return err
	}
	d.Email = email
	return v.mine(sheet{title: "E-mail address", status: f.status(), trail: []page.Link{{Text: "E-mail address"}}, body: emailForm(d)})
}

func changeEmail(v *visit) error {
	email := v.field("email")
	if err := v.Identity.RequestEmail(v.ctx(), v.by, v.session.At, email); err != nil {
		if f, ok := faultsOf(err, "/email"); ok {
			return showEmail(v, email, f)
		}
		return err
	}
	return v.leave("/me", "We have sent a link to the new address. Open it in this browser to use the address from then on.")
}

func confirmEmailPage(v *visit) error {
	path := "/verify-email"
	return v.mine(sheet{title: "New address", trail: []page.Link{{Text: "New address"}}, body: linkConfirm(
		page.Confirm{Title: "Use the new address?", Text: "You sign in with it from now on, and notices go there. The old address is told.", Action: path, Token: v.token(path), Button: "Use the new address", Cancel: "/me", Mild: true}, v.query("link"), faults{})})
}

func confirmEmail(v *visit) error {
	if err := v.Identity.ConfirmEmail(v.ctx(), v.by, v.session.At, v.field("link")); err != nil {
		return err
	}
	return v.leave("/me", "Your new address is in use.")
}

// appView is the setting up of an authenticator app.
type appView struct {
	changeView
	Enrolment *identity.Enrolment
	Confirm   string // form token
	Remove    string // form token
	Codes     string // form token
}

func appPage(v *visit) error { return showApp(v, nil, faults{}) }

func showApp(v *visit, e *identity.Enrolment, f faults) error {
	c, err := v.changing("/me/app", f)
	if err != nil {
		return err
	}
	d := appView{changeView: c, Enrolment: e, Confirm: v.token("/me/app/confirm"), Remove: v.token("/me/app/remove"), Codes: v.token("/me/app/codes")}
	return v.mine(sheet{title: "Authenticator app", status: f.status(), trail: []page.Link{{Text: "Authenticator app"}}, body: appForm(d)})
}

func beginApp(v *visit) error {
	e, err := v.Identity.BeginTOTP(v.ctx(), v.by, v.session.At)
	if err != nil {
		return err
	}
	return showApp(v, &e, faults{})
}

func confirmApp(v *visit) error {
	got, err := v.Identity.ConfirmTOTP(v.ctx(), v.by, v.session.At, v.field("code"))
	if err != nil {
		if problem.CodeOf(err) == "second_factor_wrong" {
			return showApp(v, nil, faults{text: "The code was not right, so nothing has changed. Begin again and scan the new picture."})
		}
		return err
	}
	v.begin(got.Started)
	return showCodes(v, "The authenticator app is on. You were signed out everywhere else.", got.Recovery)
}

// showCodes shows recovery codes, the only time.
func showCodes(v *visit, words string, codes []secret.Text) error {
	shown := make([]string, len(codes))
	for i, c := range codes {
		shown[i] = c.Reveal()
	}
	return v.mine(sheet{title: "Recovery codes", trail: []page.Link{{Text: "Recovery codes"}}, body: recoveryCodes(words, shown)})
}

func renewCodes(v *visit) error {
	codes, err := v.Identity.RenewRecovery(v.ctx(), v.by, v.session.At)
	if err != nil {
		return err
	}
	return showCodes(v, "These replace the ones you had, which open nothing any more.", codes)
}

func removeApp(v *visit) error {
	if err := v.Identity.RemoveTOTP(v.ctx(), v.by, v.session.At, v.field("code")); err != nil {
		if problem.Of(err).Kind == problem.KindUnauthenticated {
			return showApp(v, nil, faults{text: problem.Of(err).Detail})
		}
		return err
	}
	return v.leave("/me", "The authenticator app is no longer asked for.")
}

func deleteMePage(v *visit) error {
	obstacles, err := v.Identity.StandsInTheWay(v.ctx(), v.by, v.session.At)
	if err != nil {
		return err
	}
	c := page.Confirm{Title: "Delete your account?", Text: "We send you a link to confirm. After that you have 20 days to change your mind: signing in takes it back.",
		Consequences: []string{"You are signed out everywhere, and your memberships and messages are deleted for good afterwards.", "What you did stays in the audit log under “Deleted user”."},
		Action:       "/me/delete", Token: v.token("/me/delete"), Button: "Send me the link", Cancel: "/me"}
	return v.mine(sheet{title: "Delete your account", trail: []page.Link{{Text: "Delete your account"}}, body: deleteMeForm(obstacles, c)})
}

func deleteMe(v *visit) error {
	if err := v.Identity.RequestDeletion(v.ctx(), v.by, v.session.At); err != nil {
		return err
	}
	return v.leave("/me", "We have sent you a link. Nothing happens until you open it and confirm.")
}

func confirmDeletionPage(v *visit) error {
	path := "/delete-account"
	return v.doorPage(sheet{title: "Delete your account", body: linkConfirm(page.Confirm{Title: "Delete your account?",
		Text: "You are signed out everywhere. Within 20 days you can take it back by signing in.", Action: path, Token: v.token(path), Button: "Delete my account", Cancel: "/"}, v.query("link"), faults{})})
}

func confirmDeletion(v *visit) error {
	when, err := v.Identity.ConfirmDeletion(v.ctx(), v.field("link"))
	if err != nil {
		return err
	}
	return v.doorPage(sheet{title: "Your account is closed", body: page.Problem{Title: "Your account is closed",
		Text: "It is deleted for good on " + when.UTC().Format("2 January 2006") + ". If you change your mind, sign in before that."}})
}

// renew keeps the session after the person gave a role of their own away, which would end it.
func (v *visit) renew() error {
	st, err := v.Identity.Renew(v.ctx(), v.by, v.session.At)
	if err != nil {
		return err
	}
	v.begin(st)
	return nil
}
