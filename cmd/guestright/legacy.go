package main

import (
	"io"
	"os"
	"slices"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/server"
)

type legacyCmd struct {
	Import importLegacyCmd `cmd:"" help:"Import API keys that your product made itself, so that they go on working."`
	List   listLegacyCmd   `cmd:"" help:"List imported keys and when each was last used."`
}

type importLegacyCmd struct {
	File   string `arg:"" help:"CSV with column names, or JSON lines; - for standard input. Columns: account, sha256 or key, label, scopes (* for everything), created, expires, subject, api_version."`
	DryRun bool   `help:"Only check the file."`
}

// importMost bounds a file, in bytes.
const importMost = 256 << 20

// Run imports a file in parts. A file that breaks off in the middle, or has grown,
// may be given again: what is there already is left alone.
func (c importLegacyCmd) Run(w *world) error {
	in := w.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, importMost+1))
	if err != nil {
		return err
	}
	if len(raw) > importMost {
		return problem.Invalid("legacy_import_unreadable", "The file is larger than 256 MiB. Split it.")
	}
	rows, err := legacy.ParseRows(raw)
	if err != nil {
		return err
	}
	return w.with(func(a *server.App) error {
		// Every part is checked before the first is imported.
		for _, dry := range []bool{true, false} {
			if !dry && c.DryRun {
				break
			}
			var sum legacy.Imported
			for part := range slices.Chunk(rows, legacy.RowsMost) {
				got, err := a.Legacy.Import(w.ctx, w.by(), part, dry)
				if err != nil {
					return err
				}
				sum.Imported, sum.Known = sum.Imported+got.Imported, sum.Known+got.Known
			}
			switch {
			case !dry:
				w.say("%d keys imported, %d were there already.", sum.Imported, sum.Known)
			case c.DryRun:
				w.say("%d keys would be imported, %d are there already.", sum.Imported, sum.Known)
			}
		}
		if len(a.Catalog.Get().File().Product.LegacyKeys) == 0 {
			w.say("The catalog does not say where calls carry them, so none is accepted yet: add product.legacy_keys, such as [{in: header, name: X-Api-Key}].")
		}
		return nil
	})
}

type listLegacyCmd struct{}

// Run lists the keys.
func (listLegacyCmd) Run(w *world) error {
	return w.with(func(a *server.App) error {
		q := legacy.Query{Limit: 500}
		for {
			keys, err := a.Legacy.List(w.ctx, w.by(), q)
			if err != nil {
				return err
			}
			for _, k := range keys {
				used := "never used"
				if !k.LastUsed.IsZero() {
					used = "used " + k.LastUsed.Format(time.DateOnly)
				}
				w.say("%s  %-8s  %s  %s  %s", k.ID, k.State, k.Account, used, k.Label)
				q.After = k.ID
			}
			if len(keys) < q.Limit {
				return nil
			}
		}
	})
}
