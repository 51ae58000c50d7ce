package webhook

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// testBase is where the numbers of made-up events begin; no log gets there.
const testBase = int64(1) << 60

// testType is what a made-up event is called when nobody says otherwise.
const testType = catalog.OwnEvents + "webhook.test"

// TestDraft is a made-up event.
type TestDraft struct {
	Type string          `json:"type,omitempty" maxLength:"100" doc:"A type of the catalog that the scopes allow; guestright.webhook.test when absent" example:"flag.turned_on"`
	Data json.RawMessage `json:"data,omitempty" doc:"A JSON object that fits the type's schema; an example after the schema when absent"`
}

// Test sends a made-up event to an endpoint, whatever it subscribes to. It says
// "test": true and is delivered, recorded and repeated like any other, but
// stands in no account's log. Errors: Invalid `webhook_test_invalid`, Conflict
// `webhook_endpoint_disabled`.
func (s *Service) Test(ctx context.Context, by access.Principal, id ID, d TestDraft) (Delivery, error) {
	var out Delivery
	if err := s.catalog(); err != nil {
		return out, err
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		e, o, err := s.of(tx, by, id, ActionManage)
		if err == nil {
			err = e.own()
		}
		if err != nil {
			return err
		}
		if e.State != Enabled {
			return problem.Conflict("webhook_endpoint_disabled", "The endpoint is disabled. Enable it first.")
		}
		made, err := s.madeUp(d, o, tx.Now())
		if err != nil {
			return err
		}
		if err := tx.Lock("webhook.delivery"); err != nil {
			return err
		}
		if made.N, err = nextTest(tx, tx.Now()); err != nil {
			return err
		}
		out = Delivery{Endpoint: id.String(), Event: ident.Numbered[event.Event](made.N, tx.Now()).String(), Account: e.Account, Grant: e.Grant, Type: made.Type, State: Waiting, Test: true,
			Due: tx.Now(), Created: tx.Now(), Updated: tx.Now(), n: made.N}
		if err := insertTest(tx, id, made); err != nil {
			return err
		}
		if err := insertDeliveries(tx, []*Delivery{&out}); err != nil {
			return err
		}
		out.ID = ident.Numbered[Delivery](out.d, out.Created)
		tx.Changed(dueTopic, id.String())
		return s.record(tx, by, "test", e, nil, map[string]string{"delivery": out.ID.String(), "type": made.Type})
	})
	return out, err
}

// madeUp judges a draft and gives its event, without a number.
func (s *Service) madeUp(d TestDraft, o owner, now time.Time) (*event.Event, error) {
	e := &event.Event{Type: d.Type, Account: o.grant.Account, Timestamp: now, Accepted: now, Test: true, Data: d.Data}
	if e.Type == "" {
		e.Type = testType
	}
	var f []problem.Field
	var schema map[string]any
	if t, ok := s.Catalog.Get().Event(e.Type); ok {
		e.Version = t.Latest
		schema = t.Schemas[strconv.Itoa(t.Latest)]
		if code := s.known(o)(e.Type); code != "" {
			f = append(f, problem.Field{Pointer: "/type", Code: code, Detail: "The scopes do not allow this event."})
		}
		if len(d.Data) > 0 {
			f = append(f, t.Check(t.Latest, d.Data, "/data")...)
		}
	} else if e.Type != testType {
		f = append(f, problem.Field{Pointer: "/type", Code: "event_unknown", Detail: "The catalog has no such type of event."})
	} else if len(d.Data) > 0 && json.Unmarshal(d.Data, &map[string]any{}) != nil {
		f = append(f, problem.Field{Pointer: "/data", Code: "malformed", Detail: "The data of an event is a JSON object."})
	}
	if len(d.Data) > event.DataMost {
		f = append(f, problem.Field{Pointer: "/data", Code: "too_large", Detail: "At most 64 KiB."})
	}
	if len(f) > 0 {
		return nil, problem.Invalid("webhook_test_invalid", "Some of the fields need another look.", f...)
	}
	if len(e.Data) == 0 {
		text, err := json.Marshal(catalog.Example(schema))
		if err != nil {
			return nil, problem.Internal("webhook.test", err)
		}
		e.Data = text
	}
	return e, nil
}
