package event

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

const (
	defaultKeep = 30 * 24 * time.Hour
	sweepEvery  = time.Hour
	sweepMost   = 500 // events deleted in one transaction, so that writers wait for none of them long
	// SweepPause is what clean-up rests between its transactions, so that writers
	// have the database to themselves at least half of the time.
	SweepPause = 20 * time.Millisecond
	// shelveEvery is how often the directory is brought up to date, by at most
	// shelveMost shelves. Until then more blocks are looked at one by one.
	shelveEvery = time.Minute
	shelveMost  = 16
	relayEvery  = 10 * time.Second
	relayMost   = 200
)

// Jobs registers the work on the log: our own changes come in, old events go.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "event.sweep", sweepEvery, s.sweep)
	job.Every(r, "event.shelve", shelveEvery, func(ctx context.Context) error { return log.Shelve(ctx, s.DB, shelveMost, Rest) })
	job.Every(r, "event.relay", relayEvery, s.Relay)
}

// relayPause keeps a busy house from sealing entry by entry.
const relayPause = 200 * time.Millisecond

// Run makes events of our own changes as they are made on this node, until ctx
// ends; those that it misses follow with the next tick.
func (s *Service) Run(ctx context.Context) error {
	bell := make(chan struct{}, 1)
	s.DB.OnChange(audit.Topic, func(account string) {
		if account == "" {
			return
		}
		select {
		case bell <- struct{}{}:
		default:
		}
	})
	pause := time.NewTicker(relayPause)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-bell:
		}
		err := s.Audit.Seal(ctx)
		if err == nil {
			err = s.Relay(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("events: our own changes wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// Kept is how long events stay.
func (s *Service) Kept() time.Duration {
	if s.Keep <= 0 {
		return defaultKeep
	}
	return s.Keep
}

// KeptDays is Kept in whole days, for people.
func (s *Service) KeptDays() int { return int(s.Kept() / (24 * time.Hour)) }

// sweep deletes the oldest events, stretch by stretch. Each is found by its
// number, and the next begins where the last ended. What has not been handed to
// everybody who follows the log stays, however old it is.
func (s *Service) sweep(ctx context.Context) error {
	if err := InSteps(ctx, s.DB, s.sweepStep); err != nil {
		return err
	}
	return InSteps(ctx, s.DB, func(tx *store.Tx) (bool, error) {
		gone, err := progress(tx, progressSwept)
		if err != nil {
			return false, err
		}
		return forget(tx, gone)
	})
}

// InSteps makes transactions, with rests between them, as long as there may be
// more to do.
func InSteps(ctx context.Context, db *store.DB, step func(*store.Tx) (more bool, err error)) error {
	for more := true; more; {
		err := db.Batch(ctx, func(tx *store.Tx) error {
			var err error
			more, err = step(tx)
			return err
		})
		if err != nil {
			return err
		}
		if more {
			if err := Rest(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweepStep deletes one stretch, and tells whether there may be more.
func (s *Service) sweepStep(tx *store.Tx) (bool, error) {
	from, err := progress(tx, progressSwept)
	if err != nil {
		return false, err
	}
	through := int64(math.MaxInt64)
	if s.Through != nil {
		if through, err = s.Through(tx); err != nil {
			return false, err
		}
	}
	stretch, err := ages(tx, from, through, sweepMost)
	if err != nil {
		return false, err
	}
	before, old := store.At(tx.Now().Add(-s.Kept())), 0
	for old < len(stretch) && stretch[old].At < before {
		old++
	}
	if old == 0 {
		return false, nil
	}
	to := stretch[old-1].N
	if err := erase(tx, from, to); err != nil {
		return false, err
	}
	return old == sweepMost, setProgress(tx, progressSwept, to)
}

// Shelve brings the directory of the log up to date, as jobs do it
// from time to time.
func (s *Service) Shelve(ctx context.Context) error { return log.Shelve(ctx, s.DB, 0, Rest) }

// Rest is the pause between two transactions of a clean-up.
func Rest(ctx context.Context) error {
	pause := time.NewTimer(SweepPause)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
		return nil
	}
}

// progressAudit names how far the audit log has become events: a position of its
// chain, which has no gaps and no stragglers.
const progressAudit = "audit"

// progressSwept names the number up to which events are cleaned away.
const progressSwept = "swept"

// change is the data of an event of ours.
type change struct {
	Audit  string          `json:"audit_entry"`
	Action string          `json:"action"`
	Actor  string          `json:"actor"`
	Kind   string          `json:"actor_kind"`
	Target string          `json:"target"`
	Name   string          `json:"name,omitempty"`
	App    string          `json:"application,omitempty"`
	Reason string          `json:"reason,omitempty"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Relay makes events of the sealed audit entries of accounts, each once.
func (s *Service) Relay(ctx context.Context) error {
	for {
		var entries []audit.Sealed
		var from int64
		keys := map[string]string{}
		err := s.DB.Read(ctx, func(tx *store.Tx) error {
			var err error
			if from, err = progress(tx, progressAudit); err != nil {
				return err
			}
			if entries, err = audit.Behind(tx, from, relayMost); err != nil {
				return err
			}
			for _, e := range entries {
				if e.Account == "" || keys[e.Account] != "" {
					continue
				}
				a, err := s.Accounts.Load(tx, e.Account)
				if problem.CodeOf(err) == "not_found" {
					continue // nobody reads its log, and the others must not wait for it
				}
				if err != nil {
					return err
				}
				keys[e.Account] = a.Key
			}
			return nil
		})
		if err != nil || len(entries) == 0 {
			return err
		}
		o := &offer{}
		for _, e := range entries {
			if keys[e.Account] == "" {
				continue
			}
			made, err := own(e.Entry, keys[e.Account])
			if err != nil {
				return err
			}
			o.events = append(o.events, made)
		}
		to := entries[len(entries)-1].Position
		o.also = func(tx *store.Tx) error {
			// Another node may have been first: then its events stand, and these
			// carry the same ids and are not added again.
			now, err := progress(tx, progressAudit)
			if err != nil || now >= to {
				return err
			}
			return setProgress(tx, progressAudit, to)
		}
		if err := s.publish(ctx, o); err != nil {
			return err
		}
		if len(entries) < relayMost {
			return nil
		}
	}
}

// ownSource is who speaks in events of ours.
const ownSource = "guestright"

func own(e audit.Entry, accountKey string) (*Event, error) {
	data, err := json.Marshal(change{Audit: e.ID.String(), Action: e.Action, Actor: e.Actor, Kind: e.ActorKind, Target: e.Target, Name: e.Name,
		App: e.Application, Reason: e.Reason, Before: e.Before, After: e.After})
	if err != nil {
		return nil, err
	}
	return &Event{Type: catalog.OwnEvents + e.Action, Account: e.Account, AccountKey: accountKey, Timestamp: e.At, Source: ownSource, Key: e.ID.String(),
		Application: e.Application, Data: data}, nil
}
