package main

import (
	"encoding/json"
	"errors"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/server"
)

type checkCmd struct {
	JSON bool `help:"Print a document for programs."`
}

// Run prints the effective configuration and what the catalog covers. It fails
// when either cannot be served; operations without a requirement are no failure
// here, since the gateway refuses them.
func (c checkCmd) Run(w *world) error {
	cfg, err := server.LoadConfig(w.file)
	if err != nil {
		return err
	}
	_, coverage, catErr := server.LoadCatalog(cfg.CatalogPath())
	cfgErr := cfg.Check()
	if c.JSON {
		doc := struct {
			Settings []server.Setting  `json:"settings"`
			Coverage *catalog.Coverage `json:"catalog,omitempty"`
		}{Settings: cfg.Settings()}
		if catErr == nil {
			doc.Coverage = &coverage
		}
		out, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			return err
		}
		w.say("%s", out)
		return errors.Join(cfgErr, catErr)
	}
	if err := server.WriteEffective(w.out, cfg); err != nil {
		return err
	}
	w.say("")
	if catErr == nil {
		w.say("Catalog %s: %s, %d operations from %d documents, %d without a requirement, %d public, %d internal.",
			cfg.CatalogPath(), coverage.Product, coverage.Operations, coverage.Documents, len(coverage.Gaps), coverage.Public, coverage.Internal)
		if len(coverage.Gaps) > 0 {
			w.say("Those without a requirement are refused; guestright catalog import lists them.")
		}
	}
	if cfgErr != nil {
		complain(w.errw, cfgErr)
	}
	if catErr != nil {
		complain(w.errw, catErr)
	}
	if cfgErr != nil || catErr != nil {
		return errSilent
	}
	w.say("All of this can be served.")
	return nil
}
