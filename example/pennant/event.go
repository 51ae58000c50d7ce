package pennant

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Actor is who made a change, as Guestright vouched for it.
type Actor struct {
	Kind         string `json:"kind"`
	Key          string `json:"key"`
	Name         string `json:"name,omitempty"`
	Application  string `json:"application,omitempty"`
	Installation string `json:"installation,omitempty"`
	Decision     string `json:"decision,omitempty"`
	// Trigger is what an integration made the change by, if it was asked for by one.
	Trigger string `json:"trigger,omitempty"`
}

// Event is one change. IDs count up within an account without gaps.
type Event struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Resource string          `json:"resource"`
	At       time.Time       `json:"at"`
	Actor    Actor           `json:"actor"`
	Comment  string          `json:"comment,omitempty"`
	Before   json.RawMessage `json:"before,omitempty"`
	After    json.RawMessage `json:"after,omitempty"`
}

// change is what record needs to know. Before is nil for something new, after for something removed.
type change struct {
	kind          string
	resource      string
	before, after any
	comment       string // why
}

// record writes the event of a change into the transaction of the change.
func (s *scope) record(c change) error {
	actor := s.actor
	if actor.Kind != "system" {
		m, err := get[Member](s, place{kind: kindMember, key: actor.Key})
		if err == nil {
			actor.Name = m.Name
		}
	}
	e := Event{Type: c.kind, Resource: c.resource, At: s.now, Actor: actor, Comment: c.comment}
	for _, side := range []struct {
		to   *json.RawMessage
		from any
	}{{&e.Before, c.before}, {&e.After, c.after}} {
		if side.from == nil {
			continue
		}
		raw, err := json.Marshal(side.from)
		if err != nil {
			return fmt.Errorf("pennant: encoding an event: %w", err)
		}
		*side.to = raw
	}
	var last int64
	err := s.q.QueryRowContext(s.ctx, `SELECT COALESCE(MAX(seq), 0) FROM event WHERE account = $1`, s.account).Scan(&last)
	if err != nil {
		return fmt.Errorf("pennant: numbering an event: %w", err)
	}
	e.ID = strconv.FormatInt(last+1, 10)
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("pennant: encoding an event: %w", err)
	}
	_, err = s.q.ExecContext(s.ctx, `INSERT INTO event (account, seq, type, resource, at, body) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.account, last+1, e.Type, e.Resource, s.now.UnixMicro(), string(body))
	if err != nil {
		return fmt.Errorf("pennant: inserting an event: %w", err)
	}
	return nil
}

// filter chooses events. Empty fields choose all.
type filter struct {
	after    int64
	limit    int
	kind     string
	resource string // the resource itself and everything below it
}

func (s *scope) events(f filter) ([]Event, error) {
	rows, err := s.q.QueryContext(s.ctx, `SELECT body FROM event WHERE account = $1 AND seq > $2 AND ($3 = '' OR type = $3)
		AND ($4 = '' OR resource = $4 OR substr(resource, 1, length($4) + 1) = $4 || ':') ORDER BY seq LIMIT $5`,
		s.account, f.after, f.kind, f.resource, f.limit)
	if err != nil {
		return nil, fmt.Errorf("pennant: listing events: %w", err)
	}
	defer rows.Close()
	found := []Event{}
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("pennant: reading an event: %w", err)
		}
		var e Event
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			return nil, fmt.Errorf("pennant: a stored event: %w", err)
		}
		found = append(found, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("pennant: listing events: %w", err)
	}
	return found, nil
}

func listEvents(c *call) (reply, error) {
	pg, err := c.page()
	if err != nil {
		return reply{}, err
	}
	query := c.r.URL.Query()
	f := filter{limit: pg.limit + 1, kind: query.Get("type"), resource: query.Get("resource")}
	if pg.after != "" {
		f.after, err = strconv.ParseInt(pg.after, 10, 64)
		if err != nil {
			return reply{}, badRequest("cursor_invalid", "This cursor wasn't given out by this list.")
		}
	}
	found, err := c.read().events(f)
	if err != nil {
		return reply{}, err
	}
	if len(found) <= pg.limit {
		return listed(found, ""), nil
	}
	found = found[:pg.limit]
	return listed(found, found[len(found)-1].ID), nil
}
