package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/server"
)

type catalogCmd struct {
	Import importCmd `cmd:"" help:"Import OpenAPI files under the catalog's rules and report where each requirement comes from."`
	Show   showCmd   `cmd:"" help:"Say what one call needs."`
	Diff   diffCmd   `cmd:"" help:"Compare two catalog files."`
}

type importCmd struct {
	Files   []string `arg:"" optional:"" placeholder:"FILE" type:"path" help:"OpenAPI files; else those that the catalog names."`
	Catalog string   `placeholder:"FILE" type:"path" help:"Catalog file with the rules; else the one of the configuration."`
	JSON    bool     `help:"Print a document for programs."`
	Plan    bool     `help:"List every grant that would gain or lose calls, compared with the catalog served last."`
	Against string   `placeholder:"FILE" type:"path" help:"Catalog file to compare with instead."`
}

// Run prints the coverage report, and fails when an operation has no
// requirement.
func (c importCmd) Run(w *world) error {
	cat, coverage, err := c.load(w)
	if err != nil {
		return err
	}
	var plan []server.PlannedChange
	var diff catalog.Diff
	if c.Plan || c.Against != "" {
		if diff, plan, err = c.plan(w, cat); err != nil {
			return err
		}
	}
	if c.JSON {
		doc := struct {
			catalog.Coverage
			Diff *catalog.Diff          `json:"diff,omitempty"`
			Plan []server.PlannedChange `json:"plan,omitempty"`
		}{Coverage: coverage, Plan: plan}
		if c.Plan || c.Against != "" {
			doc.Diff = &diff
		}
		out, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			return err
		}
		w.say("%s", out)
	} else {
		w.say("%s", coverage.Text())
		if c.Plan || c.Against != "" {
			sayDiff(w, diff)
			sayPlan(w, plan)
		}
	}
	if len(coverage.Gaps) > 0 {
		return errSilent
	}
	return nil
}

// load reads the catalog file, or makes do without one: then everything comes
// from the documents alone.
func (c importCmd) load(w *world) (*catalog.Catalog, catalog.Coverage, error) {
	path := c.Catalog
	if path == "" {
		cfg, err := server.LoadConfig(w.file)
		if err != nil {
			return nil, catalog.Coverage{}, err
		}
		path = cfg.CatalogPath()
	}
	if len(c.Files) == 0 {
		return server.LoadCatalog(path)
	}
	docs, err := gather(c.Files)
	if err != nil {
		return nil, catalog.Coverage{}, err
	}
	set, err := docs.load(nil)
	if err != nil {
		return nil, catalog.Coverage{}, err
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && c.Catalog == "" {
		raw, err = catalog.Write(set)
	}
	if err != nil {
		return nil, catalog.Coverage{}, err
	}
	file, err := catalog.ParseFile(raw)
	if err != nil {
		return nil, catalog.Coverage{}, err
	}
	return catalog.Import(set, file)
}

func (c importCmd) plan(w *world, to *catalog.Catalog) (catalog.Diff, []server.PlannedChange, error) {
	var none catalog.Diff
	cfg, err := w.config()
	if err != nil {
		return none, nil, err
	}
	db, err := server.OpenExisting(w.ctx, cfg, logger(w.errw))
	if err != nil {
		return none, nil, err
	}
	from, err := c.before(w, func() (*catalog.Catalog, error) { return server.CatalogInForce(w.ctx, db) })
	if err != nil {
		return none, nil, errors.Join(err, db.Close())
	}
	plan, err := server.Plan(w.ctx, db, from, to)
	return catalog.Compare(from, to), plan, errors.Join(err, db.Close())
}

func (c importCmd) before(_ *world, inForce func() (*catalog.Catalog, error)) (*catalog.Catalog, error) {
	if c.Against != "" {
		cat, _, err := server.LoadCatalog(c.Against)
		return cat, err
	}
	cat, err := inForce()
	if problem.CodeOf(err) == "not_found" {
		return nil, problem.Invalid("catalog_never_served", "No catalog was served on this database yet; compare with a file by --against.")
	}
	return cat, err
}

type showCmd struct {
	Call      []string `arg:"" optional:"" placeholder:"'METHOD /path'" help:"Operation id, or method and path."`
	Operation string   `placeholder:"NAME" help:"The same."`
	Catalog   string   `placeholder:"FILE" type:"path" help:"Catalog file; else the one of the configuration."`
	JSON      bool     `help:"Print a document for programs."`
}

// Run prints the expression that the gateway enforces.
func (c showCmd) Run(w *world) error {
	name := c.Operation
	for _, part := range c.Call {
		if name != "" {
			name += " "
		}
		name += part
	}
	if name == "" {
		return problem.Invalid("operation_missing", `Say which operation: guestright catalog show 'GET /contacts/{id}'.`)
	}
	cat, _, err := (&importCmd{Catalog: c.Catalog}).load(w)
	if err != nil {
		return err
	}
	shown, err := cat.ShowOperation(name)
	if err != nil {
		return err
	}
	if !c.JSON {
		w.say("%s", shown.Render())
		return nil
	}
	out, err := json.MarshalIndent(shown, "", "  ")
	if err != nil {
		return err
	}
	w.say("%s", out)
	return nil
}

type diffCmd struct {
	Old  string `arg:"" type:"path" help:"Catalog file."`
	New  string `arg:"" type:"path" help:"Catalog file."`
	JSON bool   `help:"Print a document for programs."`
}

// Run prints what differs.
func (c diffCmd) Run(w *world) error {
	from, _, err := server.LoadCatalog(c.Old)
	if err != nil {
		return err
	}
	to, _, err := server.LoadCatalog(c.New)
	if err != nil {
		return err
	}
	d := catalog.Compare(from, to)
	if !c.JSON {
		sayDiff(w, d)
		return nil
	}
	out, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	w.say("%s", out)
	return nil
}

func sayDiff(w *world, d catalog.Diff) {
	if d.Empty() {
		w.say("No operation differs.")
		return
	}
	for _, ch := range d.Added {
		w.say("added    %s %s\n           needs %s", ch.Method, ch.Path, ch.Is)
	}
	for _, ch := range d.Removed {
		w.say("removed  %s %s\n           needed %s", ch.Method, ch.Path, ch.Was)
	}
	for _, ch := range d.Changed {
		w.say("%-8s %s %s\n           was %s\n           is  %s", ch.Direction, ch.Method, ch.Path, ch.Was, ch.Is)
	}
}

func sayPlan(w *world, plan []server.PlannedChange) {
	if len(plan) == 0 {
		w.say("\nNo grant gains or loses a call.")
		return
	}
	w.say("\n%d grants would gain or lose calls:", len(plan))
	for _, p := range plan {
		w.say("\n%s of %s in %s", p.Grant, p.Holder, p.Account)
		for _, call := range p.Loses {
			w.say("  loses %s", call)
		}
		for _, call := range p.Gains {
			w.say("  gains %s", call)
		}
	}
}
