package webhook

import (
	"math"
	"strings"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

// failedState is written as in the index that finds these rows.
const failedState = "state IN ('exhausted', 'dropped')"

func queueOf(tx *store.Tx, id ID) (Queue, error) {
	var q Queue
	for where, into := range map[string]*int{"state = 'waiting'": &q.Waiting, failedState: &q.Failed} {
		err := tx.NewRaw("SELECT COUNT(*) FROM (SELECT 1 FROM webhook_delivery WHERE endpoint = ? AND "+where+" LIMIT ?) AS found", id, CountedMost).Scan(tx.Ctx, into)
		if err != nil {
			return q, err
		}
	}
	var due store.Micros
	err := tx.NewRaw("SELECT COALESCE(MIN(due), 0) FROM webhook_delivery WHERE endpoint = ? AND state = 'waiting'", id).Scan(tx.Ctx, &due)
	q.Next = due.Time()
	return q, err
}

// searched reads deliveries of one endpoint, the newest first.
func searched(tx *store.Tx, id ID, s Search) ([]Delivery, error) {
	var rows []deliveryRow
	all := func() *bun.SelectQuery {
		return s.narrowed(tx.NewSelect().Where("d.endpoint = ?", id).Order("d.d DESC").Limit(int64(s.Limit - len(rows))))
	}
	failed := len(s.States) > 0 // and nothing else is asked for
	for _, one := range s.States {
		failed = failed && (one == Exhausted || one == Dropped)
	}
	if failed || s.Event != 0 { // they have indexes of their own
		q := all().Model(&rows)
		if failed {
			q = q.Where("d." + failedState)
		}
		err := q.Scan(tx.Ctx)
		return made(rows), err
	}
	below := s.Before
	if below <= 0 {
		below = math.MaxInt64
	}
	err := log.Down(tx, id.String(), below, func(block int64) (bool, error) {
		var some []deliveryRow
		err := all().Model(&some).Where(store.InBlock("d.d"), block).Scan(tx.Ctx)
		rows = append(rows, some...)
		return len(rows) < s.Limit, err
	})
	return made(rows), err
}

// narrowed adds the conditions of a search, but for its endpoint.
func (s Search) narrowed(q *bun.SelectQuery) *bun.SelectQuery {
	if s.Before > 0 {
		q = q.Where("d.d < ?", s.Before)
	}
	if len(s.States) > 0 {
		q = q.Where("d.state IN (?)", bun.In(s.States))
	}
	if s.Type != "" {
		q = q.Where("d.type = ?", strings.TrimSpace(s.Type))
	}
	if s.Event != 0 {
		q = q.Where("d.event_n = ?", s.Event)
	}
	if s.Status != 0 {
		q = q.Where("d.status = ?", s.Status)
	}
	if !s.From.IsZero() {
		q = q.Where("d.created >= ?", store.At(s.From))
	}
	if !s.To.IsZero() {
		q = q.Where("d.created < ?", store.At(s.To))
	}
	return q
}
