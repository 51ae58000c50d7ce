package configuration

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// Offer is what an installed package can be set up to do.
type Offer struct {
	Installation string                 `json:"installation"`
	Name         string                 `json:"name"`
	Version      string                 `json:"version" doc:"Of the package"`
	Form         []manifest.Variable    `json:"form" nullable:"false" doc:"The fields, in the order in which they are shown"`
	Capabilities []string               `json:"capabilities" nullable:"false" doc:"Those that the package declares and the platform executes"`
	Filter       access.Policy          `json:"filter,omitempty" doc:"What event hooks start from"`
	Many         bool                   `json:"many" doc:"Several configurations may stand beside one another"`
	Editable     bool                   `json:"editable" doc:"false: it is set up at the partner's"`
	Location     manifest.Configuration `json:"-"`
	pack         manifest.Package
}

// Package is what is offered, for pages that draw it.
func (o Offer) Package() manifest.Package { return o.pack }

// Offer tells what there is to fill in. Errors: Conflict `package_missing`.
func (s *Service) Offer(ctx context.Context, by access.Principal, installation integration.ID) (Offer, error) {
	var out Offer
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := s.at(tx, installation.String())
		if err != nil {
			return err
		}
		if err := reach(by, ActionView, "installation", p, "*"); err != nil {
			return err
		}
		if p.pack == nil {
			return problem.Conflict("package_missing", "The installed version has no integration package, so there is nothing to set up.")
		}
		m := p.pack.Manifest
		out = Offer{Installation: p.ID.String(), Name: m.Listing.Name, Version: m.Listing.Version, Form: append([]manifest.Variable{}, p.form()...),
			Capabilities: []string{}, Many: p.many(), Editable: m.Configuration.IsEditable(), Location: m.Configuration, pack: m}
		for _, k := range s.Capabilities.Declared(p.pack) {
			out.Capabilities = append(out.Capabilities, k.Name())
		}
		for _, h := range m.EventHooks {
			if h.Source == manifest.SourceAudit {
				out.Filter = h.Policy()
			}
		}
		return nil
	})
	return out, err
}
