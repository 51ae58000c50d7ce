package console

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/programme"
)

func (c *Console) agreementRoutes() []route {
	if c.Programme == nil {
		return nil
	}
	return []route{
		{"GET /groups/{group}/agreement", c.page(agreementPage)},
		{"POST /groups/{group}/agreement", c.page(acceptAgreement)},
		{"GET /operator/agreements", c.operator(operatorAgreements)},
		{"POST /operator/agreements", c.operator(publishAgreement)},
		{"GET /operator/agreements/acceptances.csv", c.operator(acceptancesCSV)},
	}
}

// asked leads a person who does something as a developer to the agreement that
// waits for them; false: none does.
func (v *visit) asked() (bool, error) {
	path := v.r.URL.Path
	developing := slices.ContainsFunc([]string{"/groups/", "/applications/", "/versions/"}, func(p string) bool { return strings.HasPrefix(path, p) })
	if v.Programme == nil || v.r.Method != http.MethodPost || !developing || strings.HasSuffix(path, "/agreement") {
		return false, nil
	}
	groups, err := v.Programme.Lagging(v.ctx(), v.by)
	if err != nil || len(groups) == 0 {
		return false, err
	}
	first := groups[0].ID.String()
	for _, g := range groups {
		if g.ID.String() == v.r.PathValue("group") {
			first = g.ID.String() // the one that the person is at
		}
	}
	v.flash(page.Flash{Tone: page.ToneWarn, Text: "Nothing was changed yet. Read and accept the new agreement first, then repeat what you did."})
	return true, v.leave(groupPath(first)+"/agreement", "")
}

// agreementWaits reports whether the person could accept an agreement for a group.
func (v *visit) agreementWaits(g group.Group) (bool, error) {
	if v.Programme == nil || g.State != group.Active || !v.may("agreement:accept", access.On("group", g.ID.String())) {
		return false, nil
	}
	s, err := v.Programme.Signed(v.ctx(), v.by, g.ID.String())
	return s.Pending, err
}

// agreementView is what a group is asked to accept.
type agreementView struct {
	Group  group.Group
	Signed programme.Signed
	May    bool
	Token  string
	Faults faults
}

func agreementPage(v *visit) error { return v.showAgreement(faults{}) }

func (v *visit) showAgreement(f faults) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d := agreementView{Group: g, Faults: f}
	if d.Signed, err = v.Programme.Signed(v.ctx(), v.by, g.ID.String()); err != nil {
		return err
	}
	d.May = v.may("agreement:accept", access.On("group", g.ID.String()))
	d.Token = v.token(groupPath(g.ID.String()) + "/agreement")
	return v.inGroup(g, sheet{title: "Agreement", status: f.status(), trail: []page.Link{{Text: "Agreement"}}, body: agreementHome(v, d)})
}

func acceptAgreement(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if _, err := v.Programme.Accept(v.ctx(), v.by, g.ID.String(), whole(v.field("version"))); err != nil {
		if f, ok := faultsOf(err); ok {
			return v.showAgreement(f)
		}
		return err
	}
	return v.leave(groupPath(g.ID.String()), "The agreement is accepted for "+g.Name+".")
}

// agreementsView is what operators publish.
type agreementsView struct {
	All                            []programme.Agreement
	Title, Text, Changes, Deadline string
	Token                          string
	Faults                         faults
}

func operatorAgreements(v *visit) error { return v.showAgreements(agreementsView{}) }

func (v *visit) showAgreements(d agreementsView) error {
	var err error
	if d.All, err = v.Programme.Agreements(v.ctx()); err != nil {
		return err
	}
	if len(d.All) > 0 && !d.Faults.any() {
		d.Title, d.Text = d.All[0].Title, d.All[0].Text
	}
	d.Token = v.token("/operator/agreements")
	return v.byOperator(sheet{title: "Agreements", status: d.Faults.status(), trail: []page.Link{{Text: "Agreements"}}, body: agreementsHome(v, d)})
}

func publishAgreement(v *visit) error {
	d := agreementsView{Title: v.field("title"), Text: v.field("text"), Changes: v.field("changes"), Deadline: v.field("deadline")}
	until, ok := end(d.Deadline)
	if !ok {
		d.Faults = faults{text: "The deadline can't be read.", fields: fieldFault("/deadline", "Give a date such as 2026-12-31.")}
		return v.showAgreements(d)
	}
	if _, err := v.Programme.Publish(v.ctx(), v.by, programme.Agreement{Title: d.Title, Text: d.Text, Changes: d.Changes, Deadline: until}); err != nil {
		if d.Faults, ok = faultsOf(err, "/title", "/text", "/changes", "/deadline"); ok {
			return v.showAgreements(d)
		}
		return err
	}
	return v.leave("/operator/agreements", "Published. Every group is asked at its next action.")
}

func acceptancesCSV(v *visit) error {
	all, err := v.Programme.Acceptances(v.ctx(), v.by, 0)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="acceptances.csv"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w := csv.NewWriter(v.w)
	_ = w.Write([]string{"group", "version", "user", "name", "email", "sha256", "accepted"})
	for _, a := range all {
		_ = w.Write([]string{a.Group, strconv.FormatInt(a.Number, 10), a.User, audit.Harmless(a.Name), audit.Harmless(a.Email), a.Digest, a.Accepted.UTC().Format(time.RFC3339)})
	}
	w.Flush()
	return nil
}
