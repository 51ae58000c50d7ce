package outbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The table that events wait in. Rows are sent in the order of n.
const (
	PostgreSQL = `CREATE TABLE guestright_outbox (
    n       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body    TEXT NOT NULL,            -- the event as POST /v1/events takes it, with an id
    refused TEXT NOT NULL DEFAULT ''  -- why Guestright does not take it, '' while it waits
)`
	SQLite = `CREATE TABLE guestright_outbox (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    body    TEXT NOT NULL,            -- the event as POST /v1/events takes it, with an id
    refused TEXT NOT NULL DEFAULT ''  -- why Guestright does not take it, '' while it waits
)`
)

// Event is what has happened.
type Event struct {
	// ID is your own; empty: a random one. Guestright takes an event with one id once.
	ID   string
	Type string // of the catalog, such as order.created
	// Version of the type's schema; 0: the newest.
	Version int
	Account string // your own key of the account
	// Time at which it happened; zero: now.
	Time        time.Time
	Subject     string // the resource that it is about, such as order/4711
	OrderingKey string
	Source      string
	Data        any // becomes a JSON object
}

type wire struct {
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Version     int             `json:"version,omitempty"`
	Account     string          `json:"account_key"`
	Time        time.Time       `json:"timestamp"`
	Subject     string          `json:"subject,omitempty"`
	OrderingKey string          `json:"ordering_key,omitempty"`
	Source      string          `json:"source,omitempty"`
	Data        json.RawMessage `json:"data"`
}

// Put writes an event into your transaction. It is sent after the commit, and never when there is none.
func Put(ctx context.Context, tx *sql.Tx, e Event) error {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return fmt.Errorf("outbox: data of %s: %w", e.Type, err)
	}
	if e.Type == "" || e.Account == "" || len(data) == 0 || data[0] != '{' {
		return errors.New("outbox: an event has a type, an account and data that is a JSON object")
	}
	if e.ID == "" {
		e.ID = rand.Text()
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	body, err := json.Marshal(wire{e.ID, e.Type, e.Version, e.Account, e.Time.UTC(), e.Subject, e.OrderingKey, e.Source, data})
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO guestright_outbox (body) VALUES ($1)`, string(body)); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// Rejected is an event that Guestright does not take.
type Rejected struct {
	N      int64
	Body   string
	Reason string // code and explanation
}

// Refused lists up to 1,000 events that were refused, the oldest first. Correct their cause, then call Again, or delete
// their rows.
func Refused(ctx context.Context, db *sql.DB) ([]Rejected, error) {
	rows, err := db.QueryContext(ctx, `SELECT n, body, refused FROM guestright_outbox WHERE refused <> '' ORDER BY n LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Rejected
	for rows.Next() {
		var r Rejected
		if err := rows.Scan(&r.N, &r.Body, &r.Reason); err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Again sends every refused event once more.
func Again(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, `UPDATE guestright_outbox SET refused = '' WHERE refused <> ''`); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}
