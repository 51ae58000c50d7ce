package console

import (
	"fmt"
	"html"
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/programme"
)

func (c *Console) programmeRoutes() []route {
	if c.Programme == nil {
		return nil
	}
	const mine, theirs = "/groups/{group}/programme", "/operator/groups/{group}/programme"
	return []route{
		{"GET " + mine, c.page(programmePage)},
		{"POST " + mine, c.page(applyProgramme)},
		{"GET " + mine + "/badge.svg", c.page(programmeBadge)},
		{"POST " + mine + "/previews/{preview}", c.page(askPreview)},
		{"GET /operator/programme", c.operator(operatorProgramme)},
		{"GET " + theirs, c.operator(operatorMembership)},
		{"POST " + theirs, c.operator(decideProgramme)},
		{"POST " + theirs + "/previews/{preview}", c.operator(decidePreview)},
	}
}

// programmeView is where a group stands in the partner programme.
type programmeView struct {
	Group   group.Group
	Is      programme.Membership
	Partner programme.Partner // the zero one: it never applied
	Tier    programme.TierView
	May     bool
	Profile programme.Profile // as it was typed
	Wants   string
	Reason  string
	Why     map[string]string // by preview
	Faults  faults
	At      string // the form that was refused
	Token   func(action string) string
}

func (d programmeView) mine() string   { return groupPath(d.Group.ID.String()) + "/programme" }
func (d programmeView) theirs() string { return operatorGroupPath(d.Group.ID.String()) + "/programme" }

// contact is the one of a role, as far as it was typed.
func (d programmeView) contact(role string) programme.Contact {
	for _, c := range d.Profile.Contacts {
		if c.Role == role {
			return c
		}
	}
	return programme.Contact{Role: role}
}

// fault is that of a field in the form at hand.
func (d programmeView) fault(form, pointer string) string {
	if d.At != form {
		return ""
	}
	return d.Faults.at(pointer)
}

func (v *visit) membership() (programmeView, error) {
	d := programmeView{Why: map[string]string{}}
	var err error
	if d.Group, err = v.groupOf(); err != nil {
		return d, err
	}
	if d.Is, err = v.Programme.Membership(v.ctx(), v.by, d.Group.ID.String()); err != nil {
		return d, err
	}
	if d.Is.Partner != nil {
		d.Partner = *d.Is.Partner
	}
	for _, t := range d.Is.Tiers {
		if t.Name == d.Partner.Tier {
			d.Tier = t
		}
	}
	d.Profile, d.Wants = d.Partner.Profile, d.Partner.Wants
	return d, nil
}

func programmePage(v *visit) error {
	d, err := v.membership()
	if err != nil {
		return err
	}
	return v.showProgramme(d)
}

func (v *visit) showProgramme(d programmeView) error {
	d.May = v.may("partner:apply", access.On("group", d.Group.ID.String()))
	d.Token = func(action string) string { return v.token(d.mine() + action) }
	return v.inGroup(d.Group, sheet{title: "Programme", status: d.Faults.status(), trail: []page.Link{{Text: "Programme"}}, body: programmeHome(v, d)})
}

func applyProgramme(v *visit) error {
	d, err := v.membership()
	if err != nil {
		return err
	}
	d.Wants = v.field("tier")
	d.Profile = programme.Profile{Company: v.field("company"), Homepage: v.field("homepage"), Value: v.field("value"), Success: v.field("success"), Support: v.field("support"), Documentation: v.field("documentation")}
	for _, role := range []string{"business", "technical", "security"} {
		d.Profile.Contacts = append(d.Profile.Contacts, programme.Contact{Role: role, Name: v.field(role + "_name"), Email: v.field(role + "_email")})
	}
	if _, err = v.Programme.Apply(v.ctx(), v.by, d.Group.ID.String(), d.Wants, d.Profile); err == nil {
		return v.leave(d.mine(), "The operator has your application. You hear of the decision here and by mail.")
	}
	var ok bool
	if d.Faults, ok = faultsOf(err, "/tier", "/company", "/homepage", "/contacts", "/value", "/success", "/support", "/documentation"); !ok {
		return err
	}
	d.At = "apply"
	return v.showProgramme(d)
}

func askPreview(v *visit) error {
	d, err := v.membership()
	if err != nil {
		return err
	}
	name := v.r.PathValue("preview")
	d.Why[name] = v.field("why")
	if _, err = v.Programme.AskPreview(v.ctx(), v.by, d.Group.ID.String(), name, d.Why[name]); err == nil {
		return v.leave(d.mine(), "The operator is asked for access.")
	}
	var ok bool
	if d.Faults, ok = faultsOf(err, "/why"); !ok {
		return err
	}
	d.At = name
	return v.showProgramme(d)
}

// programmeBadge is the badge that members of a tier may show.
func programmeBadge(v *visit) error {
	d, err := v.membership()
	if err != nil {
		return err
	}
	if !d.Tier.Badge {
		return problem.NotFound("page")
	}
	h := v.w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Content-Disposition", `attachment; filename="badge.svg"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	v.w.WriteHeader(http.StatusOK)
	_, err = v.w.Write([]byte(badge(v.brand(), d.Tier.Label)))
	return err
}

func (v *visit) brand() string {
	if v.Name == "" {
		return "Guestright"
	}
	return v.Name
}

// badge draws two words side by side; widths follow the number of letters.
func badge(left, right string) string {
	a, b := 14+8*len([]rune(left)), 14+8*len([]rune(right))
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="28" role="img" aria-label="%s %s"><rect width="%d" height="28" rx="5" fill="#1f2937"/><rect x="%d" width="%d" height="28" rx="5" fill="#0f766e"/><g fill="#fff" font-family="system-ui,sans-serif" font-size="13" text-anchor="middle"><text x="%d" y="18">%s</text><text x="%d" y="18">%s</text></g></svg>`,
		a+b, html.EscapeString(left), html.EscapeString(right), a+b, a, b, a/2, html.EscapeString(left), a+b/2, html.EscapeString(right))
}

func operatorProgramme(v *visit) error {
	all, err := v.Programme.Waiting(v.ctx(), v.by, true)
	if err != nil {
		return err
	}
	return v.byOperator(sheet{title: "Partner programme", trail: []page.Link{{Text: "Partner programme"}}, body: programmeQueue(v, all)})
}

func operatorMembership(v *visit) error {
	d, err := v.membership()
	if err != nil {
		return err
	}
	return v.showMembership(d)
}

func (v *visit) showMembership(d programmeView) error {
	d.Token = func(action string) string { return v.token(d.theirs() + action) }
	return v.byOperator(sheet{title: "Programme of " + d.Group.Name, current: "/operator/programme", status: d.Faults.status(),
		trail: []page.Link{{Text: "Partner programme", URL: "/operator/programme"}, {Text: d.Group.Name}}, body: programmeDecide(v, d)})
}

func decideProgramme(v *visit) error {
	return v.judging("partner", func(d programmeView, revision int64) error {
		tier := v.field("tier")
		if v.field("answer") == "none" {
			tier = ""
		}
		_, err := v.Programme.DecidePartner(v.ctx(), v.by, d.Group.ID.String(), programme.PartnerDecision{Tier: tier, Reason: v.field("reason"), Revision: revision})
		return err
	})
}

func decidePreview(v *visit) error {
	name := v.r.PathValue("preview")
	return v.judging(name, func(d programmeView, revision int64) error {
		_, err := v.Programme.DecidePreview(v.ctx(), v.by, d.Group.ID.String(), name,
			programme.AccessDecision{Grant: v.field("answer") == "grant", Reason: v.field("reason"), Revision: revision})
		return err
	})
}

func (v *visit) judging(form string, do func(d programmeView, revision int64) error) error {
	d, err := v.membership()
	if err != nil {
		return err
	}
	if err = do(d, whole(v.field("revision"))); err == nil {
		return v.leave(d.theirs(), "Decided. It holds at once, and the group is told.")
	}
	var ok bool
	if d.Faults, ok = faultsOf(err, "/tier", "/reason"); !ok {
		return err
	}
	d.At, d.Reason = form, v.field("reason")
	return v.showMembership(d)
}
