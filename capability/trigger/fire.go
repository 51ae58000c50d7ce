package trigger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// fireKind is the task of the product.
const fireKind = "trigger.fire"

// Fire is a call to the address that raw is the secret of. It tells whether it was a
// test. Errors: NotFound; Unauthenticated `trigger_secret`; Limited `trigger_limit`.
func (s *Service) Fire(ctx context.Context, raw string, h http.Header, body []byte) (bool, error) {
	if !secret.WellFormed(raw) || !secret.TriggerSecret.Is(raw) {
		return false, problem.NotFound("trigger")
	}
	test := false
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		t, in, err := s.called(tx, raw)
		if err != nil {
			return err
		}
		m := in.Package.Manifest.InboundTrigger
		var shared secret.Text
		if t.shared != "" {
			if shared, err = s.Keys.Open(t.shared, sealPlace(t.ID)); err != nil {
				return err
			}
		}
		if !shown(m.AuthKind(), shared, h, body) {
			return problem.Unauthenticated("trigger_secret", "Show the trigger's shared secret, or sign the body with it.")
		}
		if err := t.admit(tx.Now()); err != nil {
			return err
		}
		c := read(m, body, tx.Now())
		c.Body = strings.ReplaceAll(c.Body, raw, "[secret]") // some send along what they were told to call
		if test = c.Test; !test {
			if c.Task, err = s.ask(tx, t, in, c); err != nil {
				return err
			}
		}
		t.called(c)
		return save(tx, &t)
	})
	return test, err
}

// called finds the trigger of an address, as long as it works.
func (s *Service) called(tx *store.Tx, raw string) (Trigger, capability.Instance, error) {
	t, err := s.Find(tx, raw)
	if err != nil {
		return t, capability.Instance{}, err
	}
	in, live, err := s.instance(tx, t.Configuration)
	if err == nil && (!live || !t.Enabled) {
		err = problem.NotFound("trigger")
	}
	return t, in, err
}

// ask has the product asked, and written down that it was and why.
func (s *Service) ask(tx *store.Tx, t Trigger, in capability.Instance, c Call) (string, error) {
	i, err := s.Integrations.Load(tx, in.Installation)
	if err != nil {
		return "", err
	}
	user, err := s.Accounts.IntegrationUserIn(tx, i.Account, i.User)
	if err != nil {
		return "", err
	}
	a := asked{Instruction: t.Instruction, Trigger: t.ID.String(), Event: askedWhy{c.Event, c.Value, c.URL}, At: c.At,
		Actor: askedWho{UserKey: user.Key, User: user.Name, Name: in.Package.Manifest.Listing.Name, Application: in.Application, Installation: in.Installation}}
	data, err := a.data()
	if err != nil {
		return "", err
	}
	task, err := s.Host.Ask(tx, host.Draft{Kind: fireKind, Account: t.Account, Subject: t.Subject, Data: data, Reference: "trigger/" + t.ID.String(),
		Key: keyOf(t.Subject), Expires: c.At.Add(fireWithin)})
	if err != nil {
		return "", err
	}
	by := access.Principal{Kind: access.KindIntegration, Account: t.Account, Application: in.Application, Installation: in.Installation, Grant: in.Grant, Via: "trigger"}
	return task.ID.String(), s.Audit.Record(tx, by, audit.Change{Action: "trigger.fire", Target: "trigger/" + t.ID.String(), Name: t.Subject, Account: t.Account, Application: in.Application,
		After: map[string]any{"instruction": t.Instruction, "subject": t.Subject, "event": a.Event, "task": task.ID.String()}})
}

// keyOf is the key of the tasks about a resource: whatever asks, they come in order.
func keyOf(subject string) string {
	sum := sha256.Sum256([]byte(subject))
	return "subject-" + hex.EncodeToString(sum[:16])
}

// answered hears what has become of a task.
func (s *Service) answered(tx *store.Tx, task host.Task) error {
	raw, ours := strings.CutPrefix(task.Reference, "trigger/")
	id, err := ident.Parse[Trigger](raw)
	if !ours || err != nil {
		return nil
	}
	t, err := find(tx, id)
	if problem.CodeOf(err) == "not_found" {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	fault := ""
	if task.State == host.Failed {
		if fault = task.Fault; fault == "" {
			fault = "The product did not do it."
		}
	}
	t.answered(tx.Now(), task.ID.String(), fault)
	return save(tx, &t)
}
