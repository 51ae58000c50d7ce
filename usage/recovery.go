package usage

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// RecoveryMost is how far back Recovered can look: minutes are kept that long.
const RecoveryMost = 3 * 24 * time.Hour

// Recovery is a minute with a refusal, and the first later one in which a call of
// the same application passed in the same account.
type Recovery struct {
	Account   string
	Refused   time.Time
	Recovered time.Time // zero: nothing has passed since
}

// Recovered finds the latest refusal with one of the outcomes from which an
// application recovered, per account, of the calls that a filter names; where it did not recover from any, the
// latest. Minutes are the measure: a call in the same minute may have come before.
// It does not authorise.
func (s *Service) Recovered(ctx context.Context, f Filter, outcomes ...Outcome) ([]Recovery, error) {
	since := s.DB.Now().Add(-RecoveryMost).UTC().Truncate(time.Minute)
	seen := map[string]*minutes{}
	add := func(account string, at time.Time, o Outcome) {
		m := seen[account]
		if m == nil {
			m = &minutes{}
			seen[account] = m
		}
		m.add(at, o, outcomes)
	}
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	var rows []minuteRow
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		rows, err = minuteRows(tx, &f, since)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		add(r.Account, r.At.Time(), Outcome(r.Outcome))
	}
	s.Recorder.pending(f.matches, func(k *Key, minute int64, o Outcome, _ int64) {
		if at := time.Unix(minute*60, 0).UTC(); !at.Before(since) {
			add(k.Account, at, o)
		}
	})
	out := []Recovery{}
	for account, m := range seen {
		if r, ok := m.recovery(); ok {
			r.Account = account
			out = append(out, r)
		}
	}
	return out, nil
}

// minutes are those of one account that matter.
type minutes struct{ refused, passed []time.Time }

func (m *minutes) add(at time.Time, o Outcome, outcomes []Outcome) {
	if o == OK || o == ProductError {
		m.passed = append(m.passed, at)
	}
	for _, wanted := range outcomes {
		if o == wanted {
			m.refused = append(m.refused, at)
		}
	}
}

func (m *minutes) recovery() (Recovery, bool) {
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
	return best, !best.Refused.IsZero()
}

type minuteRow struct {
	Account string
	At      store.Micros
	Outcome int64
}

// minuteRows are the minutes in which anything was counted.
func minuteRows(tx *store.Tx, f *Filter, since time.Time) ([]minuteRow, error) {
	cond, args := f.where()
	var rows []minuteRow
	err := tx.NewRaw(`SELECT DISTINCT s.account, m.at, m.outcome FROM usage_series AS s JOIN usage_minute AS m ON m.series = s.seq
		WHERE `+cond+` AND m.at >= ? ORDER BY m.at DESC LIMIT 20000`, append(args, store.At(since))...).Scan(tx.Ctx, &rows)
	return rows, err
}
