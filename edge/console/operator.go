package console

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

func (c *Console) operatorRoutes() []route {
	return slices.Concat([]route{
		{"GET /operator", c.operator(operatorHome)},
		{"GET /operator/catalog", c.operator(operatorCatalog)},
		{"GET /operator/activity", c.operator(operatorActivity)},
		{"GET /operator/audit", c.operator(elsewhere("/operator/activity"))},
		{"GET /operator/outbox", c.operator(elsewhere("/operator/mail"))},
		{"GET /operator/mail", c.operator(operatorMail)},
	}, c.operatorGroupRoutes(), c.operatorApplicationRoutes(), c.operatorAccountRoutes(), c.operatorJobRoutes(), c.operatorKeyRoutes())
}

// operator serves a page to those who run the platform; to everybody else it does not exist.
func (c *Console) operator(h handler) http.Handler {
	return c.page(func(v *visit) error {
		if err := v.by.Reach("page", "platform:view", access.Platform()); err != nil {
			return err
		}
		return h(v)
	})
}

func elsewhere(path string) handler {
	return func(v *visit) error { return v.leave(path, "") }
}

// byOperator is a page of those who run the platform.
func (v *visit) byOperator(s sheet) error {
	s.area = areaOperator
	return v.show(s)
}

// operatorView is how the platform stands.
type operatorView struct {
	Groups       []group.Group
	Applications []application.Application
	Accounts     int
	MoreAccounts bool
	Stopped      []stoppedLine
	Failed       []job.Job
	Depths       []job.Depth
	Coverage     coverageView
	Recent       page.Timeline
}

// stoppedLine is something that the operator has stopped.
type stoppedLine struct{ Kind, Name, URL, Reason string }

// accountsMost is how many accounts a page of the list shows.
const accountsMost = 100

func operatorHome(v *visit) error {
	var d operatorView
	var err error
	if d.Groups, err = v.Groups.List(v.ctx(), v.by); err != nil {
		return err
	}
	if d.Applications, err = v.Applications.List(v.ctx(), v.by, ""); err != nil {
		return err
	}
	accounts, err := v.Accounts.List(v.ctx(), v.by, "", 1001)
	if err != nil {
		return err
	}
	d.Accounts, d.MoreAccounts = min(len(accounts), 1000), len(accounts) > 1000
	for _, g := range d.Groups {
		if g.State == group.Suspended {
			d.Stopped = append(d.Stopped, stoppedLine{"Group", g.Name, operatorGroupPath(g.ID.String()), g.Reason})
		}
	}
	for _, a := range d.Applications {
		if a.State == application.Suspended {
			d.Stopped = append(d.Stopped, stoppedLine{"Application", a.Name, operatorApplicationPath(a.ID.String()), a.Reason})
		}
	}
	err = v.Audit.DB.Read(v.ctx(), func(tx *store.Tx) error {
		if d.Failed, err = job.List(tx, job.Filter{State: job.Exhausted, Limit: 5}); err != nil {
			return err
		}
		d.Depths, err = job.Depths(tx)
		return err
	})
	if err != nil {
		return err
	}
	d.Coverage = coverageOf(v.Catalog.Get())
	if d.Recent, _, err = v.history(audit.Filter{Limit: 8}); err != nil {
		return err
	}
	return v.byOperator(sheet{title: "Overview", trail: []page.Link{{Text: "Overview"}}, body: operatorOverview(v, d)})
}

// exhausted counts jobs that need somebody.
func (d operatorView) exhausted() int64 {
	var n int64
	for _, one := range d.Depths {
		if one.State == job.Exhausted {
			n += one.Count
		}
	}
	return n
}

func (d operatorView) waiting() int64 {
	var n int64
	for _, one := range d.Depths {
		if one.State == job.Waiting {
			n += one.Count
		}
	}
	return n
}

// coverageView is how far the catalog says what the product's operations need.
type coverageView struct {
	Product    string
	Version    string
	Operations int
	Sources    []sourceLine
	Public     int
	Internal   int
	Unmapped   []referenceLine
	Scopes     int
	Privileges int
	Deprecated int
	Changes    int
	Plans      []planLine
	Silent     []string // scopes without an explanation
}

type sourceLine struct {
	Source catalog.Source
	N      int
}

type planLine struct {
	Name string
	catalog.Plan
}

// coverageOf reports about the catalog in force.
func coverageOf(cat *catalog.Catalog) coverageView {
	d := coverageView{Product: cat.File().Product.Name, Version: cat.Version(), Scopes: len(cat.Scopes()), Privileges: len(cat.File().Privileges), Changes: len(cat.File().Changes)}
	by := map[catalog.Source]int{}
	for _, r := range cat.Routes() {
		d.Operations++
		if r.Deprecated != nil {
			d.Deprecated++
		}
		switch {
		case r.Public:
			d.Public++
		case r.Internal:
			d.Internal++
		case r.Unmapped():
			line := referenceLine{ID: r.Operation, Method: r.Method, Path: r.Template, Unmapped: true}
			if o, ok := cat.Operation(r.Operation); ok {
				line.Summary = o.Summary
			}
			d.Unmapped = append(d.Unmapped, line)
		default:
			by[r.Source]++
		}
	}
	for _, s := range []catalog.Source{catalog.SourceExplicit, catalog.SourceExtension, catalog.SourceSecurity, catalog.SourceProse, catalog.SourceDefault} {
		if by[s] > 0 {
			d.Sources = append(d.Sources, sourceLine{s, by[s]})
		}
	}
	for _, name := range cat.Scopes() {
		if s, _ := cat.Scope(name); s.Explanation == "" {
			d.Silent = append(d.Silent, name)
		}
	}
	for _, name := range sortedKeys(cat.File().Plans) {
		d.Plans = append(d.Plans, planLine{name, cat.File().Plans[name]})
	}
	slices.SortStableFunc(d.Sources, func(a, b sourceLine) int { return cmp.Compare(b.N, a.N) })
	return d
}

// ready says in per cent how much of the API is decided.
func (d coverageView) ready() int {
	if d.Operations == 0 {
		return 0
	}
	return (d.Operations - len(d.Unmapped)) * 100 / d.Operations
}

func operatorCatalog(v *visit) error {
	return v.byOperator(sheet{title: "Catalog", trail: []page.Link{{Text: "Catalog"}}, body: operatorCoverage(coverageOf(v.Catalog.Get()))})
}

func operatorActivity(v *visit) error {
	d, err := v.auditPage("/operator/activity", audit.Filter{Limit: 40})
	if err != nil {
		return err
	}
	d.Text, d.Wide = "Everything that has changed on this platform, by whom, newest first. Entries are chained, so that a change to the log itself is found.", true
	return v.byOperator(sheet{title: "Activity", trail: []page.Link{{Text: "Activity"}}, body: auditList(v, d)})
}

// accountNames gives the names of accounts by id, for lists of one page.
func accountNames(list []account.Account) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		out[a.ID.String()] = a.Name
	}
	return out
}

// lateAfter is from when work that is due counts as late.
const lateAfter = 5 * time.Minute
