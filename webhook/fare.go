package webhook

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

// Fare is how the requests to one endpoint have come out, as far as it was counted
// and is kept.
type Fare struct {
	Delivered, Failed int64 // requests
	Queue             Queue
	LastDelivered     time.Time
	Faults            []Fault // the latest, newest first
}

// Fault is a request that failed.
type Fault struct {
	At      time.Time
	Status  int
	Failure string
	Answer  string
}

// faultsMost is how many faults are told.
const faultsMost = 10

// Fares tells how an endpoint fares. It joins and does not authorise.
func (s *Service) Fares(tx *store.Tx, id ID) (Fare, error) {
	var f Fare
	err := tx.NewRaw("SELECT COALESCE(SUM(delivered), 0), COALESCE(SUM(failed), 0) FROM webhook_count WHERE endpoint = ? AND step = ?", id, stepDay).
		Scan(tx.Ctx, &f.Delivered, &f.Failed)
	if err != nil {
		return f, err
	}
	if f.Queue, err = queueOf(tx, id); err != nil {
		return f, err
	}
	late, err := searched(tx, id, Search{States: []State{Delivered}, Limit: 100})
	if err != nil {
		return f, err
	}
	for _, d := range late {
		if d.Updated.After(f.LastDelivered) {
			f.LastDelivered = d.Updated
		}
	}
	// Of the latest deliveries only: faults that are older have been seen.
	late, err = searched(tx, id, Search{Limit: 200})
	if err != nil || len(late) == 0 {
		return f, err
	}
	numbers := make([]int64, len(late))
	for i, d := range late {
		numbers[i] = d.d
	}
	var rows []struct {
		At      store.Micros
		Status  int
		Failure string
		Answer  string
	}
	err = tx.NewRaw("SELECT a.at, a.status, a.failure, a.answer FROM webhook_attempt AS a WHERE a.delivery IN (?) AND (a.status < 200 OR a.status > 299) ORDER BY a.at DESC LIMIT ?",
		bun.In(numbers), faultsMost).Scan(tx.Ctx, &rows)
	for _, r := range rows {
		f.Faults = append(f.Faults, Fault{At: r.At.Time(), Status: r.Status, Failure: r.Failure, Answer: r.Answer})
	}
	return f, err
}
