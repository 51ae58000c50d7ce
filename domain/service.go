package domain

import (
	"context"
	"crypto/rand"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Service holds the operations on domains.
type Service struct {
	DB       *store.DB
	Audit    *audit.Log
	Groups   *group.Service
	Notices  *notice.Service
	Outbound *outbound.Client
	TXT      TXT
}

// Names gives the proven names of a group, without authorising, for slices that
// join.
func (s *Service) Names(tx *store.Tx, group string) ([]string, error) { return names(tx, group) }

func (s *Service) record(tx *store.Tx, by access.Principal, verb string, before, after *Domain) error {
	d := after
	if d == nil {
		d = before
	}
	c := audit.Change{Action: "domain." + verb, Target: "domain/" + d.ID.String(), Name: d.Name, Group: d.Group}
	if before != nil {
		c.Before = *before
	}
	if after != nil {
		c.After = *after
	}
	return s.Audit.Record(tx, by, c)
}

// Add notes that a group says a domain is its own. Nothing is proved yet.
func (s *Service) Add(ctx context.Context, by access.Principal, groupID, typed string) (Domain, error) {
	var out Domain
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("group", "domain:create", access.On("group", groupID)); err != nil {
			return err
		}
		if _, err := s.Groups.Active(tx, groupID); err != nil {
			return err
		}
		name, err := Normal(typed)
		if err != nil {
			return err
		}
		d := Domain{ID: ident.New[Domain](tx.Now()), Group: groupID, Name: name, State: Unproven, Challenge: rand.Text(), Created: tx.Now()}
		d.Proof = d.proof()
		if err := s.Outbound.CheckURL(d.Proof.File); err != nil {
			return invalid("not_public", "This name is not one of the public internet, or it is this platform's own.")
		}
		if err := tx.Lock("domain.group/" + groupID); err != nil {
			return err
		}
		if err := fits(tx, d); err != nil {
			return err
		}
		if err := insert(tx, d); err != nil {
			return err
		}
		out = d
		return s.record(tx, by, "create", nil, &d)
	})
	return out, err
}

// fits refuses a name that the group has already, and the 51st.
func fits(tx *store.Tx, d Domain) error {
	has, err := ofGroup(tx, d.Group)
	if err != nil {
		return err
	}
	for _, h := range has {
		if h.Name == d.Name {
			return problem.Conflict("domain_exists", "The group has this domain already.").With("domain", h.ID.String())
		}
	}
	if len(has) >= most {
		return problem.Conflict("domain_too_many", "A group has 50 domains at most. Remove one that is not needed any more.")
	}
	return nil
}

// List gives the domains of a group by name.
func (s *Service) List(ctx context.Context, by access.Principal, groupID string) ([]Domain, error) {
	var out []Domain
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("group", "domain:view", access.On("group", groupID)); err != nil {
			return err
		}
		if _, err := s.Groups.Load(tx, groupID); err != nil {
			return err
		}
		got, err := ofGroup(tx, groupID)
		out = got
		return err
	})
	return out, err
}

// Get gives one domain.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Domain, error) {
	var out Domain
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		d, err := load(tx, by, "domain:view", id)
		out = d
		return err
	})
	return out, err
}

// Remove forgets a domain and its proof.
func (s *Service) Remove(ctx context.Context, by access.Principal, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		d, err := load(tx, by, "domain:delete", id)
		if err != nil {
			return err
		}
		if err := remove(tx, id); err != nil {
			return err
		}
		return s.record(tx, by, "delete", &d, nil)
	})
}

func load(tx *store.Tx, by access.Principal, action string, id ID) (Domain, error) {
	d, err := find(tx, id)
	if err != nil {
		return d, err
	}
	return d, by.Reach("domain", action, d.resource())
}

// Check looks for the proof. What strangers' servers say is asked for between
// two transactions; the answer of the second is taken in wherever the domain
// stands by then.
func (s *Service) Check(ctx context.Context, by access.Principal, id ID) (Domain, error) {
	var d Domain
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		got, err := load(tx, by, "domain:check", id)
		if err != nil {
			return err
		}
		if wait := got.tried.Add(Again).Sub(tx.Now()); wait > 0 {
			soon := problem.Conflict("domain_check_soon", "This domain was checked a moment ago. Wait 5 seconds between two checks.")
			soon.After = wait
			return soon
		}
		got.tried = tx.Now()
		d = got
		return save(tx, got)
	})
	if err != nil {
		return d, err
	}
	return s.settle(ctx, by, d, s.look(ctx, d.Proof))
}

// settle takes a finding in. Background checks leave an entry only when they
// change something.
func (s *Service) settle(ctx context.Context, by access.Principal, seen Domain, f finding) (Domain, error) {
	var out Domain
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock("domain/" + seen.Name); err != nil {
			return err // two groups that prove one name at a time learn of each other
		}
		was, err := find(tx, seen.ID)
		if err != nil {
			return err
		}
		others, err := rivals(tx, was)
		if err != nil {
			return err
		}
		d := was
		d.apply(tx.Now(), f, later(others, was))
		if err := save(tx, d); err != nil {
			return err
		}
		if err := s.tell(tx, was, d, others); err != nil {
			return err
		}
		out = d
		if by.Kind == access.KindSystem && was.State == d.State && was.Failing.Equal(d.Failing) {
			return nil
		}
		return s.record(tx, by, verb(was, d), &was, &d)
	})
	return out, err
}

func later(others []Domain, d Domain) bool {
	for _, o := range others {
		if o.Proven.After(d.Proven) {
			return true
		}
	}
	return false
}

func verb(was, is Domain) string {
	switch {
	case was.State != Proven && is.State == Proven:
		return "prove"
	case was.State == Proven && is.State == Lapsed:
		return "lapse"
	}
	return "check"
}
