package console

import (
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/usage"
)

func (c *Console) applicationRoutes() []route {
	return []route{
		{"GET /groups/{group}/applications/new", c.page(registerPage)},
		{"POST /groups/{group}/applications/new", c.page(register)},
		{"GET /applications/{application}", c.page(applicationPage)},
		{"GET /applications/{application}/activity", c.page(applicationActivity)},
		{"GET /applications/{application}/settings", c.page(settingsPage)},
		{"POST /applications/{application}/settings", c.page(editApplication)},
		{"GET /applications/{application}/move", c.page(movePage)},
		{"POST /applications/{application}/move", c.page(moveApplication)},
		{"GET /applications/{application}/delete", c.page(deletePage)},
		{"POST /applications/{application}/delete", c.page(deleteApplication)},
		{"POST /applications/{application}/undelete", c.page(undeleteApplication)},
	}
}

func applicationPath(id application.ID) string { return "/applications/" + id.String() }

// applicationForm is what a developer enters about an application.
type applicationForm struct {
	Name, Description, Domains, Homepage, Support string
	Group                                         group.Group
	Action, Token, Button, Cancel                 string
	Locked                                        bool // may look only
	Faults                                        faults
}

var applicationFields = []string{"/name", "/description", "/domains", "/homepage", "/support"}

func (v *visit) enteredApplication() applicationForm {
	return applicationForm{Name: v.field("name"), Description: v.field("description"), Domains: v.field("domains"), Homepage: v.field("homepage"), Support: v.field("support")}
}

// draft reads the form; domains stand one on a line or with commas between.
func (f applicationForm) draft() application.Draft {
	domains := strings.FieldsFunc(f.Domains, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' })
	return application.Draft{Name: f.Name, Description: f.Description, Domains: domains, Homepage: f.Homepage, Support: f.Support}
}

func registerPage(v *visit) error { return showRegister(v, applicationForm{}) }

func showRegister(v *visit, d applicationForm) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("group", "application:create", access.On("group", g.ID.String())); err != nil {
		return err
	}
	d.Group, d.Action, d.Button, d.Cancel = g, v.r.URL.Path, "Register", groupPath(g.ID.String())
	d.Token = v.token(d.Action)
	return v.inGroup(g, sheet{title: "Register an application", status: d.Faults.status(), current: groupPath(g.ID.String()),
		trail: []page.Link{{Text: "Register an application"}}, body: registerForm(d)})
}

func register(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d := v.enteredApplication()
	a, err := v.Applications.Register(v.ctx(), v.by, g.ID.String(), d.draft())
	if err != nil {
		if f, ok := faultsOf(err, applicationFields...); ok {
			d.Faults = f
			return showRegister(v, d)
		}
		return err
	}
	return v.leave(applicationPath(a.ID), a.Name+" is registered. Its application ID is below.")
}

// subject is an application and the group that owns it: what every page about it starts from.
type subject struct {
	application.Application
	Owner group.Group
}

func (v *visit) subject() (subject, error) {
	id, err := ident.Parse[application.Application](v.r.PathValue("application"))
	if err != nil {
		return subject{}, err
	}
	return v.subjectOf(id)
}

func (v *visit) subjectOf(id application.ID) (subject, error) {
	a, err := v.Applications.Get(v.ctx(), v.by, id)
	if err != nil {
		return subject{}, err
	}
	gid, err := ident.Parse[group.Group](a.Group)
	if err != nil {
		return subject{}, err
	}
	g, err := v.Groups.Get(v.ctx(), v.by, gid)
	return subject{Application: a, Owner: g}, err
}

func (s subject) resource() access.Resource { return application.Resource(s.Group, s.ID) }

func (s subject) path() string { return applicationPath(s.ID) }

// about is a page about an application. tab is the path of its tab below the application.
func (v *visit) about(s subject, tab string, p sheet) error {
	p.area, p.group, p.current = areaDeveloper, s.Group, groupPath(s.Group)
	trail := []page.Link{{Text: s.Owner.Name, URL: groupPath(s.Group)}, {Text: s.Name, URL: s.path()}}
	p.trail = append(trail, p.trail...)
	if p.title == "" {
		p.title = s.Name
	} else {
		p.title += " · " + s.Name
	}
	undo := ""
	if s.State == application.DeletionPending && v.may("application:undelete", s.resource()) {
		undo = v.token(s.path() + "/undelete")
	}
	p.body = applicationShell(v, s, tab, undo, p.body)
	return v.show(p)
}

// applicationView is the overview.
type applicationView struct {
	subject
	Link     string // that opens the installation in a customer's account
	Letter   string // what to write to customers
	Steps    page.Steps
	Running  bool // installed somewhere, so that steps are of no use any more
	Keys     int
	Live     string // number of the newest live version
	Accounts int
	Try      tryView // without lines until it is installed
	Calls    int64   // of the last 24 hours
	Passed   int64
	Chart    page.Chart
	Activity page.Timeline
}

func applicationPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := applicationView{subject: s, Link: v.Origin + "/install/" + s.PublicID}
	if d.Steps, err = v.nextSteps(s.Application); err != nil {
		return err
	}
	p, err := v.progress(s.Application)
	if err != nil {
		return err
	}
	d.Keys, d.Accounts, d.Running = p.keys, p.accounts, p.accounts > 0
	if p.live != nil {
		d.Live = p.live.Number
	}
	if d.Try, err = v.try(s); err != nil {
		return err
	}
	if v.Usage != nil && d.Running {
		day := periods[0]
		series, err := v.Usage.Series(v.ctx(), v.by, usage.Query{Filter: usage.Filter{Application: s.ID.String()}, From: day.Back(v.now), Step: day.Step})
		if err != nil {
			return err
		}
		d.Calls, d.Passed, d.Chart = series.Total, series.Outcomes[usage.OK], chartOf(series, day)
	}
	d.Letter = letter(s.Application, v.product(), d.Link, v.Origin, p.live)
	log, err := v.activity("", 0, auditOf("", s.ID.String()))
	if err != nil {
		return err
	}
	d.Activity = log.Timeline
	d.Activity.Items = d.Activity.Items[:min(len(d.Activity.Items), 6)]
	return v.about(s, "", sheet{body: applicationOverview(v, d)})
}

// progress is how far an application is.
type progress struct {
	keys     int
	drafts   []release.Version
	live     *release.Version
	accounts int
}

func (v *visit) progress(a application.Application) (progress, error) {
	var p progress
	keys, err := v.Applications.ListKeys(v.ctx(), v.by, a.ID)
	if err != nil {
		return p, err
	}
	for _, k := range keys {
		if k.Usable(v.now) {
			p.keys++
		}
	}
	versions, err := v.Releases.List(v.ctx(), v.by, a.ID)
	if err != nil {
		return p, err
	}
	for i, one := range versions {
		if one.State == release.Live && p.live == nil {
			p.live = &versions[i]
		}
		if one.State == release.Draft {
			p.drafts = append(p.drafts, one)
		}
	}
	all, err := v.Integrations.ListApplication(v.ctx(), v.by, a.ID)
	if err != nil {
		return p, err
	}
	for _, i := range all {
		if i.State != integration.Removed {
			p.accounts++
		}
	}
	return p, nil
}

// nextSteps is the way from a registered application to the first call.
func (v *visit) nextSteps(a application.Application) (page.Steps, error) {
	p, err := v.progress(a)
	if err != nil {
		return nil, err
	}
	base := applicationPath(a.ID)
	publish := page.Step{Title: "Publish the version", Text: "From then on customers can install it. A published version never changes.", Done: p.live != nil}
	if len(p.drafts) > 0 {
		publish.Action = page.Button{Text: "Look at the draft", URL: versionPath(p.drafts[0].ID), Small: true}
	}
	steps := page.Steps{
		{Title: "Register it", Text: "Done: it has its ID.", Done: true},
		{Title: "Create a key", Text: "Your servers prove with it who they are. The secret is shown once.", Done: p.keys > 0, Action: page.Button{Text: "Create a key", URL: base + "/keys/new", Small: true}},
		{Title: "Say what it needs", Text: "A version lists the scopes, each with a sentence why.", Done: p.live != nil || len(p.drafts) > 0, Action: page.Button{Text: "Write a version", URL: base + "/versions/new", Small: true}},
		publish,
		{Title: "Give the ID to a customer", Text: "Their administrator installs it. You see it here at once.", Done: p.accounts > 0},
	}
	for i := range steps {
		if !steps[i].Done {
			steps[i].Now = true
			break
		}
	}
	for i := range steps {
		if !steps[i].Now {
			steps[i].Action = nil
		}
	}
	return steps, nil
}

// product is the name of the API behind us.
func (v *visit) product() string {
	if v.Catalog == nil || v.Catalog.Get() == nil || v.Catalog.Get().File().Product.Name == "" {
		return "the product"
	}
	return v.Catalog.Get().File().Product.Name
}

// letter is a text that a developer can send to a customer's administrator.
func letter(a application.Application, product, link, origin string, live *release.Version) string {
	var b strings.Builder
	b.WriteString("How to connect " + a.Name + " with your " + product + " account\n\n")
	b.WriteString("1. As an administrator of your account, open\n   " + link + "\n")
	b.WriteString("   or sign in at " + origin + ",\n   choose “Install an application” and enter the application ID\n   " + a.PublicID + "\n")
	b.WriteString("2. Read what it asks for, and why.\n")
	if live != nil {
		b.WriteString("3. Let the integration user and its role be created for you,\n   as “" + live.UserName + "” and “" + live.RoleName + "”,\n   and install. The role allows exactly what you approved.\n")
	} else {
		b.WriteString("3. Let the integration user and its role be created for you,\n   and install. The role allows exactly what you approved.\n")
	}
	b.WriteString("\nYou never give us a password or a secret,\nand you can remove it at any time.")
	if a.Support != "" {
		b.WriteString("\n\nQuestions: " + a.Support)
	}
	return b.String()
}

func applicationActivity(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	f := auditOf("", s.ID.String())
	d, err := v.activity(s.path()+"/activity", before(v), f)
	if err != nil {
		return err
	}
	return v.about(s, "/activity", sheet{title: "Activity", trail: []page.Link{{Text: "Activity"}}, body: timelineCard(d)})
}
