package usage

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

const (
	// flushEvery leaves time to write within the promised five seconds.
	flushEvery = 4 * time.Second
	// flushMost bounds the counters of one transaction.
	flushMost = 2000
)

// Run writes every few seconds until ctx ends, then everything that is left.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for round := 1; ; round++ {
		select {
		case <-ctx.Done():
			return s.Flush(context.WithoutCancel(ctx))
		case <-tick.C:
		}
		if err := s.Flush(ctx); err != nil && s.Log != nil {
			s.Log.Warn("usage: flush", "error", err)
		}
		if round%16 == 0 {
			s.Recorder.forget(s.DB.Now())
			s.Recorder.forgetStamps(s.DB.Now().Add(-idleMinutes * time.Minute))
		}
	}
}

// taken is what a counter gave for one flush.
type taken struct {
	c      *Counter
	counts []minuteTally
}

// Flush writes what was counted. On failure everything stays in memory for the
// next time.
func (s *Service) Flush(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	err := s.flushCounts(ctx)
	for _, flush := range []func(context.Context) error{s.flushStamps, s.flushMatters} {
		if also := flush(ctx); err == nil {
			err = also
		}
	}
	if err != nil {
		s.failed.Add(1)
		return err
	}
	s.written.Store(s.DB.Now().UnixMicro())
	return nil
}

func (s *Service) flushCounts(ctx context.Context) error {
	var first error
	// As many as there are now: what is counted meanwhile has time until the next flush.
	for left := s.Recorder.waiting(); left > 0; left -= flushMost {
		if err := s.flushPart(ctx, min(left, flushMost)); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// flushPart moves the counts of some counters while nobody reads.
func (s *Service) flushPart(ctx context.Context, most int) error {
	r := s.Recorder
	r.flushing.Lock()
	defer r.flushing.Unlock()
	part := r.listed(most)
	batch := make([]taken, 0, len(part))
	for _, c := range part {
		if ts := c.take(nil); len(ts) > 0 {
			batch = append(batch, taken{c, ts})
		}
	}
	if len(batch) == 0 {
		return nil
	}
	series := map[string]int64{}
	digests := map[*Counter]string{}
	unnamed := map[string]*Key{}
	for _, t := range batch {
		if t.c.series == 0 {
			d := t.c.key.digest()
			digests[t.c], unnamed[d] = d, &t.c.key
		}
	}
	err := s.DB.Batch(ctx, func(tx *store.Tx) error {
		var err error
		if series, err = nameSeries(tx, unnamed); err != nil {
			return err
		}
		for _, res := range resolutions {
			counts := map[cell]int64{}
			for _, t := range batch {
				id := t.c.series
				if id == 0 {
					id = series[digests[t.c]]
				}
				t.into(counts, id, res.width)
			}
			if err := addCounts(tx, res.table, counts); err != nil {
				return err
			}
		}
		return nil
	})
	for _, t := range batch {
		if err != nil {
			t.c.putBack(t.counts)
			continue
		}
		if t.c.series == 0 {
			t.c.series = series[digests[t.c]]
		}
	}
	return err
}

func (t *taken) into(counts map[cell]int64, series int64, width time.Duration) {
	for _, m := range t.counts {
		at := time.Unix(m.minute*60, 0).UTC().Truncate(width).UnixMicro()
		for o, n := range m.n {
			if n > 0 {
				counts[cell{series, at, Outcome(o)}] += int64(n)
			}
		}
	}
}

func (s *Service) flushStamps(ctx context.Context) error {
	list := s.Recorder.takeStamps()
	if len(list) == 0 {
		return nil
	}
	uses, places := make(map[Subject]Last, len(list)), map[Subject][]Place{}
	for _, p := range list {
		if ps := p.takePlaces(); len(ps) > 0 {
			places[p.subject] = append(places[p.subject], ps...)
		}
		l := p.last()
		if l.At.After(uses[p.subject].At) {
			uses[p.subject] = l
		}
	}
	err := s.DB.Batch(ctx, func(tx *store.Tx) error {
		if err := saveLast(tx, uses); err != nil {
			return err
		}
		return savePlaces(tx, places)
	})
	if err != nil {
		for _, p := range list {
			p.keepPlaces()
		}
		s.Recorder.relist(list)
	}
	return err
}

func (k Retention) of(table string) time.Duration {
	days := func(d time.Duration, or int) time.Duration {
		if d > 0 {
			return d
		}
		return time.Duration(or) * 24 * time.Hour
	}
	switch table {
	case "usage_minute":
		return days(k.Minutes, 3)
	case "usage_hour":
		return days(k.Hours, 90)
	}
	return days(k.Days, 3*366)
}

// Clean deletes counts that are older than the retention.
func (s *Service) Clean(ctx context.Context) error {
	for _, res := range resolutions {
		err := s.DB.Batch(ctx, func(tx *store.Tx) error {
			return forgetCounts(tx, res.table, tx.Now().Add(-s.Keep.of(res.table)))
		})
		if err != nil {
			return err
		}
	}
	return s.DB.Batch(ctx, func(tx *store.Tx) error {
		if err := forgetMatters(tx, tx.Now().Add(-MattersKept)); err != nil {
			return err
		}
		return forgetPlaces(tx, tx.Now().Add(-placesKept))
	})
}

// Jobs adds the hourly clean-up.
func (s *Service) Jobs(r *job.Runner) { job.Every(r, "usage.clean", time.Hour, s.Clean) }
