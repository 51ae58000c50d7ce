package private

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// mine loads an integration for those who may decide about its webhooks: those
// who may change it, and the integration itself.
func (s *Service) mine(tx *store.Tx, by access.Principal, id ID) (loaded, error) {
	l, err := s.load(tx, by, id)
	if err != nil || l.self {
		return l, err
	}
	return s.managed(tx, by, id)
}

// EventTypes lists the product's events, and which the integration may receive.
func (s *Service) EventTypes(ctx context.Context, by access.Principal, id ID) ([]EventType, error) {
	var out []EventType
	err := s.within(ctx, by, id, func(_ *store.Tx, l loaded) error {
		out = eventTypes(s.Catalog.Get(), l.Scopes)
		return nil
	})
	return out, err
}

// Webhooks lists the webhooks of an integration.
func (s *Service) Webhooks(ctx context.Context, by access.Principal, id ID) ([]Webhook, error) {
	var out []Webhook
	err := s.within(ctx, by, id, func(tx *store.Tx, l loaded) error {
		got, err := webhooks(tx, "integration = ?", id)
		if err != nil {
			return err
		}
		all := eventTypes(s.Catalog.Get(), l.Scopes)
		for k := range got {
			got[k].Receives = receives(got[k].Types, all)
		}
		out = got
		return nil
	})
	return out, err
}

// lessReceived lists the webhooks that a change of scopes leaves with less.
func (s *Service) lessReceived(tx *store.Tx, d *Diff) error {
	hooks, err := webhooks(tx, "integration = ?", d.Before.ID)
	if err != nil {
		return err
	}
	cat := s.Catalog.Get()
	was, is := eventTypes(cat, d.Before.Scopes), eventTypes(cat, d.After.Scopes)
	for _, w := range hooks {
		w.Receives = receives(w.Types, is)
		if len(beyond(receives(w.Types, was), w.Receives)) > 0 {
			d.Webhooks = append(d.Webhooks, w)
		}
	}
	return nil
}

// AddWebhook stores a webhook. Errors: Invalid `webhook_invalid`; Forbidden `event_scope_missing`; Conflict
// `webhook_limit`, `private_integration_deleted`.
func (s *Service) AddWebhook(ctx context.Context, by access.Principal, id ID, d WebhookDraft) (Webhook, error) {
	var out Webhook
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := s.mine(tx, by, id)
		if err != nil {
			return err
		}
		there, err := webhooks(tx, "integration = ?", id)
		if err != nil {
			return err
		}
		if len(there) >= WebhooksMost {
			return problem.Conflict("webhook_limit", "A private integration has at most 20 webhooks.")
		}
		w := Webhook{ID: ident.New[Webhook](tx.Now()), Integration: id.String(), CreatedBy: by.Subject(), Created: tx.Now(), Enabled: true}
		if out, err = s.decideWebhook(l, w, d); err != nil {
			return err
		}
		if err := insertWebhook(tx, out); err != nil {
			return err
		}
		return s.recordWebhook(tx, by, "webhook_create", l, change{after: out})
	})
	return out, err
}

// UpdateWebhook changes a webhook as a whole.
func (s *Service) UpdateWebhook(ctx context.Context, by access.Principal, id WebhookID, d WebhookDraft) (Webhook, error) {
	var out Webhook
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		l, w, err := s.webhook(tx, by, id)
		if err != nil {
			return err
		}
		if out, err = s.decideWebhook(l, w, d); err != nil {
			return err
		}
		if err := saveWebhook(tx, out); err != nil {
			return err
		}
		return s.recordWebhook(tx, by, "webhook_update", l, change{before: w, after: out})
	})
	return out, err
}

// RemoveWebhook deletes a webhook.
func (s *Service) RemoveWebhook(ctx context.Context, by access.Principal, id WebhookID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		l, w, err := s.webhook(tx, by, id)
		if err != nil {
			return err
		}
		if err := removeWebhook(tx, id); err != nil {
			return err
		}
		return s.recordWebhook(tx, by, "webhook_delete", l, change{before: w})
	})
}

func (s *Service) webhook(tx *store.Tx, by access.Principal, id WebhookID) (loaded, Webhook, error) {
	got, err := webhooks(tx, "id = ?", id)
	if err != nil {
		return loaded{}, Webhook{}, err
	}
	if len(got) == 0 {
		return loaded{}, Webhook{}, problem.NotFound("webhook")
	}
	owner, err := ident.Parse[Integration](got[0].Integration)
	if err != nil {
		return loaded{}, Webhook{}, err
	}
	l, err := s.mine(tx, by, owner)
	if absent(err) {
		err = problem.NotFound("webhook")
	}
	return l, got[0], err
}

func (s *Service) decideWebhook(l loaded, w Webhook, d WebhookDraft) (Webhook, error) {
	if err := l.here(); err != nil {
		return w, err
	}
	all := eventTypes(s.Catalog.Get(), l.Scopes)
	if err := d.check(all); err != nil {
		return w, err
	}
	if err := s.Outbound.CheckURL(d.URL); err != nil {
		p := problem.Of(err)
		return w, problem.Invalid("webhook_invalid", "The address cannot be called.", problem.Field{Pointer: "/url", Code: p.Code, Detail: p.Detail})
	}
	w.URL, w.Description, w.Types = d.URL, d.Description, d.Types
	if d.Enabled != nil {
		w.Enabled = *d.Enabled
	}
	w.Receives = receives(w.Types, all)
	return w, nil
}

// change is what a webhook was and is.
type change struct{ before, after Webhook }

func (s *Service) recordWebhook(tx *store.Tx, by access.Principal, action string, l loaded, c change) error {
	entry := audit.Change{Action: "private_integration." + action, Target: l.Holder(), Name: l.Name, Account: l.Account}
	if !c.before.ID.IsZero() {
		entry.Before = c.before
	}
	if !c.after.ID.IsZero() {
		entry.After = c.after
	}
	return s.Audit.Record(tx, by, entry)
}
