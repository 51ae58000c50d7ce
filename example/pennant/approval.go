package pennant

import (
	"encoding/json"
	"fmt"
	"time"
)

const kindHeld = "held"

// Held is a change of a flag's state that waits for an approval, since its environment asks for one.
type Held struct {
	Project     string `json:"project"`
	Environment string `json:"environment"`
	Flag        string `json:"flag"`
	// ID is ours, so that a request that is sent twice counts once.
	ID string `json:"id"`
	// Want is the whole state after the change, Seen the version of the state that it was asked for.
	Want FlagStateFields `json:"want"`
	Seen int64           `json:"seen"`
	By   Actor           `json:"by"`
	// State is empty until Guestright has been asked; then asked, applied, refused, or what it says of the approval.
	State    string `json:"state"`
	Detail   string `json:"detail,omitempty"`
	Approval string `json:"approval,omitempty"`
	Meta
}

// The states that Pennant gives itself.
const (
	heldNew     = ""
	heldAsked   = "asked"
	heldApplied = "applied"
	heldRefused = "refused"
)

// place is below the state, so that it goes when the flag or the environment does.
func (h *Held) place() place {
	st := FlagState{Project: h.Project, Environment: h.Environment, Flag: h.Flag}
	return place{kind: kindHeld, parent: st.place().path(), key: "change"}
}

// waits reports whether the change may still be applied.
func (h *Held) waits() bool {
	return h.State == heldNew || h.State == heldAsked || h.State == "not_sent"
}

// Waiting is what the state of a flag says about a change that waits.
type Waiting struct {
	State    string          `json:"state"`
	Detail   string          `json:"detail,omitempty"`
	Approval string          `json:"approval,omitempty"`
	By       Actor           `json:"by"`
	Since    time.Time       `json:"since"`
	Want     FlagStateFields `json:"want"`
}

// stateShown is a flag's state with the change that waits for it, or that was asked for last and did not come about.
type stateShown struct {
	*FlagState
	Waiting *Waiting `json:"waiting,omitempty"`
}

func (s *scope) shown(st *FlagState) (*stateShown, error) {
	h, err := get[Held](s, (&Held{Project: st.Project, Environment: st.Environment, Flag: st.Flag}).place())
	if isNotFound(err) {
		return &stateShown{FlagState: st}, nil
	}
	if err != nil {
		return nil, err
	}
	out := &stateShown{FlagState: st}
	if h.State != heldApplied {
		out.Waiting = &Waiting{State: h.State, Detail: h.Detail, Approval: h.Approval, By: h.By, Since: h.Updated, Want: h.Want}
		if h.State == heldNew {
			out.Waiting.State = "new"
		}
	}
	return out, nil
}

// hold keeps a change of a flag's state back and answers 202 with the state as it still is.
func hold(c *call) (reply, error) {
	wanted, err := c.patch()
	if err != nil {
		return reply{}, err
	}
	var out *stateShown
	err = c.write(func(s *scope) error {
		was, err := get[FlagState](s, statePlace(c))
		if err != nil {
			return err
		}
		if err := c.match(was.meta()); err != nil {
			return err
		}
		is := *was
		if err := apply(wanted, &is.FlagStateFields); err != nil {
			return err
		}
		var bad check
		if err := is.check(s, &bad); err != nil {
			return err
		}
		if err := bad.err(); err != nil {
			return err
		}
		if err := s.keep(was, is.FlagStateFields); err != nil {
			return err
		}
		out, err = s.shown(was)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return reply{status: 202, body: out, version: out.Version}, nil
}

// kindOf is what the change of a state is called.
func kindOf(was, is FlagStateFields) string {
	switch {
	case is.On && !was.On:
		return "flag.turned_on"
	case was.On && !is.On:
		return "flag.turned_off"
	}
	return "flag.targeting_updated"
}

// wish says a kind of change as something that is wanted.
var wish = map[string]string{"flag.turned_on": "turn on the flag", "flag.turned_off": "turn off the flag", "flag.targeting_updated": "change who gets what of the flag"}

// request is the body of what Guestright is asked: who wants what, in words, and what comes back with the task.
func (s *scope) request(h *Held) ([]byte, error) {
	st, err := get[FlagState](s, (&FlagState{Project: h.Project, Environment: h.Environment, Flag: h.Flag}).place())
	if err != nil {
		return nil, err
	}
	v, err := get[Environment](s, place{kind: kindEnvironment, parent: kindProject + "/" + h.Project, key: h.Environment})
	if err != nil {
		return nil, err
	}
	told, err := s.tell(&Event{Type: kindOf(st.FlagStateFields, h.Want), Resource: st.place().path(), Actor: h.By})
	if err != nil {
		return nil, err
	}
	before, err := json.Marshal(st.FlagStateFields)
	if err != nil {
		return nil, fmt.Errorf("pennant: encoding a request: %w", err)
	}
	after, err := json.Marshal(h.Want)
	if err != nil {
		return nil, fmt.Errorf("pennant: encoding a request: %w", err)
	}
	return json.Marshal(map[string]any{
		"subject": st.place().path(), "configuration": v.ApprovedBy, "instructions": map[string]string{"held": h.ID},
		"change": struct {
			*Telling
			Title   string `json:"title"`
			Details string `json:"details"`
		}{told, told.Actor.Name + " wants to " + wish[kindOf(st.FlagStateFields, h.Want)] + " " + told.Target.Name + " in " + v.Name, "From " + string(before) + " to " + string(after)},
	})
}
