package console

import (
	"strconv"
	"strings"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/release"
)

func (c *Console) versionRoutes() []route {
	return append(c.stepRoutes(), []route{
		{"GET /applications/{application}/versions", c.page(versionsPage)},
		{"GET /applications/{application}/versions/new", c.page(newVersionPage)},
		{"POST /applications/{application}/versions/new", c.page(newVersion)},
		{"GET /versions/{version}", c.page(versionPage)},
		{"GET /versions/{version}/edit", c.page(editVersionPage)},
		{"POST /versions/{version}/edit", c.page(editVersion)},
		{"GET /versions/{version}/publish", c.sure(publishPage)},
		{"POST /versions/{version}/publish", c.sure(publishVersion)},
		{"GET /versions/{version}/retire", c.page(retirePage)},
		{"POST /versions/{version}/retire", c.page(retireVersion)},
		{"GET /versions/{version}/package", c.page(packagePage)},
		{"POST /versions/{version}/package", c.upload(bundle.ArchiveMost, putPackage)},
		{"GET /versions/{version}/package/download", c.page(downloadPackage)},
		{"GET /versions/{version}/package/requests", c.page(packageRequests)},
		{"GET /versions/{version}/package/remove", c.page(removePackagePage)},
		{"POST /versions/{version}/package/remove", c.page(removePackage)},
	}...)
}

func versionPath(id release.ID) string { return "/versions/" + id.String() }

// versionsView is the versions of an application, the newest first.
type versionsView struct {
	subject
	Versions  []release.Version
	Installed map[string]int // accounts by version
	MayCreate bool
}

func versionsPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := versionsView{subject: s, Installed: map[string]int{}, MayCreate: v.may("version:create", s.resource()) && s.State == application.Active}
	if d.Versions, err = v.Releases.List(v.ctx(), v.by, s.ID); err != nil {
		return err
	}
	customers, err := v.customers(s)
	if err != nil {
		return err
	}
	for _, i := range customers {
		if i.RemovedAt.IsZero() {
			d.Installed[i.Version]++
		}
	}
	return v.about(s, "/versions", sheet{title: "Versions", trail: []page.Link{{Text: "Versions"}}, body: versionList(v, d)})
}

// scopeChoice is one scope of the catalog as the form shows it.
type scopeChoice struct {
	Name, Label, Text, Risk string
	Want                    string // "", required, optional
	Purpose                 string
	Fault                   string
}

// versionForm is what a developer enters about a version.
type versionForm struct {
	subject
	Number, UserName, RoleName, Delegation, Notes string
	Scopes                                        []scopeChoice
	Action, Token, Cancel, Title                  string
	Faults                                        faults
}

// scopeChoices are the scopes of the catalog with what a version asks of them.
func (v *visit) scopeChoices(required, optional []release.Request) []scopeChoice {
	chosen := map[string]scopeChoice{}
	for _, r := range required {
		chosen[r.Scope] = scopeChoice{Want: "required", Purpose: r.Purpose}
	}
	for _, r := range optional {
		chosen[r.Scope] = scopeChoice{Want: "optional", Purpose: r.Purpose}
	}
	cat := v.Catalog.Get()
	var out []scopeChoice
	for _, name := range cat.Scopes() {
		sc, _ := cat.Scope(name)
		c := chosen[name]
		c.Name, c.Label, c.Text, c.Risk = name, sc.Label, sc.Explanation, sc.Risk
		if c.Label == "" {
			c.Label = name
		}
		out = append(out, c)
	}
	return out
}

func newVersionPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := versionForm{subject: s, Number: "1.0.0", UserName: s.Name + " User", RoleName: s.Name + " Role", Delegation: "off"}
	all, err := v.Releases.List(v.ctx(), v.by, s.ID)
	if err != nil {
		return err
	}
	d.Scopes = v.scopeChoices(nil, nil)
	if len(all) > 0 {
		was := all[0]
		d.Number, d.UserName, d.RoleName, d.Delegation = following(was.Number), was.UserName, was.RoleName, was.Delegation
		d.Scopes = v.scopeChoices(was.Required, was.Optional)
	}
	return showVersionForm(v, d)
}

// following suggests the number after one.
func following(number string) string {
	parts := strings.Split(number, ".")
	if len(parts) == 3 {
		if n, err := strconv.Atoi(parts[1]); err == nil {
			return parts[0] + "." + strconv.Itoa(n+1) + ".0"
		}
	}
	return ""
}

func showVersionForm(v *visit, d versionForm) error {
	if d.Action == "" {
		if err := v.by.Reach("application", "version:create", d.resource()); err != nil {
			return err
		}
		d.Action, d.Cancel, d.Title = d.path()+"/versions/new", d.path()+"/versions", "New version"
	}
	d.Token = v.token(d.Action)
	return v.about(d.subject, "/versions", sheet{title: d.Title, status: d.Faults.status(), trail: []page.Link{{Text: "Versions", URL: d.path() + "/versions"}, {Text: d.Title}}, body: versionEditor(d)})
}

// enteredVersion reads the form, with what it says about each scope of the catalog.
func (v *visit) enteredVersion(s subject) (versionForm, release.Content) {
	d := versionForm{subject: s, Number: v.field("number"), UserName: v.field("user_name"), RoleName: v.field("role_name"), Delegation: v.field("delegation"), Notes: v.field("notes")}
	c := release.Content{Number: d.Number, UserName: d.UserName, RoleName: d.RoleName, Delegation: d.Delegation, Notes: d.Notes}
	d.Scopes = v.scopeChoices(nil, nil)
	for i := range d.Scopes {
		one := &d.Scopes[i]
		one.Want, one.Purpose = v.field("want:"+one.Name), v.field("purpose:"+one.Name)
		r := release.Request{Scope: one.Name, Purpose: one.Purpose}
		switch one.Want {
		case "required":
			c.Required = append(c.Required, r)
		case "optional":
			c.Optional = append(c.Optional, r)
		}
	}
	return d, c
}

// blame puts the findings about a version beside the scopes that they are about.
func (d *versionForm) blame(err error, c release.Content) bool {
	known := []string{"/number", "/user_name", "/role_name", "/delegation", "/required", "/optional"}
	f, ok := faultsOf(err, known...)
	if !ok {
		return false
	}
	d.Faults = f
	at := func(list []release.Request, pointer string) {
		for i, r := range list {
			if said := f.at(pointer + strconv.Itoa(i)); said != "" {
				for k := range d.Scopes {
					if d.Scopes[k].Name == r.Scope {
						d.Scopes[k].Fault = said
					}
				}
			}
		}
	}
	at(c.Required, "/required/")
	at(c.Optional, "/optional/")
	return true
}

func newVersion(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d, c := v.enteredVersion(s)
	made, err := v.Releases.Draft(v.ctx(), v.by, s.ID, c)
	if err != nil {
		if d.blame(err, c) {
			if problem.CodeOf(err) == "version_exists" {
				d.Faults.fields = append(d.Faults.fields, problem.Field{Pointer: "/number", Detail: "Choose another number: this one is taken."})
			}
			return showVersionForm(v, d)
		}
		return err
	}
	return v.leave(versionPath(made.ID), "The draft is saved. Read it as a customer will, then publish it.")
}

// versionOf loads the version that the address names, with its application.
func (v *visit) versionOf() (release.Version, subject, error) {
	id, err := ident.Parse[release.Version](v.r.PathValue("version"))
	if err != nil {
		return release.Version{}, subject{}, err
	}
	one, err := v.Releases.Get(v.ctx(), v.by, id)
	if err != nil {
		return one, subject{}, err
	}
	app, err := ident.Parse[application.Application](one.Application)
	if err != nil {
		return one, subject{}, err
	}
	s, err := v.subjectOf(app)
	return one, s, err
}

// versionView is one version as developers see it, and the consent as customers will.
type versionView struct {
	subject
	Version    release.Version
	Scopes     []scopeChoice // those that it asks for, required ones first
	Installed  int
	MayEdit    bool
	MayPublish bool
	MayRetire  bool
	MayMove    bool
	Review     bool          // the operator reviews versions before customers get them
	Diff       *release.Diff // from the version before; nil: it is the first
	Package    packageView
	Second     release.Confirmation
}

func versionPage(v *visit) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	d := versionView{subject: s, Version: one, MayEdit: one.Editable() && v.may("version:update", s.resource()),
		MayPublish: one.State == release.Draft && v.may("version:publish", s.resource()), MayRetire: (one.State == release.Live || one.State == release.Deprecated) && v.may("version:retire", s.resource())}
	for _, want := range []string{"required", "optional"} {
		for _, c := range v.scopeChoices(one.Required, one.Optional) {
			if c.Want == want {
				d.Scopes = append(d.Scopes, c)
			}
		}
	}
	d.MayMove, d.Review = v.may("version:stage", s.resource()), v.Releases.Review
	switch diff, err := v.Releases.Diff(v.ctx(), v.by, one.ID, release.ID{}); {
	case err == nil:
		d.Diff = &diff
	case problem.CodeOf(err) != "version_first":
		return err
	}
	if d.Second, err = v.Releases.Confirmation(v.ctx(), v.by, one.ID); err != nil {
		return err
	}
	if d.Package, err = v.packageView(one, d.MayEdit); err != nil {
		return err
	}
	customers, err := v.customers(s)
	if err != nil {
		return err
	}
	for _, i := range customers {
		if i.Version == one.ID.String() && i.RemovedAt.IsZero() {
			d.Installed++
		}
	}
	return v.about(s, "/versions", sheet{title: "Version " + one.Number, trail: []page.Link{{Text: "Versions", URL: s.path() + "/versions"}, {Text: one.Number}}, body: versionDetail(v, d)})
}

func editVersionPage(v *visit) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("version", "version:update", s.resource()); err != nil {
		return err
	}
	return showVersionForm(v, editing(one, versionForm{subject: s, Number: one.Number, UserName: one.UserName, RoleName: one.RoleName, Delegation: one.Delegation,
		Notes: one.Notes, Scopes: v.scopeChoices(one.Required, one.Optional)}))
}

func editing(one release.Version, d versionForm) versionForm {
	d.Action, d.Cancel, d.Title = versionPath(one.ID)+"/edit", versionPath(one.ID), "Edit "+one.Number
	return d
}

func editVersion(v *visit) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	d, c := v.enteredVersion(s)
	if _, err := v.Releases.Edit(v.ctx(), v.by, one.ID, c); err != nil {
		if d.blame(err, c) {
			return showVersionForm(v, editing(one, d))
		}
		return err
	}
	return v.leave(versionPath(one.ID), "The draft is saved.")
}

func publishPage(v *visit) error { return confirmVersion(v, "publish", faults{}) }

func retirePage(v *visit) error { return confirmVersion(v, "retire", faults{}) }

func confirmVersion(v *visit, verb string, f faults) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("version", "version:"+verb, s.resource()); err != nil {
		return err
	}
	path := versionPath(one.ID)
	c := page.Confirm{Title: "Publish version " + one.Number + "?", Text: "Customers can install it from then on.", Mild: true, Button: "Publish",
		Consequences: []string{"A published version never changes. To ask for something else, write a new one.", "Accounts that have an earlier version keep it until they agree to this one."}}
	if verb == "retire" {
		c = page.Confirm{Title: "Retire version " + one.Number + "?", Text: "It can no longer be installed. Where it is installed, it goes on working.", Button: "Retire",
			Consequences: []string{"If no other version is published, nobody can install " + s.Name + " until you publish one."}}
	}
	c.Action, c.Cancel, c.Token = path+"/"+verb, path, v.token(path+"/"+verb)
	return v.about(s, "/versions", sheet{title: c.Button, status: f.status(), trail: []page.Link{{Text: "Versions", URL: s.path() + "/versions"}, {Text: one.Number, URL: path}, {Text: c.Button}}, body: refusable(f, c)})
}

func publishVersion(v *visit) error {
	one, _, err := v.versionOf()
	if err != nil {
		return err
	}
	if _, err := v.Releases.Publish(v.ctx(), v.by, one.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return confirmVersion(v, "publish", f)
		}
		return err
	}
	return v.leave("/applications/"+one.Application, "Version "+one.Number+" is published. Give the application ID or the install link to a customer.")
}

func retireVersion(v *visit) error {
	one, _, err := v.versionOf()
	if err != nil {
		return err
	}
	if _, err := v.Releases.Retire(v.ctx(), v.by, one.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return confirmVersion(v, "retire", f)
		}
		return err
	}
	return v.leave(versionPath(one.ID), "Version "+one.Number+" can no longer be installed.")
}
