package webhook

import (
	"context"
	"net/http"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Making makes the requests of one endpoint that another slice keeps: in a form
// of the receiver's own, not in ours.
type Making interface {
	// Wants decides whether an event is for the endpoint, among those of its types.
	Wants(ctx context.Context, e *event.Event) (bool, error)
	// Request makes the request that tells of an event; false: there is nothing to
	// say about it. An error is the fault of what was configured.
	Request(e *event.Event, now time.Time) (outbound.Request, bool, error)
	// Quiet says that nobody may read what the receiver answers, since who
	// configured the endpoint chose where that is.
	Quiet() bool
}

// Judging is a Making whose receivers say in an answer with a good status that they
// have not taken the event.
type Judging interface {
	Judge(res outbound.Result) outbound.Result
}

// Maker reads what the requests of an endpoint are made of.
type Maker func(tx *store.Tx, e Endpoint) (Making, error)

// Makes lets the slice that keeps endpoints under a name make their requests.
func (s *Service) Makes(name string, m Maker) {
	if s.makers == nil {
		s.makers = map[string]Maker{}
	}
	s.makers[name] = m
}

// Nothing is why a delivery was skipped: the integration has nothing to say about
// the event.
const Nothing = "nothing_to_say"

// KeyHeader names an event to receivers with forms of their own, so that one that
// comes twice can be told.
const KeyHeader = "Idempotency-Key"

// made makes the request of an event; false: nothing is to be sent.
func (to *destination) made(e *event.Event, now time.Time) (outbound.Request, bool, error) {
	req, ok, err := to.making.Request(e, now)
	if err != nil || !ok {
		return req, err != nil, err
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if req.Header.Get(KeyHeader) == "" {
		req.Header.Set(KeyHeader, e.ID.String())
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "Guestright-Integrations")
	}
	req.Timeout, req.MaxBody = answerTime, answerMost
	return req, true, nil
}

// Keep is an endpoint as another slice wants it. Maker and Ref name it.
type Keep struct {
	Maker, Ref  string
	Grant       grant.Grant
	Address     string // what people may read of where it is
	Description string
	Types       []string
}

// KeptAs finds an endpoint that another slice keeps; false when there is none.
func (s *Service) KeptAs(tx *store.Tx, maker, ref string) (Endpoint, bool, error) {
	got, err := endpoints(tx, "e.maker = ? AND e.ref = ?", maker, ref)
	if err != nil || len(got) == 0 {
		return Endpoint{}, false, err
	}
	return got[0], true, nil
}

// Keep makes an endpoint for another slice, or brings it up to date, and enables
// it. It joins and does not authorise.
func (s *Service) Keep(tx *store.Tx, by access.Principal, k Keep) (Endpoint, error) {
	e, there, err := s.KeptAs(tx, k.Maker, k.Ref)
	if err != nil {
		return e, err
	}
	was := e
	if !there {
		e = Endpoint{ID: ident.New[Endpoint](tx.Now()), Maker: k.Maker, ref: k.Ref, Concurrency: concurrencyDefault, Signature: SignHMAC, Secrets: []Signing{},
			CreatedBy: by.Subject(), Created: tx.Now(), Circuit: Circuit{State: Closed}}
	}
	e.Grant, e.Account, e.holder = k.Grant.ID.String(), k.Grant.Account, k.Grant.Holder
	e.URL, e.Description, e.State, e.Reason = k.Address, k.Description, Enabled, ""
	if there {
		err = saveEndpoint(tx, &e)
	} else {
		err = insertEndpoint(tx, &e)
	}
	if err != nil {
		return e, err
	}
	subs, err := subscriptions(tx, "s.endpoint = ?", e.ID)
	if err != nil {
		return e, err
	}
	sub := Subscription{ID: ident.New[Subscription](tx.Now()), Endpoint: e.ID.String(), Enabled: true, Created: tx.Now()}
	if len(subs) > 0 {
		sub = subs[0]
	}
	sub.Types = k.Types
	if was.State != Enabled { // what happened while it was off is not sent later
		sub.Created = tx.Now()
	}
	if err := putSubscription(tx, &sub); err != nil {
		return e, err
	}
	tx.Changed(Topic, e.ID.String())
	if there && was.State == e.State && was.URL == e.URL {
		return e, nil // its configuration has an entry of its own in the record
	}
	action := "create"
	if there {
		action = "update"
	}
	return e, s.record(tx, by, action, e, was, e)
}

// Unkeep disables an endpoint of another slice, or with gone deletes it. It joins
// and does not authorise.
func (s *Service) Unkeep(tx *store.Tx, by access.Principal, maker, ref string, gone bool) error {
	e, there, err := s.KeptAs(tx, maker, ref)
	if err != nil || !there {
		return err
	}
	was := e
	tx.Changed(Topic, e.ID.String())
	if gone {
		if err := deleteEndpoint(tx, e.ID); err != nil {
			return err
		}
		return s.record(tx, by, "delete", e, e, nil)
	}
	if e.State == Disabled {
		return nil
	}
	e.State, e.Reason = Disabled, ByRequest
	if err := saveEndpoint(tx, &e); err != nil {
		return err
	}
	return s.record(tx, by, "update", e, was, e)
}

// Ref is what the slice that keeps the endpoint calls it.
func (e Endpoint) Ref() string { return e.ref }

// own refuses what only the slice that keeps the endpoint may change.
func (e Endpoint) own() error {
	if e.Maker == "" {
		return nil
	}
	return problem.Conflict("webhook_kept", "This endpoint belongs to the configuration of an integration. Change it there.")
}
