package usage

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Activity says how much one key or token is in use.
type Activity struct {
	Last  Last  `json:"last,omitzero" doc:"The last call that got in; absent: never"`
	Day   Tally `json:"calls_24h" doc:"Calls of the last 24 hours by outcome, to the hour"`
	Month Tally `json:"calls_30d" doc:"Calls of the last 30 days by outcome, to the day"`
}

// Activities tells about keys or tokens: kind is that of their stamps, and each
// id is a Key.Key. Calls show at once on the node that served them and within five
// seconds everywhere. It reads by itself and does not authorise.
func (s *Service) Activities(ctx context.Context, kind string, ids []string) (map[string]Activity, error) {
	out := make(map[string]Activity, len(ids))
	for _, id := range ids {
		out[id] = Activity{Day: Tally{}, Month: Tally{}}
	}
	if len(ids) == 0 {
		return out, nil
	}
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	now := s.DB.Now()
	day, month := now.Add(-24*time.Hour).Truncate(time.Hour), now.Add(-30*24*time.Hour).Truncate(24*time.Hour)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		last, err := s.LastUses(tx, kind, ids)
		if err != nil {
			return err
		}
		for id, l := range last {
			a := out[id]
			a.Last = l
			out[id] = a
		}
		for _, part := range []struct {
			table string
			from  time.Time
			of    func(Activity) Tally
		}{{"usage_hour", day, func(a Activity) Tally { return a.Day }}, {"usage_day", month, func(a Activity) Tally { return a.Month }}} {
			rows, err := keyCounts(tx, part.table, part.from, ids)
			if err != nil {
				return err
			}
			for _, r := range rows {
				part.of(out[r.Name])[Outcome(r.Outcome)] += r.N
			}
		}
		return nil
	})
	if err != nil {
		return nil, problem.Internal("usage.activities", err)
	}
	s.Recorder.pending(func(k *Key) bool { _, ok := out[k.Key]; return ok }, func(k *Key, minute int64, o Outcome, n int64) {
		at := time.Unix(minute*60, 0)
		if !at.Before(day) {
			out[k.Key].Day[o] += n
		}
		if !at.Before(month) {
			out[k.Key].Month[o] += n
		}
	})
	return out, nil
}
