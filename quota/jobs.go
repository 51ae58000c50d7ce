package quota

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

const (
	topic = "quota" // keys are owners
	// nodeTopic tells that a node came or went.
	nodeTopic = "quota.node"

	beatEvery  = 3 * time.Second
	beatLive   = 12 * time.Second // a node not heard of for this long is gone
	flushEvery = 5 * time.Second
	restAfter  = 10 * time.Second // with several nodes, idle leases go back
	idleAfter  = time.Hour        // then an owner's buckets leave memory
	windowKept = 7 * 24 * time.Hour
	// settleWithin is how long a call waits for the database before this node's
	// last share decides.
	settleWithin = 2 * time.Second
)

// Watch follows changes of plans on this and other nodes. Call it before the
// database's Follow.
func (s *Service) Watch() {
	s.setUp()
	s.DB.OnChange(topic, s.forgetLimits)
	s.DB.OnChange(nodeTopic, func(string) {
		s.mu.Lock()
		s.beaten = time.Time{}
		s.mu.Unlock()
		s.knock()
	})
	s.DB.OnLost(func() { s.forgetLimits("") })
}

// forgetLimits has the limits of an owner, or of all, read again.
func (s *Service) forgetLimits(owner string) {
	s.mu.Lock()
	var all []*family
	for _, f := range s.families {
		if owner == "" || f.owner == owner {
			all = append(all, f)
		}
	}
	s.mu.Unlock()
	for _, f := range all {
		f.mu.Lock()
		f.stale = true
		f.mu.Unlock()
		s.ring(f)
	}
}

// ring asks for a settlement of f soon.
func (s *Service) ring(f *family) {
	s.mu.Lock()
	s.urgent = append(s.urgent, f)
	s.mu.Unlock()
	s.knock()
}

func (s *Service) knock() {
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// Run settles with the database until ctx ends, then gives all leases back.
func (s *Service) Run(ctx context.Context) error {
	s.setUp()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		s.turn(ctx)
		select {
		case <-ctx.Done():
			return s.Stop(context.WithoutCancel(ctx))
		case <-s.bell:
		case <-tick.C:
		}
	}
}

// turn does what is due: the heartbeat, what was asked for, and every few
// seconds everything else.
func (s *Service) turn(ctx context.Context) {
	now := s.DB.Now()
	s.mu.Lock()
	beatDue := !s.Solo && now.Sub(s.beaten).Abs() >= beatEvery
	flushDue := now.Sub(s.flushed).Abs() >= flushEvery
	s.mu.Unlock()
	if beatDue {
		s.report(s.Beat(ctx))
	}
	if flushDue {
		s.report(s.Flush(ctx))
		return
	}
	s.mu.Lock()
	urgent := s.urgent
	s.urgent = nil
	s.mu.Unlock()
	for i, f := range urgent {
		if slices.Contains(urgent[:i], f) {
			continue
		}
		s.report(s.settleFamily(ctx, f, settlement{soon: true}))
	}
}

func (s *Service) report(err error) {
	if err != nil && s.Log != nil {
		s.Log.Warn("limits: settle", "error", err)
	}
}

// Flush settles every owner that was busy, and lets idle ones go.
func (s *Service) Flush(ctx context.Context) error {
	s.setUp()
	s.mu.Lock()
	s.flushed = s.DB.Now()
	s.urgent = nil
	all := make([]*family, 0, len(s.families))
	for _, f := range s.families {
		all = append(all, f)
	}
	s.mu.Unlock()
	var first error
	for _, f := range all {
		if err := s.flush(ctx, f); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (s *Service) flush(ctx context.Context, f *family) error {
	now := s.DB.Now().UnixNano()
	f.mu.Lock()
	idle := time.Duration(now - f.last)
	several := f.near.count > 1
	f.mu.Unlock()
	if idle < idleAfter {
		return s.settleFamily(ctx, f, settlement{whole: several && idle > restAfter})
	}
	if err := s.settleFamily(ctx, f, settlement{whole: true}); err != nil {
		return err
	}
	s.mu.Lock()
	f.mu.Lock()
	if f.last <= now-int64(idleAfter) && !f.asked {
		f.closed = true
		delete(s.families, f.owner)
	}
	f.mu.Unlock()
	s.mu.Unlock()
	return nil
}

// Stop settles everything, gives leases back and signs off.
func (s *Service) Stop(ctx context.Context) error {
	s.setUp()
	s.mu.Lock()
	all := make([]*family, 0, len(s.families))
	for _, f := range s.families {
		all = append(all, f)
	}
	s.mu.Unlock()
	var first error
	for _, f := range all {
		if err := s.settleFamily(ctx, f, settlement{whole: true}); err != nil && first == nil {
			first = err
		}
	}
	if s.Solo {
		return first
	}
	err := s.DB.Batch(ctx, func(tx *store.Tx) error {
		tx.Changed(nodeTopic, s.node)
		return leave(tx, s.node)
	})
	if first == nil {
		first = err
	}
	return first
}

// Beat says that this node lives and counts the others.
func (s *Service) Beat(ctx context.Context) error {
	s.setUp()
	var nodes []string
	node := s.node
	err := s.DB.Batch(ctx, func(tx *store.Tx) error {
		var err error
		nodes, err = beat(tx, node, tx.Now().Add(-beatLive))
		return err
	})
	s.mu.Lock()
	first := !s.joined
	s.beaten, s.joined = s.DB.Now(), s.joined || err == nil
	near := s.near
	s.mu.Unlock()
	if err != nil {
		s.cutOff(err)
		return err
	}
	near.count, near.rank, near.away = max(len(nodes), 1), max(slices.Index(nodes, node), 0), false
	s.setNear(near, nil)
	if first && len(nodes) > 1 {
		return s.DB.Batch(ctx, func(tx *store.Tx) error {
			tx.Changed(nodeTopic, node)
			return nil
		})
	}
	return nil
}

func (s *Service) cutOff(err error) {
	s.mu.Lock()
	near := s.near
	s.mu.Unlock()
	near.away = true
	s.setNear(near, err)
}

func (s *Service) setNear(near neighbours, err error) {
	s.mu.Lock()
	was := s.near
	s.near = near
	var all []*family
	if was != near {
		for _, f := range s.families {
			all = append(all, f)
		}
	}
	s.mu.Unlock()
	for _, f := range all {
		f.mu.Lock()
		f.setNeighbours(near)
		f.mu.Unlock()
	}
	if was.away != near.away && s.Alarm != nil {
		s.Alarm(near.away, err)
	}
}

// settleMeter settles the owner of m and moves m to its living family.
func (s *Service) settleMeter(ctx context.Context, m *Meter) error {
	f := m.family.Load()
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	if closed {
		f = s.family(m.holder.owner())
		f.adopt(m)
	}
	// A caller who leaves must not make the database look absent for all others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.within)
	defer cancel()
	s.mu.Lock()
	joined := s.joined || s.Solo || s.near.away
	s.mu.Unlock()
	if !joined { // whoever does not know the others must not take the limit for its own
		if err := s.Beat(ctx); err != nil {
			s.report(err)
		}
	}
	return s.settleFamily(ctx, f, settlement{soon: true})
}

// adopt takes over a meter of a family that was given up.
func (f *family) adopt(m *Meter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.family.Load() == f {
		return
	}
	if f.meters[m.holder] == nil {
		f.meters[m.holder] = m
	} else {
		f.moved = append(f.moved, m)
	}
	f.bind(m)
	m.family.Store(f)
}

// settlement says how to settle.
type settlement struct {
	whole bool // give the leases back
	soon  bool // only what cannot wait for the next flush
}

// settleFamily reads the limits when they are not known or have changed, and
// settles the long ones. One at a time for each owner.
func (s *Service) settleFamily(ctx context.Context, f *family, how settlement) error {
	f.settling.Lock()
	defer f.settling.Unlock()
	now := s.DB.Now()
	f.mu.Lock()
	f.asked = false
	read := !f.loaded || f.stale || (f.until != 0 && now.UnixNano() >= f.until)
	f.stale = false
	f.mu.Unlock()
	if read {
		if err := s.readLimits(ctx, f); err != nil {
			s.cutOff(err)
			f.makeDo(s.fallback(s.Plans(), f.owner).Limits)
			return err
		}
	}
	f.mu.Lock()
	claims := f.claims(now.UnixNano(), how)
	nodes := f.near.count
	f.mu.Unlock()
	for chunk := range slices.Chunk(claims, 200) {
		if err := s.settleClaims(ctx, f, chunk, nodes); err != nil {
			s.cutOff(err)
			f.makeDo(nil)
			return err
		}
	}
	if s.Solo && (read || len(claims) > 0) {
		s.mu.Lock()
		near := s.near
		s.mu.Unlock()
		near.away = false
		s.setNear(near, nil)
	}
	return nil
}

func (s *Service) readLimits(ctx context.Context, f *family) error {
	var e Effective
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		e, err = s.Effective(tx, f.owner)
		return err
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.stale = true
		return err
	}
	f.setLimits(e.Plan.Limits)
	f.until = 0
	if !e.Until.IsZero() {
		f.until = e.Until.UnixNano()
	}
	return nil
}

// makeDo lets a node that cannot ask go on: with the default limits when it
// never read any, and with its share of windows that it could not load. They
// are loaded when the database is back.
func (f *family) makeDo(limits []Limit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.loaded {
		f.setLimits(limits)
		f.stale = true
	}
	for _, b := range f.buckets {
		b.loaded = true
	}
}

func (s *Service) settleClaims(ctx context.Context, f *family, claims []claim, nodes int) error {
	holders := make([]string, 0, len(claims))
	for i := range claims {
		if !slices.Contains(holders, claims[i].key.holder) {
			holders = append(holders, claims[i].key.holder)
		}
	}
	var done []settled
	err := s.DB.Batch(ctx, func(tx *store.Tx) error {
		done = done[:0]
		if err := tx.Lock("quota/" + f.owner); err != nil {
			return err
		}
		rows, err := windows(tx, f.owner, holders)
		if err != nil {
			return err
		}
		for i := range claims {
			c := &claims[i]
			out := c.settle(rows[c.key], tx.Now().UnixNano(), nodes)
			done = append(done, out)
			if !out.changed {
				continue
			}
			if err := saveWindow(tx, f.owner, c.key, out.row); err != nil {
				return err
			}
			if err := s.warn(tx, f.owner, c, &out); err != nil {
				return err
			}
		}
		return nil
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range claims {
		b := f.buckets[claims[i].key]
		if err != nil || b == nil {
			continue
		}
		b.apply(claims[i].window, done[i])
		b.loaded = true
	}
	return err
}

func (s *Service) warn(tx *store.Tx, owner string, c *claim, out *settled) error {
	if s.Warn == nil {
		return nil
	}
	for i, v := range levels {
		if out.crossed&(1<<i) == 0 {
			continue
		}
		err := s.Warn(tx, Crossing{Owner: owner, Holder: c.key.holder, Limit: *c.limit, Level: v, Used: out.row.spent,
			Starts: time.Unix(0, out.row.starts).UTC(), Ends: time.Unix(0, out.row.ends).UTC()})
		if err != nil {
			return err
		}
	}
	return nil
}

// Jobs adds the clean-up of windows that are over.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "quota.forget", time.Hour, func(ctx context.Context) error {
		return s.DB.Batch(ctx, func(tx *store.Tx) error { return forgetWindows(tx, tx.Now().Add(-windowKept)) })
	})
}
