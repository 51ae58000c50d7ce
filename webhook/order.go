package webhook

import (
	"strings"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// inOrder gives those of an ordered endpoint's due rows that may go now, in
// order: of each key what stands behind each other from its first on, as far as
// it is due. Rows may become due in another order than that of their events,
// since a circuit opens and probes fail at any moment. Others of rows wait, with
// until when: the first of their key that is not due.
func inOrder(tx *store.Tx, endpoint string, rows []Delivery, now time.Time) (ready, behind []Delivery, err error) {
	times := map[string]int{}
	for _, d := range rows {
		if d.ordering != "" {
			times[d.ordering]++
		}
	}
	if len(times) == 0 {
		return rows, nil, nil
	}
	first, err := firsts(tx, endpoint, times)
	if err != nil {
		return nil, nil, err
	}
	until := map[string]time.Time{}
	from := map[string]int64{} // the number of the event that a key waits for
	done := map[string]bool{}
	for _, d := range rows {
		key := d.ordering
		switch head, ok := first[key]; {
		case key == "" || ok && head == d.n && times[key] == 1:
			ready = append(ready, d)
			continue
		case done[key]:
		default:
			done[key] = true
			line, err := ofKey(tx, endpoint, key)
			if err != nil {
				return nil, nil, err
			}
			for _, o := range line {
				if o.Due.After(now) {
					until[key], from[key] = o.Due, o.n
					break
				}
				ready = append(ready, o)
			}
		}
		if at, ok := until[key]; ok && d.n > from[key] {
			d.Due = at
			behind = append(behind, d)
		}
	}
	return ready, behind, nil
}

// firsts gives the number of the first event that waits for an endpoint, by
// ordering key.
func firsts(tx *store.Tx, endpoint string, keys map[string]int) (map[string]int64, error) {
	var rows []struct {
		Ordering string
		N        int64
	}
	args := make([]any, 0, len(keys)+1)
	for k := range keys {
		args = append(args, k)
	}
	// One look at the index for each key, however much waits behind it.
	err := tx.NewRaw("WITH k (ordering) AS (VALUES (?)"+strings.Repeat(", (?)", len(keys)-1)+") SELECT k.ordering, (SELECT MIN(d.event_n) FROM webhook_delivery AS d "+
		"WHERE d.endpoint = ? AND d.ordering = k.ordering AND d.state = 'waiting' AND d.ordering <> '') AS n FROM k", append(args, endpoint)...).Scan(tx.Ctx, &rows)
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Ordering] = r.N
	}
	return out, err
}

// ofKey reads the first deliveries of a key that wait, in order.
func ofKey(tx *store.Tx, endpoint, key string) ([]Delivery, error) {
	var rows []deliveryRow
	err := tx.NewSelect().Model(&rows).Where("d.endpoint = ? AND d.ordering = ? AND d.state = ? AND d.ordering <> ''", endpoint, key, Waiting).Order("d.event_n").Limit(refill).Scan(tx.Ctx)
	return made(rows), err
}

// keys tells which ordering keys are in a lane's memory, so that what is loaded
// comes behind them. The lock is held.
func (l *lane) keys() map[string]bool {
	out := map[string]bool{}
	for k := range l.flying {
		out[k] = true
	}
	for _, it := range l.queue {
		out[it.ordering] = true
	}
	return out
}

// choose gives the place of the row that a lane's receiver is probed with: that
// of a key whose turn it is, so that one event that is never taken does not keep
// the circuit open for all. The lock is held.
func (l *lane) choose(ready []Delivery) int {
	for range 2 {
		for i, d := range ready {
			if !l.probed[d.ordering] {
				return i
			}
		}
		clear(l.probed)
	}
	return 0
}
