package console

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
)

func (c *Console) domainRoutes() []route {
	if c.Domains == nil {
		return nil
	}
	return []route{
		{"GET /groups/{group}/domains", c.page(domainsPage)},
		{"POST /groups/{group}/domains", c.page(addDomain)},
		{"POST /groups/{group}/domains/{domain}/check", c.page(checkDomain)},
		{"GET /groups/{group}/domains/{domain}/remove", c.page(removeDomainPage)},
		{"POST /groups/{group}/domains/{domain}/remove", c.page(removeDomain)},
	}
}

// domainsView is what a group says is its own.
type domainsView struct {
	Group  group.Group
	All    []domain.Domain
	May    bool // whoever looks manages them
	Name   string
	Token  string
	Tokens map[string]string // of the check forms, by domain
	Faults faults
}

func domainsPath(g group.Group) string { return groupPath(g.ID.String()) + "/domains" }

func (d domainsView) path() string                { return domainsPath(d.Group) }
func (d domainsView) at(one domain.Domain) string { return d.path() + "/" + one.ID.String() }
func (d domainsView) asks(one domain.Domain) bool {
	return one.State != domain.Proven || !one.Failing.IsZero()
}

var domainColumns = []page.Column{{Title: "Domain"}, {Title: "State"}, {Title: "Last check"}, {Title: "Actions", Hidden: true, Right: true, Narrow: true}}

func domainTitle(d domain.Domain) string {
	if d.State == domain.Unproven {
		return "Prove that " + d.Name + " is yours"
	}
	return "The proof for " + d.Name + " is gone"
}

func domainText(d domain.Domain) string {
	switch {
	case d.State == domain.Proven:
		return "Set one of the two up again. If it stays away for 7 days, the proof lapses."
	case d.State == domain.Lapsed:
		return "Releases can't rely on this domain. Set one of the two up again, then check."
	}
	return "Set one of the two up, then check. It stays there: we look again every week."
}

func domainsPage(v *visit) error { return showDomains(v, domainsView{}) }

func showDomains(v *visit, d domainsView) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d.Group = g
	if d.All, err = v.Domains.List(v.ctx(), v.by, g.ID.String()); err != nil {
		return err
	}
	d.May = g.State == group.Active && v.may("domain:create", access.On("group", g.ID.String()))
	d.Token, d.Tokens = v.token(d.path()), map[string]string{}
	for _, one := range d.All {
		d.Tokens[one.ID.String()] = v.token(d.at(one) + "/check")
	}
	return v.inGroup(g, sheet{title: "Domains", status: d.Faults.status(), trail: []page.Link{{Text: "Domains"}}, body: domainList(v, d)})
}

func addDomain(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	name := v.field("name")
	d, err := v.Domains.Add(v.ctx(), v.by, g.ID.String(), name)
	if err != nil {
		if f, ok := faultsOf(err, "/name"); ok {
			return showDomains(v, domainsView{Name: name, Faults: f})
		}
		return err
	}
	return v.leave(domainsPath(g)+"#"+d.ID.String(), d.Name+" is in the list. Now prove that it is yours.")
}

// domainOf loads the domain that the address names; one of another group is not there.
func (v *visit) domainOf() (group.Group, domain.Domain, error) {
	g, err := v.groupOf()
	if err != nil {
		return g, domain.Domain{}, err
	}
	id, err := ident.Parse[domain.Domain](v.r.PathValue("domain"))
	if err != nil {
		return g, domain.Domain{}, err
	}
	d, err := v.Domains.Get(v.ctx(), v.by, id)
	if err == nil && d.Group != g.ID.String() {
		return g, d, absent(v)
	}
	return g, d, err
}

func checkDomain(v *visit) error {
	g, d, err := v.domainOf()
	if err != nil {
		return err
	}
	if d, err = v.Domains.Check(v.ctx(), v.by, d.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showDomains(v, domainsView{Faults: f})
		}
		return err
	}
	if d.State == domain.Proven && d.Failing.IsZero() {
		return v.leave(domainsPath(g), d.Name+" is proven to be yours.")
	}
	v.flash(page.Flash{Tone: page.ToneWarn, Text: "No proof for " + d.Name + " was found. What was there instead stands below."})
	return v.leave(domainsPath(g)+"#"+d.ID.String(), "")
}

func removeDomainPage(v *visit) error { return showRemoveDomain(v, faults{}) }

func showRemoveDomain(v *visit, f faults) error {
	g, d, err := v.domainOf()
	if err != nil {
		return err
	}
	path := domainsPath(g)
	action := path + "/" + d.ID.String() + "/remove"
	c := page.Confirm{Title: "Remove " + d.Name + "?", Text: "The proof is forgotten. Adding the domain again gives another text to set up.",
		Remains: []string{"The record or the file stays where it is; you can delete it."},
		Action:  action, Token: v.token(action), Button: "Remove the domain", Cancel: path}
	if d.State == domain.Proven {
		c.Consequences = []string{"Where the operator reviews versions, none that names this domain can be handed in without it."}
	}
	return v.inGroup(g, sheet{title: c.Title, status: f.status(), trail: []page.Link{{Text: "Domains", URL: path}, {Text: d.Name}}, body: refusable(f, c)})
}

func removeDomain(v *visit) error {
	g, d, err := v.domainOf()
	if err != nil {
		return err
	}
	if err := v.Domains.Remove(v.ctx(), v.by, d.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showRemoveDomain(v, f)
		}
		return err
	}
	return v.leave(domainsPath(g), d.Name+" is removed.")
}
