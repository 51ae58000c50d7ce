package application

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Aspect is a part of an application on which its verification rests.
type Aspect string

// The aspects.
const (
	AspectRedirect Aspect = "redirect_uris"
	AspectOwner    Aspect = "owner"
)

// GetClient loads the OAuth settings of an application that by may see.
func (s *Service) GetClient(ctx context.Context, by access.Principal, id ID) (Client, error) {
	var out Client
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.load(tx, by, "application:view", id); err != nil {
			return err
		}
		c, err := findClient(tx, id)
		out = c
		return err
	})
	return out, err
}

// SetClient changes parts of the OAuth settings. Errors: Invalid
// `client_invalid`; Conflict `client_changed`.
func (s *Service) SetClient(ctx context.Context, by access.Principal, id ID, p ClientPatch) (Client, error) {
	var out Client
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.load(tx, by, "application:update", id)
		if err != nil {
			return err
		}
		if err := a.Usable(); err != nil {
			return err
		}
		was, err := findClient(tx, id)
		if err != nil {
			return err
		}
		c := p.on(was)
		if f := c.Check(s.Fetchable); len(f) > 0 {
			return problem.Invalid("client_invalid", "Some of the fields need another look.", f...)
		}
		c.Updated = tx.Now()
		if c, err = saveClient(tx, c); err != nil {
			return err
		}
		tx.Changed(Topic, id.String())
		out = c
		if !slices.Equal(was.RedirectURIs, c.RedirectURIs) {
			if err := s.touched(tx, by, a, AspectRedirect); err != nil {
				return err
			}
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "application.client_update", Target: "application/" + id.String(), Name: a.Name,
			Group: a.Group, Application: id.String(), Before: was, After: c})
	})
	return out, err
}

func (s *Service) touched(tx *store.Tx, by access.Principal, a Application, what Aspect) error {
	if s.Touched == nil {
		return nil
	}
	return s.Touched(tx, by, a, what)
}

// Client gives the OAuth settings of an application without authorising.
func (s *Service) Client(tx *store.Tx, id ID) (Client, error) { return findClient(tx, id) }

// ClientOf finds the application that a client_id names, without
// authenticating: the client id of a key that is usable, or the application's
// public ID, which is all that a public client has. Errors: Unauthenticated
// `invalid_client`; Forbidden when the application is stopped.
func (s *Service) ClientOf(tx *store.Tx, clientID string) (Application, Client, error) {
	if !printable(clientID) {
		return Application{}, Client{}, errClient()
	}
	a, err := s.named(tx, clientID)
	if problem.CodeOf(err) == "not_found" {
		return a, Client{}, errClient()
	}
	if err != nil {
		return a, Client{}, err
	}
	if err := a.Running(); err != nil {
		return a, Client{}, err
	}
	c, err := findClient(tx, a.ID)
	return a, c, err
}

func (s *Service) named(tx *store.Tx, clientID string) (Application, error) {
	a, err := find(tx, "public_id = ?", clientID)
	if problem.CodeOf(err) != "not_found" {
		return a, err
	}
	k, err := findKey(tx, "client_id = ?", clientID)
	if err != nil {
		return a, err
	}
	if !k.Usable(tx.Now()) {
		return a, problem.NotFound("key")
	}
	return find(tx, "id = ?", k.Application)
}
