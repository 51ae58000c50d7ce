package webhook

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/webhook/broker"
)

// Topic of the change feed: the key is the endpoint that has changed. Under
// dueTopic it is one that has deliveries to look for.
const (
	Topic    = "webhook"
	dueTopic = "webhook.due"
)

// Actions of this slice.
const (
	ActionView   = "webhook:view"
	ActionManage = "webhook:manage"
	ActionReplay = "webhook:replay"
)

// Service holds the operations on endpoints, subscriptions and deliveries. Make
// it with New.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Keys         *secret.Keyring
	Applications *application.Service
	Grants       *grant.Service
	Bearers      *token.Authenticator
	Facts        *account.Facts
	Events       *event.Service
	Notices      *notice.Service
	Catalog      *catalog.Current
	Client       *outbound.Client
	Log          *slog.Logger

	// KeepCounts is how long the counts of days stay; 0: 400 days. Those of
	// quarters of an hour stay for 32, and deliveries as long as events.
	KeepCounts time.Duration

	// Keepers let the slice that owns a kind of grant give rights over its
	// endpoints besides those that policies give.
	Keepers map[grant.Kind]Keeper

	makers  map[string]Maker
	courier *courier
	keys    *platformKeys
	brokers *broker.Pool
}

// Keeper decides who may do action to the endpoints of a grant.
type Keeper func(tx *store.Tx, by access.Principal, action string, g grant.Grant) error

// Kept lets the slice that owns a kind of grant take part in deciding.
func (s *Service) Kept(k grant.Kind, keeper Keeper) {
	if s.Keepers == nil {
		s.Keepers = map[grant.Kind]Keeper{}
	}
	s.Keepers[k] = keeper
}

// New readies a service; it follows the log as soon as it is Run.
func New(s Service) *Service {
	out := &s
	out.keys = newPlatformKeys(out)
	out.brokers = broker.New(s.Client)
	out.courier = newCourier(out)
	return out
}

func sealPlace(id ID) string { return "webhook_endpoint|" + id.String() }

// owner is whose endpoints are spoken of: an application or a grant.
type owner struct {
	app    application.Application
	grant  grant.Grant
	on     access.Resource
	scopes []string // that open types; nil: an application's depend on the account
}

func (o owner) isApp() bool { return !o.app.ID.IsZero() }

// ofApplication finds an application whose endpoints the caller may do action to.
func (s *Service) ofApplication(tx *store.Tx, by access.Principal, id application.ID, action string) (owner, error) {
	a, err := s.Applications.Load(tx, id)
	if err != nil {
		return owner{}, err
	}
	o := owner{app: a, on: access.On("group", a.Group, "application", id.String())}
	return o, s.reach(by, "application", action, o.on)
}

// ofGrant finds a grant likewise. Its own token manages its endpoints, too.
func (s *Service) ofGrant(tx *store.Tx, by access.Principal, id grant.ID, action string) (owner, error) {
	g, err := s.Grants.Load(tx, id.String())
	if err != nil {
		return owner{}, err
	}
	o := owner{grant: g, on: g.Resource(), scopes: g.Scopes}
	if by.Grant == id.String() && by.User == "" {
		return o, nil
	}
	err = s.reach(by, "grant", action, o.on)
	keep := s.Keepers[g.Kind]
	if err == nil || keep == nil {
		return o, err
	}
	if err = keep(tx, by, action, g); problem.CodeOf(err) == "not_found" {
		err = problem.NotFound("grant")
	}
	return o, err
}

func (s *Service) reach(by access.Principal, noun, action string, on access.Resource) error {
	if !by.CanSee(on) {
		return problem.NotFound(noun)
	}
	return by.May(action, below(on, "*"))
}

// of finds the owner of an endpoint that the caller may do action to.
func (s *Service) of(tx *store.Tx, by access.Principal, id ID, action string) (Endpoint, owner, error) {
	e, err := findEndpoint(tx, id)
	if err != nil {
		return e, owner{}, err
	}
	var o owner
	if e.Application != "" {
		app, perr := ident.Parse[application.Application](e.Application)
		if perr != nil {
			return e, o, perr
		}
		o, err = s.ofApplication(tx, by, app, action)
	} else {
		g, perr := ident.Parse[grant.Grant](e.Grant)
		if perr != nil {
			return e, o, perr
		}
		o, err = s.ofGrant(tx, by, g, action)
	}
	if problem.CodeOf(err) == "not_found" {
		err = problem.NotFound("webhook endpoint")
	}
	return e, o, err
}

// known says why a pattern is of no use to an owner: "event_unknown" or
// "event_scope_missing"; "" when it names something.
func (s *Service) known(o owner) func(string) string {
	cat := s.Catalog.Get()
	return func(pattern string) string {
		if strings.HasPrefix(pattern, catalog.OwnEvents) || event.Like(pattern, catalog.OwnEvents+"any") {
			return ""
		}
		found := "event_unknown"
		for name, t := range cat.File().Events {
			if !event.Like(pattern, name) {
				continue
			}
			if o.isApp() || cat.Opens(t, o.scopes) {
				return ""
			}
			found = "event_scope_missing"
		}
		return found
	}
}

func (s *Service) catalog() error {
	if s.Catalog.Get() == nil {
		return problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	return nil
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, e Endpoint, before, after any) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "webhook." + action, Target: "webhook/" + e.ID.String(), Name: e.URL, Account: e.Account, Group: e.Group,
		Application: e.Application, Before: before, After: after})
}

// Issued is an endpoint with a secret that is shown this once.
type Issued struct {
	Endpoint
	Secret secret.Text `json:"-"`
}

// CreateForApplication makes an endpoint for all installations of an application.
func (s *Service) CreateForApplication(ctx context.Context, by access.Principal, id application.ID, d Draft) (Issued, error) {
	return s.create(ctx, by, d, func(tx *store.Tx) (owner, error) { return s.ofApplication(tx, by, id, ActionManage) })
}

// CreateForGrant makes an endpoint for one grant: an installation, a private
// integration or a service token.
func (s *Service) CreateForGrant(ctx context.Context, by access.Principal, id grant.ID, d Draft) (Issued, error) {
	return s.create(ctx, by, d, func(tx *store.Tx) (owner, error) {
		o, err := s.ofGrant(tx, by, id, ActionManage)
		if err == nil && !slices.Contains([]grant.Kind{grant.KindInstallation, grant.KindPrivate, grant.KindService}, o.grant.Kind) {
			err = problem.Invalid("webhook_owner", "Installations, private integrations and service tokens have webhooks; this is something else.")
		}
		if err == nil && o.grant.State == grant.Ended {
			err = problem.Conflict("webhook_owner_ended", "The integration was removed.")
		}
		return o, err
	})
}

func (s *Service) create(ctx context.Context, by access.Principal, d Draft, find func(*store.Tx) (owner, error)) (Issued, error) {
	if err := s.catalog(); err != nil {
		return Issued{}, err
	}
	var out Issued
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := find(tx)
		if err != nil {
			return err
		}
		d.check, d.known = s.checkAddress, s.known(o)
		if f := append(d.judge(), s.judgeBody(o, d.Body, d.Types, tx.Now())...); len(f) > 0 {
			return problem.Invalid("webhook_endpoint_invalid", "Some of the fields need another look.", f...)
		}
		have, err := s.owned(tx, o)
		if err != nil {
			return err
		}
		have = slices.DeleteFunc(have, func(e Endpoint) bool { return e.Maker != "" })
		if len(have) >= EndpointsMost {
			return problem.Conflict("webhook_endpoint_limit", "There are "+strconv.Itoa(EndpointsMost)+" endpoints already. Delete one that is not needed any more.")
		}
		e := Endpoint{ID: ident.New[Endpoint](tx.Now()), State: Enabled, CreatedBy: by.Subject(), Created: tx.Now(), Circuit: Circuit{State: Closed}}
		if o.isApp() {
			e.Application, e.Group = o.app.ID.String(), o.app.Group
		} else {
			e.Grant, e.Account, e.holder = o.grant.ID.String(), o.grant.Account, o.grant.Holder
		}
		e.put(d)
		s.putPassword(&e, d.Password)
		if d.Disabled {
			e.State, e.Reason = Disabled, ByRequest
		}
		text := hook.NewSecret()
		e.Secrets = []Signing{s.seal(e.ID, text, tx.Now())}
		if err := insertEndpoint(tx, &e); err != nil {
			return err
		}
		if len(d.Types) > 0 {
			sub := Subscription{ID: ident.New[Subscription](tx.Now()), Endpoint: e.ID.String(), Types: d.Types, Filter: d.Filter, Enabled: true, Created: tx.Now()}
			if err := putSubscription(tx, &sub); err != nil {
				return err
			}
		}
		tx.Changed(Topic, e.ID.String())
		out = Issued{Endpoint: e, Secret: text}
		return s.record(tx, by, "create", e, nil, map[string]any{"endpoint": e, "types": d.Types})
	})
	return out, err
}

func (s *Service) seal(id ID, text secret.Text, now time.Time) Signing {
	return Signing{Hint: text.Hint(), Created: now, sealed: s.Keys.Seal(text, sealPlace(id))}
}

func (s *Service) owned(tx *store.Tx, o owner) ([]Endpoint, error) {
	if o.isApp() {
		return endpoints(tx, "e.application = ?", o.app.ID)
	}
	return endpoints(tx, "e.grant_id = ?", o.grant.ID)
}

// ListForApplication gives the endpoints of an application.
func (s *Service) ListForApplication(ctx context.Context, by access.Principal, id application.ID) ([]Endpoint, error) {
	var out []Endpoint
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := s.ofApplication(tx, by, id, ActionView)
		if err != nil {
			return err
		}
		out, err = s.owned(tx, o)
		return err
	})
	return out, err
}

// ListForGrant gives the endpoints of a grant.
func (s *Service) ListForGrant(ctx context.Context, by access.Principal, id grant.ID) ([]Endpoint, error) {
	var out []Endpoint
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := s.ofGrant(tx, by, id, ActionView)
		if err != nil {
			return err
		}
		out, err = s.owned(tx, o)
		return err
	})
	return out, err
}

// Get gives one endpoint.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Endpoint, error) {
	var out Endpoint
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		e, _, err := s.of(tx, by, id, ActionView)
		out = e
		return err
	})
	return out, err
}

// change loads an endpoint, applies f, saves and tells the courier.
func (s *Service) change(ctx context.Context, by access.Principal, id ID, action string, f func(*store.Tx, *Endpoint, owner) error) (Endpoint, error) {
	var out Endpoint
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		e, o, err := s.of(tx, by, id, ActionManage)
		if err == nil {
			err = e.own()
		}
		if err != nil {
			return err
		}
		was := e
		if err := f(tx, &e, o); err != nil {
			return err
		}
		if err := saveEndpoint(tx, &e); err != nil {
			return err
		}
		tx.Changed(Topic, id.String())
		out = e
		return s.record(tx, by, action, e, was, e)
	})
	return out, err
}

// Update changes address, description and limits of an endpoint. Its
// subscriptions have operations of their own: types and filter are not looked at.
func (s *Service) Update(ctx context.Context, by access.Principal, id ID, d Draft) (Endpoint, error) {
	return s.change(ctx, by, id, "update", func(tx *store.Tx, e *Endpoint, o owner) error {
		d.Types, d.Filter = nil, nil
		d.check, d.known = s.checkAddress, s.known(o)
		f := d.judge()
		if d.Signature != SignEd25519 && len(e.live(tx.Now())) == 0 {
			f = append(f, problem.Field{Pointer: "/signature", Code: "secret_missing", Detail: "It has no secret of its own yet. Make a new secret first."})
		}
		f = append(f, e.judgeMove(d)...)
		made, err := s.judgeTemplate(tx, *e, o, d.Body, nil)
		if err != nil {
			return err
		}
		f = append(f, made...)
		if len(f) > 0 {
			return problem.Invalid("webhook_endpoint_invalid", "Some of the fields need another look.", f...)
		}
		e.put(d)
		s.putPassword(e, d.Password)
		if d.Disabled && e.State == Enabled {
			e.State, e.Reason = Disabled, ByRequest
		} else if !d.Disabled {
			e.State, e.Reason = Enabled, ""
		}
		return nil
	})
}

// Rotate gives an endpoint a new secret. The others sign for overlap longer, so
// that the receiver may change at leisure.
func (s *Service) Rotate(ctx context.Context, by access.Principal, id ID, overlap time.Duration) (Issued, error) {
	if overlap < 0 || overlap > overlapMost {
		return Issued{}, problem.Invalid("webhook_endpoint_invalid", "Some of the fields need another look.",
			problem.Field{Pointer: "/overlap_hours", Code: "out_of_range", Detail: "0 to 2160 hours."})
	}
	text := hook.NewSecret()
	e, err := s.change(ctx, by, id, "rotate_secret", func(tx *store.Tx, e *Endpoint, _ owner) error {
		return e.rotate(s.seal(id, text, tx.Now()), tx.Now(), overlap)
	})
	return Issued{Endpoint: e, Secret: text}, err
}

// Delete takes an endpoint away with its deliveries.
func (s *Service) Delete(ctx context.Context, by access.Principal, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, _, err := s.of(tx, by, id, ActionManage)
		if err == nil {
			err = e.own()
		}
		if err != nil {
			return err
		}
		if err := deleteEndpoint(tx, id); err != nil {
			return err
		}
		tx.Changed(Topic, id.String())
		return s.record(tx, by, "delete", e, e, nil)
	})
}
