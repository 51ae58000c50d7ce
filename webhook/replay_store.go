package webhook

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type replayRow struct {
	bun.BaseModel `bun:"table:webhook_replay,alias:r"`

	ID        ReplayID `bun:",pk"`
	Endpoint  string
	Selection Selection `bun:"type:text"`
	Total     int
	Stopped   store.Micros
	CreatedBy string
	Created   store.Micros
}

func putReplay(tx *store.Tx, r Replay) error {
	_, err := tx.NewInsert().Model(&replayRow{ID: r.ID, Endpoint: r.Endpoint, Selection: r.Selection, Total: r.Total,
		Stopped: store.At(r.Stopped), CreatedBy: r.CreatedBy, Created: store.At(r.Created)}).
		On("CONFLICT (id) DO UPDATE").Set("total = EXCLUDED.total, stopped = EXCLUDED.stopped").Exec(tx.Ctx)
	return err
}

func replays(tx *store.Tx, where string, arg any, most int) ([]Replay, error) {
	var rows []replayRow
	if err := tx.NewSelect().Model(&rows).Where(where, arg).Order("r.created DESC", "r.id DESC").Limit(int64(most)).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Replay, len(rows))
	for i, r := range rows {
		out[i] = Replay{ID: r.ID, Endpoint: r.Endpoint, Selection: r.Selection, Total: r.Total, Stopped: r.Stopped.Time(), CreatedBy: r.CreatedBy, Created: r.Created.Time()}
	}
	return out, nil
}

func findReplay(tx *store.Tx, id ReplayID) (Replay, error) {
	got, err := replays(tx, "r.id = ?", id, 1)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("replay")
	}
	if err != nil {
		return Replay{}, err
	}
	return got[0], nil
}

// progressOf counts what is left of a replay. What was stopped is over.
func progressOf(tx *store.Tx, r *Replay) error {
	r.Waiting, r.Failed = 0, 0
	for where, into := range map[string]*int{"state = 'waiting'": &r.Waiting, failedState: &r.Failed} {
		if err := tx.NewRaw("SELECT COUNT(*) FROM webhook_delivery WHERE endpoint = ? AND "+where+" AND replay = ?", r.Endpoint, r.ID).Scan(tx.Ctx, into); err != nil {
			return err
		}
	}
	return nil
}

// finished gives the rows behind a number that a replay selects, at most one
// stretch, those only that were there when it began.
func finished(tx *store.Tx, endpoint ID, pick Selection, behind int64, begun time.Time) ([]int64, error) {
	var out []int64
	add := func(where string, most int) (int, error) {
		q := tx.NewSelect().TableExpr("webhook_delivery").ColumnExpr("d").Where("endpoint = ? AND d > ? AND created <= ?", endpoint, behind, store.At(begun)).
			Where("state IN (?)", bun.In(pick.States)).Where(where).OrderExpr("d").Limit(int64(most))
		if pick.Type != "" {
			q = q.Where("type = ?", pick.Type)
		}
		if !pick.From.IsZero() {
			q = q.Where("created >= ?", store.At(pick.From))
		}
		if !pick.To.IsZero() {
			q = q.Where("created < ?", store.At(pick.To))
		}
		var some []int64
		err := q.Scan(tx.Ctx, &some)
		out = append(out, some...)
		return len(some), err
	}
	var err error
	if slices.Contains(pick.States, Delivered) || slices.Contains(pick.States, Skipped) {
		err = log.Up(tx, endpoint.String(), behind, replayStretch, func(blocks []int64, most int) (int, error) { return add(store.InBlocks("d", blocks), most) })
	} else {
		_, err = add(failedState, replayStretch) // they have an index of their own
	}
	return out, err
}

// revive makes finished deliveries wait, with all their attempts before them.
func revive(tx *store.Tx, rows []int64, by ReplayID) error {
	now := store.At(tx.Now())
	_, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_delivery SET state = ?, reason = '', step = 0, due = ?, updated = ?, replay = ? WHERE d IN (?) AND state <> ?", Waiting, now, now, by, bun.In(rows), Waiting)
	return err
}

// unrevive ends what waits of a replay, at most one stretch: as delivered when the
// last answer says so.
func unrevive(tx *store.Tx, id ReplayID) (int, error) {
	res, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_delivery SET state = CASE WHEN status >= 200 AND status < 300 THEN 'delivered' ELSE 'exhausted' END, due = 0 "+
		"WHERE d IN (SELECT w.d FROM webhook_delivery AS w JOIN webhook_replay AS r ON r.endpoint = w.endpoint WHERE r.id = ? AND w.state = 'waiting' AND w.replay = r.id LIMIT ?)", id, replayStretch)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// sweepReplays forgets replays with the deliveries that they were about.
func sweepReplays(tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM webhook_replay WHERE created < ?", store.At(before))
	return err
}
