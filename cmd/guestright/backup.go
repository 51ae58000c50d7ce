package main

import (
	"time"

	"github.com/guestright/guestright/server"
)

type backupCmd struct {
	File string `arg:"" type:"path" help:"New file; nothing is overwritten."`
}

// Run copies the database and says what else to keep.
func (c backupCmd) Run(w *world) error {
	cfg, err := w.config()
	if err != nil {
		return err
	}
	size, err := server.Backup(w.ctx, cfg, c.File)
	if err != nil {
		return err
	}
	w.say("%s holds the whole database (%d KiB, mode 0600).", c.File, (size+1023)/1024)
	w.say("Not in it, and to be kept apart from it: the master key %s. Without that key a backup opens nothing;\nwith it, whoever has both has every secret. Keep your configuration and catalog in version control.", cfg.KeyPath())
	return nil
}

type restoreCmd struct {
	File     string `arg:"" type:"existingfile" help:"File that guestright backup wrote."`
	Force    bool   `help:"Move a database that is there aside; what it knows to be revoked stays revoked."`
	KeepKeys bool   `help:"Keep application keys, static tokens and product keys although nothing tells whether they were revoked since."`
}

// Run restores; the server must not run.
func (c restoreCmd) Run(w *world) error {
	cfg, err := w.config()
	if err != nil {
		return err
	}
	r, err := server.Restore(w.ctx, cfg, server.RestoreOrder{File: c.File, Force: c.Force, KeepKeys: c.KeepKeys, Log: logger(w.errw)})
	if err != nil {
		return err
	}
	w.say("Restored to %s.", cfg.DatabaseName())
	sayRestored(w, r, c.KeepKeys)
	return nil
}

type markRestoredCmd struct {
	KeepKeys bool `help:"Keep application keys, static tokens and product keys although nothing tells whether they were revoked since."`
}

// Run ends what a restored PostgreSQL database must not revive.
func (c markRestoredCmd) Run(w *world) error {
	cfg, err := w.config()
	if err != nil {
		return err
	}
	r, err := server.MarkRestored(w.ctx, cfg, logger(w.errw), c.KeepKeys)
	if err != nil {
		return err
	}
	sayRestored(w, r, c.KeepKeys)
	return nil
}

func sayRestored(w *world, r server.Restored, kept bool) {
	if !r.Until.Time().IsZero() {
		w.say("The last change in it is of %s; everything later is gone.", r.Until.Time().Format(time.RFC3339))
	}
	if r.Aside != "" {
		w.say("The former database is at %s.", r.Aside)
	}
	w.say("Ended, since it was or may have been revoked since: %d sessions, %d access and refresh tokens, %d static tokens and product keys, %d application keys.",
		r.Sessions, r.Tokens, r.Static, r.Keys)
	w.say("People sign in again; applications ask for new access tokens by themselves.")
	switch {
	case r.Compared:
		w.say("What the former database knew to be revoked stays revoked.")
	case kept:
		w.say("Application keys, static tokens and product keys were kept: revoke by hand what was revoked after the backup.")
	default:
		w.say("There was no former database to compare with, so all credentials that live long were ended: make new ones, or\nrestore again with --keep-keys if nothing was revoked since.")
	}
}
