package pennant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/guestright/guestright/client/host"
)

// ask sends the requests of changes that wait to Guestright, until ctx ends. The row of a change is the outbox: it is
// sent again until it was answered.
func (s *Server) ask(ctx context.Context, to Feed) {
	if to.HTTP == nil {
		to.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	if to.Every <= 0 {
		to.Every = 250 * time.Millisecond
	}
	tick := time.NewTicker(to.Every)
	defer tick.Stop()
	for {
		_ = s.askAll(ctx, to) // what fails is tried again with the next tick
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Server) askAll(ctx context.Context, to Feed) error {
	rows, err := s.store.db.QueryContext(ctx, `SELECT account, body FROM resource WHERE kind = $1`, kindHeld)
	if err != nil {
		return fmt.Errorf("pennant: reading what waits: %w", err)
	}
	waiting := map[string][]*Held{}
	for rows.Next() {
		var account, body string
		h := &Held{}
		if err := rows.Scan(&account, &body); err == nil && json.Unmarshal([]byte(body), h) == nil && h.State == heldNew {
			waiting[account] = append(waiting[account], h)
		}
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("pennant: reading what waits: %w", err)
	}
	for account, all := range waiting {
		for _, h := range all {
			if err := s.askOne(ctx, to, account, h); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) askOne(ctx context.Context, to Feed, account string, h *Held) error {
	body, err := s.store.read(ctx, account).request(h)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL+"/v1/accounts/"+url.PathEscape(account)+"/approvals", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("pennant: asking: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+to.Key)
	r.Header.Set("Idempotency-Key", h.ID)
	res, err := to.HTTP.Do(r)
	if err != nil {
		return fmt.Errorf("pennant: asking: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var said struct{ ID, Detail string }
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("pennant: asking: %w", err)
	}
	_ = json.Unmarshal(text, &said) // what others answer need not be JSON
	state, detail := heldAsked, ""
	switch {
	case res.StatusCode == http.StatusCreated && said.ID != "":
	case res.StatusCode/100 == 4 && res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusUnauthorized:
		state, detail = heldRefused, said.Detail
	default:
		return fmt.Errorf("pennant: asking: %s", res.Status)
	}
	return s.note(ctx, account, h, func(now *Held) {
		if now.State == heldNew {
			now.State, now.Detail = state, detail
		}
		now.Approval = said.ID
	})
}

// note changes what is kept of a change that waits, unless it has gone or been replaced.
func (s *Server) note(ctx context.Context, account string, h *Held, f func(*Held)) error {
	err := s.store.write(ctx, account, h.By, func(sc *scope) error {
		now, err := get[Held](sc, h.place())
		if err != nil || now.ID != h.ID {
			return err
		}
		f(now)
		return sc.update(now)
	})
	if isNotFound(err) {
		return nil
	}
	return err
}

// approved is what Guestright says about an approval.
type approved struct {
	Approval     string `json:"approval"`
	State        string `json:"state"`
	Integration  string `json:"integration"`
	Status       string `json:"status"`
	Fault        string `json:"fault"`
	Instructions struct {
		Held string `json:"held"`
	} `json:"instructions"`
}

func readApproved(t host.Task) (approved, place, error) {
	var a approved
	at, ok := stateOf(t.Subject)
	if err := json.Unmarshal(t.Data, &a); err != nil || !ok || a.Instructions.Held == "" {
		return a, at, host.Refuse("The task can't be read.")
	}
	return a, place{kind: kindHeld, parent: at.path(), key: "change"}, nil
}

// applyApproved carries out a change that was approved, once, if the flag is still as it was when the change was asked
// for.
func (s *Server) applyApproved(ctx context.Context, t host.Task) (any, error) {
	a, at, err := readApproved(t)
	if err != nil {
		return nil, err
	}
	var why error
	err = s.store.write(ctx, t.AccountKey, Actor{}, func(sc *scope) error {
		why = nil
		h, err := get[Held](sc, at)
		if isNotFound(err) || err == nil && h.ID != a.Instructions.Held {
			why = host.Refuse("This change doesn't wait any more.")
			return nil
		}
		if err != nil || h.State == heldApplied {
			return err
		}
		was, err := get[FlagState](sc, (&FlagState{Project: h.Project, Environment: h.Environment, Flag: h.Flag}).place())
		if err != nil {
			return err
		}
		is := *was
		is.FlagStateFields = h.Want
		var bad check
		if err := is.check(sc, &bad); err != nil {
			return err
		}
		h.Approval = a.Approval
		if was.Version != h.Seen || bad.err() != nil {
			h.State, h.Detail = heldRefused, "The flag has changed since the approval was asked for."
			why = host.Refuse(h.Detail)
			return sc.update(h)
		}
		sc.actor = h.By
		if err := sc.update(&is); err != nil {
			return err
		}
		h.State, h.Detail = heldApplied, ""
		if err := sc.update(h); err != nil {
			return err
		}
		return sc.record(change{kind: kindOf(was.FlagStateFields, h.Want), resource: is.place().path(), before: was, after: &is, comment: "Approved by " + a.Integration + " (" + a.Status + ")"})
	})
	var refused *failure
	if errors.As(err, &refused) {
		return nil, host.Refuse(refused.Detail)
	}
	if err == nil {
		err = why
	}
	return nil, err
}

// standing notes how an approval stands that isn't to be carried out, so that people see it.
func (s *Server) standing(ctx context.Context, t host.Task) (any, error) {
	a, at, err := readApproved(t)
	if err != nil {
		return nil, err
	}
	err = s.store.write(ctx, t.AccountKey, Actor{}, func(sc *scope) error {
		h, err := get[Held](sc, at)
		if err != nil || h.ID != a.Instructions.Held || !h.waits() {
			return err
		}
		h.State, h.Approval, h.Detail = a.State, a.Approval, a.Fault
		if h.Detail == "" {
			h.Detail = a.Status
		}
		return sc.update(h)
	})
	if isNotFound(err) {
		return nil, nil // the flag has gone
	}
	return nil, err
}
