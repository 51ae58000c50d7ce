package main

import (
	"errors"
	"io"
	"os"
	"os/user"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/suspension"
	"github.com/guestright/guestright/token"
)

type adminCmd struct {
	CreateOperator   createOperatorCmd   `cmd:"" help:"Make a person an operator."`
	ResetSetupSecret resetSetupSecretCmd `cmd:"" help:"Make another one-time secret for the first operator."`
	ProductKey       productKeyCmd       `cmd:"" help:"Keys with which your product talks to the platform."`
	Legacy           legacyCmd           `cmd:"" help:"API keys from before that your product made itself."`
	Suspend          suspendCmd          `cmd:"" help:"Stop a developer group or an application everywhere, at once."`
	Reinstate        reinstateCmd        `cmd:"" help:"Undo a suspension."`
	Jobs             jobsCmd             `cmd:"" help:"Background work that waits or was given up."`
	VerifyAudit      verifyAuditCmd      `cmd:"" help:"Check that nobody altered the audit log."`
	MarkRestored     markRestoredCmd     `cmd:"" help:"After restoring PostgreSQL by its own tools: end what must not live on."`
}

// by is who acts: whoever may run this program beside the master key.
func (w *world) by() access.Principal {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return access.System("command line, user " + name)
}

// with opens the house for one command. A running server hears of changes within
// a second.
func (w *world) with(f func(a *server.App) error) error {
	cfg, err := w.config()
	if err != nil {
		return err
	}
	a, err := server.Open(w.ctx, cfg, server.Options{Log: logger(w.errw)})
	if err != nil {
		return err
	}
	return errors.Join(f(a), a.Close())
}

type createOperatorCmd struct {
	Email    string `arg:"" help:"Address; signs in with it."`
	Name     string `required:"" help:"Name of the person."`
	Password string `name:"password-file" placeholder:"FILE" help:"File with the password, - for standard input; else a link is mailed."`
}

// Run creates the operator.
func (c createOperatorCmd) Run(w *world) error {
	return w.with(func(a *server.App) error {
		o := identity.Operator{Email: c.Email, Name: c.Name}
		if c.Password == "" && a.Config.Mail.Host == "" {
			return problem.Invalid("mail_not_configured", "No mail is configured, so no link can be sent: give the password by --password-file.")
		}
		if c.Password != "" {
			pass, err := w.secretFrom(c.Password)
			if err != nil {
				return err
			}
			if o.Hash, err = a.Identity.HashPassword(w.ctx, c.Email, pass); err != nil {
				return err
			}
		}
		var u identity.User
		err := a.DB.Write(w.ctx, func(tx *store.Tx) error {
			made, err := a.Identity.CreateOperator(tx, w.by(), o)
			u = made
			return err
		})
		if err != nil {
			return err
		}
		w.say("%s is an operator (%s). Sign in at %s%s", u.Email, u.ID, a.Config.URL, identity.PathSignIn)
		return nil
	})
}

// secretFrom reads one line from a file or from standard input.
func (w *world) secretFrom(path string) (secret.Text, error) {
	const most = 4096 // bytes
	in := w.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return secret.Text{}, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, most))
	return secret.New(strings.TrimRight(string(raw), "\r\n")), err
}

type resetSetupSecretCmd struct{}

// Run prints a new secret, unless there is an operator.
func (resetSetupSecretCmd) Run(w *world) error {
	return w.with(func(a *server.App) error {
		raw, until, err := a.Identity.SetupSecret(w.ctx)
		if err != nil {
			return err
		}
		if raw.IsZero() {
			return problem.Conflict("setup_closed", "There is an operator already; admin create-operator makes further ones.")
		}
		sayPrivately(w, a.Config.URL+server.SetupPath, raw, until)
		return nil
	})
}

type productKeyCmd struct {
	Create createProductKeyCmd `cmd:"" help:"Make a key and show it once."`
	List   listProductKeysCmd  `cmd:"" help:"List keys without their secrets."`
	Revoke revokeProductKeyCmd `cmd:"" help:"End a key at once."`
}

func (w *world) withProducts(f func(p *token.Products) error) error {
	return w.with(func(a *server.App) error { return f(a.Products) })
}

type suspendCmd struct {
	What   string `arg:"" enum:"group,application" help:"group or application."`
	ID     string `arg:"" help:"Its id."`
	Reason string `required:"" help:"Why; the developers are told."`
}

// Run suspends.
func (c suspendCmd) Run(w *world) error { return setSuspended(w, c.What, c.ID, c.Reason) }

type reinstateCmd struct {
	What string `arg:"" enum:"group,application" help:"group or application."`
	ID   string `arg:"" help:"Its id."`
}

// Run lifts a suspension.
func (c reinstateCmd) Run(w *world) error { return setSuspended(w, c.What, c.ID, "") }

func setSuspended(w *world, what, id, reason string) error {
	return w.with(func(a *server.App) error {
		name, err := setSuspension(w, a, suspension.Target{Kind: suspension.Kind(what), ID: id}, reason)
		if err != nil {
			return err
		}
		if reason == "" {
			w.say("%s works again.", name)
			return nil
		}
		w.say("%s is suspended: its calls are refused within a second, on every node.", name)
		return nil
	})
}

// setSuspension begins a suspension, or lifts it when there is no reason.
func setSuspension(w *world, a *server.App, t suspension.Target, reason string) (string, error) {
	if reason != "" {
		one, err := a.Suspensions.Begin(w.ctx, w.by(), suspension.Order{Target: t, Reason: reason})
		return one.Name, err
	}
	if _, err := a.Suspensions.Preview(w.ctx, w.by(), suspension.Order{Target: t}); err != nil {
		return "", err // there is no such thing
	}
	var was *suspension.Suspension
	err := a.DB.Read(w.ctx, func(tx *store.Tx) error {
		var err error
		was, err = a.Suspensions.Open(tx, t)
		return err
	})
	if err != nil {
		return "", err
	}
	if was == nil {
		return "", problem.Conflict(string(t.Kind)+"_not_suspended", "It is not suspended.")
	}
	one, err := a.Suspensions.Lift(w.ctx, w.by(), was.ID)
	return one.Name, err
}

type verifyAuditCmd struct{}

// Run reads the whole log; it fails when a chain is broken.
func (verifyAuditCmd) Run(w *world) error {
	cfg, err := w.config()
	if err != nil {
		return err
	}
	db, err := server.OpenExisting(w.ctx, cfg, logger(w.errw))
	if err != nil {
		return err
	}
	rep, err := (&audit.Log{DB: db}).Verify(w.ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	w.say("%d entries are sealed, %d wait for the sealer. Head: %s", rep.Sealed, rep.Unsealed, rep.Head)
	for _, b := range rep.Breaks {
		w.say("  position %d, entry %s: %s", b.Position, b.ID, b.Why)
	}
	return rep.Err()
}
