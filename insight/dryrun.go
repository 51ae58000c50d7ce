package insight

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/usage"
)

// DryRun decides the recorded calls of the last 7 or 30 days anew as if a change of
// rights had been made, and says which calls of whom would have been refused.
// Nothing is changed. What is known about resources is taken as it is today.
// Errors: Invalid `dry_run_invalid`, `policy.invalid`, `role_assignment_invalid`.
func (s *Service) DryRun(ctx context.Context, by access.Principal, acc account.ID, ch Change) (Outcome, error) {
	if err := s.Usage.Authorise(ctx, by, usage.Filter{Account: acc.String()}); err != nil {
		return Outcome{}, err
	}
	if err := ch.check(); err != nil {
		return Outcome{}, err
	}
	c, err := s.catalog()
	if err != nil {
		return Outcome{}, err
	}
	now := s.DB.Now()
	out := Outcome{Since: now.Truncate(day).Add(-time.Duration(max(ch.Days, 7)) * day), Lines: []Refusal{}}
	var trials []trial
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.Accounts.Load(tx, acc.String()); err != nil {
			return err
		}
		trials, out.LeftOut, err = s.trials(tx, by, acc, ch)
		return err
	})
	if err != nil {
		return Outcome{}, err
	}
	out.Grants = len(trials)
	for _, t := range trials {
		calls, unjudged, err := s.recorded(ctx, c, t.grant.ID.String(), out.Since)
		if err != nil {
			return Outcome{}, err
		}
		out.Unjudged += unjudged
		if err := out.try(c, now, t, calls); err != nil {
			return Outcome{}, err
		}
	}
	out.settle()
	return out, nil
}

const day = 24 * time.Hour

// trials finds the grants that a change reaches, and says how many were not looked at.
func (s *Service) trials(tx *store.Tx, by access.Principal, acc account.ID, ch Change) ([]trial, int, error) {
	edit, err := s.edit(tx, by, acc, ch)
	if err != nil {
		return nil, 0, err
	}
	var ids []string
	left := 0
	if ch.Grant != nil {
		ids = []string{ch.Grant.Grant.String()}
	} else if ids, left, err = grantsOf(tx, acc.String()); err != nil {
		return nil, 0, err
	}
	var out []trial
	for _, id := range ids {
		g, err := s.Grants.Load(tx, id)
		if err != nil {
			return nil, 0, err
		}
		t := trial{grant: g}
		if t.was, err = s.Behind(tx, id); err != nil {
			return nil, 0, err
		}
		if t.then, err = s.Behind(tx, id); err != nil { // not shared: it is changed
			return nil, 0, err
		}
		if !edit(g, &t.then) {
			continue
		}
		if t.name, err = nameOf(tx, g); err != nil {
			return nil, 0, err
		}
		out = append(out, t)
	}
	return out, left, nil
}

// edit makes the change to what stands behind a grant; it says whether there was
// anything to change.
type edit func(grant.Grant, *role.Authority) bool

func (s *Service) edit(tx *store.Tx, by access.Principal, acc account.ID, ch Change) (edit, error) {
	switch {
	case ch.Role != nil:
		return s.editRole(tx, by, acc, *ch.Role)
	case ch.Member != nil:
		return s.editMember(tx, by, acc, *ch.Member)
	}
	return s.editScopes(tx, by, acc, *ch.Grant)
}

func (s *Service) editRole(tx *store.Tx, by access.Principal, acc account.ID, ch RoleChange) (edit, error) {
	then, err := s.Roles.Edited(tx, by, role.Path{Account: acc, Role: ch.Role}, role.Patch{Policy: ch.Policy, Base: ch.Base})
	if err != nil {
		return nil, err
	}
	return func(_ grant.Grant, a *role.Authority) bool {
		found := false
		for i := range a.Layers {
			for j := range a.Layers[i].Sources {
				if src := &a.Layers[i].Sources[j]; src.Role == ch.Role.String() {
					src.Policy, found = then, true
				}
			}
		}
		return found
	}, nil
}

func (s *Service) editMember(tx *store.Tx, by access.Principal, acc account.ID, ch MemberChange) (edit, error) {
	given, err := s.Roles.Sourced(tx, by, role.Place{Account: acc, User: ch.Member}, ch.Roles)
	if err != nil {
		return nil, err
	}
	return func(g grant.Grant, a *role.Authority) bool {
		if g.Subject != ch.Member || g.Kind != grant.KindConsent && g.Kind != grant.KindMember {
			return false
		}
		for i := range a.Layers {
			if l := &a.Layers[i]; l.Name == ofPerson {
				told := slices.DeleteFunc(l.Sources, func(src role.Source) bool { return src.Kind != role.FromProduct })
				l.Sources = append(told, given...)
			}
		}
		return true
	}, nil
}

func (s *Service) editScopes(tx *store.Tx, by access.Principal, acc account.ID, ch ScopeChange) (edit, error) {
	g, err := s.Grants.Load(tx, ch.Grant.String())
	if err == nil && g.Account != acc.String() {
		err = problem.NotFound("grant")
	}
	if err != nil {
		return nil, err
	}
	if err := by.Reach("grant", "grant:view", g.Resource()); err != nil {
		return nil, err
	}
	if g.Kind != grant.KindInstallation && g.Kind != grant.KindPrivate {
		return nil, errNotNarrowed()
	}
	approved := s.Integrations.Approved(ch.Scopes)
	return func(of grant.Grant, a *role.Authority) bool {
		if of.ID != ch.Grant {
			return false
		}
		a.Scopes = ch.Scopes
		a.Layers[0] = policyLayer(of, 0, approved[0])
		return true
	}, nil
}

// recorded lists the calls of a grant that passed, with what they were about, and
// how many there were of which that is not known.
func (s *Service) recorded(ctx context.Context, c *catalog.Catalog, id string, since time.Time) ([]matter, int64, error) {
	uses, err := s.Usage.Uses(ctx, usage.Who{Filter: usage.Filter{Grant: id}, Since: since})
	if err != nil {
		return nil, 0, err
	}
	kept, err := s.Usage.Matters(ctx, id, since)
	if err != nil {
		return nil, 0, err
	}
	var out []matter
	left := map[string]int64{} // by operation, what is not told apart
	whole := access.NewResource(access.Segment{Kind: "acct"})
	for _, u := range uses {
		if r, ok := c.Route(u.Operation); ok && !r.HasResource() && u.Passed > 0 {
			out = append(out, matter{Matter: usage.Matter{Grant: id, Account: u.Account, Operation: u.Operation, Calls: u.Passed, Day: u.LastPassed.Truncate(day)}, on: whole})
			continue
		}
		left[u.Operation] += u.Passed
	}
	for _, m := range kept {
		r, ok := c.Route(m.Operation)
		if !ok || !r.HasResource() || m.Resource == "" {
			continue
		}
		on, err := access.ParseResource(m.Resource)
		if err != nil {
			continue // it was recorded under another catalog
		}
		if s.Facts != nil {
			if on, err = s.Facts.Fill(ctx, m.Account, on); err != nil {
				return nil, 0, err
			}
		}
		left[m.Operation] -= m.Calls
		out = append(out, matter{Matter: m, on: on})
	}
	var unjudged int64
	for _, n := range left {
		unjudged += max(n, 0)
	}
	return out, unjudged, nil
}
