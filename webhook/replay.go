package webhook

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Selection says which deliveries of an endpoint are sent again.
type Selection struct {
	States []State   `json:"states,omitempty" maxItems:"3" enum:"delivered,exhausted,dropped" doc:"In these states; exhausted and dropped when absent"`
	Type   string    `json:"type,omitempty" maxLength:"100" doc:"Of events of this type"`
	From   time.Time `json:"from,omitzero" doc:"Begun since this time"`
	To     time.Time `json:"to,omitzero" doc:"Begun before this time"`
}

// ReplayID identifies a Replay.
type ReplayID = ident.ID[Replay]

// Replay is deliveries of one endpoint that are sent again together.
type Replay struct {
	ID        ReplayID  `json:"id" doc:"Empty when nothing was selected"`
	Endpoint  string    `json:"endpoint"`
	Selection Selection `json:"selection"`
	Total     int       `json:"deliveries" doc:"How many are sent again"`
	Waiting   int       `json:"waiting" doc:"How many of them still wait, to be sent or to be tried again"`
	Failed    int       `json:"failed" doc:"How many of them have failed again for good"`
	Stopped   time.Time `json:"stopped,omitzero"`
	CreatedBy string    `json:"created_by"`
	Created   time.Time `json:"created"`
}

// IDPrefix implements ident.Named.
func (Replay) IDPrefix() string { return "whp" }

// Running reports whether there is something left to do.
func (r Replay) Running() bool { return r.Stopped.IsZero() && r.Waiting > 0 }

// replayStretch is how many deliveries are brought back in one transaction, so
// that a replay of many holds nobody up.
const replayStretch = 500

// ReplayAll sends every selected delivery again. Each is a waiting row at once: a
// replay goes on after a restart, at the pace of its endpoint, and beside what is
// new. Repeating it does no harm.
func (s *Service) ReplayAll(ctx context.Context, by access.Principal, id ID, pick Selection) (Replay, error) {
	if len(pick.States) == 0 {
		pick.States = []State{Exhausted, Dropped}
	}
	if slices.Contains(pick.States, Waiting) || !pick.From.IsZero() && !pick.To.IsZero() && !pick.From.Before(pick.To) {
		return Replay{}, problem.Invalid("webhook_replay_invalid", "Choose deliveries that are finished, and a time that begins before it ends.")
	}
	r := Replay{Endpoint: id.String(), Selection: pick, CreatedBy: by.Subject()}
	for behind := int64(0); ; {
		more := false
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			e, _, err := s.of(tx, by, id, ActionReplay)
			if err != nil {
				return err
			}
			if e.State != Enabled {
				return problem.Conflict("webhook_endpoint_disabled", "The endpoint is disabled. Enable it first.")
			}
			next, last, err := s.stretch(tx, r, behind)
			if err != nil {
				return err
			}
			n := next.Total - r.Total
			more = n == replayStretch && next.Stopped.IsZero()
			r, behind = next, last
			if n == 0 {
				return nil
			}
			tx.Changed(dueTopic, id.String())
			return s.record(tx, by, "replay", e, nil, map[string]any{"selection": pick, "deliveries": n})
		})
		if err != nil || !more {
			return r, err
		}
	}
}

// stretch brings back the next deliveries of a replay.
func (s *Service) stretch(tx *store.Tx, r Replay, behind int64) (Replay, int64, error) {
	if r.ID.IsZero() {
		r.ID, r.Created = ident.New[Replay](tx.Now()), tx.Now()
	} else {
		now, err := findReplay(tx, r.ID)
		if err != nil || !now.Stopped.IsZero() {
			return now, behind, err
		}
	}
	found, err := finished(tx, ident.Must[Endpoint](r.Endpoint), r.Selection, behind, r.Created)
	if err != nil {
		return r, behind, err
	}
	if n := len(found); n > 0 {
		behind = found[n-1]
		if err := revive(tx, found, r.ID); err != nil {
			return r, behind, err
		}
	}
	if r.Total += len(found); r.Total == 0 { // nothing to watch
		r.ID = ReplayID{}
		return r, behind, nil
	}
	r.Waiting = r.Total
	return r, behind, putReplay(tx, r)
}

// replay finds a replay of an endpoint that the caller may do action to.
func (s *Service) replay(tx *store.Tx, by access.Principal, id ReplayID, action string) (Replay, Endpoint, error) {
	r, err := findReplay(tx, id)
	if err != nil {
		return r, Endpoint{}, err
	}
	at, err := ident.Parse[Endpoint](r.Endpoint)
	if err != nil {
		return r, Endpoint{}, err
	}
	e, _, err := s.of(tx, by, at, action)
	if problem.CodeOf(err) == "not_found" {
		err = problem.NotFound("replay")
	}
	return r, e, err
}

// GetReplay tells how far a replay is.
func (s *Service) GetReplay(ctx context.Context, by access.Principal, id ReplayID) (Replay, error) {
	var out Replay
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		r, _, err := s.replay(tx, by, id, ActionView)
		if err != nil {
			return err
		}
		out = r
		return progressOf(tx, &out)
	})
	return out, err
}

// Replays lists the newest replays of an endpoint with their progress.
func (s *Service) Replays(ctx context.Context, by access.Principal, id ID, most int) ([]Replay, error) {
	var out []Replay
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, _, err := s.of(tx, by, id, ActionView); err != nil {
			return err
		}
		var err error
		if out, err = replays(tx, "r.endpoint = ?", id, most); err != nil {
			return err
		}
		for i := range out {
			if err := progressOf(tx, &out[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// StopReplay puts what still waits of a replay back to what it was. What is in
// memory already, on its way out, is still sent.
func (s *Service) StopReplay(ctx context.Context, by access.Principal, id ReplayID) (Replay, error) {
	var out Replay
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			r, e, err := s.replay(tx, by, id, ActionReplay)
			if err != nil {
				return err
			}
			if r.Stopped.IsZero() {
				r.Stopped = tx.Now()
				if err := putReplay(tx, r); err != nil {
					return err
				}
				if err := s.record(tx, by, "stop_replay", e, nil, r); err != nil {
					return err
				}
			}
			if n, err = unrevive(tx, id); err != nil {
				return err
			}
			out = r
			return progressOf(tx, &out)
		})
		if err != nil || n < replayStretch {
			return out, err
		}
	}
}
