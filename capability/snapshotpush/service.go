package snapshotpush

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Service holds the operations on snapshots and targets.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Accounts       *account.Service
	Configurations *configuration.Service
	Catalog        *catalog.Current
	Client         *outbound.Client
}

// Taken is what became of a snapshot.
type Taken struct {
	Snapshot
	Kept    bool `json:"kept" doc:"false: the one that is kept is newer, or the same"`
	Targets int  `json:"targets" doc:"How many places get the data of the resource now"`
}

// Put takes the newest data of a resource from the product. Errors: Invalid
// `snapshot_invalid`; NotFound.
func (s *Service) Put(ctx context.Context, by access.Principal, d Draft) (Taken, error) {
	var out Taken
	if err := by.May(ActionPut, access.Platform()); err != nil {
		return out, err
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.ByKey(tx, d.Account)
		if err != nil {
			return err
		}
		now, err := d.snapshot(a.ID.String(), tx.Now())
		if err != nil {
			return err
		}
		if err := lock(tx, now.account); err != nil {
			return err
		}
		old, there, err := head(tx, now.account, now.Resource)
		if err != nil {
			return err
		}
		targets, err := list(tx, "account = ? AND resource = ? AND live = 1 AND enabled = 1", now.account, now.Resource)
		if err != nil {
			return err
		}
		out = Taken{Snapshot: old, Targets: len(targets)}
		if there && !now.replaces(old) {
			return nil
		}
		out.Snapshot, out.Kept = now, true
		if err := put(tx, now); err != nil {
			return err
		}
		for _, t := range targets {
			t.wanted++
			if err := save(tx, &t); err != nil {
				return err
			}
			// While a push waits to be tried again, the newest goes then.
			if !t.Next.After(tx.Now()) {
				if err := later(tx, t.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return out, err
}

// Forget drops the data of a resource that is gone from the product. What partners
// have of it stays there. Errors: NotFound.
func (s *Service) Forget(ctx context.Context, by access.Principal, accountKey, resource string) error {
	if err := by.May(ActionPut, access.Platform()); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.ByKey(tx, accountKey)
		if err != nil {
			return err
		}
		if err := lock(tx, a.ID.String()); err != nil {
			return err
		}
		if _, there, err := head(tx, a.ID.String(), resource); err != nil || !there {
			if err == nil {
				err = problem.NotFound("snapshot")
			}
			return err
		}
		return forget(tx, a.ID.String(), resource)
	})
}

// Snapshots lists what is kept of an account, without the data. Errors: NotFound.
func (s *Service) Snapshots(ctx context.Context, by access.Principal, accountKey string) ([]Snapshot, error) {
	out := []Snapshot{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.ByKey(tx, accountKey)
		if err != nil {
			return err
		}
		if err := by.Reach("account", ActionView, account.Resource(a.ID.String())); err != nil {
			return err
		}
		out, err = heads(tx, a.ID.String())
		return err
	})
	return out, err
}

// lock lets the transactions of an account that change targets take turns.
func lock(tx *store.Tx, account string) error { return tx.Lock("snapshotpush " + account) }

// pushKind is the job of one target. It has no last attempt: a store that is back
// gets the data.
var pushKind = job.Kind[pushArgs]{Name: "snapshotpush.push", Attempts: 1 << 30}

type pushArgs struct {
	Target ID `json:"target"`
}

// later has a target pushed to, after what is under way.
func later(tx *store.Tx, id ID) error {
	return pushKind.Add(tx, pushArgs{id}, job.Options{Lane: id.String(), Unique: id.String()})
}
