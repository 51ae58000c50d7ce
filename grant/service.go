package grant

import (
	"github.com/uptrace/bun"

	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Topic of the change feed: the key is the grant's id.
const Topic = "grant"

// Service holds the operations on grants. Slices that own a holder call it
// inside their transaction; it does not authorise and leaves the audit entry to
// them, since a grant changes only as part of what its holder does.
type Service struct {
	DB *store.DB
	// Catalog says which API version new grants are pinned to; nil: none.
	Catalog *catalog.Current
}

// Create makes a live grant.
func (s *Service) Create(tx *store.Tx, g Grant) (Grant, error) {
	g.ID, g.State, g.Created = ident.New[Grant](tx.Now()), Active, tx.Now()
	if g.Application == "" && g.APIVersion == "" && s.Catalog != nil && s.Catalog.Get() != nil {
		g.APIVersion = s.Catalog.Get().Pin()
	}
	if _, err := g.Compile(); err != nil {
		return g, err
	}
	tx.Changed(Topic, g.ID.String()) // whoever remembers an account's grants reads them again
	return g, insert(tx, g)
}

// Load finds a grant.
func (s *Service) Load(tx *store.Tx, id string) (Grant, error) { return find(tx, id) }

// OfHolder finds the newest grant of a holder such as installation/ins_….
func (s *Service) OfHolder(tx *store.Tx, holder string) (Grant, error) {
	got, err := list(tx, "holder = ?", holder)
	if err != nil {
		return Grant{}, err
	}
	if len(got) == 0 {
		return Grant{}, problem.NotFound("grant")
	}
	return got[len(got)-1], nil
}

// Get loads a grant for the people of its account.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Grant, error) {
	var out Grant
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		g, err := find(tx, id.String())
		if err != nil {
			return err
		}
		out = g
		return by.Reach("grant", "grant:view", g.Resource())
	})
	return out, err
}

// Change applies f and announces the change, so that every node decides anew
// within a second.
func (s *Service) Change(tx *store.Tx, id string, f func(*Grant) error) (Grant, error) {
	g, err := find(tx, id)
	if err != nil {
		return g, err
	}
	if err := f(&g); err != nil {
		return g, err
	}
	if _, err := g.Compile(); err != nil {
		return g, err
	}
	if err := save(tx, g); err != nil {
		return g, err
	}
	tx.Changed(Topic, id)
	g.Revision++
	return g, nil
}

// SetState suspends, resumes or ends a grant; reason is the code callers get.
func (s *Service) SetState(tx *store.Tx, id string, to State, reason string) (Grant, error) {
	return s.Change(tx, id, func(g *Grant) error {
		g.State, g.Reason = to, reason
		return nil
	})
}

// All gives every grant that is not ended, for plans of catalog changes.
func (s *Service) All(ctx context.Context) ([]Grant, error) {
	var out []Grant
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := list(tx, "state <> ?", Ended)
		out = got
		return err
	})
	return out, err
}

// Become saves what the caller changed in a loaded grant together with its state.
func (s *Service) Become(tx *store.Tx, g Grant, to State, reason string) (Grant, error) {
	id, loaded := g.ID.String(), g
	return s.Change(tx, id, func(now *Grant) error {
		*now = loaded
		now.State, now.Reason = to, reason
		return nil
	})
}

// ofApplicationMost bounds what OfApplication gives.
const ofApplicationMost = 500

// OfApplication lists grants of one kind that an application has in some accounts,
// the latest first. It does not authorise.
func (s *Service) OfApplication(tx *store.Tx, application string, k Kind, accounts []string) ([]Grant, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	var rows []row
	err := tx.NewSelect().Model(&rows).Where("application = ? AND kind = ? AND account IN (?)", application, k, bun.In(accounts)).Order("g.id DESC").Limit(ofApplicationMost).Scan(tx.Ctx)
	out := make([]Grant, len(rows))
	for i := range rows {
		out[i] = rows[i].grant()
	}
	return out, err
}
