package webhook

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/schema"
)

// shipping writes deliveries, and knows what is to be there.
type shipping struct {
	t    *testing.T
	db   *store.DB
	clk  *storetest.Clock
	kept []Delivery
	last int64
}

func (s *shipping) batch(f func(tx *store.Tx) error) {
	s.t.Helper()
	if err := s.db.Batch(s.t.Context(), f); err != nil {
		s.t.Fatal(err)
	}
}

// send writes a delivery with an attempt for each endpoint.
func (s *shipping) send(dice *rand.Rand, ids ...ID) {
	s.t.Helper()
	var some []*Delivery
	for i, id := range ids {
		s.clk.Advance(time.Second)
		some = append(some, &Delivery{Endpoint: id.String(), n: s.last + int64(i) + 1, Type: []string{"a", "b"}[dice.IntN(2)],
			State: []State{Delivered, Delivered, Exhausted, Dropped, Skipped, Waiting}[dice.IntN(6)], Status: []int{200, 500}[dice.IntN(2)], Created: s.clk.Now(), Updated: s.clk.Now()})
	}
	s.batch(func(tx *store.Tx) error {
		if err := tx.Lock("webhook.delivery"); err != nil {
			return err
		}
		if err := insertDeliveries(tx, some); err != nil {
			return err
		}
		var tries []*attemptRow
		for _, d := range some {
			tries = append(tries, &attemptRow{Delivery: d.d, Number: 1, At: store.At(d.Updated), Status: d.Status})
		}
		return store.InsertAll(tx, tries, "a")
	})
	for _, d := range some {
		if s.last++; d.d != s.last {
			s.t.Fatalf("delivery %d has number %d", s.last, d.d)
		}
		s.kept = append(s.kept, *d)
	}
}

// skip leaves numbers out, as if as many deliveries had come and gone.
func (s *shipping) skip(many int64) {
	s.t.Helper()
	s.last += many
	s.batch(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_progress SET n = ? WHERE name = 'last'", s.last)
		return err
	})
}

func (s *shipping) shelve() {
	s.t.Helper()
	if err := log.Shelve(s.t.Context(), s.db, 0, func(context.Context) error { return nil }); err != nil {
		s.t.Fatal(err)
	}
}

// sweep cleans up what was begun before a time.
func (s *shipping) sweep(before time.Time) {
	s.t.Helper()
	s.batch(func(tx *store.Tx) error {
		for done, n := int64(0), 1; n > 0; {
			last, some, err := sweep(tx, done, before)
			if err != nil {
				return err
			}
			done, n = max(done, last), some
		}
		for more := true; more; {
			var err error
			if more, err = sweepShelves(tx); err != nil {
				return err
			}
		}
		return nil
	})
	s.kept = slices.DeleteFunc(s.kept, func(d Delivery) bool { return d.Created.Before(before) })
}

// want is what a search is to find, by a look at everything.
func (s *shipping) want(id ID, q Search) (out []int64) {
	for _, d := range slices.Backward(s.kept) {
		switch {
		case len(out) == q.Limit, d.Endpoint != id.String(), q.Before > 0 && d.d >= q.Before, len(q.States) > 0 && !slices.Contains(q.States, d.State),
			q.Type != "" && d.Type != q.Type, q.Event != 0 && d.n != q.Event, q.Status != 0 && d.Status != q.Status,
			!q.From.IsZero() && d.Created.Before(q.From), !q.To.IsZero() && !d.Created.Before(q.To):
		default:
			out = append(out, d.d)
		}
	}
	return out
}

func numbersOf(ds []Delivery) (out []int64) {
	for _, d := range ds {
		out = append(out, d.d)
	}
	return out
}

// check searches by chance, and selects for a replay.
func (s *shipping) check(what string, id ID, dice *rand.Rand) {
	s.t.Helper()
	states := [][]State{nil, nil, {Delivered}, {Exhausted}, {Exhausted, Dropped}, {Delivered, Skipped}, {Waiting}}
	err := s.db.Read(s.t.Context(), func(tx *store.Tx) error {
		for range 6 {
			q := Search{Limit: 1 + dice.IntN(20), States: states[dice.IntN(len(states))], Status: []int{0, 0, 500}[dice.IntN(3)], Type: []string{"", "", "b"}[dice.IntN(3)]}
			if dice.IntN(3) == 0 {
				q.Before = dice.Int64N(s.last+10) + 1
			}
			if len(s.kept) > 0 {
				some := s.kept[dice.IntN(len(s.kept))]
				switch dice.IntN(5) {
				case 0:
					q.From = some.Created
				case 1:
					q.To = some.Created
				case 2:
					q.Event = some.n
				}
			}
			got, err := searched(tx, id, q)
			if want := s.want(id, q); err != nil || !slices.Equal(numbersOf(got), want) {
				return fmt.Errorf("%+v: %v, not %v: %w", q, numbersOf(got), want, err)
			}
		}
		for _, pick := range [][]State{{Delivered}, {Exhausted, Dropped}, {Exhausted}, {Delivered, Exhausted, Dropped}} {
			behind := dice.Int64N(s.last + 10)
			got, err := finished(tx, id, Selection{States: pick}, behind, s.clk.Now())
			want := s.want(id, Search{States: pick, Limit: len(s.kept) + 1})
			slices.Reverse(want)
			want = slices.DeleteFunc(want, func(d int64) bool { return d <= behind })
			if err != nil || !slices.Equal(got, want[:min(len(want), replayStretch)]) {
				return fmt.Errorf("replay of %v behind %d: %v, not %v: %w", pick, behind, got, want, err)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatalf("%s, %s: %v", what, id, err)
	}
}

// remains counts what is left of an endpoint.
func (s *shipping) remains(id ID) (n int) {
	s.t.Helper()
	s.batch(func(tx *store.Tx) error {
		return tx.NewRaw("SELECT (SELECT COUNT(*) FROM webhook_delivery WHERE endpoint = ?) + (SELECT COUNT(*) FROM webhook_shelf WHERE owner = ?) + "+
			"(SELECT COUNT(*) FROM webhook_attempt WHERE delivery NOT IN (SELECT d FROM webhook_delivery))", id, id).Scan(tx.Ctx, &n)
	})
	return n
}

// The log of an endpoint is searched, and selected from for a replay, as if all of
// it lay together: wherever its directory ends, and whatever is gone. No number is
// given out twice, also when the last deliveries go with their endpoint.
func TestDeliveriesOfManyShelvesAreFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		s := &shipping{t: t, db: open(clock), clk: clock}
		dice := rand.New(rand.NewPCG(7, 8))
		var ids []ID
		for range 5 {
			ids = append(ids, ident.New[Endpoint](clock.Now()))
		}
		rare, leaving := ids[3], ids[4]
		checks := func(what string) {
			t.Helper()
			for _, id := range ids {
				s.check(what, id, dice)
			}
		}
		checks("nothing is there")
		s.send(dice, rare)
		for turn := range 30 {
			var some []ID
			for range 1 + dice.IntN(40) {
				some = append(some, ids[dice.IntN(3)])
			}
			s.send(dice, append(some, leaving, leaving)...)
			if dice.IntN(3) > 0 {
				s.skip(dice.Int64N(40_000))
			}
			if dice.IntN(4) == 0 {
				s.shelve()
			}
			if turn == 12 || turn == 20 {
				s.sweep(s.kept[len(s.kept)/2].Created)
			}
			checks(fmt.Sprint("turn ", turn))
		}
		s.shelve()
		s.send(dice, leaving, leaving) // the last numbers
		s.batch(func(tx *store.Tx) error { return deleteEndpoint(tx, leaving) })
		s.kept = slices.DeleteFunc(s.kept, func(d Delivery) bool { return d.Endpoint == leaving.String() })
		if n := s.remains(leaving); n != 0 {
			t.Errorf("%d rows are left of an endpoint that is deleted", n)
		}
		checks("an endpoint is deleted")
		s.send(dice, ids[:4]...)
		s.sweep(clock.Now().Add(time.Hour))
		checks("all are gone")
		s.send(dice, ids[:4]...)
		checks("after all were gone")
	})
}

// Deliveries from before there were shelves are found, and their numbers go on.
func TestDeliveriesFromBeforeShelvesAreFound(t *testing.T) {
	t.Parallel()
	text, err := schema.Files.ReadFile("0550_shelf.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, down, _ := strings.Cut(strings.ReplaceAll(string(text), "-- +goose Up", ""), "-- +goose Down")
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		s := &shipping{t: t, db: open(clock), clk: clock}
		dice := rand.New(rand.NewPCG(9, 10))
		ids := []ID{ident.New[Endpoint](clock.Now()), ident.New[Endpoint](clock.Now())}
		s.skip(100_000)
		for range 4 {
			s.send(dice, ids[0], ids[1], ids[0])
			s.skip(50_000)
		}
		s.send(dice, ids...) // what was there before knows of its last number by this row alone
		for _, script := range []string{down, up} {
			s.batch(func(tx *store.Tx) error {
				for q := range strings.SplitSeq(script, ";") {
					if strings.TrimSpace(q) == "" {
						continue
					}
					if _, err := tx.ExecContext(tx.Ctx, q); err != nil {
						return fmt.Errorf("%s: %w", q, err)
					}
				}
				return nil
			})
		}
		for range 2 {
			for _, id := range ids {
				s.check("before, then listed", id, dice)
			}
			s.send(dice, ids...)
			s.shelve()
		}
	})
}

// Every statement about an endpoint's deliveries goes by an index, and needs no
// sorting.
func TestDeliveriesAreReadByTheirIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		base := func() Search { return Search{Limit: 5, Before: 100} }
		failed, event := base(), base()
		failed.States, event.Event = []State{Exhausted}, 7
		queries := map[string]string{}
		if err := db.Read(t.Context(), func(tx *store.Tx) error {
			of := func(s Search) *bun.SelectQuery {
				return s.narrowed(tx.NewSelect().Model((*deliveryRow)(nil)).Where("d.endpoint = 'x'").Order("d.d DESC"))
			}
			queries["webhook_delivery_block (<expr>=? AND endpoint=? AND d<?)"] = of(base()).Where(store.InBlocks("d.d", []int64{1})).String()
			queries["webhook_delivery_failed (endpoint=? AND d<?)"] = of(failed).Where("d." + failedState).String()
			queries["webhook_delivery_once (event_n=? AND endpoint=?)"] = of(event).String()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for want, query := range queries {
			name, _, _ := strings.Cut(want, " ")
			plan := storetest.Plan(t, db, query)
			never := "TEMP B-TREE"
			if db.Postgres() {
				want, never = name, "Sort"
			}
			// Of one event an endpoint has one row, which is quickly sorted.
			if !strings.Contains(plan, want) || strings.Contains(plan, never) && name != "webhook_delivery_once" {
				t.Errorf("not by %s: %s\n%s", want, query, plan)
			}
		}
	})
}
