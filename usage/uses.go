package usage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
)

// UsesMost is how far back Uses can look: hours are kept that long.
const UsesMost = 90 * 24 * time.Hour

// Who asks who called what. Operations and Versions widen one another: a call
// counts when it is about one of either. Both empty: every call counts.
type Who struct {
	Filter
	Operations []string
	Versions   []string
	Since      time.Time // rounded down to the hour; at most UsesMost ago
}

// Use is what one grant did with one operation in one API version. First and
// Last are the begin of the hour.
type Use struct {
	Grant       string
	Application string
	Account     string
	Group       string
	Operation   string
	Version     string
	Calls       int64 // whatever became of them
	Passed      int64 // and were answered by the product, well or not
	First       time.Time
	Last        time.Time
	LastPassed  time.Time
}

type useKey struct{ grant, application, account, group, operation, version string }

// Uses lists who called what, the most recent first. It does not authorise.
func (s *Service) Uses(ctx context.Context, q Who) ([]Use, error) {
	now := s.DB.Now()
	if oldest := now.Add(-UsesMost); q.Since.Before(oldest) {
		q.Since = oldest
	}
	q.Since = q.Since.UTC().Truncate(time.Hour)
	found := map[useKey]*Use{}
	add := func(k useKey, at time.Time, o Outcome, n int64) {
		u := found[k]
		if u == nil {
			u = &Use{Grant: k.grant, Application: k.application, Account: k.account, Group: k.group, Operation: k.operation, Version: k.version, First: at}
			found[k] = u
		}
		u.Calls += n
		if at.Before(u.First) {
			u.First = at
		}
		if at.After(u.Last) {
			u.Last = at
		}
		if o == OK || o == ProductError {
			u.Passed += n
			if at.After(u.LastPassed) {
				u.LastPassed = at
			}
		}
	}
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	var rows []useRow
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		rows, err = uses(tx, &q)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		k := useKey{r.GrantID, r.Application, r.Account, r.GroupID, r.Operation, r.Version}
		add(k, r.First.Time(), Outcome(r.Outcome), 0)
		add(k, r.Last.Time(), Outcome(r.Outcome), r.N)
	}
	s.Recorder.pending(q.matches, func(k *Key, minute int64, o Outcome, n int64) {
		at := time.Unix(minute*60, 0).UTC().Truncate(time.Hour)
		if !at.Before(q.Since) {
			add(useKey{k.Grant, k.Application, k.Account, k.Group, k.Operation, k.Version}, at, o, n)
		}
	})
	out := make([]Use, 0, len(found))
	for _, u := range found {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b Use) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Grant+a.Operation+a.Version, b.Grant+b.Operation+b.Version))
	})
	return out, nil
}

func (q *Who) matches(k *Key) bool {
	if !q.Filter.matches(k) {
		return false
	}
	return len(q.Operations)+len(q.Versions) == 0 || slices.Contains(q.Operations, k.Operation) || k.Version != "" && slices.Contains(q.Versions, k.Version)
}

// Authorise lets a caller ask about one thing whose usage they may see, as the
// questions of this package do. Errors: Invalid `usage_scope`; NotFound; Forbidden.
func (s *Service) Authorise(ctx context.Context, by access.Principal, f Filter) error {
	return s.authorise(ctx, by, &f)
}
