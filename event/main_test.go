package event_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
)

// house is a platform whose product publishes orders with a schema.
type house struct {
	*servertest.House
	key string // of the product
}

func start(t *testing.T, db *store.DB, clock *storetest.Clock) *house {
	t.Helper()
	cat := servertest.PennantCatalog(t, "http://127.0.0.1:9", func(f *catalog.File) {
		f.Events["flag.counted"] = catalog.EventType{Label: "Flag counted", Entitlement: "flag:view", Resource: "project_flag", Schemas: map[string]map[string]any{
			"1": {"type": "object", "required": []any{"count"}, "properties": map[string]any{"count": map[string]any{"type": "integer"}}},
			"2": {"type": "object", "required": []any{"count", "unit"}, "additionalProperties": false, "properties": map[string]any{
				"count": map[string]any{"type": "integer"}, "unit": map[string]any{"type": "string", "maxLength": 3}}},
		}}
		f.Events["member.invited"] = catalog.EventType{Label: "Member invited", Entitlement: "member:view"}
		f.Events["weather.changed"] = catalog.EventType{Label: "Weather changed"}
	})
	h := &house{House: servertest.Start(t, servertest.Options{DB: db, Clock: clock, Catalog: cat})}
	made, err := h.Products.Create(t.Context(), access.Operator(h.Person("op@example.com")), "product")
	if err != nil {
		t.Fatal(err)
	}
	h.key = made.Secret.Reveal()
	return h
}

// send posts a body as the product.
func (h *house) send(kind, body string, headers ...string) servertest.Answer {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.URL+"/v1/events", bytes.NewReader([]byte(body)))
	if err != nil {
		h.T.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	r.Header.Set("Content-Type", kind)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return h.Do(r)
}

type receipt struct {
	ID       string
	Account  string
	Sequence int64
	Repeated bool
}

// accepted posts a body that is taken.
func (h *house) accepted(kind, body string, headers ...string) []receipt {
	h.T.Helper()
	a := h.send(kind, body, headers...)
	var out struct{ Items []receipt }
	if err := json.Unmarshal(a.Body, &out); err != nil || a.Status != http.StatusAccepted {
		h.T.Fatalf("%d %s %v", a.Status, a.Body, err)
	}
	return out.Items
}

type line struct {
	ID, Type, Account, Subject, Source string
	AccountKey                         string `json:"account_key"`
	OrderingKey                        string `json:"ordering_key"`
	SourceID                           string `json:"source_id"`
	Timestamp                          string
	Version                            int
	Sequence                           int64
	Data                               json.RawMessage
}

type stretch struct {
	Items      []line
	Next, Head int64
	More       bool
}

// read asks for events with a token.
func (h *house) read(token, query string) stretch {
	h.T.Helper()
	a := h.get(token, query)
	var out stretch
	if err := json.Unmarshal(a.Body, &out); err != nil || a.Status != http.StatusOK {
		h.T.Fatalf("%d %s %v", a.Status, a.Body, err)
	}
	return out
}

func (h *house) get(token, query string) servertest.Answer {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodGet, h.URL+"/v1/events"+query, nil)
	if err != nil {
		h.T.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return h.Do(r)
}
