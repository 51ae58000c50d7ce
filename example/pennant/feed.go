package pennant

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Feed is where Pennant's events go besides its own API.
type Feed struct {
	URL  string       // of Guestright, for example https://integrations.example.com
	Key  string       // a product key
	HTTP *http.Client // nil: one with a limit of 30 seconds
	// Every is how often new events are looked for; 0: a quarter of a second.
	Every time.Duration
}

// feedMost is how many events go in one request.
const feedMost = 200

// published is an event as Guestright takes it. Its id is our own, so that one that is sent twice counts once.
type published struct {
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Account     string          `json:"account_key"`
	Timestamp   time.Time       `json:"timestamp"`
	Subject     string          `json:"subject"`
	OrderingKey string          `json:"ordering_key"`
	Data        json.RawMessage `json:"data"`
}

// Publish sends what happens to Guestright until ctx ends. The event table, which is written in the transaction of each
// change, is the outbox: a row that was not acknowledged is sent again, also after a restart.
func (s *Server) Publish(ctx context.Context, to Feed) {
	if to.HTTP == nil {
		to.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	if to.Every <= 0 {
		to.Every = 250 * time.Millisecond
	}
	tick := time.NewTicker(to.Every)
	defer tick.Stop()
	for {
		// What fails is tried again with the next tick.
		_ = s.publishAll(ctx, to)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Server) publishAll(ctx context.Context, to Feed) error {
	rows, err := s.store.db.QueryContext(ctx, `SELECT e.account, COALESCE(p.seq, 0) FROM event AS e LEFT JOIN published AS p ON p.account = e.account
		GROUP BY e.account, p.seq HAVING MAX(e.seq) > COALESCE(p.seq, 0)`)
	if err != nil {
		return fmt.Errorf("pennant: reading the outbox: %w", err)
	}
	behind := map[string]int64{}
	for rows.Next() {
		var account string
		var seq int64
		if err := rows.Scan(&account, &seq); err != nil {
			_ = rows.Close()
			return fmt.Errorf("pennant: reading the outbox: %w", err)
		}
		behind[account] = seq
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("pennant: reading the outbox: %w", err)
	}
	for account, seq := range behind {
		if err := s.publishSome(ctx, to, account, seq); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) publishSome(ctx context.Context, to Feed, account string, after int64) error {
	now := s.store.read(ctx, account)
	found, err := now.events(filter{after: after, limit: feedMost})
	if err != nil || len(found) == 0 {
		return err
	}
	batch := make([]published, len(found))
	for i, e := range found {
		told, err := now.tell(&e)
		if err != nil {
			return err
		}
		data, err := json.Marshal(map[string]any{"actor": e.Actor, "before": e.Before, "after": e.After, "change": told})
		if err != nil {
			return fmt.Errorf("pennant: encoding an event: %w", err)
		}
		batch[i] = published{ID: account + "-" + e.ID, Type: e.Type, Account: account, Timestamp: e.At, Subject: e.Resource, OrderingKey: e.Resource, Data: data}
	}
	body, err := json.Marshal(batch)
	if err != nil {
		return fmt.Errorf("pennant: encoding events: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("pennant: publishing: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+to.Key)
	answer, err := to.HTTP.Do(r)
	if err != nil {
		return fmt.Errorf("pennant: publishing: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	why, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("pennant: publishing: %s: %s", answer.Status, why)
	}
	var last int64
	if _, err := fmt.Sscan(found[len(found)-1].ID, &last); err != nil {
		return fmt.Errorf("pennant: the number of an event: %w", err)
	}
	err = s.store.note(ctx, `INSERT INTO published (account, seq) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET seq = excluded.seq`, account, last)
	if err != nil {
		return fmt.Errorf("pennant: noting what was published: %w", err)
	}
	return nil
}
