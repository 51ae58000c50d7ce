package webhook

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

const (
	// beat is how often due deliveries are looked for.
	beat = 200 * time.Millisecond
	// glance is how often all lanes are looked through at most while events come.
	glance = 20 * time.Millisecond
	// lease is how long a dead courier keeps the log to itself.
	lease = 15 * time.Second
	// memoryMost bounds the bytes of events that all lanes hold in memory together.
	memoryMost = 64 << 20
	// incomingMost bounds what has been published and not been looked at; beyond
	// it the log is read instead.
	incomingMost = 20_000
	stretch      = 500  // events read from the log at one time
	refill       = 1024 // rows loaded into a lane at one time
)

// courier follows the log and keeps the lanes, while it leads.
type courier struct {
	s      *Service
	index  *index
	holder string
	ledger ledger
	books  recorder
	counts counter
	gate   gate
	crew   crew

	bell    chan struct{}
	memory  atomic.Int64 // bytes of the items in lanes
	leading atomic.Bool

	mu       sync.Mutex
	lanes    map[string]*lane
	incoming []*event.Event
	look     bool            // another node has written, or incoming overflowed
	changed  map[string]bool // endpoints that changed
	asked    map[string]bool // endpoints with rows to look for

	seen  int64 // the last event that was handed to lanes; only run uses it
	known map[pair]bool
	upTo  int64 // known is complete up to here
	saved int64

	hungry  atomic.Bool // a lane has room for rows
	resting atomic.Bool // all lanes were looked through just now
}

func newCourier(s *Service) *courier {
	c := &courier{s: s, holder: s.DB.Node(), bell: make(chan struct{}, 1), lanes: map[string]*lane{}, changed: map[string]bool{}, asked: map[string]bool{}}
	c.index = &index{s: s}
	c.index.forget()
	c.books.c, c.crew.run = c, c.run
	s.DB.OnChange(grant.Topic, func(string) { c.index.forget() })
	s.DB.OnChange(Topic, func(id string) {
		c.index.forget()
		c.mu.Lock()
		c.changed[id] = true
		c.mu.Unlock()
		c.ring()
	})
	s.DB.OnChange(dueTopic, func(id string) {
		c.mu.Lock()
		c.asked[id] = true
		c.mu.Unlock()
		c.ring()
	})
	s.DB.OnChange(probeTopic, c.hasten)
	s.DB.OnChange(event.Topic, func(string) {
		c.mu.Lock()
		c.look = true
		c.mu.Unlock()
		c.ring()
	})
	s.DB.OnLost(c.index.forget)
	s.Events.Followed, s.Events.Through = c.follow, settledThrough
	return c
}

func (c *courier) ring() {
	select {
	case c.bell <- struct{}{}:
	default:
	}
}

// follow hears what this node has published.
func (c *courier) follow(events []*event.Event) {
	if !c.leading.Load() {
		return
	}
	c.mu.Lock()
	if len(c.incoming)+len(events) > incomingMost {
		c.incoming, c.look = nil, true
	} else {
		c.incoming = append(c.incoming, events...)
	}
	c.mu.Unlock()
	c.ring()
}

// Run delivers events until ctx ends. What is under way then is sent again by
// whoever comes next.
func (s *Service) Run(ctx context.Context) error {
	c := s.courier
	tick := time.NewTicker(beat)
	defer tick.Stop()
	var renewed time.Time // by the clock of the process
	for {
		if now := s.DB.Now(); renewed.IsZero() || now.Sub(renewed) >= lease/4 || now.Before(renewed) {
			if err := c.lead(ctx); err != nil && ctx.Err() == nil {
				s.Log.Warn("webhooks: who delivers cannot be settled", "error", err)
			}
			renewed = now
		}
		if c.leading.Load() {
			if err := c.turn(ctx); err != nil && ctx.Err() == nil {
				s.Log.Warn("webhooks: events wait", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			c.leading.Store(false)
			c.crew.busy.Wait()
			c.s.brokers.Close()
			c.books.close()
			return c.release(context.WithoutCancel(ctx))
		case <-c.bell:
		case <-tick.C:
			if c.counts.beat() {
				c.books.note()
			}
		}
	}
}

// lead takes or keeps the lease. With SQLite there is one server only, which
// need not wait for the lease of one that died.
func (c *courier) lead(ctx context.Context) error {
	var settled int64
	var ours bool
	err := c.s.DB.Batch(ctx, func(tx *store.Tx) error {
		var err error
		settled, ours, err = lead(tx, c.holder, tx.Now().Add(lease), !c.s.DB.Postgres())
		return err
	})
	if err != nil {
		return err
	}
	was := c.leading.Load()
	if ours == was {
		return nil
	}
	if !ours {
		c.resign()
		return nil
	}
	return c.begin(ctx, settled)
}

// release lets the next courier begin at once.
func (c *courier) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	sums := c.counts.take(true)
	return c.s.DB.Batch(ctx, func(tx *store.Tx) error {
		if err := addCounts(tx, sums); err != nil {
			return err
		}
		return release(tx, c.holder, c.ledger.through())
	})
}

// resign forgets everything: somebody else delivers.
func (c *courier) resign() {
	c.leading.Store(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.lanes {
		l.mu.Lock()
		for _, it := range l.queue {
			c.memory.Add(-it.size())
		}
		l.to, l.queue = nil, nil
		l.mu.Unlock()
	}
	c.lanes, c.incoming = map[string]*lane{}, nil
}

// begin starts where the log is settled, and at every row that waits.
func (c *courier) begin(ctx context.Context, settled int64) error {
	var dues map[string]time.Time
	var last int64
	err := c.s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if dues, err = nextDues(tx); err != nil {
			return err
		}
		if last, err = event.Last(tx); err != nil {
			return err
		}
		c.known, err = recorded(tx, settled, last)
		return err
	})
	if err != nil {
		return err
	}
	c.ledger.begin(settled)
	c.seen, c.saved, c.upTo = settled, settled, last
	c.mu.Lock()
	c.look = true
	for id := range dues {
		c.asked[id] = true
	}
	c.mu.Unlock()
	c.leading.Store(true)
	c.ring()
	return nil
}

// turn does everything that is to be done now.
func (c *courier) turn(ctx context.Context) error {
	c.mu.Lock()
	incoming, look, changed, asked := c.incoming, c.look, c.changed, c.asked
	c.incoming, c.look, c.changed, c.asked = nil, false, map[string]bool{}, map[string]bool{}
	c.mu.Unlock()
	for id := range changed {
		if l := c.have(id); l != nil {
			if err := c.refresh(ctx, l); err != nil {
				return err
			}
		}
	}
	now := c.s.DB.Now()
	for id := range asked {
		l, err := c.lane(ctx, id)
		if err != nil {
			return err
		}
		l.mu.Lock()
		l.later(now)
		l.mu.Unlock()
	}
	if err := c.fan(ctx, incoming, look); err != nil {
		c.mu.Lock()
		c.look = true
		c.mu.Unlock()
		return err
	}
	if soon := len(changed)+len(asked) > 0 || c.hungry.Swap(false); soon || !c.resting.Load() {
		if err := c.pump(ctx); err != nil {
			return err
		}
		if !c.resting.Swap(true) { // after it: with many lanes it takes its time
			time.AfterFunc(c.glance(), func() { c.resting.Store(false) })
		}
	}
	if through := c.ledger.through(); through > c.saved {
		c.books.note()
		c.saved = through
	}
	return nil
}

// glance is how long all lanes are left alone while events come: with many it
// takes its time to look through them.
func (c *courier) glance() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(glance+time.Duration(len(c.lanes))*10*time.Microsecond, beat)
}

// fan hands events to the lanes of those who want them, in the order of the log.
func (c *courier) fan(ctx context.Context, events []*event.Event, look bool) error {
	cat := c.s.Catalog.Get()
	if cat == nil {
		return problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	for _, e := range events {
		if e.N <= c.seen {
			continue
		}
		if e.N != c.seen+1 {
			look = true
			break
		}
		if err := c.hand(ctx, cat, e); err != nil {
			return err
		}
	}
	for look && ctx.Err() == nil {
		var found []*event.Event
		err := c.s.DB.Read(ctx, func(tx *store.Tx) error {
			var err error
			found, err = event.Behind(tx, c.seen, stretch)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range found {
			if err := c.hand(ctx, cat, e); err != nil {
				return err
			}
		}
		look = len(found) == stretch
	}
	return nil
}

// hand gives one event to everybody who wants it. On an error nobody has it yet.
func (c *courier) hand(ctx context.Context, cat *catalog.Catalog, e *event.Event) error {
	targets, err := c.index.of(ctx, e.Account)
	if err != nil {
		return err
	}
	var items []*item
	var last string // targets come by endpoint: one delivery for each
	for _, t := range targets {
		id := t.to.ID.String()
		if id == last || e.N <= c.upTo && c.known[pair{e.N, id}] {
			continue
		}
		ok, err := c.index.wants(ctx, cat, t, e, false)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		last = id
		items = append(items, &item{event: e, holding: t.holding.Load(), Delivery: Delivery{Endpoint: id, Event: e.ID.String(), Account: e.Account, Grant: t.grant, Type: e.Type,
			State: Waiting, n: e.N, ordering: e.OrderingKey}})
	}
	lanes := make([]*lane, len(items))
	for i, it := range items {
		if lanes[i], err = c.lane(ctx, it.Endpoint); err != nil {
			return err
		}
	}
	c.ledger.opened(e.N, len(items))
	c.seen = e.N
	if e.N >= c.upTo {
		c.known = nil
	}
	for i, it := range items {
		c.offer(lanes[i], it)
	}
	return nil
}

// offer puts an item into its lane, or down as a row.
func (c *courier) offer(l *lane, it *item) {
	now := c.s.DB.Now()
	it.Created, it.Updated = now, now
	taken, due := l.take(it, now, c.memory.Load())
	if !taken {
		it.Due = due
		c.books.add(entry{item: it, lane: l, unsent: true})
		return
	}
	c.memory.Add(it.size())
	c.start(l)
}
