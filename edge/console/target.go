package console

import (
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

func (c *Console) targetRoutes() []route {
	if c.Configurations == nil || c.Snapshots == nil {
		return nil
	}
	const of = "/configurations/{configuration}/targets"
	const one = of + "/{target}"
	return []route{
		{"GET " + of, c.page(targetsPage)},
		{"GET " + of + "/new", c.page(newTargetPage)},
		{"POST " + of + "/new", c.page(newTarget)},
		{"GET " + one, c.page(targetPage)},
		{"POST " + one, c.page(saveTarget)},
		{"POST " + one + "/switch", c.page(switchTarget)},
		{"POST " + one + "/push", c.page(pushTarget)},
		{"POST " + one + "/try", c.page(tryTarget)},
		{"GET " + one + "/delete", c.page(deleteTargetPage)},
		{"POST " + one + "/delete", c.page(deleteTarget)},
	}
}

func (f configurationForm) targetsPath() string { return f.path() + "/targets" }

func (f configurationForm) targetPath(id snapshotpush.ID) string {
	return f.targetsPath() + "/" + id.String()
}

// sheet is the same page's form for fields of a capability's own.
func (f configurationForm) sheet(form []manifest.Variable, values map[string]any, needs []problem.Field) configurationForm {
	f.Offer.Form, f.Values, f.Choices = form, values, nil
	if f.At != nil {
		at := *f.At
		at.Needs = needs
		f.At = &at
	}
	return f
}

// typed is what was entered into the fields of such a form.
func (f configurationForm) typed(v *visit) (draft, shown map[string]any) {
	draft, shown = map[string]any{}, map[string]any{}
	for _, one := range f.Offer.Form {
		if value, there := typedField(v, one); there {
			draft[one.Key] = value
			if !one.Secret.Get() {
				shown[one.Key] = value
			}
		}
	}
	return draft, shown
}

// targetsView is where a configuration sends data, or one of it.
type targetsView struct {
	configurationForm
	Offer snapshotpush.Offer
	All   []snapshotpush.Target
	One   snapshotpush.Target
	Form  configurationForm // of the fields of one
	Where string            // resource of a new one, as it was chosen
	Tried *capability.Tried
}

func (v *visit) targetsOf() (targetsView, error) {
	f, err := v.configurationOf()
	d := targetsView{configurationForm: f}
	if err != nil {
		return d, err
	}
	d.All, d.Offer, err = v.Snapshots.List(v.ctx(), v.by, f.At.ID.String())
	d.Form = f.sheet(d.Offer.Form, map[string]any{}, nil)
	return d, err
}

func (d targetsView) trail() page.Link { return page.Link{Text: "Targets", URL: d.targetsPath()} }

func targetsPage(v *visit) error {
	d, err := v.targetsOf()
	if err != nil {
		return err
	}
	return d.place(v, sheet{title: "Targets · " + d.At.Name, body: targetList(v, d)}, page.Link{Text: "Targets"})
}

func (d targetsView) newPage(v *visit) error {
	d.Form.Faults = d.Faults
	return d.place(v, sheet{title: "New target", status: d.Faults.status(), body: newTargetForm(v, d)}, d.trail(), page.Link{Text: "New"})
}

func newTargetPage(v *visit) error {
	d, err := v.targetsOf()
	if err != nil {
		return err
	}
	if !d.Manages {
		return problem.NotFound("page")
	}
	for _, one := range d.Offer.Form {
		if one.Default.Present() {
			d.Form.Values[one.Key] = one.Default.Get()
		}
	}
	return d.newPage(v)
}

func newTarget(v *visit) error {
	d, err := v.targetsOf()
	if err != nil {
		return err
	}
	d.Where = v.field("resource")
	draft, shown := d.Form.typed(v)
	d.Form.Values = shown
	t, err := v.Snapshots.Create(v.ctx(), v.by, d.At.ID.String(), snapshotpush.Choice{Resource: d.Where, Values: draft})
	if err != nil {
		found, ok := faultsOf(err, "/values", "/resource")
		if !ok {
			return err
		}
		d.Faults = found
		return d.newPage(v)
	}
	return v.leave(d.targetPath(t.ID), "The data is on its way.")
}

// targetOf loads the target that the address names.
func (v *visit) targetOf() (targetsView, error) {
	d, err := v.targetsOf()
	if err != nil {
		return d, err
	}
	id, err := ident.Parse[snapshotpush.Target](v.r.PathValue("target"))
	if err != nil {
		return d, problem.NotFound("target")
	}
	d.One, err = v.Snapshots.Get(v.ctx(), v.by, id)
	if err == nil && d.One.Configuration != d.At.ID.String() {
		err = problem.NotFound("target")
	}
	d.Form = d.sheet(d.Offer.Form, d.One.Values, d.One.Needs)
	return d, err
}

func (d targetsView) page(v *visit) error {
	d.Form.Faults = d.Faults
	return d.place(v, sheet{title: d.One.Resource, status: d.Faults.status(), body: targetOne(v, d)}, d.trail(), page.Link{Text: clipped(d.One.Resource, 40)})
}

func targetPage(v *visit) error {
	d, err := v.targetOf()
	if err != nil {
		return err
	}
	return d.page(v)
}

// came goes on after an operation on a target, or shows what is wrong.
func (d targetsView) came(v *visit, err error, words string) error {
	if err == nil {
		return v.leave(d.targetPath(d.One.ID), words)
	}
	found, ok := faultsOf(err, "/values")
	if !ok {
		return err
	}
	d.Faults = found
	return d.page(v)
}

func saveTarget(v *visit) error {
	d, err := v.targetOf()
	if err != nil {
		return err
	}
	draft, shown := d.Form.typed(v)
	for key, old := range d.One.Values { // secrets that stay show that they are there
		if _, typed := shown[key]; !typed {
			shown[key] = old
		}
	}
	d.Form.Values = shown
	_, err = v.Snapshots.Update(v.ctx(), v.by, d.One.ID, snapshotpush.Patch{Values: draft})
	return d.came(v, err, "The change is saved, and the data is on its way.")
}

func switchTarget(v *visit) error {
	d, err := v.targetOf()
	if err != nil {
		return err
	}
	on, words := !d.One.Enabled, "It is paused. What was sent stays there."
	if on {
		words = "It is on, and the newest data is on its way."
	}
	_, err = v.Snapshots.Update(v.ctx(), v.by, d.One.ID, snapshotpush.Patch{Enabled: &on})
	return d.came(v, err, words)
}

func pushTarget(v *visit) error {
	d, err := v.targetOf()
	if err != nil {
		return err
	}
	_, err = v.Snapshots.Push(v.ctx(), v.by, d.One.ID)
	return d.came(v, err, "The data is on its way.")
}

func tryTarget(v *visit) error {
	d, err := v.targetOf()
	if err != nil {
		return err
	}
	got, err := v.Snapshots.Try(v.ctx(), v.by, d.One.ID)
	if err != nil {
		return d.came(v, err, "")
	}
	d.Tried = &got
	return d.page(v)
}

func deleteTargetPage(v *visit) error {
	d, err := v.targetOf()
	if err != nil {
		return err
	}
	path := d.targetPath(d.One.ID) + "/delete"
	c := page.Confirm{Title: "Stop sending this data?", Text: d.One.Resource, Action: path, Token: v.token(path), Button: "Delete the target", Cancel: d.targetPath(d.One.ID),
		Consequences: []string{"Nothing more is sent there, and what was filled in for it is gone, secrets too.", "To stop for a while, pause it instead."},
		Remains:      []string{"What was sent stays at " + d.Here.ApplicationName + "."}}
	return d.place(v, sheet{title: "Delete", body: c}, d.trail(), page.Link{Text: clipped(d.One.Resource, 40), URL: d.targetPath(d.One.ID)}, page.Link{Text: "Delete"})
}

func deleteTarget(v *visit) error {
	d, err := v.targetOf()
	if err != nil {
		return err
	}
	if err := v.Snapshots.Delete(v.ctx(), v.by, d.One.ID); err != nil {
		return err
	}
	return v.leave(d.targetsPath(), "The target is deleted.")
}
