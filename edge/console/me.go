package console

import (
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/identity"
)

func (c *Console) meRoutes() []route {
	return []route{
		{"GET /me", c.page(mePage)},
		{"POST /me", c.page(saveMe)},
	}
}

// meView is a person's own page.
type meView struct {
	Me            identity.Me
	Name, Company string
	Token         string
	Faults        faults
}

func mePage(v *visit) error { return showMe(v, meView{}) }

func showMe(v *visit, d meView) error {
	me, err := v.Identity.Me(v.ctx(), v.by)
	if err != nil {
		return err
	}
	if d.Me = me; !d.Faults.any() {
		d.Name, d.Company = me.Name, me.Company
	}
	d.Token = v.token("/me")
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
