package insight

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/usage"
)

// Service holds the operations of this slice.
type Service struct {
	DB           *store.DB
	Usage        *usage.Service
	Accounts     *account.Service
	Roles        *role.Service
	Grants       *grant.Service
	Releases     *release.Service
	Integrations *integration.Service
	Private      *private.Service
	Catalog      *catalog.Current
	Facts        *account.Facts // what the product has said about resources; nil: nothing
}

// DaysMost is how far back reports can look; usage keeps hours that long.
const DaysMost = int(usage.UsesMost / (24 * time.Hour))

const daysUsual = 30

func (s *Service) since(days int) time.Time {
	if days <= 0 {
		days = daysUsual
	}
	return s.DB.Now().Add(-time.Duration(min(days, DaysMost)) * 24 * time.Hour).Truncate(time.Hour)
}

func (s *Service) catalog() (*catalog.Catalog, error) {
	if c := s.Catalog.Get(); c != nil {
		return c, nil
	}
	return nil, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
}

// Report compares what a grant was given with what it was used for in the last
// days (0: 30; at most 90). For the people of its account who may see it, and for
// those of the application's developer.
func (s *Service) Report(ctx context.Context, by access.Principal, id grant.ID, days int) (Report, error) {
	var out Report
	var known given
	var g grant.Grant
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if g, err = s.Grants.Load(tx, id.String()); err != nil {
			return err
		}
		out, known, err = s.begin(tx, g)
		return err
	})
	if err != nil {
		return out, err
	}
	if by.May("grant:view", g.Resource()) != nil {
		if err := s.Usage.Authorise(ctx, by, usage.Filter{Account: g.Account, Application: g.Application}); err != nil {
			if problem.Of(err).Kind == problem.KindNotFound {
				return Report{}, problem.NotFound("grant")
			}
			return Report{}, err
		}
	}
	return out, s.fill(ctx, &out, known, days)
}

// List reports on the grants of an account that are not over, the newest 500.
func (s *Service) List(ctx context.Context, by access.Principal, acc account.ID, days int) ([]Report, error) {
	if err := s.Usage.Authorise(ctx, by, usage.Filter{Account: acc.String()}); err != nil {
		return nil, err
	}
	var out []Report
	var known []given
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.Accounts.Load(tx, acc.String()); err != nil {
			return err
		}
		ids, _, err := grantsOf(tx, acc.String())
		if err != nil {
			return err
		}
		out, known = make([]Report, len(ids)), make([]given, len(ids))
		for i, id := range ids {
			g, err := s.Grants.Load(tx, id)
			if err != nil {
				return err
			}
			if out[i], known[i], err = s.begin(tx, g); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range out {
		if err != nil {
			break
		}
		err = s.fill(ctx, &out[i], known[i], days)
	}
	return out, err
}

// begin is what a report says before any use is known.
func (s *Service) begin(tx *store.Tx, g grant.Grant) (Report, given, error) {
	r := Report{Grant: g.ID.String(), Kind: g.Kind, Holder: g.Holder, Account: g.Account,
		Scopes: []ScopeUse{}, Entitlements: []EntitlementUse{}, Operations: []OperationUse{}, Needed: []string{}}
	known := given{scopes: g.Scopes}
	if len(g.Scopes) == 1 && g.Scopes[0] == grant.AllScopes && s.Catalog.Get() != nil {
		known.scopes = s.Catalog.Get().Scopes()
	}
	var err error
	if r.Name, err = nameOf(tx, g); err != nil {
		return r, known, err
	}
	switch g.Kind {
	case grant.KindInstallation:
		known.narrows = true
		if known.required, err = s.required(tx, g); err != nil {
			return r, known, err
		}
	case grant.KindPrivate:
		known.narrows = true
	}
	last, ok, err := newest(tx, r.Grant)
	if ok && last.undoable(g.Scopes) {
		r.Undo = &last
	}
	return r, known, err
}

// required are the scopes that an installed version does not work without.
func (s *Service) required(tx *store.Tx, g grant.Grant) ([]string, error) {
	i, err := s.installation(tx, g)
	if err != nil {
		return nil, err
	}
	v, err := s.Releases.Load(tx, i.Version)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range v.Required {
		if slices.Contains(g.Scopes, r.Scope) {
			out = append(out, r.Scope)
		}
	}
	return out, nil
}

func (s *Service) installation(tx *store.Tx, g grant.Grant) (integration.Installation, error) {
	_, id, _ := strings.Cut(g.Holder, "/")
	return s.Integrations.Load(tx, id)
}

// fill reads the records of calls; it joins no transaction, since records may
// still be in memory.
func (s *Service) fill(ctx context.Context, r *Report, known given, days int) error {
	c, err := s.catalog()
	if err != nil {
		return err
	}
	r.Since = s.since(days)
	uses, err := s.Usage.Uses(ctx, usage.Who{Filter: usage.Filter{Grant: r.Grant}, Since: r.Since})
	if err != nil {
		return err
	}
	r.compare(c, known, uses)
	return nil
}

// Narrow applies a proposal: the holder keeps exactly these scopes. Errors:
// Conflict `proposal_outdated` when keep is not what is proposed now; Invalid
// `not_narrowed`; those of the holder's own slice.
func (s *Service) Narrow(ctx context.Context, by access.Principal, id grant.ID, days int, keep []string) (Narrowing, error) {
	r, err := s.Report(ctx, by, id, days)
	if err != nil {
		return Narrowing{}, err
	}
	if r.Kind != grant.KindInstallation && r.Kind != grant.KindPrivate {
		return Narrowing{}, errNotNarrowed()
	}
	if r.Proposal == nil || !slices.Equal(sorted(keep), sorted(r.Proposal.Keep)) {
		return Narrowing{}, errOutdated()
	}
	var out Narrowing
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := s.Grants.Load(tx, id.String())
		if err != nil {
			return err
		}
		if len(g.Scopes) != len(r.Scopes) {
			return errOutdated()
		}
		out = Narrowing{ID: ident.New[Narrowing](tx.Now()), Grant: g.ID.String(), Before: sorted(g.Scopes), After: sorted(keep), Made: tx.Now(), By: by.Subject()}
		if err := s.become(tx, by, g, out.After); err != nil {
			return err
		}
		return insert(tx, out)
	})
	return out, err
}

// Undo takes the last narrowing of a grant back, while nothing else has changed
// its scopes. Errors: Conflict `narrowing_over`; those of the holder's own slice.
func (s *Service) Undo(ctx context.Context, by access.Principal, id grant.ID) (Narrowing, error) {
	if _, err := s.Report(ctx, by, id, 1); err != nil {
		return Narrowing{}, err
	}
	var out Narrowing
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := s.Grants.Load(tx, id.String())
		if err != nil {
			return err
		}
		n, ok, err := newest(tx, g.ID.String())
		if err != nil {
			return err
		}
		if !ok || !n.undoable(g.Scopes) {
			return errOver()
		}
		if err := s.become(tx, by, g, n.Before); err != nil {
			return err
		}
		if err := undo(tx, n); err != nil {
			return err
		}
		n.Undone = tx.Now()
		out = n
		return nil
	})
	return out, err
}

// become gives the holder of a grant these scopes, through its own slice, which
// authorises, audits and tells whom it concerns.
func (s *Service) become(tx *store.Tx, by access.Principal, g grant.Grant, scopes []string) error {
	_, id, _ := strings.Cut(g.Holder, "/")
	switch g.Kind {
	case grant.KindInstallation:
		parsed, err := ident.Parse[integration.Installation](id)
		if err != nil {
			return err
		}
		_, err = s.Integrations.AmendIn(tx, by, parsed, integration.Patch{Scopes: &scopes})
		return err
	case grant.KindPrivate:
		parsed, err := ident.Parse[private.Integration](id)
		if err != nil {
			return err
		}
		_, err = s.Private.UpdateIn(tx, by, parsed, private.Patch{Scopes: &scopes})
		return err
	}
	return errNotNarrowed()
}
