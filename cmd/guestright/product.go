package main

import (
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/token"
)

type createProductKeyCmd struct {
	Label string `arg:"" help:"What the key is for."`
}

// Run makes a key and shows it once.
func (c createProductKeyCmd) Run(w *world) error {
	return w.withProducts(func(p *token.Products) error {
		k, err := p.Create(w.ctx, w.by(), c.Label)
		if err != nil {
			return err
		}
		w.say("%s  %s\n\n  %s\n\nThis is the only time that the key is shown. Your product sends it as a bearer token.", k.ID, k.Label, k.Secret.Reveal())
		return nil
	})
}

type listProductKeysCmd struct{}

// Run lists keys without secrets.
func (listProductKeysCmd) Run(w *world) error {
	return w.withProducts(func(p *token.Products) error {
		keys, err := p.List(w.ctx, w.by())
		if err != nil {
			return err
		}
		for _, k := range keys {
			w.say("%s  …%s  %-8s  %s  %s", k.ID, k.Hint, k.State, k.Created.Format(time.DateOnly), k.Label)
		}
		return nil
	})
}

type revokeProductKeyCmd struct {
	ID string `arg:"" help:"Id of the key."`
}

// Run ends a key.
func (c revokeProductKeyCmd) Run(w *world) error {
	id, err := ident.Parse[token.ProductKey](c.ID)
	if err != nil {
		return err
	}
	return w.withProducts(func(p *token.Products) error {
		k, err := p.Revoke(w.ctx, w.by(), id)
		if err != nil {
			return err
		}
		w.say("%s is revoked.", k.Label)
		return nil
	})
}

// sayPrivately prints the set-up secret. It goes to the terminal, not into the
// log.
func sayPrivately(w *world, where string, raw secret.Text, until time.Time) {
	w.say("\nThere is no operator yet. Open %s and use this secret, once, until %s:\n\n  %s\n", where, until.Local().Format("15:04"), raw.Reveal())
}
