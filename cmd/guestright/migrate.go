package main

import (
	"errors"

	"github.com/guestright/guestright/server"
)

type migrateCmd struct {
	Status bool `help:"Only say which steps are there and which are missing."`
}

// Run migrates, or says how the schema stands.
func (c migrateCmd) Run(w *world) error {
	cfg, err := w.config()
	if err != nil {
		return err
	}
	db, err := server.OpenStore(cfg, logger(w.errw), nil)
	if err != nil {
		return err
	}
	if c.Status {
		applied, pending, err := db.Steps(w.ctx)
		for _, s := range pending {
			w.say("missing  %s", s)
		}
		if err == nil {
			w.say("%d steps are there, %d are missing.", len(applied), len(pending))
		}
		return errors.Join(err, db.Close())
	}
	n, err := db.Migrate(w.ctx)
	if err == nil {
		w.say("%d steps were added; the schema is up to date.", n)
	}
	return errors.Join(err, db.Close())
}
