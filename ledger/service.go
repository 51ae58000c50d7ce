package ledger

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
)

// Service holds the operations of this slice.
type Service struct {
	DB       *store.DB
	Audit    *audit.Log
	Usage    *usage.Service
	Accounts *account.Service
	Catalog  *catalog.Current
	// KeepCounts is how long package webhook keeps its numbers of days; 0: 400 days.
	KeepCounts time.Duration
}

// ActionRead is what a caller must be allowed to do to an account: to read its audit
// log, of which the ledger shows a part.
const ActionRead = audit.ActionRead

// Page is a part of the ledger, the newest entry first.
type Page struct {
	Entries  []Entry
	Last     Position // to continue behind
	More     bool
	From, To time.Time // what was looked at, in whole steps
	Step     usage.Step
	Kept     Kept
}

// asked is a question that was found to be allowed.
type asked struct {
	Query
	account account.Account
	of      subject

	counted bool
	steps   []time.Time // with calls, the newest first; those that a page has left behind are gone
}

// Kept says how long the ledger can look back.
func (s *Service) Kept() Kept {
	days := func(d time.Duration) int { return int(d / (24 * time.Hour)) }
	k := Kept{Hours: days(s.Usage.Keep.Kept(usage.StepHour)), Days: days(s.Usage.Keep.Kept(usage.StepDay)), Resources: days(usage.MattersKept),
		Delivered: 400, Quarters: 32, Changes: "forever"}
	if s.KeepCounts > 0 {
		k.Delivered = days(s.KeepCounts)
	}
	return k
}

// ask authorises and completes a question. Errors: NotFound; Forbidden; Invalid
// `ledger_period`; Unavailable when it cannot be told.
func (s *Service) ask(ctx context.Context, by access.Principal, id account.ID, q Query) (asked, error) {
	out := asked{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", ActionRead, account.Resource(id.String())); err != nil {
			return err
		}
		var err error
		if out.account, err = s.Accounts.Load(tx, id.String()); err != nil {
			return err
		}
		if out.Query, err = q.ready(tx.Now(), s.Kept()); err != nil {
			return err
		}
		out.of, err = s.subject(tx, out.account, q.Integration)
		return err
	})
	return out, err
}

// subject finds whom an id stands for, in this account.
func (s *Service) subject(tx *store.Tx, a account.Account, id string) (subject, error) {
	if id == "" {
		return subject{}, nil
	}
	if strings.HasPrefix(id, "app_") {
		ok, err := known(tx, a.ID.String(), id)
		if err == nil && !ok {
			err = problem.NotFound("integration")
		}
		return subject{Application: id}, err
	}
	grant, err := grantOf(tx, a.ID.String(), a.Parent, id)
	if store.IsNone(err) {
		return subject{}, problem.NotFound("integration")
	}
	if err != nil {
		return subject{}, err
	}
	rows, err := holders(tx, []string{grant})
	if err != nil || len(rows) == 0 {
		return subject{}, err
	}
	return subject{Grant: grant, Application: rows[0].Application}, nil
}

// filter is the question to package usage.
func (a *asked) filter() usage.Filter {
	f := usage.Filter{Account: a.account.ID.String(), Grant: a.of.Grant}
	if f.Grant == "" {
		f.Application = a.of.Application
	}
	return f
}

// List gives a part of an account's ledger, behind a position (nil: from the newest).
func (s *Service) List(ctx context.Context, by access.Principal, id account.ID, q Query, after *Position) (Page, error) {
	a, err := s.ask(ctx, by, id, q)
	if err != nil {
		return Page{}, err
	}
	return s.page(ctx, &a, after)
}

func (s *Service) page(ctx context.Context, a *asked, after *Position) (Page, error) {
	out := Page{From: a.From, To: a.To, Step: a.Step, Kept: s.Kept()}
	var all []Entry
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		all = all[:0]
		for _, source := range []func(*store.Tx, *asked, *Position) ([]Entry, error){s.changes, s.stops, s.deliveries} {
			some, err := source(tx, a, after)
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	calls, err := s.calls(ctx, a, after)
	if err != nil {
		return out, err
	}
	out.Entries, out.More = cut(append(all, calls...), a.Limit)
	if n := len(out.Entries); n > 0 {
		out.Last = out.Entries[n-1].place
	}
	if err := s.resources(ctx, a, out.Entries); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error { return s.name(tx, a.account, out.Entries) })
	s.describe(out.Entries)
	return out, err
}

// Sum is what one integration did in a period, in numbers.
type Sum struct {
	Integration Integration      `json:"integration"`
	Calls       int64            `json:"calls"`
	Allowed     int64            `json:"allowed"`
	Failed      int64            `json:"failed" doc:"Passed, and the product failed"`
	Refused     int64            `json:"refused"`
	Outcomes    map[string]int64 `json:"outcomes" doc:"Calls by outcome; those that did not come are absent"`
	Reads       int64            `json:"reads" doc:"Allowed calls of operations that read"`
	Writes      int64            `json:"writes" doc:"Allowed calls of operations that change something"`
	Operations  int              `json:"operations" doc:"How many operations it called"`
	Changes     int64            `json:"changes" doc:"Changes of its rights, tokens and settings"`
	Changed     time.Time        `json:"changed,omitzero" doc:"The last of them"`
}

// Totals is the ledger of a period summed up.
type Totals struct {
	From  time.Time  `json:"from"`
	To    time.Time  `json:"to"`
	Step  usage.Step `json:"step" enum:"hour,day"`
	Kept  Kept       `json:"kept"`
	Items []Sum      `json:"items" nullable:"false" doc:"The busiest first"`
}

// Sum adds a period up by integration. Verdict, outcome and kind do not narrow it.
func (s *Service) Sum(ctx context.Context, by access.Principal, id account.ID, q Query) (Totals, error) {
	q.Kind, q.Verdict, q.Chosen = "", "", false
	a, err := s.ask(ctx, by, id, q)
	if err != nil {
		return Totals{}, err
	}
	lines, err := s.Usage.Lines(ctx, a.filter(), a.Step, a.From, a.To, true)
	if err != nil {
		return Totals{}, err
	}
	out := Totals{From: a.From, To: a.To, Step: a.Step, Kept: s.Kept(), Items: []Sum{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		out.Items, err = s.add(tx, &a, lines)
		return err
	})
	return out, err
}

func (s *Service) add(tx *store.Tx, a *asked, lines []usage.Line) ([]Sum, error) {
	sums, err := countChanges(tx, a.account.ID.String(), a.of, &a.Query)
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, l := range lines {
		all = append(all, Entry{Grant: l.Grant, Integration: Integration{ID: l.Application}})
	}
	for _, r := range sums {
		all = append(all, Entry{Grant: r.GrantID, Integration: Integration{ID: r.Application}})
	}
	stopped, err := s.stops(tx, a, nil)
	if err != nil {
		return nil, err
	}
	for _, e := range stopped {
		sums = append(sums, sumRow{N: 1, Last: store.At(e.At)})
		all = append(all, e)
	}
	if err := s.name(tx, a.account, all); err != nil {
		return nil, err
	}
	found, operations := map[Integration]*Sum{}, map[Integration]map[string]bool{}
	at := func(i Integration) *Sum {
		if found[i] == nil {
			found[i], operations[i] = &Sum{Integration: i, Outcomes: map[string]int64{}}, map[string]bool{}
		}
		return found[i]
	}
	for i, l := range lines {
		who := all[i].Integration
		one := at(who)
		one.Calls += l.Calls
		one.Outcomes[l.Outcome.String()] += l.Calls
		if l.Operation != "" {
			operations[who][l.Operation] = true
		}
		switch VerdictOf(l.Outcome) {
		case Allowed:
			one.Allowed += l.Calls
			switch _, effect := s.operation(l.Operation); effect {
			case "read":
				one.Reads += l.Calls
			case "change":
				one.Writes += l.Calls
			}
		case Failed:
			one.Failed += l.Calls
		case Refused:
			one.Refused += l.Calls
		}
	}
	for i, r := range sums {
		one := at(all[len(lines)+i].Integration)
		one.Changes += r.N
		if r.Last.Time().After(one.Changed) {
			one.Changed = r.Last.Time()
		}
	}
	out := make([]Sum, 0, len(found))
	for who, one := range found {
		one.Operations = len(operations[who])
		out = append(out, *one)
	}
	slices.SortFunc(out, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(b.Changes, a.Changes), strings.Compare(a.Integration.Name, b.Integration.Name), strings.Compare(a.Integration.ID, b.Integration.ID))
	})
	return out, nil
}

// holdersMost bounds how many grants Integrations names.
const holdersMost = 2000

// Integrations are those that have, or had, rights in an account: what the ledger can be narrowed to.
func (s *Service) Integrations(ctx context.Context, by access.Principal, id account.ID) ([]Integration, error) {
	a, err := s.ask(ctx, by, id, Query{})
	if err != nil {
		return nil, err
	}
	var out []Integration
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		ids, err := holding(tx, a.account.ID.String(), holdersMost)
		if err != nil {
			return err
		}
		all := make([]Entry, len(ids))
		for i := range ids {
			all[i].Grant = ids[i]
		}
		if err := s.name(tx, a.account, all); err != nil {
			return err
		}
		out = out[:0]
		known := map[Integration]bool{}
		for _, e := range all {
			if !known[e.Integration] {
				known[e.Integration] = true
				out = append(out, e.Integration)
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Integration) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return out, err
}
