package store_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// letter is a row of a table of which each person's are read in their order.
type letter struct {
	N   int64
	Who string
	Seq int64
}

var letters = store.Owned{Table: "letter", Number: "n", Owner: "who", Counter: "seq", Directory: "letter_shelf", Progress: "letter_progress"}

// byNumber is the same with the number for counter, which is read downwards, too.
var byNumber = store.Owned{Table: "letter", Number: "n", Owner: "who", Counter: "n", Directory: "number_shelf", Progress: "number_progress"}

type post struct {
	t    *testing.T
	db   *store.DB
	all  []letter
	last int64
	seq  map[string]int64
}

func (p *post) write(f func(tx *store.Tx) error) {
	p.t.Helper()
	if err := p.db.Batch(p.t.Context(), f); err != nil {
		p.t.Fatal(err)
	}
}

func (p *post) exec(query string, args ...any) {
	p.t.Helper()
	p.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, query, args...)
		return err
	})
}

func (p *post) shelve() {
	p.t.Helper()
	for _, o := range []store.Owned{letters, byNumber} {
		if err := o.Shelve(p.t.Context(), p.db, 0, func(context.Context) error { return nil }); err != nil {
			p.t.Fatal(err)
		}
	}
}

// send adds letters whose numbers are up to most apart, so that a few fill shelves.
func (p *post) send(dice *rand.Rand, many int, most int64, people ...string) {
	p.t.Helper()
	var some []letter
	for range many {
		p.last += 1 + dice.Int64N(most)
		who := people[dice.IntN(len(people))]
		p.seq[who]++
		some = append(some, letter{p.last, who, p.seq[who]})
	}
	p.write(func(tx *store.Tx) error {
		for _, l := range some {
			if _, err := tx.ExecContext(tx.Ctx, "INSERT INTO letter (n, who, seq) VALUES (?, ?, ?)", l.N, l.Who, l.Seq); err != nil {
				return err
			}
		}
		return nil
	})
	p.all = append(p.all, some...)
}

// burn deletes the letters below a number, and what the directories have of them.
func (p *post) burn(below int64) {
	p.t.Helper()
	p.exec("DELETE FROM letter WHERE n < ?", below)
	p.all = slices.DeleteFunc(p.all, func(l letter) bool { return l.N < below })
	for _, o := range []store.Owned{letters, byNumber} {
		for more := true; more; {
			p.write(func(tx *store.Tx) error {
				var err error
				more, err = o.Forget(tx, below, nil)
				return err
			})
		}
	}
}

// up reads by blocks what somebody has behind a counter, at most so many.
func (p *post) up(who string, behind int64, most int) (out []letter) {
	p.t.Helper()
	err := p.db.Read(p.t.Context(), func(tx *store.Tx) error {
		out = nil
		return letters.Up(tx, who, behind, most, func(blocks []int64, most int) (int, error) {
			var some []letter
			err := tx.NewRaw("SELECT n, who, seq FROM letter WHERE "+store.InBlocks("n", blocks)+" AND who = ? AND seq > ? ORDER BY seq LIMIT ?", who, behind, most).Scan(tx.Ctx, &some)
			out = append(out, some...)
			return len(some), err
		})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *post) down(who string, below int64, most int) (out []letter) {
	p.t.Helper()
	err := p.db.Read(p.t.Context(), func(tx *store.Tx) error {
		out = nil
		return byNumber.Down(tx, who, below, most, func(blocks []int64, most int) (int, error) {
			var some []letter
			err := tx.NewRaw("SELECT n, who, seq FROM letter WHERE "+store.InBlocks("n", blocks)+" AND who = ? AND n < ? ORDER BY n DESC LIMIT ?", who, below, most).Scan(tx.Ctx, &some)
			out = append(out, some...)
			return len(some), err
		})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// check compares with a look at everything.
func (p *post) check(what, who string, behind, below int64, most int) {
	p.t.Helper()
	var up, down []letter
	for _, l := range p.all {
		if l.Who == who && l.Seq > behind && len(up) < most {
			up = append(up, l)
		}
	}
	for _, l := range slices.Backward(p.all) {
		if l.Who == who && l.N < below && len(down) < most {
			down = append(down, l)
		}
	}
	if got := p.up(who, behind, most); !slices.Equal(got, up) {
		p.t.Fatalf("%s: %s behind %d, %d of them: %v, not %v", what, who, behind, most, got, up)
	}
	if got := p.down(who, below, most); !slices.Equal(got, down) {
		p.t.Fatalf("%s: %s below %d, %d of them: %v, not %v", what, who, below, most, got, down)
	}
}

// Whoever asks finds all that an owner has, in order, from any place on, wherever
// the directory ends and whatever is gone.
func TestRowsOfAnOwnerAreFoundInBlocks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		p := &post{t: t, db: open(nil), seq: map[string]int64{}}
		p.exec("CREATE TABLE letter (n BIGINT PRIMARY KEY, who TEXT NOT NULL, seq BIGINT NOT NULL)")
		p.exec("CREATE INDEX letter_block ON letter ((n >> 13), who, seq)")
		for _, name := range []string{"letter", "number"} {
			p.exec("CREATE TABLE " + name + "_shelf (owner TEXT NOT NULL, counter BIGINT NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (owner, counter))")
			p.exec("CREATE TABLE " + name + "_progress (name TEXT PRIMARY KEY, n BIGINT NOT NULL)")
			p.exec("INSERT INTO " + name + "_progress (name, n) VALUES ('shelved', 0)")
		}
		p.check("nothing is there", "ann", 0, math.MaxInt64, 5)
		p.shelve()
		dice := rand.New(rand.NewPCG(1, 2))
		people := []string{"ann", "bob", "cleo", "dan's; --"}
		checks := func(what string) {
			t.Helper()
			for _, who := range append(people, "rare", "nobody") {
				p.check(what, who, 0, math.MaxInt64, 1000)
				for range 4 {
					p.check(what, who, dice.Int64N(60), dice.Int64N(p.last+100_000)+1, 1+dice.IntN(40))
				}
			}
		}
		p.send(dice, 1, 1, "rare")
		for turn := range 6 {
			p.send(dice, 60, 8000, people...)
			checks(fmt.Sprint("turn ", turn, ", not all listed"))
			if turn != 1 {
				p.shelve()
				checks(fmt.Sprint("turn ", turn, ", listed"))
			}
			if turn == 4 {
				p.burn(p.all[len(p.all)/2].N)
				checks("the older half is gone")
			}
		}
		p.send(dice, 1, 1, "rare")
		p.send(dice, 3, 5<<16, people...) // shelves with nothing in them
		p.shelve()
		checks("shelves are empty")
		// One with more shelves than one statement looks into.
		p.send(dice, 100, 1<<17, "ann")
		checks("many, not listed")
		p.shelve()
		checks("many")
		var lines int
		p.burn(p.all[len(p.all)-1].N + 1)
		checks("all are gone")
		p.write(func(tx *store.Tx) error {
			return tx.NewRaw("SELECT COUNT(*) FROM letter_shelf").Scan(tx.Ctx, &lines)
		})
		if lines != 0 {
			t.Errorf("%d lines of the directory are left", lines)
		}
		p.shelve()
		p.send(dice, 30, 8000, people...)
		checks("after all were gone")
	})
}

// A directory is written in short steps; one that was interrupted goes on.
func TestADirectoryThatWasInterruptedGoesOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		p := &post{t: t, db: open(nil), seq: map[string]int64{}}
		p.exec("CREATE TABLE letter (n BIGINT PRIMARY KEY, who TEXT NOT NULL, seq BIGINT NOT NULL)")
		p.exec("CREATE INDEX letter_block ON letter ((n >> 13), who, seq)")
		p.exec("CREATE TABLE letter_shelf (owner TEXT NOT NULL, counter BIGINT NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (owner, counter))")
		p.exec("CREATE TABLE letter_progress (name TEXT PRIMARY KEY, n BIGINT NOT NULL)")
		p.exec("INSERT INTO letter_progress (name, n) VALUES ('shelved', 0)")
		p.write(func(tx *store.Tx) error { // 1,200 people with a letter each in the first shelf
			_, err := tx.ExecContext(tx.Ctx, "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1200) INSERT INTO letter (n, who, seq) SELECT n, 'p' || n, 1 FROM s")
			return err
		})
		p.exec("INSERT INTO letter (n, who, seq) VALUES (70000, 'p7', 2)")
		lines := func() (n int) {
			t.Helper()
			p.write(func(tx *store.Tx) error { return tx.NewRaw("SELECT COUNT(*) FROM letter_shelf").Scan(tx.Ctx, &n) })
			return n
		}
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		err := letters.Shelve(ctx, p.db, 0, func(ctx context.Context) error {
			if steps++; steps == 2 {
				cancel()
			}
			return ctx.Err()
		})
		if n := lines(); err == nil || n != 1000 {
			t.Fatalf("%d lines: %v", n, err)
		}
		p.all = []letter{{7, "p7", 1}, {70000, "p7", 2}}
		if got := p.up("p7", 0, 5); !slices.Equal(got, p.all) {
			t.Errorf("while it is half written: %v", got)
		}
		for range 2 {
			if err := letters.Shelve(t.Context(), p.db, 1, func(context.Context) error { return nil }); err != nil {
				t.Fatal(err)
			}
			if n := lines(); n != 1200 {
				t.Fatalf("%d lines", n)
			}
		}
		if got := p.up("p7", 0, 5); !slices.Equal(got, p.all) {
			t.Errorf("when it is written: %v", got)
		}
	})
}

// Looks into blocks go by the index, each with one step.
func TestBlocksAreLookedIntoByTheirIndex(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		p := &post{t: t, db: open(nil)}
		p.exec("CREATE TABLE letter (n BIGINT PRIMARY KEY, who TEXT NOT NULL, seq BIGINT NOT NULL)")
		p.exec("CREATE INDEX letter_block ON letter ((n >> 13), who, seq)")
		for query, want := range map[string]string{
			store.LookOf(&letters, []int64{1, 2}): "SEARCH t USING COVERING INDEX letter_block (<expr>=? AND who=?)",
			store.LastOf(&letters, 1):             "SEARCH letter USING INDEX letter_block (<expr>=?)",
		} {
			plan, never := storetest.Plan(t, p.db, query, "1"), "TEMP B-TREE"
			if p.db.Postgres() {
				want, never = "using letter_block on letter", "Seq Scan"
			}
			if !strings.Contains(plan, want) || strings.Contains(plan, never) {
				t.Errorf("%s\n%s", query, plan)
			}
		}
	})
}
