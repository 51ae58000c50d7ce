package webhook

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Since says which past events an endpoint gets.
type Since struct {
	Account string `json:"account,omitempty" maxLength:"200" doc:"Id of the account, or the product's key of it; a grant's own when absent"`
	After   int64  `json:"after" minimum:"0" doc:"Sequence number in the account's log behind which to begin; next of the answer before"`
	Type    string `json:"type,omitempty" maxLength:"100" doc:"Only events of this type; * stands for any characters"`
}

// Backfilled is how far a step came.
type Backfilled struct {
	Deliveries int   `json:"deliveries" doc:"How many are sent now, or again"`
	Next       int64 `json:"next" doc:"Ask with after= this for the rest"`
	More       bool  `json:"more" doc:"The end of the log is not reached yet: ask again"`
}

// backfillMost is how many events one step looks at.
const backfillMost = 2000

// Backfill sends an endpoint the events of an account's log behind a number, as
// far as its subscriptions name them and the grant receives them: those that it
// never got, because it is new or was somewhere else, and those that are
// finished, again. What waits is left alone. Each call does one step; the caller
// goes on with Next, and may stop, or begin again without harm.
func (s *Service) Backfill(ctx context.Context, by access.Principal, id ID, q Since) (Backfilled, error) {
	out := Backfilled{Next: q.After}
	if err := s.catalog(); err != nil {
		return out, err
	}
	var at account.Account
	var past []*event.Event
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		e, o, err := s.of(tx, by, id, ActionReplay)
		if err != nil {
			return err
		}
		if e.State != Enabled {
			return problem.Conflict("webhook_endpoint_disabled", "The endpoint is disabled. Enable it first.")
		}
		if at, err = s.backfilled(tx, o, q.Account); err != nil {
			return err
		}
		if _, err = s.Events.Whole(tx, at.ID.String(), q.After); err != nil {
			return err
		}
		if past, err = event.After(tx, at.ID.String(), q.After, backfillMost); err != nil {
			return err
		}
		through, err := settledThrough(tx)
		if i := slices.IndexFunc(past, func(e *event.Event) bool { return e.N > through }); i >= 0 {
			past = past[:i] // on their way already: who wants them gets them
		}
		return err
	})
	if err != nil || len(past) == 0 {
		return out, err
	}
	wanted, err := s.wanted(ctx, id, at.ID.String(), past, q.Type)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		e, _, err := s.of(tx, by, id, ActionReplay)
		if err != nil {
			return err
		}
		if err := tx.Lock("webhook.delivery"); err != nil {
			return err
		}
		out.Deliveries, err = sendPast(tx, id, wanted)
		if err != nil || out.Deliveries == 0 {
			return err
		}
		tx.Changed(dueTopic, id.String())
		return s.record(tx, by, "backfill", e, nil, map[string]any{"since": q, "deliveries": out.Deliveries})
	})
	if err != nil {
		return out, err
	}
	out.Next, out.More = past[len(past)-1].Sequence, len(past) == backfillMost
	return out, nil
}

// backfilled is the account whose log an owner may have sent. One without a
// grant of the owner looks like an absent one.
func (s *Service) backfilled(tx *store.Tx, o owner, name string) (account.Account, error) {
	if name == "" {
		name = o.grant.Account
	}
	if name == "" {
		return account.Account{}, problem.Invalid("account_required", "Say which account, by its id or the product's key.",
			problem.Field{Pointer: "/account", Code: "required", Detail: "Give the account's id or the product's key of it."})
	}
	a, err := s.Events.Accounts.Load(tx, name)
	if problem.CodeOf(err) == "not_found" {
		a, err = s.Events.Accounts.ByKey(tx, name)
	}
	if err != nil {
		return a, err
	}
	if !o.isApp() && o.grant.Account != a.ID.String() {
		return a, problem.NotFound("account")
	}
	if o.isApp() {
		ok, err := installedIn(tx, o.app.ID.String(), a.ID.String())
		if err == nil && !ok {
			err = problem.NotFound("account")
		}
		return a, err
	}
	return a, nil
}

// wanted picks the deliveries that an endpoint is owed of past events.
func (s *Service) wanted(ctx context.Context, id ID, account string, past []*event.Event, kind string) ([]Delivery, error) {
	targets, err := s.courier.index.of(ctx, account)
	if err != nil {
		return nil, err
	}
	var out []Delivery
	cat := s.Catalog.Get()
	for _, e := range past {
		if kind != "" && !event.Like(kind, e.Type) {
			continue
		}
		for _, t := range targets {
			if t.to.ID != id {
				continue
			}
			ok, err := s.courier.index.wants(ctx, cat, t, e, true)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, Delivery{Endpoint: id.String(), Account: e.Account, Grant: t.grant, Type: e.Type, State: Waiting, n: e.N, ordering: e.OrderingKey})
				break
			}
		}
	}
	return out, nil
}

// sendPast makes rows of deliveries that an endpoint never had, and has finished
// ones sent again. The caller holds the lock on new rows.
func sendPast(tx *store.Tx, id ID, wanted []Delivery) (int, error) {
	if len(wanted) == 0 {
		return 0, nil
	}
	numbers := make([]int64, len(wanted))
	for i, d := range wanted {
		numbers[i] = d.n
	}
	had, err := rowsOf(tx, id, numbers)
	if err != nil {
		return 0, err
	}
	var fresh []*Delivery
	var again []int64
	for _, d := range wanted {
		if was, ok := had[d.n]; ok {
			if was.State != Waiting {
				again = append(again, was.D)
			}
			continue
		}
		d.Created, d.Updated, d.Due = tx.Now(), tx.Now(), tx.Now()
		fresh = append(fresh, &d)
	}
	if err := insertDeliveries(tx, fresh); err != nil {
		return 0, err
	}
	if len(again) > 0 {
		if err := revive(tx, again, ReplayID{}); err != nil {
			return 0, err
		}
	}
	return len(fresh) + len(again), nil
}
