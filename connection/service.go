package connection

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/notice"
)

// Service holds the operations on connections. Make it with New.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Keys           *secret.Keyring
	Applications   *application.Service
	Configurations *configuration.Service
	Notices        *notice.Service
	Client         *outbound.Client
	Base           string // public address of this service
}

// New lets configurations know of their connections.
func New(s Service) *Service {
	out := &s
	s.Configurations.Connected, s.Configurations.Gone = out.given, drop
	return out
}

// ReturnPath is where partners send administrators back to.
const ReturnPath = "/connections/return"

// Back is the address that is registered at the partner.
func (s *Service) Back() string { return s.Base + ReturnPath }

// given is what the calls of a configuration get; nil while it is not connected.
func (s *Service) given(tx *store.Tx, configuration string) (*request.Connection, error) {
	c, err := find(tx, configuration)
	if err != nil || c.State != Connected {
		return nil, err
	}
	token, err := s.Keys.Open(c.access, c.bound("access"))
	if err != nil {
		return nil, problem.Internal("connection.open", err)
	}
	return &request.Connection{BaseURI: c.BaseURI, AccessToken: token}, nil
}

// Partner reads where the partner's server is, for the application's developers.
// Error: NotFound.
func (s *Service) Partner(ctx context.Context, by access.Principal, id application.ID) (Partner, error) {
	var out Partner
	if _, err := s.Applications.Get(ctx, by, id); err != nil {
		return out, err
	}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, there, err := partner(tx, id.String())
		if out = p; err == nil && !there {
			err = problem.NotFound("partner")
		}
		return err
	})
	return out, err
}

// SetPartner says where the partner's server is and what we are there. Connections
// that there are stay. Errors: Invalid `partner_invalid`; NotFound.
func (s *Service) SetPartner(ctx context.Context, by access.Principal, id application.ID, d PartnerDraft) (Partner, error) {
	var out Partner
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, id)
		if err != nil {
			return err
		}
		was, there, err := partner(tx, id.String())
		if err != nil {
			return err
		}
		out = was
		if err := out.take(d, s.Client.CheckURL); err != nil {
			return err
		}
		if d.Secret != "" {
			out.secret = s.Keys.Seal(secret.New(d.Secret), out.bound())
		}
		out.Updated = tx.Now()
		if err := putPartner(tx, out); err != nil {
			return err
		}
		c := audit.Change{Action: "application.partner_set", Target: "application/" + id.String(), Name: a.Name, Group: a.Group, Application: id.String(), After: out}
		if there {
			c.Before = was
		}
		return s.Audit.Record(tx, by, c)
	})
	return out, err
}

// DropPartner forgets it: nobody can connect any more, and nothing is refreshed.
// Error: NotFound.
func (s *Service) DropPartner(ctx context.Context, by access.Principal, id application.ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, id)
		if err != nil {
			return err
		}
		was, there, err := partner(tx, id.String())
		if err == nil && !there {
			err = problem.NotFound("partner")
		}
		if err != nil {
			return err
		}
		if err := dropPartner(tx, id.String()); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "application.partner_delete", Target: "application/" + id.String(), Name: a.Name, Group: a.Group, Application: id.String(), Before: was})
	})
}

func (s *Service) application(tx *store.Tx, by access.Principal, id application.ID) (application.Application, error) {
	a, err := s.Applications.Load(tx, id)
	if err != nil {
		return a, err
	}
	return a, by.Reach("application", "application:update", application.Resource(a.Group, id))
}

// Get reads the connection of a configuration. Errors: NotFound; Conflict
// `connection_unneeded`.
func (s *Service) Get(ctx context.Context, by access.Principal, id configuration.ID) (Connection, error) {
	var out Connection
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		_, c, _, err := s.load(tx, by, id, configuration.ActionView)
		out = c
		return err
	})
	return out, err
}

// load gives a configuration, its connection and the partner's server.
func (s *Service) load(tx *store.Tx, by access.Principal, id configuration.ID, action string) (configuration.Configuration, Connection, Partner, error) {
	at, err := s.Configurations.Reach(tx, by, id.String(), action)
	if err != nil {
		return at, Connection{}, Partner{}, err
	}
	if !at.Connects {
		return at, Connection{}, Partner{}, problem.Conflict("connection_unneeded", "This integration needs no connection.")
	}
	c, err := find(tx, id.String())
	if err != nil {
		return at, c, Partner{}, err
	}
	p, there, err := partner(tx, at.Application)
	if c.Ready = there; there {
		c.Asks = p.asks()
	}
	return at, c, p, err
}

// Disconnect forgets the tokens; the configuration rests. What they are worth at the
// partner's ends there. Errors: NotFound; Conflict `connection_unneeded`.
func (s *Service) Disconnect(ctx context.Context, by access.Principal, id configuration.ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		at, c, _, err := s.load(tx, by, id, configuration.ActionManage)
		if err != nil || c.State == None {
			return err
		}
		if err := drop(tx, id.String()); err != nil {
			return err
		}
		if err := refreshKind.Cancel(tx, id.String()); err != nil {
			return err
		}
		if err := s.record(tx, by, "disconnect", at, c); err != nil {
			return err
		}
		return s.Configurations.Resync(tx, by, id)
	})
}

// record notes what happened to a connection, without tokens.
func (s *Service) record(tx *store.Tx, by access.Principal, action string, at configuration.Configuration, c Connection) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "connection." + action, Target: "configuration/" + at.ID.String(), Name: at.Name, Account: at.Account, Application: at.Application,
		After: map[string]string{"state": string(c.State), "base_uri": c.BaseURI, "scopes": c.Scopes, "fault": c.Fault}})
}

func idOf(configurationID string) (configuration.ID, error) {
	return ident.Parse[configuration.Configuration](configurationID)
}
