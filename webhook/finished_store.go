package webhook

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

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
	for _, q := range []string{"DELETE FROM webhook_attempt WHERE delivery IN (?)", "DELETE FROM webhook_test WHERE n IN (SELECT event_n FROM webhook_delivery WHERE d IN (?))", "DELETE FROM webhook_delivery WHERE d IN (?)"} {
		if _, err := tx.ExecContext(tx.Ctx, q, bun.In(gone)); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}
