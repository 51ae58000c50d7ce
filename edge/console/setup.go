package console

import (
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

func (c *Console) setupRoutes() []route {
	return []route{
		{"GET /setup", c.open(setupPage)},
		{"POST /setup", c.open(setUp)},
	}
}

// setupView is the form that makes the first operator.
type setupView struct {
	Email, Name, Token string
	Faults             faults
}

func setupPage(v *visit) error {
	if v.session.ID != "" {
		return v.leave("/", "")
	}
	return showSetup(v, setupView{})
}

func showSetup(v *visit, d setupView) error {
	d.Token = v.token("/setup")
	return v.doorPage(sheet{title: "Set up the platform", status: d.Faults.status(), body: setupForm(d)})
}

// setUp makes the first operator and signs them in. The secret is never shown again, not even to who
// has just typed it.
func setUp(v *visit) error {
	d := setupView{Email: v.field("email"), Name: v.field("name")}
	st, err := v.Identity.SetUp(v.ctx(), v.field("secret"), identity.SignUp{Email: d.Email, Name: d.Name, Password: secret.New(v.r.PostForm.Get("password"))}, v.Identity.VisitOf(v.r))
	if err != nil {
		p := problem.Of(err)
		switch f, ok := faultsOf(err, "/email", "/name", "/password"); {
		case ok:
			d.Faults = f
		case p.Code == "setup_closed":
			d.Faults = faults{text: "Nothing was set up.", fields: fieldFault("/secret", p.Detail)}
		case p.Kind == problem.KindLimited || p.Kind == problem.KindUnavailable || p.Kind == problem.KindConflict:
			d.Faults = faults{text: p.Detail}
		default:
			return err
		}
		return showSetup(v, d)
	}
	v.begin(st)
	return v.leave("/operator", "")
}
