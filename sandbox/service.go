package sandbox

import (
	"cmp"
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Actions of this slice.
const (
	ActionView     = "sandbox:view"
	ActionTrigger  = "sandbox:trigger"
	ActionSimulate = "sandbox:simulate"
	ActionCreate   = "sandbox:create"
	ActionReset    = "sandbox:reset"
	ActionClose    = "sandbox:close"
)

// Service holds the operations on sandboxes.
type Service struct {
	DB       *store.DB
	Audit    *audit.Log
	Accounts *account.Service
	Groups   *group.Service
	Events   *event.Service
	Host     *host.Service // nil: the product is asked nothing
	Catalog  *catalog.Current
	Most     int // how many sandboxes a group may have open to make another; 0: none is made
	// Preview says why a group may not use a preview of the catalog; nil: none is open.
	Preview func(ctx context.Context, group, preview string) error

	once    sync.Once
	running sync.Map      // account → Simulation
	epoch   atomic.Uint64 // counts changes: what was read before one is not remembered
}

// load finds a sandbox for somebody who wants to do something with it.
func (s *Service) load(tx *store.Tx, by access.Principal, action string, id account.ID) (Sandbox, error) {
	a, err := s.Accounts.Load(tx, id.String())
	if err != nil && problem.CodeOf(err) != "not_found" {
		return Sandbox{}, err
	}
	b, ok := of(a)
	if err != nil || !ok {
		return b, problem.NotFound("sandbox")
	}
	if err := by.Reach("sandbox", action, Resource(b.Group, b.ID.String())); err != nil {
		return b, err
	}
	all, err := asked(tx, b.ID.String())
	b.Asked = all[b.ID.String()]
	return b, err
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, b Sandbox, before, after any) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "sandbox." + action, Target: "sandbox/" + b.ID.String(), Name: b.Name, Group: b.Group, Account: b.ID.String(),
		Before: before, After: after})
}

// List gives the sandboxes of a group, by name.
func (s *Service) List(ctx context.Context, by access.Principal, id group.ID) ([]Sandbox, error) {
	out := []Sandbox{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("group", "group:view", access.On("group", id.String())); err != nil {
			return err
		}
		if _, err := s.Groups.Load(tx, id.String()); err != nil {
			return err
		}
		all, err := s.Accounts.SandboxesOf(tx, id.String())
		if err != nil {
			return err
		}
		var ids []string
		for _, a := range all {
			if b, ok := of(a); ok {
				out, ids = append(out, b), append(ids, a.ID.String())
			}
		}
		said, err := asked(tx, ids...)
		for i := range out {
			out[i].Asked = said[ids[i]]
		}
		return err
	})
	return out, err
}

// Get gives one sandbox.
func (s *Service) Get(ctx context.Context, by access.Principal, id account.ID) (Sandbox, error) {
	var out Sandbox
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = s.load(tx, by, ActionView, id)
		return err
	})
	return out, err
}

// Samples lists the types of events that can be made up in a sandbox, by name:
// those of the catalog without the previews that its group may not use.
func (s *Service) Samples(ctx context.Context, by access.Principal, id account.ID) ([]Sample, error) {
	b, err := s.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	known, err := s.Events.Types()
	if err != nil {
		return nil, err
	}
	cat, out := s.Catalog.Get(), []Sample{}
	for _, t := range known {
		closed, err := s.closed(ctx, b.Group, t.Type)
		if err != nil {
			return nil, err
		}
		if closed != nil {
			continue
		}
		one, err := sample(t, cat, t.Schemas[strconv.Itoa(t.Version)])
		if err != nil {
			return nil, problem.Internal("sandbox.sample", err)
		}
		out = append(out, one)
	}
	return out, nil
}

// closed is why a group does not receive a type of event, which is a preview.
func (s *Service) closed(ctx context.Context, group, name string) (why, failed error) {
	t, ok := s.Catalog.Get().Event(name)
	if !ok || t.Preview == "" {
		return nil, nil
	}
	if s.Preview == nil {
		return problem.Forbidden("product_not_enabled", "This type of event is a preview."), nil
	}
	err := s.Preview(ctx, group, t.Preview)
	if err != nil && problem.Of(err).Kind != problem.KindForbidden {
		return nil, err
	}
	return err, nil
}

// Trigger makes an event up in a sandbox. It goes into the log of that account,
// and from there to whoever subscribes. Errors: Invalid `event_invalid`, Forbidden
// `product_not_enabled`.
func (s *Service) Trigger(ctx context.Context, by access.Principal, id account.ID, d Draft) (event.Receipt, error) {
	var b Sandbox
	may := func(tx *store.Tx) error {
		var err error
		b, err = s.load(tx, by, ActionTrigger, id)
		return err
	}
	if err := s.DB.Read(ctx, may); err != nil {
		return event.Receipt{}, err
	}
	if s.Catalog.Get() == nil {
		return event.Receipt{}, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	if closed, err := s.closed(ctx, b.Group, d.Type); closed != nil || err != nil {
		return event.Receipt{}, cmp.Or(err, closed)
	}
	if err := s.complete(&d); err != nil {
		return event.Receipt{}, err
	}
	return s.Events.MakeUp(ctx, event.Making{
		Draft: event.Draft{Type: d.Type, Version: d.Version, Account: b.Key, Subject: d.Subject, OrderingKey: d.OrderingKey, Data: d.Data},
		May:   may,
		Made: func(tx *store.Tx, e *event.Event) error {
			return s.record(tx, by, "trigger", b, nil, map[string]any{"event": e.ID.String(), "type": e.Type, "sequence": e.Sequence})
		},
	})
}

// complete takes what is missing from the sample of the type.
func (s *Service) complete(d *Draft) error {
	known, err := s.Events.Types()
	if err != nil {
		return err
	}
	for _, t := range known {
		if t.Type != d.Type {
			continue
		}
		version := d.Version
		if version == 0 {
			version = t.Version
		}
		one, err := sample(t, s.Catalog.Get(), t.Schemas[strconv.Itoa(version)])
		if err != nil {
			return problem.Internal("sandbox.sample", err)
		}
		if d.Subject == "" {
			d.Subject = one.Subject
		}
		if len(d.Data) == 0 {
			d.Data = one.Data
		}
	}
	return nil
}
