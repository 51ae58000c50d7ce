package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

type greeting struct {
	Name string `json:"name"`
}

var greet = job.Kind[greeting]{Name: "test.greet", Attempts: 3, Timeout: time.Minute}

// desk is a runner whose handler writes down what it was given.
type desk struct {
	t     *testing.T
	clock *storetest.Clock
	db    *store.DB
	run   *job.Runner
	log   *bytes.Buffer
	mu    sync.Mutex
	seen  []string
	fail  func(name string) error
}

func newDesk(t *testing.T, open func(*storetest.Clock) *store.DB) *desk {
	t.Helper()
	d := &desk{t: t, clock: storetest.NewClock(), log: &bytes.Buffer{}}
	d.db = open(d.clock)
	d.run = &job.Runner{DB: d.db, Log: slog.New(slog.NewJSONHandler(d.log, nil))}
	job.Handle(d.run, greet, func(_ context.Context, g greeting) error {
		d.mu.Lock()
		d.seen = append(d.seen, g.Name)
		d.mu.Unlock()
		if d.fail != nil {
			return d.fail(g.Name)
		}
		return nil
	})
	return d
}

func (d *desk) add(name string, o job.Options) {
	d.t.Helper()
	d.write(func(tx *store.Tx) error { return greet.Add(tx, greeting{Name: name}, o) })
}

func (d *desk) write(fn func(tx *store.Tx) error) {
	d.t.Helper()
	if err := d.db.Write(context.Background(), fn); err != nil {
		d.t.Fatal(err)
	}
}

// drained returns what was handled since the last call.
func (d *desk) drained() []string {
	d.t.Helper()
	if err := d.run.Drain(context.Background()); err != nil {
		d.t.Fatal(err)
	}
	got := d.seen
	d.seen = nil
	return got
}

func (d *desk) want(names ...string) {
	d.t.Helper()
	if got := d.drained(); !slices.Equal(got, names) {
		d.t.Errorf("handled %q, want %q", got, names)
	}
}

func (d *desk) list(f job.Filter) []job.Job {
	d.t.Helper()
	var jobs []job.Job
	err := d.db.Read(context.Background(), func(tx *store.Tx) error {
		var err error
		jobs, err = job.List(tx, f)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return jobs
}

func TestAJobExistsExactlyWhenItsCauseDoes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		d := newDesk(t, open)
		boom := errors.New("no")
		err := d.db.Write(context.Background(), func(tx *store.Tx) error {
			if err := greet.Add(tx, greeting{Name: "never"}, job.Options{}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		d.want()
		d.add("a", job.Options{})
		d.add("later", job.Options{Due: d.clock.Now().Add(time.Hour)})
		d.add("b", job.Options{})
		d.want("a", "b")
		d.clock.Advance(time.Hour)
		d.want("later")
		d.want()
		if left := d.list(job.Filter{}); len(left) != 0 {
			t.Errorf("finished jobs left rows: %+v", left)
		}
	})
}

func TestFailuresBackOffThenExhaustThenRetry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		d := newDesk(t, open)
		d.fail = func(name string) error {
			if name == "panic" {
				panic("at the desk")
			}
			return errors.New("closed today")
		}
		d.add("x", job.Options{Request: "req_1"})
		d.clock.Advance(time.Millisecond) // ids are in order of the millisecond
		d.add("panic", job.Options{Lane: "other"})
		d.want("x", "panic")
		d.want() // not before the backoff
		d.clock.Advance(999 * time.Millisecond)
		d.want()
		d.clock.Advance(2 * time.Second)
		if got := d.drained(); len(got) != 2 {
			t.Errorf("second attempt: %q", got)
		}
		d.clock.Advance(time.Hour)
		if got := d.drained(); len(got) != 2 {
			t.Errorf("third attempt: %q", got)
		}
		d.clock.Advance(48 * time.Hour)
		d.want()
		kept := d.list(job.Filter{State: job.Exhausted})
		if len(kept) != 2 || kept[0].Attempts != 3 || kept[0].Error != "closed today" || kept[1].Error != "panic: at the desk" {
			t.Fatalf("kept %+v", kept)
		}
		d.fail = nil
		d.write(func(tx *store.Tx) error { return job.Retry(tx, kept[0].ID) })
		d.write(func(tx *store.Tx) error { return job.Discard(tx, kept[1].ID) })
		err := d.db.Write(context.Background(), func(tx *store.Tx) error { return job.Retry(tx, kept[0].ID) })
		if problem.CodeOf(err) != "job.not_exhausted" {
			t.Errorf("retry of a waiting job: %v", err)
		}
		d.want("x")
		err = d.db.Write(context.Background(), func(tx *store.Tx) error { return job.Retry(tx, kept[0].ID) })
		if problem.CodeOf(err) != "not_found" {
			t.Errorf("retry of a finished job: %v", err)
		}
		lines := strings.Split(strings.TrimSpace(d.log.String()), "\n")
		if len(lines) != 7 {
			t.Errorf("%d lines for 7 attempts", len(lines))
		}
		for _, part := range []string{`"kind":"test.greet"`, `"attempt":1`, `"outcome":"retry"`, `"request_id":"req_1"`, `"duration_ms":`, kept[0].ID.String()} {
			if !strings.Contains(lines[0], part) {
				t.Errorf("line %s lacks %s", lines[0], part)
			}
		}
	})
}

func TestHopelessErrorsAndTheReceiversOwnWait(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	d.fail = func(name string) error {
		if name == "hopeless" {
			return job.Stop(errors.New("no such address"))
		}
		return problem.Limited("slow_down", "Later.", 3*time.Hour)
	}
	d.add("hopeless", job.Options{})
	d.add("limited", job.Options{})
	d.want("hopeless", "limited")
	d.clock.Advance(3*time.Hour - time.Second)
	d.want()
	d.clock.Advance(time.Second)
	d.want("limited")
	if kept := d.list(job.Filter{State: job.Exhausted}); len(kept) != 1 || kept[0].Attempts != 1 {
		t.Errorf("kept %+v", kept)
	}
}

// What goes with an exhausted job happens in the transaction in which it is given
// up, once, whatever ended it.
func TestWhatGoesWithAnExhaustedJob(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		d := newDesk(t, open)
		var told []string
		refuse := true
		job.OnExhausted(d.run, greet, func(tx *store.Tx, g greeting, cause error) error {
			if refuse {
				refuse = false
				return errors.New("not now")
			}
			return greet.Add(tx, greeting{Name: "told of " + g.Name + ": " + cause.Error()}, job.Options{Due: tx.Now().Add(time.Hour)})
		})
		d.fail = func(name string) error {
			switch {
			case strings.HasPrefix(name, "told"):
				told = append(told, name)
				return nil
			case name == "panic":
				panic("at the desk")
			case name == "hopeless":
				return job.Stop(errors.New("no such address"))
			}
			return errors.New("closed today")
		}
		d.add("hopeless", job.Options{Lane: "1"})
		if err := d.run.Drain(context.Background()); err != nil || len(d.list(job.Filter{State: job.Exhausted})) != 0 {
			t.Errorf("given up without what goes with it: %v", err)
		}
		d.add("x", job.Options{Lane: "2"})
		d.add("panic", job.Options{Lane: "3"})
		for range 8 {
			d.clock.Advance(30 * time.Minute)
			d.drained()
		}
		slices.Sort(told)
		if got := strings.Join(told, "; "); got != "told of hopeless: no such address; told of panic: panic: at the desk; told of x: closed today" {
			t.Errorf("told %s", got)
		}
		if n := len(d.list(job.Filter{State: job.Exhausted})); n != 3 {
			t.Errorf("%d exhausted", n)
		}
	})
}

func TestUniqueKeysCollapse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		d := newDesk(t, open)
		later := d.clock.Now().Add(time.Hour)
		d.add("first", job.Options{Unique: "u", Due: later})
		d.add("second", job.Options{Unique: "u", Due: later.Add(time.Hour)})
		d.clock.Advance(time.Hour)
		d.want("second") // the newest arguments, the earliest time
		d.add("third", job.Options{Unique: "u"})
		d.want("third") // the key is free after the job is done

		// Asked for again while it runs: it runs once more.
		again := true
		d.fail = func(string) error {
			if again {
				again = false
				d.add("once more", job.Options{Unique: "u"})
			}
			return nil
		}
		d.add("running", job.Options{Unique: "u"})
		d.want("running", "once more")

		d.add("cancelled", job.Options{Unique: "c"})
		d.write(func(tx *store.Tx) error { return greet.Cancel(tx, "c") })
		d.want()
	})
}

func TestSchedulesTickOnceForAllNodes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		db := open(clock)
		ticks := 0
		nodes := []*job.Runner{{DB: db}, {DB: db}}
		for _, r := range nodes {
			job.Every(r, "test.sweep", time.Hour, func(context.Context) error { ticks++; return nil })
		}
		drain := func(want int) {
			t.Helper()
			for _, r := range nodes {
				if err := r.Drain(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			if ticks != want {
				t.Errorf("%d ticks, want %d", ticks, want)
			}
		}
		drain(1)
		drain(1)
		clock.Advance(59 * time.Minute)
		drain(1)
		clock.Advance(time.Minute)
		drain(2)
		clock.Advance(10 * time.Hour) // ticks that nobody was there for do not pile up
		drain(3)
	})
}

func TestAnAttemptEndsWithItsTimeout(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.NewClock())
	r := &job.Runner{DB: db}
	short := job.Kind[int]{Name: "test.short", Timeout: time.Millisecond}
	var got job.Attempt
	job.Handle(r, short, func(ctx context.Context, _ int) error {
		got = job.AttemptOf(ctx)
		<-ctx.Done()
		return ctx.Err()
	})
	if err := db.Write(context.Background(), func(tx *store.Tx) error { return short.Add(tx, 1, job.Options{Request: "r"}) }); err != nil {
		t.Fatal(err)
	}
	if err := r.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	var jobs []job.Job
	_ = db.Read(context.Background(), func(tx *store.Tx) error { var err error; jobs, err = job.List(tx, job.Filter{}); return err })
	if len(jobs) != 1 || !strings.Contains(jobs[0].Error, "not done after 1ms") || jobs[0].Attempts != 1 || got.Number != 1 || got.Request != "r" {
		t.Errorf("%+v %+v", jobs, got)
	}
}

func TestUnknownKindsAndBrokenArgumentsHarmNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	d.write(func(tx *store.Tx) error { return job.Kind[int]{Name: "of.a.later.release"}.Add(tx, 1, job.Options{}) })
	d.clock.Advance(time.Millisecond)
	d.write(func(tx *store.Tx) error { return job.Kind[[]int]{Name: greet.Name}.Add(tx, []int{1}, job.Options{}) })
	d.add("fine", job.Options{})
	d.want("fine")
	left := d.list(job.Filter{})
	if len(left) != 2 || left[0].State != job.Waiting || left[1].State != job.Exhausted {
		t.Errorf("left %+v", left)
	}
	var depths []job.Depth
	_ = d.db.Read(context.Background(), func(tx *store.Tx) error { var err error; depths, err = job.Depths(tx); return err })
	if fmt.Sprint(len(depths), depths[0].Count) != "2 1" {
		t.Errorf("depths %+v", depths)
	}
}

func TestBacklogsAreTakenInTurns(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	d.run.Batch, d.run.Workers = 2, 1
	for i := range 6 {
		d.add(fmt.Sprint("long", i), job.Options{Lane: "long"})
	}
	d.clock.Advance(time.Second)
	d.add("short", job.Options{Lane: "short"})
	d.clock.Advance(time.Second)
	d.want("long0", "long1", "short", "long2", "long3", "long4", "long5")
}
