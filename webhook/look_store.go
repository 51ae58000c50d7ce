package webhook

import (
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

// searched reads one more than asked for of one endpoint.
func searched(tx *store.Tx, id ID, s Search) ([]Delivery, error) {
	var rows []deliveryRow
	q := tx.NewSelect().Model(&rows).Where("d.endpoint = ?", id).Order("d.d DESC").Limit(int64(s.Limit + 1))
	if s.Before > 0 {
		q = q.Where("d.d < ?", s.Before)
	}
	switch {
	case len(s.States) == 2 && s.has(Exhausted) && s.has(Dropped):
		q = q.Where("d." + failedState)
	case len(s.States) > 0:
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
	err := q.Scan(tx.Ctx)
	return made(rows), err
}

func (s Search) has(want State) bool {
	for _, one := range s.States {
		if one == want {
			return true
		}
	}
	return false
}
