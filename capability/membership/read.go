package membership

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// List gives the cohorts of an account, named by the product's key of it.
func (s *Service) List(ctx context.Context, by access.Principal, accountKey string, after ID, limit int) ([]Cohort, error) {
	var out []Cohort
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.ByKey(tx, accountKey)
		if err != nil {
			return err
		}
		if err := by.Reach("account", ActionView, account.Resource(a.ID.String()).Child("cohort", "*")); err != nil {
			return err
		}
		out, err = list(tx, limit, "c.account = ? AND c.version > 0 AND c.id > ?", a.ID, after)
		return err
	})
	return out, err
}

// Cohorts gives all of an account, without authorising, for slices that use them.
func (s *Service) Cohorts(tx *store.Tx, account string) ([]Cohort, error) {
	return list(tx, 0, "c.account = ? AND c.version > 0", account)
}

// Get reads a cohort.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Cohort, error) {
	var out Cohort
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = s.load(tx, by, id)
		return err
	})
	return out, err
}

func (s *Service) load(tx *store.Tx, by access.Principal, id ID) (Cohort, error) {
	c, err := find(tx, "c.id = ? AND c.version > 0", id)
	if err != nil {
		return c, err
	}
	if err := by.Reach("cohort", ActionView, c.Resource()); err != nil {
		return Cohort{}, err
	}
	return c, nil
}

// Query asks for members.
type Query struct {
	Since int64     // only what changed after this version, with those who left; 0: who belongs
	From  *Position // where reading goes on; nil: from the beginning
	Limit int
}

// Members reads who belongs to a cohort, or who joined and left since a version, in
// the order in which it happened.
func (s *Service) Members(ctx context.Context, by access.Principal, id ID, q Query) (Cohort, []Member, error) {
	var c Cohort
	var out []Member
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if c, err = s.load(tx, by, id); err != nil {
			return err
		}
		from := Position{Version: q.Since + 1}
		if q.From != nil {
			from = *q.From
		}
		out, err = entries(tx, c, q.Since == 0, from, q.Limit)
		return err
	})
	return c, out, err
}

// Jobs gives the runner what this slice does in the background.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, purge, func(ctx context.Context, id ID) error {
		err := s.clean(ctx, Cohort{ID: id})
		if problem.CodeOf(err) == "not_found" {
			return nil
		}
		return err
	})
}
