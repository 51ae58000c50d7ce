package webhook

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

// sweep deletes the oldest deliveries behind one that were begun before a time,
// with their attempts, and tells the last and how many went.
func sweep(tx *store.Tx, behind int64, before time.Time) (int64, int, error) {
	var oldest []struct {
		D       int64
		Created store.Micros
	}
	if err := tx.NewRaw("SELECT d, created FROM webhook_delivery WHERE d > ? ORDER BY d LIMIT ?", behind, sweepMost).Scan(tx.Ctx, &oldest); err != nil {
		return 0, 0, err
	}
	var gone []int64
	for _, r := range oldest {
		if r.Created < store.At(before) {
			gone = append(gone, r.D)
		}
	}
	if len(gone) == 0 {
		return 0, 0, nil
	}
	for _, q := range []string{"DELETE FROM webhook_attempt WHERE delivery IN (?)", "DELETE FROM webhook_test WHERE n IN (SELECT event_n FROM webhook_delivery WHERE d IN (?))", "DELETE FROM webhook_delivery WHERE d IN (?)"} {
		if _, err := tx.ExecContext(tx.Ctx, q, bun.In(gone)); err != nil {
			return 0, 0, err
		}
	}
	return gone[len(gone)-1], len(gone), nil
}

// sweepShelves takes out of the directory what comes before the oldest delivery,
// at most one stretch, and tells whether there may be more.
func sweepShelves(tx *store.Tx) (bool, error) {
	var oldest int64
	err := tx.NewRaw("SELECT COALESCE((SELECT MIN(d) FROM webhook_delivery), (SELECT n + 1 FROM webhook_progress WHERE name = 'last'))").Scan(tx.Ctx, &oldest)
	if err != nil {
		return false, err
	}
	return log.Forget(tx, oldest, nil)
}
