package usage

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// RecoveryMost is how far back Recovered can look: minutes are kept that long.
const RecoveryMost = 3 * 24 * time.Hour

// Recovery is a minute with a refusal, and the first later one in which a call passed.
type Recovery struct {
	Refused   time.Time // zero: nothing was refused
	Recovered time.Time // zero: nothing has passed since
}

// Recovered finds, among the calls that a filter names, the latest refusal with one of
// the outcomes after which something passed; where nothing did after any, the latest.
// Minutes are the measure: a call in the same minute may have come before. It does not
// authorise.
func (s *Service) Recovered(ctx context.Context, f Filter, outcomes ...Outcome) (Recovery, error) {
	since := s.DB.Now().Add(-RecoveryMost).UTC().Truncate(time.Minute)
	var m minutes
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	var rows []minuteRow
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		rows, err = minuteRows(tx, &f, since)
		return err
	})
	if err != nil {
		return Recovery{}, err
	}
	for _, r := range rows {
		m.add(r.At.Time(), Outcome(r.Outcome), outcomes)
	}
	s.Recorder.pending(f.matches, func(_ *Key, minute int64, o Outcome, _ int64) {
		if at := time.Unix(minute*60, 0).UTC(); !at.Before(since) {
			m.add(at, o, outcomes)
		}
	})
	return m.recovery(), nil
}

// minutes are those that matter.
type minutes struct{ refused, passed []time.Time }

func (m *minutes) add(at time.Time, o Outcome, outcomes []Outcome) {
	if o == OK || o == ProductError {
		m.passed = append(m.passed, at)
	}
	if slices.Contains(outcomes, o) {
		m.refused = append(m.refused, at)
	}
}

func (m *minutes) recovery() Recovery {
	var best Recovery
	for _, refused := range m.refused {
		var first time.Time
		for _, p := range m.passed {
			if p.After(refused) && (first.IsZero() || p.Before(first)) {
				first = p
			}
		}
		if better := !first.IsZero() && (best.Recovered.IsZero() || refused.After(best.Refused)); better || first.IsZero() && best.Recovered.IsZero() && refused.After(best.Refused) {
			best = Recovery{Refused: refused, Recovered: first}
		}
	}
	return best
}

type minuteRow struct {
	At      store.Micros
	Outcome int64
}

// minuteRows are the minutes in which anything was counted.
func minuteRows(tx *store.Tx, f *Filter, since time.Time) ([]minuteRow, error) {
	cond, args := f.where()
	var rows []minuteRow
	err := tx.NewRaw(`SELECT DISTINCT m.at, m.outcome FROM usage_series AS s JOIN usage_minute AS m ON m.series = s.seq
		WHERE `+cond+` AND m.at >= ? ORDER BY m.at DESC LIMIT 20000`, append(args, store.At(since))...).Scan(tx.Ctx, &rows)
	return rows, err
}
