package event

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/schema"
)

// accounts makes rows of accounts that are named by their ids.
func accounts(t *testing.T, db *store.DB, names ...string) {
	t.Helper()
	err := db.Batch(t.Context(), func(tx *store.Tx) error {
		for _, a := range names {
			if _, err := tx.ExecContext(tx.Ctx, "INSERT INTO account_account (id, key, name, kind, parent, developer_group, upstream, state, created) SELECT ?, ?, ?, 'production', '', '', '', 'active', 0", a, a, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// journal publishes in several nodes, and knows what is to be in the log.
type journal struct {
	t     *testing.T
	db    *store.DB
	nodes []*Service
	whole int64
	of    map[string]int64
	kept  []*Event
	gone  int64
}

func newJournal(t *testing.T, db *store.DB) *journal {
	j := &journal{t: t, db: db, of: map[string]int64{}}
	for range 3 {
		j.nodes = append(j.nodes, &Service{DB: db, Log: slog.New(slog.DiscardHandler)})
	}
	return j
}

func (j *journal) batch(f func(tx *store.Tx) error) {
	j.t.Helper()
	if err := j.db.Batch(j.t.Context(), f); err != nil {
		j.t.Fatal(err)
	}
}

func (j *journal) say(node int, names ...string) {
	j.t.Helper()
	o := &offer{}
	for _, a := range names {
		o.events = append(o.events, &Event{Type: "weather.changed", Account: a, AccountKey: a, Data: []byte("{}")})
	}
	if err := j.nodes[node].publish(j.t.Context(), o); err != nil {
		j.t.Fatal(err)
	}
	for _, e := range o.events {
		j.whole++
		j.of[e.Account]++
		if e.N != j.whole || e.Sequence != j.of[e.Account] {
			j.t.Fatalf("node %d gave %s %d and %d, not %d and %d", node, e.Account, e.N, e.Sequence, j.whole, j.of[e.Account])
		}
		j.kept = append(j.kept, e)
	}
}

// skip leaves numbers out, as if as many events of others had come and gone.
func (j *journal) skip(many int64) {
	j.t.Helper()
	j.whole += many
	j.batch(func(tx *store.Tx) error { return setHead(tx, j.whole) })
}

// clean cleans up to a number, in steps.
func (j *journal) clean(to int64) {
	j.t.Helper()
	for _, upTo := range []int64{(j.gone + to) / 2, to} {
		j.batch(func(tx *store.Tx) error { return erase(tx, j.gone, upTo) })
		j.gone = upTo
		for more := true; more; {
			j.batch(func(tx *store.Tx) error {
				var err error
				more, err = forget(tx, upTo)
				return err
			})
		}
	}
	j.kept = slices.DeleteFunc(j.kept, func(e *Event) bool { return e.N <= to })
}

// check reads the log of an account from several places on.
func (j *journal) check(what, account string, dice *rand.Rand) {
	j.t.Helper()
	var own []int64
	for _, e := range j.kept {
		if e.Account == account {
			own = append(own, e.Sequence)
		}
	}
	err := j.db.Read(j.t.Context(), func(tx *store.Tx) error {
		last, err := heads(tx, []string{account})
		if err != nil || last[account] != j.of[account] || last[""] != j.whole {
			return fmt.Errorf("heads %v, not %d and %d: %w", last, j.of[account], j.whole, err)
		}
		first := int64(0)
		if len(own) > 0 {
			first = own[0]
		}
		if got, err := oldest(tx, account); err != nil || got != first {
			return fmt.Errorf("the oldest is %d, not %d: %w", got, first, err)
		}
		for range 4 {
			behind, most := dice.Int64N(j.of[account]+3), 1+dice.IntN(30)
			got, err := after(tx, account, behind, most)
			if err != nil {
				return err
			}
			var seqs, want []int64
			for _, e := range got {
				seqs = append(seqs, e.Sequence)
			}
			for _, seq := range own {
				if seq > behind && len(want) < most {
					want = append(want, seq)
				}
			}
			if !slices.Equal(seqs, want) {
				return fmt.Errorf("behind %d: %v, not %v", behind, seqs, want)
			}
		}
		return nil
	})
	if err != nil {
		j.t.Fatalf("%s, %s: %v", what, account, err)
	}
}

// A log of many shelves reads like a short one: every account's numbers go on
// without a gap, are read from any place on, and know their first and last,
// whichever node writes, and whatever of it is listed or gone.
func TestALogOfManyShelvesHasNoGaps(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		j := newJournal(t, open(storetest.NewClock()))
		names := []string{"a", "b", "c", "rare"}
		accounts(t, j.db, append(names, "late")...)
		dice := rand.New(rand.NewPCG(3, 4))
		checks := func(what string) {
			t.Helper()
			for _, a := range append(names, "late") {
				j.check(what, a, dice)
			}
		}
		checks("nothing is there")
		j.say(0, "rare", "a")
		for turn := range 40 {
			var some []string
			for range 1 + dice.IntN(25) {
				some = append(some, names[dice.IntN(3)])
			}
			j.say(dice.IntN(len(j.nodes)), some...)
			if dice.IntN(3) > 0 {
				j.skip(dice.Int64N(40_000))
			}
			if dice.IntN(4) == 0 {
				if err := j.nodes[0].Shelve(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			switch turn {
			case 15, 22, 30:
				j.clean(j.kept[len(j.kept)/2].N)
			case 35:
				j.clean(j.whole)
			}
			checks(fmt.Sprint("turn ", turn))
		}
		j.say(1, "rare", "late", "a", "b", "c")
		checks("the end")
	})
}

// Reading does not look at more than it needs, also when there is much: every
// statement goes by the index, and needs no sorting.
func TestLogsAreReadByTheirIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		for query, args := range map[string][]any{
			selectEvents + "WHERE " + store.InBlocks("e.n", []int64{1}) + " AND e.account = ? AND e.seq > ? ORDER BY e.seq LIMIT ?": {"a", 5, 3},
			openBlocks + "SELECT " + headOf + " FROM (SELECT ? AS account) AS w":                                                    {0, 9, "a"},
			openBlocks + ", w (account) AS (VALUES (?)) SELECT w.account, " + headOf + " AS seq FROM w":                             {0, 9, "a"},
		} {
			plan := storetest.Plan(t, db, query, args...)
			want, never := "INDEX event_event_block (<expr>=? AND account=?", []string{"TEMP B-TREE", "SCAN e"}
			if db.Postgres() {
				want, never = "using event_event_block on event_event", []string{"Sort", "Seq Scan on event_event"}
			}
			if !strings.Contains(plan, want) || strings.Contains(plan, never[0]) || strings.Contains(plan, never[1]) {
				t.Errorf("%s\n%s", query, plan)
			}
		}
	})
}

// A log from before there were shelves goes on, and can go back.
func TestLogsFromBeforeShelvesGoOn(t *testing.T) {
	t.Parallel()
	text, err := schema.Files.ReadFile("0550_shelf.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, down, _ := strings.Cut(strings.ReplaceAll(string(text), "-- +goose Up", ""), "-- +goose Down")
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		j := newJournal(t, open(storetest.NewClock()))
		accounts(t, j.db, "a", "b", "gone")
		run := func(script string) {
			t.Helper()
			j.batch(func(tx *store.Tx) error {
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
		dice := rand.New(rand.NewPCG(5, 6))
		check := func(what string) {
			t.Helper()
			for _, a := range []string{"a", "b", "gone"} {
				j.check(what, a, dice)
			}
		}
		j.skip(200_000)
		j.say(0, "gone", "a", "gone")
		j.skip(70_000)
		j.say(1, "a", "b")
		if err := j.nodes[0].Shelve(t.Context()); err != nil {
			t.Fatal(err)
		}
		j.clean(j.kept[2].N)               // the last of "gone", which the directory has
		j.batch(func(tx *store.Tx) error { // as an older program left it, which knew nothing of event_head
			_, err := tx.ExecContext(tx.Ctx, "INSERT INTO event_shelf (owner, counter, number) SELECT account, seq, 200000 FROM event_head WHERE account = 'gone'")
			if err == nil {
				_, err = tx.ExecContext(tx.Ctx, "DELETE FROM event_head WHERE account = 'gone'")
			}
			return err
		})
		run(down)
		var head int64
		j.batch(func(tx *store.Tx) error {
			return tx.NewRaw("SELECT seq FROM event_head WHERE account = 'gone'").Scan(tx.Ctx, &head)
		})
		if head != 2 {
			t.Fatalf("the last number of who has only a line in the directory is %d", head)
		}
		run(up)
		check("up again")
		j.say(2, "a", "b", "gone")
		check("goes on")
		j.skip(70_000)
		j.say(2, "a")
		if err := j.nodes[0].Shelve(t.Context()); err != nil {
			t.Fatal(err)
		}
		check("with shelves")
	})
}
