package webhook

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

// courierName is the row of who follows the log.
const courierName = "courier"

// lead takes or keeps the lease, if it is free or ours, and gives how far the
// log is settled.
func lead(tx *store.Tx, holder string, until time.Time, seize bool) (int64, bool, error) {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO webhook_courier (name, settled, holder, until) VALUES (?, 0, '', 0) ON CONFLICT (name) DO NOTHING", courierName)
	if err != nil {
		return 0, false, err
	}
	var have struct {
		Settled int64
		Holder  string
		Until   store.Micros
	}
	if err := tx.NewRaw("SELECT settled, holder, until FROM webhook_courier WHERE name = ?", courierName).Scan(tx.Ctx, &have); err != nil {
		return 0, false, err
	}
	if have.Holder != holder && have.Until > store.At(tx.Now()) && !seize {
		return 0, false, nil
	}
	res, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_courier SET holder = ?, until = ? WHERE name = ? AND holder = ?", holder, store.At(until), courierName, have.Holder)
	if err != nil {
		return 0, false, err
	}
	n, err := res.RowsAffected()
	return have.Settled, n == 1, err
}

// settle notes how far the log is settled; false when the lease is another's.
func settle(tx *store.Tx, holder string, n int64) (bool, error) {
	res, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_courier SET settled = ? WHERE name = ? AND holder = ?", n, courierName, holder)
	if err != nil {
		return false, err
	}
	count, err := res.RowsAffected()
	return count == 1, err
}

// release gives the lease back, with what is settled at the end.
func release(tx *store.Tx, holder string, n int64) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_courier SET settled = ?, until = 0 WHERE name = ? AND holder = ? AND settled <= ?", n, courierName, holder, n)
	return err
}

// finished gives the rows behind a number that a replay selects, at most one
// stretch, those only that were there when it began.
func finished(tx *store.Tx, endpoint ID, pick Selection, behind int64, begun time.Time) ([]int64, error) {
	q := tx.NewSelect().TableExpr("webhook_delivery").ColumnExpr("d").Where("endpoint = ? AND d > ? AND created <= ?", endpoint, behind, store.At(begun)).
		Where("state IN (?)", bun.In(pick.States)).OrderExpr("d").Limit(replayStretch)
	if pick.Type != "" {
		q = q.Where("type = ?", pick.Type)
	}
	if !pick.From.IsZero() {
		q = q.Where("created >= ?", store.At(pick.From))
	}
	if !pick.To.IsZero() {
		q = q.Where("created < ?", store.At(pick.To))
	}
	var out []int64
	err := q.Scan(tx.Ctx, &out)
	return out, err
}

// revive makes finished deliveries wait, with all their attempts before them.
func revive(tx *store.Tx, rows []int64) error {
	now := store.At(tx.Now())
	_, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_delivery SET state = ?, reason = '', step = 0, due = ?, updated = ? WHERE d IN (?) AND state <> ?", Waiting, now, now, bun.In(rows), Waiting)
	return err
}

// sweep deletes the oldest deliveries that were begun before a time, with their
// attempts, and tells how many it has looked at and deleted.
func sweep(tx *store.Tx, before time.Time) (int, error) {
	var oldest []struct {
		D       int64
		Created store.Micros
	}
	if err := tx.NewRaw("SELECT d, created FROM webhook_delivery ORDER BY d LIMIT ?", sweepMost).Scan(tx.Ctx, &oldest); err != nil {
		return 0, err
	}
	var gone []int64
	for _, r := range oldest {
		if r.Created < store.At(before) {
			gone = append(gone, r.D)
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	for _, q := range []string{"DELETE FROM webhook_attempt WHERE delivery IN (?)", "DELETE FROM webhook_delivery WHERE d IN (?)"} {
		if _, err := tx.ExecContext(tx.Ctx, q, bun.In(gone)); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}
