package console

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) cohortRoutes() []route {
	if c.Configurations == nil || c.Memberships == nil {
		return nil
	}
	const of = "/configurations/{configuration}/cohorts"
	return []route{
		{"GET " + of, c.page(cohortsPage)},
		{"POST " + of, c.page(saveTargets)},
	}
}

func (f configurationForm) cohortsPath() string { return f.path() + "/cohorts" }

// cohortsMost is how many a page shows; spareTargets is how many more can be entered.
const cohortsMost, spareTargets = 50, 2

// cohortsView is what a partner fills, and what it needs for that.
type cohortsView struct {
	configurationForm
	Sheet   membership.Sheet
	Targets []membership.Target // as they were typed
	All     []membership.Cohort
	Seen    bool // the person may see who is in the account's cohorts
	More    bool
	Fares   *capability.Report
}

// cohortsOf loads them for the configuration that the address names.
func (v *visit) cohortsOf() (cohortsView, error) {
	f, err := v.configurationOf()
	d := cohortsView{configurationForm: f}
	if err != nil {
		return d, err
	}
	if d.Sheet, err = v.Memberships.Sheet(v.ctx(), v.by, f.At.ID); err != nil {
		return d, err
	}
	d.Targets = d.Sheet.Targets
	if i := slices.IndexFunc(f.At.Capabilities, func(c configuration.Capability) bool { return c.Name == membership.Name }); i >= 0 {
		d.Fares = f.At.Capabilities[i].Report
	}
	if d.Seen = v.may(membership.ActionView, account.Resource(f.At.Account).Child("cohort", "*")); !d.Seen {
		return d, nil
	}
	var after membership.ID
	if raw := v.query("after"); raw != "" {
		if after, err = ident.Parse[membership.Cohort](raw); err != nil {
			return d, problem.NotFound("page")
		}
	}
	d.All, err = v.Memberships.Of(v.ctx(), v.by, f.At.ID, after, cohortsMost+1)
	if d.More = len(d.All) > cohortsMost; d.More {
		d.All = d.All[:cohortsMost]
	}
	return d, err
}

func (d cohortsView) page(v *visit) error {
	return d.place(v, sheet{title: "Segments · " + d.At.Name, status: d.Faults.status(), body: cohortPage(v, d)}, page.Link{Text: "Segments"})
}

func cohortsPage(v *visit) error {
	d, err := v.cohortsOf()
	if err != nil {
		return err
	}
	return d.page(v)
}

// saveTargets takes the rows of the form that have something in them.
func saveTargets(v *visit) error {
	d, err := v.cohortsOf()
	if err != nil {
		return err
	}
	scopes, resources := v.r.PostForm["scope"], v.r.PostForm["resource"]
	d.Targets = nil
	for i := range min(len(scopes), len(resources)) {
		if scopes[i] != "" || resources[i] != "" {
			d.Targets = append(d.Targets, membership.Target{Scope: scopes[i], Resource: resources[i]})
		}
	}
	text, err := json.Marshal(membership.Settings{Targets: append([]membership.Target{}, d.Targets...)})
	if err != nil {
		return problem.Internal("console.targets", err)
	}
	draft := configuration.Draft{Capabilities: map[string]configuration.Choice{membership.Name: {Settings: text}}}
	if _, err := v.Configurations.Update(v.ctx(), v.by, d.At.ID, draft); err != nil {
		found, ok := faultsOf(err, targetsPointer)
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return v.leave(d.cohortsPath(), "The change is saved.")
}

const targetsPointer = "/capabilities/" + membership.Name + "/settings/targets"

// fault is what is wrong with a part of a target.
func (d cohortsView) fault(i int, part string) string {
	return d.Faults.at(targetsPointer + "/" + strconv.Itoa(i) + "/" + part)
}

// rows are the targets and some empty ones.
func (d cohortsView) rows() []membership.Target {
	return append(slices.Clone(d.Targets), make([]membership.Target, spareTargets)...)
}

// tokenPage is where a token for the partner is made, with the scope that it needs.
func (d cohortsView) tokenPage() string {
	at := privateListPath(d.At.Account) + "/new"
	if len(d.Sheet.Scopes) > 0 {
		at += "?scope=" + url.QueryEscape(d.Sheet.Scopes[0])
	}
	return at
}
