package webhook

import (
	"context"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Subscriptions lists those of an endpoint.
func (s *Service) Subscriptions(ctx context.Context, by access.Principal, id ID) ([]Subscription, error) {
	var out []Subscription
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, _, err := s.of(tx, by, id, ActionView); err != nil {
			return err
		}
		var err error
		out, err = subscriptions(tx, "s.endpoint = ?", id)
		return err
	})
	return out, err
}

func (s *Service) judge(o owner, d SubscriptionDraft) error {
	f := judgeTypes(d.Types, d.Filter, s.known(o))
	if d.Account != "" && !o.isApp() && d.Account != o.grant.Account {
		f = append(f, problem.Field{Pointer: "/account", Code: "unknown", Detail: "The endpoint is of another account."})
	}
	if len(f) > 0 {
		return problem.Invalid("webhook_subscription_invalid", "Some of the fields need another look.", f...)
	}
	return nil
}

// Subscribe adds a subscription.
func (s *Service) Subscribe(ctx context.Context, by access.Principal, id ID, d SubscriptionDraft) (Subscription, error) {
	var out Subscription
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
		if err := s.judge(o, d); err != nil {
			return err
		}
		if err := s.fits(tx, e, o, d.Types); err != nil {
			return err
		}
		have, err := subscriptions(tx, "s.endpoint = ?", id)
		if err != nil {
			return err
		}
		if len(have) >= SubscriptionsMost {
			return problem.Conflict("webhook_subscription_limit", "The endpoint has "+strconv.Itoa(SubscriptionsMost)+" subscriptions already. One may name many types.")
		}
		out = Subscription{ID: ident.New[Subscription](tx.Now()), Endpoint: id.String(), Types: d.Types, Account: d.Account, Filter: d.Filter, Enabled: !d.Disabled, Created: tx.Now()}
		if err := putSubscription(tx, &out); err != nil {
			return err
		}
		tx.Changed(Topic, id.String())
		return s.record(tx, by, "subscribe", e, nil, out)
	})
	return out, err
}

// subscription finds one together with its endpoint and owner.
func (s *Service) subscription(tx *store.Tx, by access.Principal, id SubscriptionID) (Subscription, Endpoint, owner, error) {
	got, err := subscriptions(tx, "s.id = ?", id)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("webhook subscription")
	}
	if err != nil {
		return Subscription{}, Endpoint{}, owner{}, err
	}
	at, err := ident.Parse[Endpoint](got[0].Endpoint)
	if err != nil {
		return got[0], Endpoint{}, owner{}, err
	}
	e, o, err := s.of(tx, by, at, ActionManage)
	if err == nil {
		err = e.own()
	}
	if problem.CodeOf(err) == "not_found" {
		err = problem.NotFound("webhook subscription")
	}
	return got[0], e, o, err
}

// Resubscribe changes a subscription; what waits already is still sent.
func (s *Service) Resubscribe(ctx context.Context, by access.Principal, id SubscriptionID, d SubscriptionDraft) (Subscription, error) {
	var out Subscription
	if err := s.catalog(); err != nil {
		return out, err
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		was, e, o, err := s.subscription(tx, by, id)
		if err != nil {
			return err
		}
		if err := s.judge(o, d); err != nil {
			return err
		}
		if err := s.fits(tx, e, o, d.Types); err != nil {
			return err
		}
		out = was
		out.Types, out.Account, out.Filter, out.Enabled = d.Types, d.Account, d.Filter, !d.Disabled
		if err := putSubscription(tx, &out); err != nil {
			return err
		}
		tx.Changed(Topic, was.Endpoint)
		return s.record(tx, by, "resubscribe", e, was, out)
	})
	return out, err
}

// Unsubscribe takes a subscription away.
func (s *Service) Unsubscribe(ctx context.Context, by access.Principal, id SubscriptionID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		was, e, _, err := s.subscription(tx, by, id)
		if err != nil {
			return err
		}
		if err := deleteSubscription(tx, id); err != nil {
			return err
		}
		tx.Changed(Topic, was.Endpoint)
		return s.record(tx, by, "unsubscribe", e, was, nil)
	})
}

// Filter narrows a list of deliveries. Empty fields do not.
type Filter struct {
	Endpoint ID
	State    State
	Type     string
	Event    int64 // number of the event
	From, To time.Time
	Before   int64 // position to continue behind
	Limit    int
}

func (f Filter) search() Search {
	s := Search{Type: f.Type, Event: f.Event, From: f.From, To: f.To, Before: f.Before, Limit: f.Limit}
	if f.State != "" {
		s.States = []State{f.State}
	}
	return s
}

// Deliveries lists those of an endpoint, the newest first.
func (s *Service) Deliveries(ctx context.Context, by access.Principal, f Filter) ([]Delivery, error) {
	var out []Delivery
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, _, err := s.of(tx, by, f.Endpoint, ActionView); err != nil {
			return err
		}
		var err error
		if out, err = searched(tx, f.Endpoint, f.search()); err != nil {
			return err
		}
		return named(tx, out)
	})
	return out, err
}

// named gives deliveries the ids of their events, as far as those are there.
func named(tx *store.Tx, ds []Delivery) error {
	events, err := eventsOf(tx, ds)
	for i := range ds {
		if e := events[ds[i].n]; e != nil {
			ds[i].Event = e.ID.String()
		}
	}
	return err
}

// Shown is a delivery with its attempts and its event.
type Shown struct {
	Delivery
	Tries   []Attempt    `json:"tries" nullable:"false"`
	Content *event.Event `json:"content,omitempty" doc:"What was sent; absent when the event is older than the log"`
}

// delivery finds a delivery whose endpoint the caller may do action to.
func (s *Service) delivery(tx *store.Tx, by access.Principal, id DeliveryID, action string) (Delivery, Endpoint, error) {
	d, err := findDelivery(tx, id)
	if err != nil {
		return d, Endpoint{}, err
	}
	at, err := ident.Parse[Endpoint](d.Endpoint)
	if err != nil {
		return d, Endpoint{}, err
	}
	e, _, err := s.of(tx, by, at, action)
	if problem.CodeOf(err) == "not_found" {
		err = problem.NotFound("delivery")
	}
	return d, e, err
}

// Show gives a delivery with every attempt.
func (s *Service) Show(ctx context.Context, by access.Principal, id DeliveryID) (Shown, error) {
	var out Shown
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		d, _, err := s.delivery(tx, by, id, ActionView)
		if err != nil {
			return err
		}
		out = Shown{Delivery: d}
		if out.Tries, err = attempts(tx, d.d); err != nil {
			return err
		}
		events, err := eventsOf(tx, []Delivery{d})
		if out.Content = events[d.n]; out.Content != nil {
			out.Event = out.Content.ID.String()
		}
		return err
	})
	return out, err
}

// Replay sends a delivery again, whatever became of it; it gets all its attempts
// anew. One that waits is sent now.
func (s *Service) Replay(ctx context.Context, by access.Principal, id DeliveryID) (Delivery, error) {
	var out Delivery
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		d, e, err := s.delivery(tx, by, id, ActionReplay)
		if err != nil {
			return err
		}
		if e.State != Enabled {
			return problem.Conflict("webhook_endpoint_disabled", "The endpoint is disabled. Enable it first.")
		}
		events, err := eventsOf(tx, []Delivery{d})
		if err != nil {
			return err
		}
		if events[d.n] == nil {
			return problem.Conflict("webhook_event_gone", "The event is older than the log keeps events.")
		}
		d.Event = events[d.n].ID.String()
		d.again(tx.Now())
		if _, err := saveDelivery(tx, &d); err != nil {
			return err
		}
		tx.Changed(dueTopic, d.Endpoint)
		out = d
		return s.record(tx, by, "replay", e, nil, map[string]string{"delivery": id.String()})
	})
	return out, err
}
