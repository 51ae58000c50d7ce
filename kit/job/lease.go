package job

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// next claims due lanes.
func (r *Runner) next(ctx context.Context, most int) ([]lane, error) {
	if err := r.tick(ctx); err != nil {
		return nil, err
	}
	kinds := r.Kinds()
	if len(kinds) == 0 {
		return nil, nil
	}
	hints, mend := r.chores()
	if len(hints) == 0 && !mend {
		due := false
		err := r.DB.Read(ctx, func(tx *store.Tx) error {
			var err error
			due, err = anyDue(tx, kinds)
			return err
		})
		if err != nil || !due {
			return nil, err
		}
	}
	var found []lane
	err := r.DB.Batch(ctx, func(tx *store.Tx) error {
		if mend {
			if err := repair(tx); err != nil {
				return err
			}
		}
		for _, l := range hints {
			if err := recheck(tx, r.DB, l); err != nil {
				return err
			}
		}
		var err error
		found, err = claim(tx, r.DB, claimed{kinds: kinds, most: most, holder: r.holder, lease: r.Lease})
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.keep(found), nil
}

// repairEvery is how often a node looks for lanes that lost a due job.
const repairEvery = 10 * time.Second

// chores returns the lanes hinted at since the last call and whether a repair
// is due by the database's clock.
func (r *Runner) chores() ([]lane, bool) {
	now := r.DB.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	hints := make([]lane, 0, len(r.hints))
	for _, l := range r.hints {
		hints = append(hints, l)
	}
	clear(r.hints)
	mend := r.repaired.IsZero() || now.Sub(r.repaired) >= repairEvery || len(hints) > 100
	if mend {
		r.repaired = now
	}
	if len(hints) > 100 {
		hints = nil
	}
	// Every transaction locks lanes in one order.
	slices.SortFunc(hints, func(a, b lane) int { return strings.Compare(a.key(), b.key()) })
	return hints, mend
}

// keep notes the lanes as held. One that this runner still works on, because
// its lease ran out under a stuck handler, is passed over.
func (r *Runner) keep(found []lane) []lane {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(found, func(l lane) bool {
		_, busy := r.held[l.key()]
		if !busy {
			r.held[l.key()] = func() {}
		}
		return busy
	})
}

// renewAll extends the leases while work goes on and cancels lanes that were
// lost to another node.
func (r *Runner) renewAll(ctx context.Context) {
	tick := time.NewTicker(r.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.renewOnce(ctx); err != nil && ctx.Err() == nil {
			r.log().Warn("jobs: leases not renewed", "error", err)
		}
	}
}

func (r *Runner) renewOnce(ctx context.Context) error {
	r.mu.Lock()
	before := make([]string, 0, len(r.held))
	for key := range r.held {
		before = append(before, key)
	}
	r.mu.Unlock()
	if len(before) == 0 {
		return nil
	}
	still := map[string]bool{}
	err := r.DB.Batch(ctx, func(tx *store.Tx) error {
		clear(still)
		lanes, err := renew(tx, r.holder, tx.Now().Add(r.Lease))
		for _, l := range lanes {
			still[l.key()] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range before {
		if cancel, held := r.held[key]; held && !still[key] {
			cancel()
		}
	}
	return nil
}
