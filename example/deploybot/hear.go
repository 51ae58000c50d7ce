package deploybot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/guestright/guestright/client/webhook"
)

// rememberMost is how many ids of deliveries are remembered.
const rememberMost = 1000

// Event is the part of a delivery that the bot looks at.
type Event struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	AccountKey string          `json:"account_key"`
	Sequence   int64           `json:"sequence"`
	Subject    string          `json:"subject"`
	Data       json.RawMessage `json:"data"`
}

// Listener hears what happens in Pennant. It believes only what is signed, answers at once, and takes an event that
// comes twice for one.
type Listener struct {
	Verifier *webhook.Verifier
	Heard    func(Event) // called once for each event; nil: nobody is told

	mu   sync.Mutex
	seen map[string]bool
	ids  []string // of seen, the oldest first
}

// Handler takes deliveries.
func (l *Listener) Handler() http.Handler {
	return l.Verifier.Handler(func(_ context.Context, m webhook.Message) error {
		var e Event
		if err := json.Unmarshal(m.Body, &e); err != nil {
			return fmt.Errorf("deploybot: a delivery: %w", err)
		}
		if l.first(m.ID) && l.Heard != nil {
			l.Heard(e)
		}
		return nil
	})
}

func (l *Listener) first(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[id] {
		return false
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[id] = true
	l.ids = append(l.ids, id)
	if len(l.ids) > rememberMost {
		delete(l.seen, l.ids[0])
		l.ids = l.ids[1:]
	}
	return true
}
