package webhook

import (
	"time"

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
	var last store.Micros
	err = tx.NewRaw("SELECT COALESCE(MAX(updated), 0) FROM (SELECT updated FROM webhook_delivery WHERE endpoint = ? AND state = ? ORDER BY d DESC LIMIT 100) AS late", id, Delivered).
		Scan(tx.Ctx, &last)
	if err != nil {
		return f, err
	}
	f.LastDelivered = last.Time()
	var rows []struct {
		At      store.Micros
		Status  int
		Failure string
		Answer  string
	}
	// Of the latest deliveries only: faults that are older have been seen.
	err = tx.NewRaw("SELECT a.at, a.status, a.failure, a.answer FROM webhook_attempt AS a JOIN (SELECT d FROM webhook_delivery WHERE endpoint = ? ORDER BY d DESC LIMIT 200) AS w ON w.d = a.delivery "+
		"WHERE a.status < 200 OR a.status > 299 ORDER BY a.at DESC LIMIT ?", id, faultsMost).Scan(tx.Ctx, &rows)
	for _, r := range rows {
		f.Faults = append(f.Faults, Fault{At: r.At.Time(), Status: r.Status, Failure: r.Failure, Answer: r.Answer})
	}
	return f, err
}
