package webhook

import (
	"context"
	"maps"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
)

// start lets as many requests begin as the lane has room for.
func (c *courier) start(l *lane) {
	n, at := l.room()
	for range n {
		h := c.gate.enter(at, l)
		if h == nil {
			continue
		}
		c.crew.work(errand{h, l})
	}
}

// run sends what a lane has, and then what others have that wait for its place.
func (c *courier) run(e errand) {
	for l := e.lane; l != nil; {
		if !c.serve(l) {
			l = nil
		}
		l = c.gate.next(e.host, l)
	}
}

func (c *courier) have(id string) *lane {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lanes[id]
}

// lane gives the lane of an endpoint with its circuit as it was kept.
func (c *courier) lane(ctx context.Context, id string) (*lane, error) {
	if l := c.have(id); l != nil {
		return l, nil
	}
	to, err := c.index.place(ctx, id)
	if err != nil {
		return nil, err
	}
	l := &lane{id: id, to: to, circuit: Circuit{State: Closed}, held: map[int64]bool{}, again: map[int64]bool{}, flying: map[string]bool{}, blocked: map[string]time.Time{}, probed: map[string]bool{}}
	err = c.s.DB.Read(ctx, func(tx *store.Tx) error {
		states, err := circuits(tx, []string{id})
		if err != nil {
			return err
		}
		if kept, ok := states[id]; ok {
			l.circuit = kept
			if kept.State == HalfOpen {
				l.circuit.State = Open // its probe died with who made it
			}
		}
		if to != nil && to.Ordered {
			l.blocked, err = heldKeys(tx, id)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lanes[id] = l
	return l, nil
}

// refresh takes over what changed about an endpoint. One that was enabled again
// may show itself anew.
func (c *courier) refresh(ctx context.Context, l *lane) error {
	to, err := c.index.place(ctx, l.id)
	if err != nil {
		return err
	}
	l.mu.Lock()
	if l.to == nil && to != nil {
		l.circuit.reset()
		l.later(c.s.DB.Now())
	}
	l.to = to
	l.mu.Unlock()
	c.start(l)
	return nil
}

// pump loads rows that are due.
func (c *courier) pump(ctx context.Context) error {
	now := c.s.DB.Now()
	c.mu.Lock()
	var due []*lane
	for _, l := range c.lanes {
		l.mu.Lock()
		probe := l.circuit.State == Open && !now.Before(l.circuit.Probe)
		if l.to != nil && !l.due.IsZero() && !l.due.After(now) && len(l.queue) <= laneLow && (l.circuit.State == Closed || probe) {
			due = append(due, l)
		}
		l.mu.Unlock()
	}
	c.mu.Unlock()
	for _, l := range due {
		if c.memory.Load() >= memoryMost {
			return nil
		}
		if err := c.load(ctx, l, now); err != nil {
			return err
		}
		c.start(l)
	}
	return nil
}

// load brings due rows of one lane into memory; of one whose circuit is open a
// single one, as its probe.
func (c *courier) load(ctx context.Context, l *lane, now time.Time) error {
	l.mu.Lock()
	before := maps.Clone(l.held) // what is read may be older than what is written meanwhile
	held := len(before)
	l.due = time.Time{} // whatever waits from now on says so again
	ordered := l.to != nil && l.to.Ordered
	l.loading = ordered
	l.mu.Unlock()
	var rows, behind []Delivery
	full := false
	events := map[int64]*event.Event{}
	var next time.Time
	err := c.s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if rows, err = dueAt(tx, l.id, now, refill+held); err != nil {
			return err
		}
		full = len(rows) == refill+held
		if ordered {
			if rows, behind, err = inOrder(tx, l.id, rows, now); err != nil {
				return err
			}
		}
		if next, err = nextDue(tx, l.id, now); err != nil {
			return err
		}
		events, err = eventsOf(tx, append(rows[:len(rows):len(rows)], behind...))
		return err
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loading = false
	if err != nil {
		l.later(now)
		return err
	}
	if !next.IsZero() {
		l.later(next)
	}
	if full {
		l.later(now)
	}
	ok, probe := l.circuit.admits(now)
	if !ok {
		l.later(now)
		return nil
	}
	for _, d := range behind { // an earlier event of their key is due later
		if !l.held[d.d] && !before[d.d] && events[d.n] != nil {
			l.held[d.d] = true
			d.Event = events[d.n].ID.String()
			c.books.add(entry{item: &item{Delivery: d, event: events[d.n]}, lane: l, unsent: true})
		}
	}
	inside, writing := map[string]bool{}, map[string]bool{}
	if ordered {
		inside = l.keys()
		if probe && len(rows) > 0 {
			at := l.choose(rows)
			l.probed[rows[at].ordering] = rows[at].ordering != ""
			rows = rows[at:]
		} else {
			clear(l.probed)
		}
	}
	for _, d := range rows {
		if d.ordering != "" && writing[d.ordering] {
			continue
		}
		switch {
		case l.held[d.d]:
			l.again[d.d] = true // it may have been sent again since it was written
			writing[d.ordering] = ordered && !inside[d.ordering]
			continue
		case before[d.d]:
			l.later(now) // it was written while we read
			writing[d.ordering] = ordered
			continue
		}
		e := events[d.n]
		if e == nil {
			d.State, d.Reason, d.Due, d.Updated = Dropped, "event_gone", time.Time{}, now
			c.books.add(entry{item: &item{Delivery: d}, lane: l})
			l.held[d.d] = true
			continue
		}
		d.Event = e.ID.String()
		l.held[d.d] = true
		if until, ok := l.blocked[d.ordering]; ok && d.ordering != "" && until.After(now) {
			d.Due = until // an earlier event of its key waits
			c.books.add(entry{item: &item{Delivery: d, event: e}, lane: l, unsent: true})
			continue
		}
		l.queue = append(l.queue, &item{Delivery: d, event: e, probe: probe})
		c.memory.Add(l.queue[len(l.queue)-1].size())
		if probe {
			l.later(now)
			return nil
		}
	}
	if probe { // nothing there to try it with
		l.circuit.State = Open
	}
	return nil
}
