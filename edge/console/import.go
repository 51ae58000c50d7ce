package console

import (
	"github.com/guestright/guestright/capability/importer"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) importRoutes() []route {
	if c.Configurations == nil || c.Imports == nil {
		return nil
	}
	const of = "/configurations/{configuration}/imports"
	return []route{
		{"GET " + of, c.page(importsPage)},
		{"POST " + of, c.page(lookImport)},
		{"GET " + of + "/{import}", c.page(importPage)},
		{"POST " + of + "/{import}/start", c.page(startImport)},
	}
}

func (f configurationForm) importsPath() string { return f.path() + "/imports" }

func (f configurationForm) importPath(id importer.ID) string {
	return f.importsPath() + "/" + id.String()
}

// importsView is the imports of a configuration, or one of them.
type importsView struct {
	configurationForm
	Works   bool
	Subject string // as it was typed
	All     []importer.Run
	One     importer.Run
}

// importsOf loads what is needed of the configuration that the address names; one
// whose package imports nothing has no such page.
func (v *visit) importsOf() (importsView, error) {
	f, err := v.configurationOf()
	d := importsView{configurationForm: f}
	if err != nil {
		return d, err
	}
	declared := false
	for _, one := range f.At.Capabilities {
		if one.Name == importer.Name {
			declared, d.Works = true, one.Working
		}
	}
	if !declared {
		return d, problem.NotFound("page")
	}
	return d, nil
}

func (d importsView) listPage(v *visit) error {
	var err error
	if d.All, err = v.Imports.List(v.ctx(), v.by, d.At.ID); err != nil {
		return err
	}
	return d.place(v, sheet{title: "Imports · " + d.At.Name, status: d.Faults.status(), body: importList(v, d)}, page.Link{Text: "Imports"})
}

func importsPage(v *visit) error {
	d, err := v.importsOf()
	if err != nil {
		return err
	}
	return d.listPage(v)
}

func lookImport(v *visit) error {
	d, err := v.importsOf()
	if err != nil {
		return err
	}
	d.Subject = v.field("subject")
	r, err := v.Imports.Look(v.ctx(), v.by, d.At.ID, d.Subject)
	if err != nil {
		found, ok := faultsOf(err, "/subject")
		if !ok {
			return err
		}
		d.Faults = found
		return d.listPage(v)
	}
	return v.leave(d.importPath(r.ID), "This is what was found. Nothing has changed yet.")
}

// importOf loads the import that the address names.
func (v *visit) importOf() (importsView, error) {
	d, err := v.importsOf()
	if err != nil {
		return d, err
	}
	id, err := ident.Parse[importer.Run](v.r.PathValue("import"))
	if err != nil {
		return d, problem.NotFound("import")
	}
	d.One, err = v.Imports.Get(v.ctx(), v.by, id)
	if err == nil && d.One.Configuration != d.At.ID.String() {
		err = problem.NotFound("import")
	}
	return d, err
}

func (d importsView) page(v *visit) error {
	return d.place(v, sheet{title: "Import into " + d.One.Subject, status: d.Faults.status(), body: importOne(v, d)}, page.Link{Text: "Imports", URL: d.importsPath()}, page.Link{Text: clipped(d.One.Subject, 40)})
}

func importPage(v *visit) error {
	d, err := v.importOf()
	if err != nil {
		return err
	}
	return d.page(v)
}

func startImport(v *visit) error {
	d, err := v.importOf()
	if err != nil {
		return err
	}
	if _, err := v.Imports.Start(v.ctx(), v.by, d.One.ID); err != nil {
		found, ok := faultsOf(err)
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return v.leave(d.importPath(d.One.ID), "The product makes what it has not.")
}
