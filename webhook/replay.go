package webhook

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
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

// replayStretch is how many deliveries are brought back in one transaction, so
// that a replay of many holds nobody up.
const replayStretch = 500

// ReplayAll sends every selected delivery again and gives how many those are.
// Each is a waiting row at once: a replay goes on after a restart, at the pace
// of its endpoint, and beside what is new. Repeating it does no harm.
func (s *Service) ReplayAll(ctx context.Context, by access.Principal, id ID, pick Selection) (int, error) {
	if len(pick.States) == 0 {
		pick.States = []State{Exhausted, Dropped}
	}
	if slices.Contains(pick.States, Waiting) || !pick.From.IsZero() && !pick.To.IsZero() && !pick.From.Before(pick.To) {
		return 0, problem.Invalid("webhook_replay_invalid", "Choose deliveries that are finished, and a time that begins before it ends.")
	}
	total, behind, begun := 0, int64(0), time.Time{}
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			e, _, err := s.of(tx, by, id, ActionReplay)
			if err != nil {
				return err
			}
			if e.State != Enabled {
				return problem.Conflict("webhook_endpoint_disabled", "The endpoint is disabled. Enable it first.")
			}
			if begun.IsZero() {
				begun = tx.Now()
			}
			found, err := finished(tx, id, pick, behind, begun)
			if err != nil {
				return err
			}
			n = len(found)
			if n == 0 {
				return nil
			}
			behind = found[n-1]
			if err := revive(tx, found); err != nil {
				return err
			}
			tx.Changed(dueTopic, id.String())
			return s.record(tx, by, "replay", e, nil, map[string]any{"selection": pick, "deliveries": n})
		})
		if err != nil {
			return total, err
		}
		total += n
		if n < replayStretch {
			return total, nil
		}
	}
}
