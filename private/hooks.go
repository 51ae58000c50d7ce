package private

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/webhook"
)

// EventTypes lists the product's events, and which the integration may receive.
func (s *Service) EventTypes(ctx context.Context, by access.Principal, id ID) ([]EventType, error) {
	var out []EventType
	err := s.within(ctx, by, id, func(_ *store.Tx, l loaded) error {
		out = eventTypes(s.Catalog.Get(), l.Scopes)
		return nil
	})
	return out, err
}

// lessReceived lists the webhook endpoints that a change of scopes leaves with
// less.
func (s *Service) lessReceived(tx *store.Tx, d *Diff) error {
	hooks, err := webhook.Wanted(tx, d.Before.Grant)
	if err != nil {
		return err
	}
	cat := s.Catalog.Get()
	was, is := eventTypes(cat, d.Before.Scopes), eventTypes(cat, d.After.Scopes)
	for _, w := range hooks {
		h := Heard{Endpoint: w.Endpoint.ID, URL: w.Endpoint.URL, Receives: receives(w.Types, is)}
		if len(beyond(receives(w.Types, was), h.Receives)) > 0 {
			d.Webhooks = append(d.Webhooks, h)
		}
	}
	return nil
}

// HookKeeper says who may do what to the webhook endpoints of a private
// integration: those who may see it see them, those who may change it change
// them. It is one of webhook.Service.
func (s *Service) HookKeeper(tx *store.Tx, by access.Principal, action string, g grant.Grant) error {
	i, err := find(tx, "grant_id = ?", g.ID.String())
	if err != nil {
		return err
	}
	if action == webhook.ActionView {
		_, err = s.load(tx, by, i.ID)
		return err
	}
	l, err := s.managed(tx, by, i.ID)
	if err == nil {
		err = l.here()
	}
	return err
}
