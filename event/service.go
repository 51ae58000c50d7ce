package event

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// Actions of this slice.
const (
	ActionPublish = "event:publish"
	ActionView    = "event:view"
	ActionMute    = "event:mute"
)

// Service holds the operations on the log. Its zero queue is ready.
type Service struct {
	DB       *store.DB
	Audit    *audit.Log
	Accounts *account.Service
	Facts    *account.Facts
	Bearers  *token.Authenticator
	Catalog  *catalog.Current
	Log      *slog.Logger
	// Keep is how long events stay; 0: 30 days.
	Keep time.Duration
	// Through tells up to which number everybody who follows the log has what
	// they need of it: what is newer is not cleaned away. nil: everything.
	Through func(*store.Tx) (int64, error)
	// Followed hears what this node has added, once it is durable, in the order
	// of the numbers and without gaps between calls unless another node wrote
	// there. It must be quick.
	Followed func([]*Event)

	// Preview says why a group may not use a preview of the catalog; nil: nobody
	// receives what is one.
	Preview func(ctx context.Context, group, preview string) error

	queue queue
	once  sync.Once
	known sync.Map      // product's key of an account → knownAccount
	epoch atomic.Uint64 // counts changes of accounts: what was read before one is not remembered

	muting    sync.Once
	mutes     sync.Map // account → []Mute
	muteEpoch atomic.Uint64

	streams streams
}

// Receipt is what became of one event.
type Receipt struct {
	ID       ID     `json:"id"`
	Account  string `json:"account"`
	Sequence int64  `json:"sequence"`
	Repeated bool   `json:"repeated,omitempty" doc:"It was accepted before; this is that event"`
}

// Publish takes events of the product: all of them or none. at gives the place
// of each in the request. Errors: Invalid `event_invalid`, Conflict
// `event_conflict`, Unavailable when they could not be made durable.
func (s *Service) Publish(ctx context.Context, by access.Principal, drafts []Draft, at func(int) string) ([]Receipt, error) {
	cat := s.Catalog.Get()
	if cat == nil {
		return nil, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	if err := by.May(ActionPublish, access.Platform()); err != nil {
		return nil, err
	}
	events := make([]*Event, len(drafts))
	var f []problem.Field
	for i := range drafts {
		d := &drafts[i]
		acc, err := s.account(ctx, d.Account)
		switch {
		case problem.CodeOf(err) == "not_found":
			f = append(f, problem.Field{Pointer: at(i) + "/account_key", Code: "unknown", Detail: "There is no account with this key. Send the account first."})
			continue
		case err != nil:
			return nil, err
		}
		if acc.closed {
			f = append(f, problem.Field{Pointer: at(i) + "/account_key", Code: "closed", Detail: "This account is closed."})
		}
		_, found := d.check(cat, at(i))
		f = append(f, found...)
		events[i] = d.event(acc.id)
	}
	if len(f) > 0 {
		return nil, invalid(f)
	}
	o := &offer{events: events}
	if err := s.publish(ctx, o); err != nil {
		return nil, err
	}
	out := make([]Receipt, len(events))
	for i, e := range events {
		out[i] = Receipt{ID: e.ID, Account: e.Account, Sequence: e.Sequence, Repeated: o.again[i]}
	}
	return out, nil
}

// event is a draft on its way into the log of an account.
func (d *Draft) event(account string) *Event {
	e := &Event{Type: d.Type, Version: d.Version, Account: account, AccountKey: d.Account, Subject: d.Subject, OrderingKey: d.OrderingKey,
		Source: d.Source, Key: d.ID, Data: d.Data}
	if d.Timestamp != nil {
		e.Timestamp = d.Timestamp.UTC().Truncate(time.Microsecond)
	}
	if e.Key != "" {
		e.print = d.fingerprint()
	}
	return e
}

// knownAccount is what publishing needs to know of an account.
type knownAccount struct {
	id     string
	closed bool
}

// account finds an account by the product's key, from memory when it can.
func (s *Service) account(ctx context.Context, key string) (knownAccount, error) {
	s.once.Do(func() {
		forget := func() {
			s.epoch.Add(1)
			s.known.Clear()
		}
		s.DB.OnChange(account.Topic, func(string) { forget() })
		s.DB.OnLost(forget)
	})
	if have, ok := s.known.Load(key); ok {
		return have.(knownAccount), nil
	}
	epoch := s.epoch.Load()
	var out knownAccount
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.ByKey(tx, key)
		out = knownAccount{id: a.ID.String(), closed: a.State != account.Active}
		return err
	})
	if err == nil && s.epoch.Load() == epoch {
		s.known.Store(key, out)
		if s.epoch.Load() != epoch {
			s.known.Delete(key) // it may have been cleared before it was there
		}
	}
	return out, err
}

// Query asks for events of one account behind a number.
type Query struct {
	Account string // id or the product's key; "" is the caller's own
	After   int64
	Limit   int
	Types   []string // patterns; none: all

	scan int // events looked at; 0: scanMost
}

// Stretch is a part of an account's log, as the caller may see it.
type Stretch struct {
	Items []*Event
	Next  int64 // ask with this next time, also when there were no items
	First int64 // the first number of the log that is still kept; behind Head when none is
	Head  int64 // the last number of the log
	More  bool
}

// scanMost bounds how many events one request looks at.
const scanMost = 2000

// Read gives the events behind a number that the caller may receive, in order.
// What they may not receive is left out; Next goes past it. Error: Conflict
// `event_cursor_expired` when events behind the number are gone already.
func (s *Service) Read(ctx context.Context, by access.Principal, q Query) (Stretch, error) {
	out := Stretch{Next: q.After}
	var found []*Event
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		acc, err := s.readable(tx, by, q.Account)
		if err != nil {
			return err
		}
		last, err := heads(tx, []string{acc.ID.String()})
		if err != nil {
			return err
		}
		out.Head = last[acc.ID.String()]
		if out.First, err = s.Whole(tx, acc.ID.String(), q.After); err != nil {
			return err
		}
		if q.scan == 0 {
			q.scan = scanMost
		}
		if q.After < out.Head {
			found, err = after(tx, acc.ID.String(), q.After, q.scan)
		}
		return err
	})
	if err != nil {
		return out, err
	}
	see, err := s.viewer(ctx, by) // as it is now, not as it was when the events were read
	if err != nil {
		return out, err
	}
	full := false
	for _, e := range found {
		if full = len(out.Items) == q.Limit; full {
			break
		}
		out.Next = e.Sequence
		if len(q.Types) > 0 && !anyLike(q.Types, e.Type) {
			continue
		}
		ok, err := see(ctx, e)
		if err != nil {
			return out, err
		}
		if ok {
			out.Items = append(out.Items, e)
		}
	}
	if !full && len(found) < q.scan {
		out.Next = max(out.Next, out.Head) // also when all of them are gone by age
	}
	out.More = out.Next < out.Head
	return out, nil
}

// Whole gives the number of the oldest event of an account that is kept, one
// more than the last number when none is. It does not authorise. Error: Conflict
// `event_cursor_expired`, which says what a reader that is behind a number has
// missed; nobody has who begins at 0.
func (s *Service) Whole(tx *store.Tx, account string, behind int64) (int64, error) {
	first, err := oldest(tx, account)
	if err != nil {
		return 0, err
	}
	if first == 0 {
		last, err := heads(tx, []string{account})
		if err != nil {
			return 0, err
		}
		first = last[account] + 1
	}
	if behind == 0 || behind >= first-1 {
		return first, nil
	}
	missed := fmt.Sprintf("Events %d to %d are gone: they are kept for %d days.", behind+1, first-1, s.KeptDays())
	return first, &problem.Error{Kind: problem.KindConflict, Code: "event_cursor_expired",
		Detail: missed + fmt.Sprintf(" Fetch what you need from the product itself, then go on with after=%d.", first-1),
		Fields: []problem.Field{{Pointer: "after", Code: "expired", Detail: missed}}}
}

func anyLike(patterns []string, name string) bool {
	for _, p := range patterns {
		if Like(p, name) {
			return true
		}
	}
	return false
}

// readable is the account whose log the caller asks for. One that they may not
// know of is absent.
func (s *Service) readable(tx *store.Tx, by access.Principal, name string) (account.Account, error) {
	if name == "" {
		name = by.Account
	}
	if name == "" {
		return account.Account{}, problem.Invalid("account_required", "Say which account, by its id or the product's key.",
			problem.Field{Pointer: "query/account", Code: "required", Detail: "Give the account's id or the product's key of it."})
	}
	a, err := s.Accounts.Load(tx, name)
	if problem.CodeOf(err) == "not_found" {
		a, err = s.Accounts.ByKey(tx, name)
	}
	if err != nil {
		return a, err
	}
	if by.Grant != "" && by.Account == a.ID.String() {
		return a, nil
	}
	return a, by.Reach("account", ActionView, account.Resource(a.ID.String()))
}

// viewer gives the judgement whether the caller receives an event: integrations
// what their grant opens, everybody else who may view the account's events all.
func (s *Service) viewer(ctx context.Context, by access.Principal) (func(context.Context, *Event) (bool, error), error) {
	if by.Grant == "" || by.User != "" {
		return func(context.Context, *Event) (bool, error) { return true, nil }, nil
	}
	h, err := s.Bearers.Standing(ctx, by.Grant)
	if err != nil {
		return nil, err
	}
	if err := h.Live(); err != nil {
		return nil, err
	}
	cat := s.Catalog.Get()
	return func(ctx context.Context, e *Event) (bool, error) { return s.Receives(ctx, cat, h, e) }, nil
}

// Receives decides whether the holder of a grant receives an event: of the
// product's events what scopes and layers open and the account has not muted, of ours those about itself, and
// all for those who may read the account's audit log.
func (s *Service) Receives(ctx context.Context, cat *catalog.Catalog, h *token.Holding, e *Event) (bool, error) {
	if e.Own() {
		if e.Application != "" && e.Application == h.Application {
			return true, nil
		}
		on := account.Resource(e.Account)
		return access.Permits(h.Layers, audit.ActionRead, &on), nil
	}
	t, ok := cat.Event(e.Type)
	if !ok {
		return false, nil // its type was taken out of the catalog: nobody can say who may see it
	}
	if t.Preview != "" {
		if s.Preview == nil {
			return false, nil
		}
		err := s.Preview(ctx, h.Group, t.Preview)
		if p := problem.Of(err); err != nil && p.Kind == problem.KindForbidden {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	if muted, err := s.Muted(ctx, e.Account, h.Grant, e.Type); err != nil || muted {
		return false, err
	}
	on := access.Resource{}
	if e.Subject != "" && t.Entitlement != "" {
		parsed, err := access.ParseResource(e.Subject)
		if err != nil {
			return false, nil
		}
		if on, err = s.Facts.Fill(ctx, e.Account, parsed); err != nil {
			return false, err
		}
	}
	if t.Resource == "" && t.Entitlement != "" && e.Subject == "" {
		on = account.Resource(e.Account)
	}
	return t.Receivable(h.ScopeNames, h.Layers, &on), nil
}
