package webhook

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

// Steps in which counts are kept, and how long unless the operator says otherwise.
const (
	stepQuarter = "quarter"
	stepDay     = "day"
	keepQuarter = 32 * 24 * time.Hour
	keepDay     = 400 * 24 * time.Hour
)

type countRow struct {
	bun.BaseModel `bun:"table:webhook_count,alias:n"`

	Endpoint  string
	Step      string
	At        store.Micros
	Delivered int64
	Failed    int64
	Answered  int64
	Took      int64
	Slowest   int64
}

// addCounts adds sums to what was counted before, by quarter and by day.
func addCounts(tx *store.Tx, sums map[spot]tally) error {
	days := map[spot]tally{}
	rows := make([]countRow, 0, 2*len(sums))
	row := func(step string, s spot, t tally) {
		rows = append(rows, countRow{Endpoint: s.endpoint, Step: step, At: store.At(s.at), Delivered: t.delivered, Failed: t.failed, Answered: t.answered,
			Took: t.took.Microseconds(), Slowest: t.slowest.Microseconds()})
	}
	for s, t := range sums {
		row(stepQuarter, s, t)
		day := spot{s.endpoint, s.at.Truncate(24 * time.Hour)}
		have := days[day]
		have.add(t)
		days[day] = have
	}
	for s, t := range days {
		row(stepDay, s, t)
	}
	for len(rows) > 0 {
		n := min(len(rows), 500)
		some := rows[:n]
		rows = rows[n:]
		if _, err := tx.NewInsert().Model(&some).On("CONFLICT (endpoint, step, at) DO UPDATE").
			Set("delivered = n.delivered + EXCLUDED.delivered, failed = n.failed + EXCLUDED.failed, answered = n.answered + EXCLUDED.answered, took = n.took + EXCLUDED.took").
			Set("slowest = CASE WHEN EXCLUDED.slowest > n.slowest THEN EXCLUDED.slowest ELSE n.slowest END").Exec(tx.Ctx); err != nil {
			return err
		}
	}
	return nil
}

// counted reads the sums of endpoints since a time, added up.
func counted(tx *store.Tx, endpoints []ID, step string, from time.Time) (map[time.Time]tally, error) {
	if len(endpoints) == 0 {
		return nil, nil
	}
	var rows []countRow
	err := tx.NewSelect().Model(&rows).Where("n.endpoint IN (?) AND n.step = ? AND n.at >= ?", bun.In(endpoints), step, store.At(from)).Scan(tx.Ctx)
	out := make(map[time.Time]tally, len(rows))
	for _, r := range rows {
		t := out[r.At.Time()]
		t.add(tally{delivered: r.Delivered, failed: r.Failed, answered: r.Answered, took: time.Duration(r.Took) * time.Microsecond, slowest: time.Duration(r.Slowest) * time.Microsecond})
		out[r.At.Time()] = t
	}
	return out, err
}

// sweepCounts deletes counts of one step from before a time, and tells how many.
func sweepCounts(tx *store.Tx, step string, before time.Time) (int, error) {
	res, err := tx.ExecContext(tx.Ctx, "DELETE FROM webhook_count WHERE (endpoint, step, at) IN (SELECT endpoint, step, at FROM webhook_count WHERE step = ? AND at < ? LIMIT ?)",
		step, store.At(before), sweepMost)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}
