package webhook

import (
	"time"

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

// settledThrough is how far the log is settled: up to there no event is on its
// way without a row.
func settledThrough(tx *store.Tx) (int64, error) {
	var n int64
	err := tx.NewRaw("SELECT settled FROM webhook_courier WHERE name = ?", courierName).Scan(tx.Ctx, &n)
	if store.IsNone(err) {
		return 0, nil
	}
	return n, err
}

// settle notes how far the log is settled; false when the lease is another's.
func settle(tx *store.Tx, holder string, n int64) (bool, error) {
	res, err := tx.Exec("UPDATE webhook_courier SET settled = ? WHERE name = ? AND holder = ?", n, courierName, holder)
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

// attempted reports whether an attempt of a delivery is written down.
func attempted(tx *store.Tx, d Delivery, number int) (bool, error) {
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM webhook_attempt AS a JOIN webhook_delivery AS d ON d.d = a.delivery WHERE d.endpoint = ? AND d.event_n = ? AND a.number = ? AND a.at = ?",
		d.Endpoint, d.n, number, store.At(d.Updated)).Scan(tx.Ctx, &n)
	return n > 0, err
}

// hasRow reports whether an event has a row for an endpoint.
func hasRow(tx *store.Tx, d Delivery) (bool, error) {
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM webhook_delivery WHERE endpoint = ? AND event_n = ?", d.Endpoint, d.n).Scan(tx.Ctx, &n)
	return n > 0, err
}
