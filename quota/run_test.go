package quota

import (
	"context"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func TestRunSettlesAndStops(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, clock)
	s := node(t, db, "a")
	on(t, s, Limit{Name: "day", Calls: 1000, Per: 24 * time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	if got := spend(s.Meter(holder), clock.Now(), 1500); got != 1000 {
		t.Errorf("%d passed, want 1000", got)
	}
	cancel()
	try(t, <-done)
	var reserved, spent, nodes int64
	try(t, db.Read(context.Background(), func(tx *store.Tx) error {
		if err := tx.NewRaw("SELECT COUNT(*) FROM quota_node").Scan(tx.Ctx, &nodes); err != nil {
			return err
		}
		return tx.NewRaw("SELECT reserved, spent FROM quota_window").Scan(tx.Ctx, &reserved, &spent)
	}))
	if reserved != 1000 || spent != 1000 || nodes != 0 {
		t.Errorf("reserved %d, spent %d, nodes %d; want 1000, 1000, 0", reserved, spent, nodes)
	}
}
