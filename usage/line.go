package usage

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Line says how often one grant called one operation with one outcome in one step.
type Line struct {
	At          time.Time // begin of the step; zero where a whole time was asked for
	Grant       string    // "": not known, because memory was full
	Application string
	Operation   string
	Outcome     Outcome
	Calls       int64
}

func (l Line) key() Line {
	l.Calls = 0
	return l
}

// Compare orders lines, the newest step first.
func (l Line) Compare(o Line) int {
	return cmp.Or(o.At.Compare(l.At), strings.Compare(l.Grant, o.Grant), strings.Compare(l.Application, o.Application),
		strings.Compare(l.Operation, o.Operation), cmp.Compare(l.Outcome, o.Outcome))
}

// Counted are the steps, hours or days, that a filter has calls in from a time to
// another (not included), the newest first. It does not authorise.
func (s *Service) Counted(ctx context.Context, f Filter, step Step, from, to time.Time) ([]time.Time, error) {
	q := Query{Filter: f, Step: step, From: step.floor(from), To: to}
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	found := map[int64]bool{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var at []int64
		if err := stepsOf(tx, &q, &at); err != nil {
			return err
		}
		for _, t := range at {
			found[t] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.Recorder.pending(q.matches, func(_ *Key, minute int64, _ Outcome, _ int64) {
		if at := step.floor(time.Unix(minute*60, 0)); q.covers(at) {
			found[at.UnixMicro()] = true
		}
	})
	out := make([]time.Time, 0, len(found))
	for t := range found {
		out = append(out, time.UnixMicro(t).UTC())
	}
	slices.SortFunc(out, func(a, b time.Time) int { return b.Compare(a) })
	return out, nil
}

// Lines counts calls by step, hours or days, or over the whole time, and by grant,
// operation and outcome, in order. It does not authorise.
func (s *Service) Lines(ctx context.Context, f Filter, step Step, from, to time.Time, whole bool) ([]Line, error) {
	if step != StepHour && step != StepDay {
		return nil, problem.Internal("usage.lines", rangeFault("/step", "Lines are of hours or days."))
	}
	q := Query{Filter: f, Step: step, From: step.floor(from), To: to}
	found := map[Line]int64{}
	add := func(l Line, n int64) {
		if whole {
			l.At = time.Time{}
		}
		found[l.key()] += n
	}
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		clear(found) // of an attempt before
		rows, err := linesOf(tx, &q, whole)
		for _, r := range rows {
			add(Line{At: time.UnixMicro(r.At).UTC(), Grant: r.GrantID, Application: r.Application, Operation: r.Operation, Outcome: Outcome(r.Outcome)}, r.N)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.Recorder.pending(q.matches, func(k *Key, minute int64, o Outcome, n int64) {
		if at := step.floor(time.Unix(minute*60, 0)); q.covers(at) {
			add(Line{At: at, Grant: k.Grant, Application: k.Application, Operation: k.Operation, Outcome: o}, n)
		}
	})
	out := make([]Line, 0, len(found))
	for l, n := range found {
		l.Calls = n
		out = append(out, l)
	}
	slices.SortFunc(out, Line.Compare)
	return out, nil
}

func (q *Query) covers(at time.Time) bool { return !at.Before(q.From) && at.Before(q.To) }

func stepsOf(tx *store.Tx, q *Query, at *[]int64) error {
	cond, args := q.where()
	return tx.NewRaw("SELECT DISTINCT m.at FROM usage_series AS s JOIN "+q.Step.table()+" AS m ON m.series = s.seq WHERE "+cond+
		" AND m.at >= ? AND m.at < ?", append(args, store.At(q.From), store.At(q.To))...).Scan(tx.Ctx, at)
}

type lineRow struct {
	At          int64
	GrantID     string
	Application string
	Operation   string
	Outcome     int64
	N           int64
}

func linesOf(tx *store.Tx, q *Query, whole bool) ([]lineRow, error) {
	at, by := "m.at", "1, 2, 3, 4, 5"
	if whole {
		at, by = "0", "2, 3, 4, 5"
	}
	cond, args := q.where()
	var rows []lineRow
	err := tx.NewRaw("SELECT "+at+" AS at, s.grant_id, s.application, s.operation, m.outcome, SUM(m.n) AS n FROM usage_series AS s JOIN "+q.Step.table()+
		" AS m ON m.series = s.seq WHERE "+cond+" AND m.at >= ? AND m.at < ? GROUP BY "+by, append(args, store.At(q.From), store.At(q.To))...).Scan(tx.Ctx, &rows)
	return rows, err
}

// MattersOn lists what calls of a grant that passed were about on one day, the most
// called first. It does not authorise.
func (s *Service) MattersOn(ctx context.Context, grant string, day time.Time) ([]Matter, error) {
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	var all []Matter
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var rows []matterRow
		err := tx.NewSelect().Model(&rows).Where("grant_id = ? AND day = ?", grant, store.At(day)).Scan(tx.Ctx)
		all = all[:0]
		for i := range rows {
			all = append(all, rows[i].matter())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, m := range s.Recorder.pendingMatters(grant) {
		if m.Day.Equal(day) {
			all = append(all, m)
		}
	}
	sum := map[Matter]int64{}
	for _, m := range all {
		n := m.Calls
		m.Day, m.Calls = day, 0
		sum[m] += n
	}
	out := make([]Matter, 0, len(sum))
	for m, n := range sum {
		m.Calls = n
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Matter) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Operation, b.Operation), strings.Compare(a.Account, b.Account), strings.Compare(a.Resource, b.Resource))
	})
	return out, nil
}

// Kept is how long counts of a step stay.
func (k Retention) Kept(step Step) time.Duration { return k.of(step.table()) }
