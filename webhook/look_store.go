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
	add := func(where string, most int) (int, error) {
		var some []deliveryRow
		err := s.narrowed(tx.NewSelect().Model(&some).Where("d.endpoint = ?", id).Order("d.d DESC").Limit(int64(most))).Where(where).Scan(tx.Ctx)
		rows = append(rows, some...)
		return len(some), err
	}
	own, err := s.index(tx, id)
	if err != nil {
		return nil, err
	}
	if own != "" {
		_, err = add(own, s.Limit)
		return made(rows), err
	}
	below := s.Before
	if below <= 0 {
		below = math.MaxInt64
	}
	err = log.Down(tx, id.String(), below, s.Limit, func(blocks []int64, most int) (int, error) { return add(store.InBlocks("d.d", blocks), most) })
	return made(rows), err
}

// waitingFew is how many deliveries that wait are sorted to find the newest.
const waitingFew = 1000

// index is the condition by which an index finds what a search is for, without the
// blocks: of one event, what failed, or the few that wait; "" for none.
func (s Search) index(tx *store.Tx, id ID) (string, error) {
	failed := len(s.States) > 0 // and nothing else is asked for
	for _, one := range s.States {
		failed = failed && (one == Exhausted || one == Dropped)
	}
	switch {
	case failed:
		return "d." + failedState, nil
	case s.Event != 0:
		return "true", nil
	case len(s.States) == 1 && s.States[0] == Waiting:
		var n int
		err := tx.NewRaw("SELECT COUNT(*) FROM (SELECT 1 FROM webhook_delivery WHERE endpoint = ? AND state = 'waiting' LIMIT ?) AS found", id, waitingFew).Scan(tx.Ctx, &n)
		if n < waitingFew {
			return "d.state = 'waiting'", err
		}
		return "", err
	}
	return "", nil
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
