package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"time"

	"github.com/guestright/guestright/server"
)

type serveCmd struct {
	Watch bool `negatable:"" default:"true" help:"Swap a changed catalog file in by itself; SIGHUP always does."`
}

// watchEvery is how often the catalog file is looked at.
const watchEvery = 2 * time.Second

// Run serves until it is told to stop.
func (c serveCmd) Run(w *world) error {
	ctx, stop := signal.NotifyContext(w.ctx, stopSignals()...)
	defer stop()
	cfg, err := w.config()
	if err != nil {
		return err
	}
	cat, coverage, source, err := server.ReadCatalog(cfg.CatalogPath())
	if errors.Is(err, os.ErrNotExist) {
		w.say("There is no catalog at %s yet. Write one from your OpenAPI files: guestright init . --openapi FILE", cfg.CatalogPath())
	}
	if err != nil {
		return err
	}
	log := logger(w.errw)
	app, err := server.Open(ctx, cfg, server.Options{Log: log, Catalog: cat})
	if err != nil {
		return err
	}
	err = c.serve(ctx, w, app, source, len(coverage.Gaps))
	log.Info("stopped")
	return errors.Join(err, app.Close())
}

func (c serveCmd) serve(ctx context.Context, w *world, app *server.App, source server.CatalogSource, gaps int) error {
	if err := app.Keep(ctx, source); err != nil {
		return err
	}
	l, err := app.Listen(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	if gaps > 0 {
		app.Log.Warn("operations without a requirement are refused; guestright catalog import lists them", "operations", gaps)
	}
	swap := func(why string) {
		if err := app.Reload(ctx); err != nil {
			app.Log.Error("the catalog file has errors; what was in force stays in force", "why", why, "error", err)
		}
	}
	reloads(ctx, func() { swap("signal") })
	if c.Watch {
		go watchFile(ctx, app.Config.CatalogPath(), func() { swap("file changed") })
	}
	return app.Run(ctx, l, func() {
		// Reading the catalog is the largest piece of work at start; jobs that are due and the
		// logs that are followed come next.
		giveBack()
		time.AfterFunc(5*time.Second, giveBack)
		app.Log.Info("ready", "console", app.Config.URL, "gateway", app.Config.Gateway.URL, "database", app.Config.DatabaseName(), "catalog", app.Catalog.Get().Version())
		if err := announceSetup(ctx, w, app); err != nil {
			app.Log.Error("set-up secret", "error", err)
		}
	})
}

// announceSetup prints the one-time secret while there is no operator. It goes
// to the terminal, not into the log.
func announceSetup(ctx context.Context, w *world, app *server.App) error {
	raw, until, err := app.Identity.SetupSecret(ctx)
	if err != nil || raw.IsZero() {
		return err
	}
	sayPrivately(w, app.Config.URL+server.SetupPath, raw, until)
	w.say("guestright admin reset-setup-secret makes another.\n")
	return nil
}

// watchFile calls f when size or time of the file have changed and stood still
// for one look, so that a half-written file is not read.
func watchFile(ctx context.Context, path string, f func()) {
	look := func() os.FileInfo {
		info, err := os.Stat(path)
		if err != nil {
			return nil
		}
		return info
	}
	same := func(a, b os.FileInfo) bool {
		return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	served, before := look(), look()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := look()
		if now != nil && same(now, before) && !same(now, served) {
			served = now
			f()
		}
		before = now
	}
}
