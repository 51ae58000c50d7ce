package usage

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Retention is how long counts are kept at each resolution; 0 takes the default.
type Retention struct {
	Minutes time.Duration // default 3 days
	Hours   time.Duration // default 90 days
	Days    time.Duration // default 3 years
}

// Service writes what the recorder counted and answers questions about it.
type Service struct {
	DB       *store.DB
	Recorder *Recorder
	Log      *slog.Logger // nil: silent
	Keep     Retention
	// GroupOf tells to which group an application belongs: its members may see the
	// application's usage. Nil: nobody but the operator and account
	// administrators may.
	GroupOf func(ctx context.Context, application string) (string, error)

	writing sync.Mutex // one flush at a time
	failed  atomic.Uint64
	written atomic.Int64 // time of the last good flush, microseconds
}

// ActionView is what a caller must be allowed to do to an account, a group or
// an application in order to see its usage.
const ActionView = "usage:view"

// authorise lets a caller ask about one thing they may see; further filters only
// narrow.
func (s *Service) authorise(ctx context.Context, by access.Principal, f *Filter) error {
	if by.May(ActionView, access.Platform()) == nil {
		return nil
	}
	var scopes []access.Resource
	var noun string
	if f.Group != "" {
		noun = "group"
		scopes = append(scopes, access.On("group", f.Group))
	}
	if f.Account != "" {
		noun = "account"
		scopes = append(scopes, access.On("account", f.Account))
	}
	if f.Application != "" {
		noun = "application"
		if s.GroupOf != nil {
			group, err := s.GroupOf(ctx, f.Application)
			if err != nil && problem.Of(err).Kind != problem.KindNotFound {
				return err
			}
			if err == nil && group != "" {
				scopes = append(scopes, access.On("group", group, "application", f.Application))
			}
		}
	}
	if noun == "" {
		return problem.Invalid("usage_scope", "Say whose usage: name an application, a group or an account.")
	}
	seen := false
	for _, r := range scopes {
		if by.May(ActionView, r) == nil {
			return nil
		}
		seen = seen || by.CanSee(r)
	}
	if !seen {
		return problem.NotFound(noun)
	}
	return by.May(ActionView, scopes[0])
}

// Series answers a query point by point.
func (s *Service) Series(ctx context.Context, by access.Principal, q Query) (Series, error) {
	if err := s.authorise(ctx, by, &q.Filter); err != nil {
		return Series{}, err
	}
	q, err := q.ready(s.DB.Now())
	if err != nil {
		return Series{}, err
	}
	c := newCollect(q)
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	var rows []countRow
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		rows, err = counts(tx, &q)
		return err
	})
	if err != nil {
		return Series{}, err
	}
	for _, r := range rows {
		c.add(store.Micros(r.At).Time(), Outcome(r.Outcome), r.N)
	}
	s.Recorder.pending(q.matches, func(_ *Key, minute int64, o Outcome, n int64) {
		c.add(time.Unix(minute*60, 0), o, n)
	})
	return c.out, nil
}

// Parts answers a query by one dimension, the biggest first.
func (s *Service) Parts(ctx context.Context, by access.Principal, q Query, d Dimension) ([]Part, error) {
	if err := s.authorise(ctx, by, &q.Filter); err != nil {
		return nil, err
	}
	q, err := q.ready(s.DB.Now())
	if err != nil {
		return nil, err
	}
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	var rows []partRow
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		rows, err = parts(tx, &q, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	found := map[string]*Part{}
	add := func(name string, o Outcome, n int64) {
		p := found[name]
		if p == nil {
			p = &Part{Name: name, Outcomes: Tally{}}
			found[name] = p
		}
		p.Total += n
		p.Outcomes[o] += n
	}
	for _, r := range rows {
		add(r.Name, Outcome(r.Outcome), r.N)
	}
	s.Recorder.pending(q.matches, func(k *Key, minute int64, o Outcome, n int64) {
		if at := time.Unix(minute*60, 0); !at.Before(q.From) && at.Before(q.To) {
			add(d.of(k), o, n)
		}
	})
	out := make([]Part, 0, len(found))
	for _, p := range found {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Part) int { return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

// LastUses tells when subjects of one kind were last used. Those that never
// were are absent. It joins the caller's transaction and does not authorise.
func (s *Service) LastUses(tx *store.Tx, kind string, ids []string) (map[string]Last, error) {
	out, err := lasts(tx, kind, ids)
	if err != nil {
		return nil, problem.Internal("usage.last_uses", err)
	}
	for _, id := range ids {
		if l, ok := s.Recorder.lastOf(Subject{Kind: kind, ID: id}); ok && l.At.After(out[id].At) {
			out[id] = l
		}
	}
	return out, nil
}

// Forget drops the stamp of a subject that is gone.
func (s *Service) Forget(tx *store.Tx, subject Subject) error { return forgetLast(tx, subject) }
