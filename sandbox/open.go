package sandbox

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// The kinds of tasks of the product, and how long one that is late is still wanted.
const (
	createKind = "sandbox.create"
	resetKind  = "sandbox.reset"
	closeKind  = "sandbox.close"
	taskLife   = 24 * time.Hour
)

// perDay times the most is how many sandboxes a group may make in a day, closed ones
// counted: each is work for the product.
const perDay = 10

// MostDefault is how many sandboxes a group may have open at once to make another,
// unless the operator says otherwise.
const MostDefault = 3

// Watch hears what becomes of what the product is asked. Call it while the program
// starts.
func (s *Service) Watch() {
	for _, kind := range []string{createKind, resetKind} {
		s.Host.Answered(kind, s.answered)
	}
}

// Room is how many more sandboxes a group may make, and what the product does about
// them.
func (s *Service) Room(ctx context.Context, by access.Principal, id group.ID) (Room, error) {
	var out Room
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("group", "group:view", access.On("group", id.String())); err != nil {
			return err
		}
		var err error
		out, err = s.room(tx, id.String())
		return err
	})
	return out, err
}

func (s *Service) room(tx *store.Tx, id string) (Room, error) {
	open, err := s.Accounts.OpenSandboxes(tx, id)
	offer := s.offer()
	offer.Most, offer.Open = s.Most, open
	return offer, err
}

// offer is what the product does about sandboxes.
func (s *Service) offer() Room {
	does, any := s.Catalog.Get().Sandboxes()
	if s.Host == nil || !any {
		return Room{}
	}
	return Room{Opens: true, Seed: does.Seed, Reset: does.Reset}
}

// Open makes a sandbox of a group. Its members belong to it: its administrators as
// administrators. The product is asked to open it, where it does. Errors: Invalid
// `sandbox_invalid`, Conflict `sandbox_limit`, Conflict `group_not_active`.
func (s *Service) Open(ctx context.Context, by access.Principal, id group.ID, o Opening) (Sandbox, error) {
	var out Sandbox
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("group", ActionCreate, Resource(id.String(), "new")); err != nil {
			return err
		}
		if by.User == "" {
			return problem.Forbidden("not_a_person", "Only a person makes a sandbox.")
		}
		g, err := s.Groups.Load(tx, id.String())
		if err != nil {
			return err
		}
		offer := s.offer()
		if err := o.check(offer.Seed != ""); err != nil {
			return err
		}
		if err := s.fits(tx, g); err != nil {
			return err
		}
		a, err := s.Accounts.Open(tx, by, o.Name, id.String())
		if err != nil {
			return err
		}
		out, _ = of(a)
		if err := s.record(tx, by, "create", out, nil, out); err != nil {
			return err
		}
		all, err := s.Groups.MembersOf(tx, id.String())
		if err != nil {
			return err
		}
		for _, m := range all {
			if err := s.Accounts.SetMember(tx, by, account.Member{Account: a.ID.String(), User: m.User, Role: in(m.Role)}); err != nil {
				return err
			}
		}
		if !offer.Opens {
			return nil
		}
		return s.ask(tx, by, &out, Asked{What: Create, Seed: offer.Seed != "" && (o.Seed == nil || *o.Seed)})
	})
	return out, err
}

// fits reports whether a group may make another. Two at once take turns.
func (s *Service) fits(tx *store.Tx, g group.Group) error {
	if g.State != group.Active {
		return problem.Conflict("group_not_active", "The group is "+string(g.State)+": it makes no sandboxes.")
	}
	if err := tx.Lock("sandbox/" + g.ID.String()); err != nil {
		return err
	}
	room, err := s.room(tx, g.ID.String())
	if err != nil {
		return err
	}
	today, err := s.Accounts.OpenedSince(tx, g.ID.String(), tx.Now().Add(-24*time.Hour))
	switch {
	case err != nil:
		return err
	case room.Most == 0:
		return problem.Conflict("sandbox_limit", "Developers do not make sandboxes by themselves here. Ask the operator for one.")
	case room.Open >= room.Most:
		return problem.Conflict("sandbox_limit", "Your group has "+strconv.Itoa(room.Open)+" sandboxes, and "+strconv.Itoa(room.Most)+" are the most. Close one that is not needed any more.")
	}
	if today >= perDay*room.Most {
		return problem.Conflict("sandbox_limit", "Your group has made "+strconv.Itoa(today)+" sandboxes within a day. Wait until tomorrow, or reset one instead.")
	}
	return nil
}

// order is what a task tells the product.
type order struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	Seed  bool   `json:"seed"`
}

// ask has the product do something with a sandbox, and notes it.
func (s *Service) ask(tx *store.Tx, by access.Principal, b *Sandbox, a Asked) error {
	kind := createKind
	if a.What == Reset {
		kind = resetKind
	}
	t, err := s.send(tx, *b, kind, a.Seed)
	if err != nil {
		return err
	}
	a.State, a.Asked, a.AskedBy, a.task = Waiting, tx.Now(), by.User, t.ID.String()
	b.Asked = &a
	return putAsked(tx, b.ID.String(), a)
}

func (s *Service) send(tx *store.Tx, b Sandbox, kind string, seed bool) (host.Task, error) {
	g, err := s.Groups.Load(tx, b.Group)
	if err != nil {
		return host.Task{}, err
	}
	data, err := json.Marshal(order{Name: b.Name, Group: g.Name, Seed: seed})
	if err != nil {
		return host.Task{}, problem.Internal("sandbox.ask", err)
	}
	d := host.Draft{Kind: kind, Account: b.ID.String(), Data: data, Reference: "sandbox/" + b.ID.String(), Key: "sandbox"}
	if kind == resetKind {
		d.Expires = tx.Now().Add(taskLife)
	}
	return s.Host.Ask(tx, d)
}

// answered hears what has become of a task. What has been asked anew meanwhile
// counts alone.
func (s *Service) answered(tx *store.Tx, t host.Task) error {
	all, err := asked(tx, t.Account)
	a := all[t.Account]
	if err != nil || a == nil || a.task != t.ID.String() {
		return err
	}
	a.answered(t, tx.Now())
	return putAsked(tx, t.Account, *a)
}

// Reset has the product put a sandbox's data back to the beginning; what failed to
// be opened is opened. Asked again while it waits, it is the same answer. What is
// here, such as installations and tokens, stays. Errors: Conflict
// `sandbox_no_reset`, Conflict `sandbox_busy`.
func (s *Service) Reset(ctx context.Context, by access.Principal, id account.ID) (Sandbox, error) {
	var out Sandbox
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock("sandbox/" + id.String()); err != nil {
			return err
		}
		b, err := s.load(tx, by, ActionReset, id)
		if out = b; err != nil {
			return err
		}
		a, offer := b.Asked, s.offer()
		want := Asked{What: Reset, Seed: offer.Seed != "" && (a == nil || a.Seed)}
		switch {
		case a != nil && a.State == Waiting && a.What == Reset:
			return nil
		case a != nil && a.State == Waiting:
			return problem.Conflict("sandbox_busy", "The product is still opening this sandbox.")
		case a != nil && a.State == Failed && a.What == Create && offer.Opens:
			want.What, want.Seed = Create, a.Seed && offer.Seed != ""
		case a == nil && b.OpenedBy != "" && offer.Opens: // it was made before the product opened any
			want.What = Create
		case offer.Reset == "":
			return problem.Conflict("sandbox_no_reset", "The product offers no reset.")
		}
		if err := s.ask(tx, by, &out, want); err != nil {
			return err
		}
		return s.record(tx, by, "reset", b, nil, map[string]any{"asked": want.What, "seed": want.Seed})
	})
	return out, err
}

// Close ends a sandbox that the group made: every grant in it stops, and the product
// is told. Error: Conflict `sandbox_not_made`.
func (s *Service) Close(ctx context.Context, by access.Principal, id account.ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		b, err := s.load(tx, by, ActionClose, id)
		if err != nil {
			return err
		}
		if b.OpenedBy == "" {
			return problem.Conflict("sandbox_not_made", "The product has told of this sandbox: only the product or the operator closes it.")
		}
		a, err := s.Accounts.Load(tx, id.String())
		if err != nil {
			return err
		}
		if _, err := s.Accounts.Shut(tx, a); err != nil {
			return err
		}
		if s.offer().Opens {
			if _, err := s.send(tx, b, closeKind, false); err != nil {
				return err
			}
		}
		return s.record(tx, by, "close", b, b, nil)
	})
}

// MemberChanged has the people of a group's own sandboxes be those of the group.
func (s *Service) MemberChanged(tx *store.Tx, by access.Principal, id, user string, r group.Role) error {
	all, err := s.Accounts.OpenedBy(tx, id)
	if err != nil {
		return err
	}
	for _, a := range all {
		m, err := s.Accounts.Member(tx, a.ID.String(), user)
		there := err == nil
		if err != nil && problem.CodeOf(err) != "not_found" {
			return err
		}
		switch {
		case r != "":
			m.Account, m.User, m.Role = a.ID.String(), user, in(r) // the product's roles stay
			err = s.Accounts.SetMember(tx, by, m)
		case there:
			err = s.Accounts.RemoveMember(tx, by, a.ID.String(), user)
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
