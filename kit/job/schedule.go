package job

import (
	"context"
	"strconv"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// schedule is work that repeats.
type schedule struct {
	kind     Kind[tickArgs]
	interval time.Duration
	last     int64 // the tick this runner saw last, guarded by Runner.mu
}

type tickArgs struct {
	Tick int64 `json:"tick"`
}

// Every runs fn once per interval of the calendar on one of the nodes: at the
// first look, then at every multiple of interval since 1970. A tick is a job
// with a unique key; one that is overtaken by the next is skipped, so that ticks
// do not pile up behind slow work. A failed tick is tried three times.
func Every(r *Runner, name string, interval time.Duration, fn func(ctx context.Context) error) {
	s := &schedule{kind: Kind[tickArgs]{Name: name, Attempts: 3, Timeout: max(interval, time.Minute)}, interval: interval}
	Handle(r, s.kind, func(ctx context.Context, a tickArgs) error {
		if a.Tick < s.at(r.DB.Now()) {
			return nil
		}
		return fn(ctx)
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.schedules = append(r.schedules, s)
}

func (s *schedule) at(now time.Time) int64 { return now.UnixMicro() / s.interval.Microseconds() }

// tick adds the jobs of ticks that have come. All nodes do; the row in
// job_schedule lets one of them win, also after the job is done and gone.
func (r *Runner) tick(ctx context.Context) error {
	now := r.DB.Now()
	r.mu.Lock()
	var come []*schedule
	for _, s := range r.schedules {
		if s.at(now) > s.last {
			come = append(come, s)
		}
	}
	r.mu.Unlock()
	if len(come) == 0 {
		return nil
	}
	err := r.DB.Batch(ctx, func(tx *store.Tx) error {
		for _, s := range come {
			won, err := s.win(tx, s.at(now))
			if err != nil {
				return err
			}
			if !won {
				continue
			}
			if err := s.kind.Add(tx, tickArgs{Tick: s.at(now)}, Options{Unique: strconv.FormatInt(s.at(now), 10)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range come {
		s.last = max(s.last, s.at(now))
	}
	return nil
}

func (s *schedule) win(tx *store.Tx, tick int64) (bool, error) {
	res, err := tx.ExecContext(tx.Ctx, "INSERT INTO job_schedule (name, tick) VALUES (?, ?) "+
		"ON CONFLICT (name) DO UPDATE SET tick = excluded.tick WHERE job_schedule.tick < excluded.tick", s.kind.Name, tick)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
