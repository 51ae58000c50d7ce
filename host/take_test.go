package host

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func each(t *testing.T, f func(b *bench, clock *storetest.Clock)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		f(newBench(t, open(clock)), clock)
	})
}

// What is asked for in a transaction that fails was never asked for.
func TestAskJoinsTheTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, _ *storetest.Clock) {
		err := b.DB.Write(b.t.Context(), func(tx *store.Tx) error {
			if _, err := b.Ask(tx, Draft{Kind: "a.b", Account: b.one.ID.String()}); err != nil {
				return err
			}
			return errTest
		})
		if err == nil || len(b.take(10)) != 0 {
			b.t.Errorf("%v", err)
		}
		want := b.draft(Draft{Kind: "trigger.fire", Account: b.one.ID.String(), Subject: "proj/web:flag/x", Reference: "trigger/trg_1", Key: "k"})
		got := b.take(10)[""]
		if got.ID != want.ID || got.State != Taken || got.Attempts != 1 || got.AccountKey != "harbour" || string(got.Data) != "{}" || got.Subject != "proj/web:flag/x" ||
			got.Reference != "trigger/trg_1" || got.Key != "k" || !got.Due.Equal(want.Created.Add(time.Minute)) {
			b.t.Errorf("%+v", got)
		}
	})
}

// Whoever takes, on whichever node: a task is with one taker at a time, those of a
// key come in order, and all come.
func TestTakersNeverShareATask(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, _ *storetest.Clock) {
		const many, keys = 120, 7
		for i := range many {
			b.ask("a.b", fmt.Sprint(i%keys), fmt.Sprint(i))
		}
		var mu sync.Mutex
		out, last, done := map[string]string{}, map[string]int{}, 0
		var takers sync.WaitGroup
		for range 4 {
			takers.Go(func() {
				for {
					got, err := b.Take(b.t.Context(), product, Query{Limit: 3, Wait: 20 * time.Millisecond})
					if err != nil {
						b.t.Error(err)
						return
					}
					mu.Lock()
					if done == many {
						mu.Unlock()
						return
					}
					for _, one := range got {
						var n int
						_, _ = fmt.Sscan(name(one), &n)
						if with, taken := out[one.Key]; taken {
							b.t.Errorf("%d of key %s is given out while %s is", n, one.Key, with)
						}
						if before, any := last[one.Key]; any && n != before+keys {
							b.t.Errorf("%d came after %d", n, before)
						}
						out[one.Key], last[one.Key] = name(one), n
					}
					mu.Unlock()
					for _, one := range got {
						mu.Lock()
						delete(out, one.Key)
						done++
						mu.Unlock()
						for { // as the product does when the database is busy
							_, err := b.Finish(b.t.Context(), product, one.ID, nil)
							if err == nil {
								break
							}
							if problem.Of(err).Kind != problem.KindUnavailable {
								b.t.Error(err)
								return
							}
						}
					}
				}
			})
		}
		takers.Wait()
		if got := b.take(many); len(got) != 0 || len(last) != keys {
			b.t.Errorf("%d are left", len(got))
		}
	})
}

// Nobody else gets a task until its lease is over; then it comes again, and says
// that it does. Who was first may still say that it is done.
func TestALeaseThatRanOutFreesTheTask(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, clock *storetest.Clock) {
		b.ask("a.b", "", "x")
		first, err := b.Take(b.t.Context(), product, Query{Limit: 1, Lease: 5 * time.Minute})
		if err != nil || len(first) != 1 {
			b.t.Fatal(first, err)
		}
		clock.Advance(5*time.Minute - time.Second)
		if got := b.take(9); len(got) != 0 {
			b.t.Fatalf("%v", got)
		}
		clock.Advance(time.Second)
		second := b.take(9)["x"]
		if second.ID != first[0].ID || second.Attempts != 2 {
			b.t.Fatalf("%+v", second)
		}
		if got := b.fail(first[0], Failure{Attempt: first[0].Attempts}); got.State != Taken {
			b.t.Errorf("the first, overtaken, changes it: %+v", got)
		}
		if got := b.finish(first[0]); got.State != Done {
			b.t.Errorf("%+v", got)
		}
		if got := b.finish(second); got.State != Done || len(b.take(9)) != 0 {
			b.t.Errorf("%+v", got)
		}
	})
}

// A task that has to wait holds up its key, of its account, and nothing else; one
// that failed for good does not.
func TestAFailingTaskHoldsItsKeyOnly(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, clock *storetest.Clock) {
		b.ask("a.b", "k", "first")
		b.ask("a.c", "k", "second")
		b.ask("a.b", "other", "beside")
		b.draft(Draft{Kind: "a.b", Account: b.other.ID.String(), Key: "k", Data: []byte(`"elsewhere"`)})
		got := b.take(9)
		if len(got) != 3 || got["second"].Attempts != 0 {
			b.t.Fatalf("%v", got)
		}
		if again := b.fail(got["first"], Failure{Detail: "Later.", Retry: true}); again.State != Waiting || again.Fault != "Later." {
			b.t.Errorf("%+v", again)
		}
		if got := b.take(9, "a.c"); len(got) != 0 {
			b.t.Errorf("the second overtakes: %v", got)
		}
		clock.Advance(10 * time.Second)
		got = b.take(9)
		if len(got) != 1 || got["first"].Attempts != 2 {
			b.t.Fatalf("%v", got)
		}
		b.fail(got["first"], Failure{Detail: "Never."})
		if got = b.take(9); len(got) != 1 || got["second"].Attempts != 1 {
			b.t.Errorf("%v", got)
		}
	})
}

func TestKindsAndLimitsChoose(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, _ *storetest.Clock) {
		for i := range 5 {
			b.ask("a.b", "", fmt.Sprint("b", i))
		}
		b.ask("a.c", "", "c")
		if got := b.take(9, "a.c", "a.d"); len(got) != 1 || got["c"].Kind != "a.c" {
			b.t.Errorf("%v", got)
		}
		if got := b.take(2); len(got) != 2 || got["b0"].Attempts+got["b1"].Attempts != 2 {
			b.t.Errorf("the oldest come first: %v", got)
		}
	})
}

// Whoever waits gets what is asked for meanwhile, and what a lease sets free.
func TestWaitersGetWhatComes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		b := newBench(t, open(nil))
		come := make(chan []Task)
		wait := func(kinds ...string) {
			got, err := b.Take(t.Context(), product, Query{Limit: 9, Wait: time.Minute, Kinds: kinds, Lease: time.Millisecond})
			if err != nil {
				t.Error(err)
			}
			come <- got
		}
		go wait("a.c")
		b.ask("a.b", "", "not for them")
		b.ask("a.c", "", "x")
		if got := <-come; len(got) != 1 || name(got[0]) != "x" {
			t.Errorf("%v", got)
		}
		go wait("a.c") // its lease has run out, or is about to
		if got := <-come; len(got) != 1 || got[0].Attempts != 2 {
			t.Errorf("%v", got)
		}
	})
}

// A server that stops sends home who waits, and those who come then.
func TestWaitingEndsWithTheServer(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Open(t, nil))
	home := make(chan error)
	for range 3 {
		go func() {
			got, err := b.Take(t.Context(), product, Query{Limit: 1, Wait: time.Hour})
			if len(got) > 0 {
				t.Errorf("%v", got)
			}
			home <- err
		}()
	}
	b.EndWaiting()
	for range 3 {
		if err := <-home; err != nil {
			t.Error(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if got, _ := b.await(gone, Query{Limit: 1, Wait: time.Hour}, nil); len(got) > 0 {
		t.Errorf("%v", got)
	}
}

func TestSoManyMayWait(t *testing.T) {
	t.Parallel()
	var r room
	for i := range takersMost {
		if err := r.enter(&taker{end: make(chan struct{})}); err != nil {
			t.Fatal(i, err)
		}
	}
	if r.enter(&taker{end: make(chan struct{})}) == nil {
		t.Error("one more waits")
	}
	own := &taker{}
	if err := r.enter(own); err != nil {
		t.Error("our own work is turned away")
	}
	r.leave(own)
}
