package webhook

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Below is how policies name the endpoints of an application, or of what holds a
// grant.
func Below(on access.Resource) access.Resource { return below(on, "*") }

// Patience is how long an endpoint may fail before it is disabled.
const Patience = patience

// CountedMost is where Queue stops counting.
const CountedMost = 100_000

// Queue is how many deliveries of an endpoint wait and how many have failed for
// good, neither counted beyond CountedMost.
type Queue struct {
	Waiting int
	Failed  int       // exhausted or dropped
	Next    time.Time // when the first of those that wait is due; zero: none waits
}

// Queues gives what endpoints have before them.
func (s *Service) Queues(ctx context.Context, by access.Principal, ids ...ID) (map[ID]Queue, error) {
	out := make(map[ID]Queue, len(ids))
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			if _, _, err := s.of(tx, by, id, ActionView); err != nil {
				return err
			}
			q, err := queueOf(tx, id)
			if err != nil {
				return err
			}
			out[id] = q
		}
		return nil
	})
	return out, err
}

// Point is what came of the requests in one step of a Series.
type Point struct {
	At        time.Time
	Delivered int64
	Failed    int64         // requests without a 2xx
	Average   time.Duration // of the answers; 0: there was none
	Slowest   time.Duration
}

// Series is what came of requests over time, without gaps.
type Series struct {
	Points    []Point
	Delivered int64
	Failed    int64
}

// Counted gives the numbers of endpoints together since a time, by quarters of an
// hour or by days (UTC).
func (s *Service) Counted(ctx context.Context, by access.Principal, from time.Time, daily bool, ids ...ID) (Series, error) {
	var out Series
	step, width := stepQuarter, quarter
	if daily {
		step, width = stepDay, 24*time.Hour
	}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		out = Series{}
		for _, id := range ids {
			if _, _, err := s.of(tx, by, id, ActionView); err != nil {
				return err
			}
		}
		from := from.UTC().Truncate(width)
		got, err := counted(tx, ids, step, from)
		for at := from; !at.After(tx.Now()); at = at.Add(width) {
			t := got[at]
			p := Point{At: at, Delivered: t.delivered, Failed: t.failed, Slowest: t.slowest}
			if t.answered > 0 {
				p.Average = t.took / time.Duration(t.answered)
			}
			out.Points = append(out.Points, p)
			out.Delivered += t.delivered
			out.Failed += t.failed
		}
		return err
	})
	return out, err
}

// Search narrows the log of the deliveries of several endpoints.
type Search struct {
	Endpoints []ID
	States    []State // none: all
	Type      string  // a pattern without a star
	Event     int64   // number of the event; 0: all
	Status    int     // of the last answer; 0: any
	From, To  time.Time
	Before    int64 // position to continue behind
	Limit     int
}

// Search lists deliveries, the newest first, and tells whether there are more.
func (s *Service) Search(ctx context.Context, by access.Principal, q Search) ([]Delivery, bool, error) {
	if len(q.Endpoints) == 0 {
		return nil, false, nil
	}
	q.Limit = max(q.Limit, 1)
	more := q
	more.Limit++
	var out []Delivery
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		for _, id := range q.Endpoints { // each by itself; a search over all of them at once has no index
			if _, _, err := s.of(tx, by, id, ActionView); err != nil {
				return err
			}
			some, err := searched(tx, id, more)
			if err != nil {
				return err
			}
			out = append(out, some...)
		}
		slices.SortFunc(out, func(a, b Delivery) int { return int(min(max(b.d-a.d, -1), 1)) })
		out = out[:min(len(out), q.Limit+1)]
		return named(tx, out)
	})
	if err != nil || len(out) <= q.Limit {
		return out, false, err
	}
	return out[:q.Limit], true, nil
}

// Want is an enabled endpoint with the patterns of what it gets.
type Want struct {
	Endpoint Endpoint
	Types    []string
}

// Wanted lists the enabled endpoints of a grant. It does not authorise.
func Wanted(tx *store.Tx, grant string) ([]Want, error) {
	all, err := endpoints(tx, "e.grant_id = ? AND e.state = ?", grant, Enabled)
	if err != nil {
		return nil, err
	}
	out := make([]Want, len(all))
	for i, e := range all {
		subs, err := subscriptions(tx, "s.endpoint = ?", e.ID)
		if err != nil {
			return nil, err
		}
		out[i].Endpoint = e
		for _, s := range subs {
			if s.Enabled {
				out[i].Types = append(out[i].Types, s.Types...)
			}
		}
	}
	return out, nil
}

// Position is where a list goes on behind a delivery.
func (d Delivery) Position() int64 { return d.d }

// TryNow tries at once whether the receiver of an endpoint is back, without
// waiting for the next probe.
func (s *Service) TryNow(ctx context.Context, by access.Principal, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		e, _, err := s.of(tx, by, id, ActionManage)
		if err != nil {
			return err
		}
		if e.State != Enabled {
			return problem.Conflict("webhook_endpoint_disabled", "The endpoint is disabled. Enable it first.")
		}
		tx.Changed(probeTopic, id.String())
		return s.record(tx, by, "try", e, nil, nil)
	})
}

// probeTopic of the change feed: the key is an endpoint whose circuit is to be
// tried now.
const probeTopic = "webhook.probe"

// hasten makes the probe of an open circuit due.
func (c *courier) hasten(id string) {
	l := c.have(id)
	if l == nil {
		return
	}
	now := c.s.DB.Now()
	l.mu.Lock()
	if l.circuit.State == Open {
		l.circuit.Probe = now
		l.later(now)
	}
	l.mu.Unlock()
	c.hungry.Store(true)
	c.ring()
}
