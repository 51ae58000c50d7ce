package host

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// Who asked hears once of the outcome, in its transaction: when they cannot, there
// is none yet.
func TestWhoAskedHearsOfTheOutcome(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, clock *storetest.Clock) {
		var heard []string
		deaf := true
		b.Answered("a.b", func(tx *store.Tx, one Task) error {
			if deaf {
				return errTest
			}
			tx.OnCommit(func() { heard = append(heard, name(one)+" "+string(one.State)+" "+string(one.Result)+" "+one.Fault) })
			return nil
		})
		b.ask("a.b", "", "one")
		b.ask("a.b", "", "two")
		b.ask("a.c", "", "of another kind")
		got := b.take(9)
		if _, err := b.Finish(b.t.Context(), product, got["one"].ID, []byte(`{"on":true}`)); err == nil || b.get(got["one"]).State != Taken {
			b.t.Errorf("%v", err)
		}
		deaf = false
		for range 2 {
			if one, err := b.Finish(b.t.Context(), product, got["one"].ID, []byte(`{"on":true}`)); err != nil || one.State != Done {
				b.t.Errorf("%+v %v", one, err)
			}
			b.fail(got["two"], Failure{Detail: "No."})
			b.finish(got["of another kind"])
		}
		if len(heard) != 2 || heard[0] != `one done {"on":true} ` || heard[1] != "two failed  No." {
			b.t.Errorf("%q", heard)
		}
		if one := b.get(got["one"]); string(one.Result) != `{"on":true}` || one.Closed.IsZero() || !one.Due.IsZero() {
			b.t.Errorf("%+v", one)
		}
		if _, err := b.Fail(b.t.Context(), product, got["one"].ID, Failure{}); problem.CodeOf(err) != "task_closed" {
			b.t.Error(err)
		}
	})
}

// What nobody comes for, or answers for, ends; the next of its key goes out, and
// one of whom nobody can be told holds up nobody else.
func TestOverdueTasksAreEnded(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, clock *storetest.Clock) {
		var heard []string
		b.Answered("a.b", func(tx *store.Tx, one Task) error {
			tx.OnCommit(func() { heard = append(heard, one.Fault) })
			return nil
		})
		b.Answered("a.deaf", func(*store.Tx, Task) error { return errTest })
		soon := clock.Now().Add(time.Hour)
		b.draft(Draft{Kind: "a.b", Account: b.one.ID.String(), Key: "k", Expires: soon})
		b.draft(Draft{Kind: "a.deaf", Account: b.one.ID.String(), Expires: soon})
		b.ask("a.b", "k", "next")
		clock.Advance(time.Hour)
		if got := b.take(9); len(got) != 1 || got["next"].Attempts != 1 {
			b.t.Fatalf("%v", got)
		}
		if len(heard) != 1 || heard[0] != "It was not done in time." {
			b.t.Fatalf("%q", heard)
		}
		for n := 2; n <= attemptsMost; n++ {
			clock.Advance(2 * time.Minute)
			if got := b.take(9); got["next"].Attempts != n {
				b.t.Fatalf("%d: %v", n, got)
			}
		}
		clock.Advance(2 * time.Minute)
		runner := &job.Runner{DB: b.DB}
		b.Jobs(runner)
		if err := runner.Drain(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
		if len(heard) != 2 || !strings.HasPrefix(heard[1], "It was given out 24 times") || len(b.take(9)) != 0 {
			b.t.Errorf("%q", heard)
		}
	})
}

// A task that failed may be asked for again, by the operator, who is named.
func TestTheOperatorAsksAgain(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, _ *storetest.Clock) {
		one := b.ask("a.b", "", "x")
		if _, err := b.Retry(b.t.Context(), product, one.ID); problem.CodeOf(err) != "task_not_failed" {
			b.t.Error(err)
		}
		b.fail(b.take(1)["x"], Failure{Detail: "No."})
		operator := access.Operator("usr_1")
		again, err := b.Retry(b.t.Context(), operator, one.ID)
		if err != nil || again.State != Waiting {
			b.t.Fatalf("%+v %v", again, err)
		}
		if got := b.take(1)["x"]; got.ID != one.ID || got.Attempts != 1 {
			b.t.Errorf("%+v", got)
		}
		page, err := b.Audit.List(b.t.Context(), operator, audit.Filter{}, 0)
		if err != nil || len(page.Entries) == 0 || page.Entries[0].Action != "task.retry" || page.Entries[0].Target != "task/"+one.ID.String() || page.Entries[0].Actor != "user/usr_1" {
			b.t.Errorf("%+v %v", page.Entries, err)
		}
	})
}

// Large results go after a day, tasks after thirty; what is still to be done stays.
func TestOldTasksGo(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, clock *storetest.Clock) {
		runner := &job.Runner{DB: b.DB}
		b.Jobs(runner)
		large := []byte(`"` + strings.Repeat("x", largeMost) + `"`)
		var old []Task
		for range sweepMost + 5 {
			b.ask("a.b", "", "old")
			old = append(old, b.take(1)["old"])
			if _, err := b.Finish(b.t.Context(), product, old[len(old)-1].ID, large); err != nil {
				b.t.Fatal(err)
			}
		}
		open := b.draft(Draft{Kind: "a.b", Account: b.one.ID.String(), Expires: clock.Now().Add(90 * 24 * time.Hour)})
		drain := func(after time.Duration) int {
			clock.Advance(after)
			if err := runner.Drain(b.t.Context()); err != nil {
				b.t.Fatal(err)
			}
			left, err := b.List(b.t.Context(), product, Filter{Limit: 1000})
			if err != nil {
				b.t.Fatal(err)
			}
			return len(left)
		}
		if n := drain(23 * time.Hour); n != len(old)+1 || len(b.get(old[0]).Result) != len(large) {
			b.t.Errorf("%d left", n)
		}
		if n := drain(2 * time.Hour); n != len(old)+1 || b.get(old[0]).Result != nil || b.get(old[1]).Result != nil {
			b.t.Errorf("%d left", n)
		}
		if n := drain(30 * 24 * time.Hour); n != 1 || b.get(open).State != Waiting {
			b.t.Errorf("%d left", n)
		}
	})
}
