package job_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// running starts a runner and returns what stops it and waits.
func running(t *testing.T, r *job.Runner) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func addTo(t *testing.T, db *store.DB, names []string, lane func(i int) string) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		for i, name := range names {
			if err := greet.Add(tx, greeting{Name: name}, job.Options{Lane: lane(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("job", i)
	}
	return names
}

func TestACommitStartsTheJobAndASlowLaneDelaysNobody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		// No poll ever comes: only commits wake the runner.
		r := &job.Runner{DB: open(nil), Workers: 4, Poll: time.Hour}
		stuck, free := make(chan struct{}), make(chan struct{})
		seen := make(chan string, 100)
		job.Handle(r, greet, func(_ context.Context, g greeting) error {
			if g.Name == "slow" {
				close(stuck)
				<-free
			}
			seen <- g.Name
			return nil
		})
		stop := running(t, r)
		addTo(t, r.DB, []string{"slow", "behind"}, func(int) string { return "slow lane" })
		<-stuck
		for round := range 5 {
			addTo(t, r.DB, numbered(10), func(i int) string { return fmt.Sprint(i % (round + 1)) })
			for range 10 {
				if name := <-seen; name == "slow" || name == "behind" {
					t.Errorf("%s came through", name)
				}
			}
		}
		close(free)
		if a, b := <-seen, <-seen; a != "slow" || b != "behind" {
			t.Errorf("the lane gave %s, %s", a, b)
		}
		stop()
	})
}

func TestTwoNodesRunEachJobOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		first := open(nil)
		second := first
		if first.Postgres() {
			url := storetest.PostgresURL(t)
			first, second = storetest.Again(t, url, nil), storetest.Again(t, url, nil)
		}
		const jobs = 300
		var mu sync.Mutex
		count, by := map[string]int{}, map[int]int{}
		all := make(chan struct{})
		done := 0
		for node, db := range []*store.DB{first, second} {
			r := &job.Runner{DB: db, Workers: 4, Batch: 4, Poll: 5 * time.Millisecond}
			job.Handle(r, greet, func(_ context.Context, g greeting) error {
				mu.Lock()
				defer mu.Unlock()
				count[g.Name]++
				by[node]++
				done++
				if done == jobs {
					close(all)
				}
				return nil
			})
			running(t, r)
		}
		var adding sync.WaitGroup
		for part := range 3 {
			adding.Go(func() {
				for i := range 10 {
					names := make([]string, jobs/30)
					for k := range names {
						names[k] = fmt.Sprint(part, "/", i, "/", k)
					}
					addTo(t, []*store.DB{first, second}[i%2], names, func(k int) string { return fmt.Sprint("lane", k%7) })
				}
			})
		}
		adding.Wait()
		<-all
		mu.Lock()
		defer mu.Unlock()
		for name, n := range count {
			if n != 1 {
				t.Errorf("%s ran %d times", name, n)
			}
		}
		if len(count) != jobs {
			t.Errorf("%d of %d ran", len(count), jobs)
		}
		t.Logf("by node: %v", by)
	})
}

func TestStoppingLetsAttemptsFinish(t *testing.T) {
	t.Parallel()
	r := &job.Runner{DB: storetest.Open(t, nil)}
	begun, free := make(chan struct{}), make(chan struct{})
	ran := 0
	job.Handle(r, greet, func(ctx context.Context, _ greeting) error {
		ran++
		close(begun)
		<-free
		return ctx.Err()
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	addTo(t, r.DB, []string{"first", "second"}, func(int) string { return "" })
	<-begun
	cancel()
	select {
	case <-done:
		t.Error("Run left an attempt behind")
	default:
	}
	close(free)
	if err := <-done; err != nil {
		t.Error(err)
	}
	left := jobsOf(t, r.DB)
	if ran != 1 || len(left) != 1 || left[0].Attempts != 0 || left[0].Error != "" {
		t.Errorf("ran %d, left %+v", ran, left)
	}
}

func TestStoppingInterruptsAfterGrace(t *testing.T) {
	t.Parallel()
	r := &job.Runner{DB: storetest.Open(t, nil), Grace: 10 * time.Millisecond}
	begun := make(chan struct{})
	job.Handle(r, greet, func(ctx context.Context, _ greeting) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	addTo(t, r.DB, []string{"long"}, func(int) string { return "" })
	<-begun
	cancel()
	<-done
	left := jobsOf(t, r.DB)
	if len(left) != 1 || left[0].State != job.Waiting || left[0].Attempts != 0 {
		t.Errorf("an interrupted attempt counts: %+v", left)
	}
}

func jobsOf(t *testing.T, db *store.DB) []job.Job {
	t.Helper()
	var jobs []job.Job
	err := db.Read(context.Background(), func(tx *store.Tx) error {
		var err error
		jobs, err = job.List(tx, job.Filter{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func TestLeasesAreRenewedAndALostOneInterrupts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		r := &job.Runner{DB: db, Lease: 30 * time.Millisecond}
		lost := make(chan error, 1)
		begun := make(chan struct{})
		once := sync.OnceFunc(func() { close(begun) })
		job.Handle(r, greet, func(ctx context.Context, _ greeting) error {
			once()
			<-ctx.Done()
			lost <- context.Cause(ctx)
			return ctx.Err()
		})
		running(t, r)
		addTo(t, db, []string{"x"}, func(int) string { return "l" })
		<-begun
		// The lease moves on while the handler runs.
		until := func() int64 {
			var n int64
			_ = db.Read(context.Background(), func(tx *store.Tx) error {
				return tx.NewRaw("SELECT until FROM job_lane WHERE name = 'l'").Scan(tx.Ctx, &n)
			})
			return n
		}
		for first := until(); until() == first; {
		}
		// Another node takes the lane.
		err := db.Batch(context.Background(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "UPDATE job_lane SET holder = 'other', until = ? WHERE name = 'l'", store.At(tx.Now().Add(time.Hour)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-lost; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestAJobThatKillsItsProcessIsExhausted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		d := newDesk(t, open)
		died := func() {
			d.write(func(tx *store.Tx) error {
				_, err := tx.ExecContext(tx.Ctx, "UPDATE job_lane SET holder = 'dead', until = 1")
				return err
			})
		}
		d.add("deadly", job.Options{})
		d.clock.Advance(time.Millisecond)
		d.add("harmless", job.Options{})
		counted := -1
		d.fail = func(name string) error {
			if name == "deadly" {
				counted = d.list(job.Filter{})[0].Attempts
				return errors.New("not this time")
			}
			return nil
		}
		died()
		d.want("deadly", "harmless")
		if counted != 1 {
			t.Errorf("after a crash the attempt is counted beforehand: %d", counted)
		}
		d.write(func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "UPDATE job SET attempts = 3")
			return err
		})
		d.clock.Advance(time.Hour)
		died()
		d.want()
		if kept := d.list(job.Filter{State: job.Exhausted}); len(kept) != 1 || !strings.Contains(kept[0].Error, "process ended") || kept[0].Attempts != 3 {
			t.Errorf("kept %+v", kept)
		}
	})
}

func TestLanesThatLostTheirDueTimeAreRepaired(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		d := newDesk(t, open)
		d.want() // nothing yet; the hints of what follows are those of another node
		d.run = &job.Runner{DB: d.db}
		seen := 0
		d.add("a", job.Options{})
		d.add("b", job.Options{Lane: "gone"})
		d.write(func(tx *store.Tx) error {
			if _, err := tx.ExecContext(tx.Ctx, "UPDATE job_lane SET due = 0"); err != nil {
				return err
			}
			_, err := tx.ExecContext(tx.Ctx, "DELETE FROM job_lane WHERE name = 'gone'")
			return err
		})
		job.Handle(d.run, greet, func(context.Context, greeting) error { seen++; return nil })
		d.clock.Advance(10 * time.Second)
		if err := d.run.Drain(context.Background()); err != nil || seen != 2 {
			t.Errorf("%d ran, %v", seen, err)
		}
	})
}

// child is set in the process that TestAKilledNodesJobsAreTakenOver kills.
const child = "GUESTRIGHT_JOB_TEST_CHILD"

// TestChildProcess is not a test: it is the node that is killed.
func TestChildProcess(t *testing.T) {
	url := os.Getenv(child)
	if url == "" {
		return
	}
	db, err := store.Open(store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	r := &job.Runner{DB: db}
	job.Handle(r, greet, func(_ context.Context, g greeting) error {
		fmt.Println("begun", g.Name)
		select {} // until killed
	})
	_ = r.Run(context.Background())
}

func TestAKilledNodesJobsAreTakenOver(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "guestright.db") },
		"postgres": func(t *testing.T) string { return storetest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := url(t)
			clock := storetest.NewClock()
			db := storetest.Again(t, where, clock)
			addTo(t, db, []string{"a", "b"}, func(int) string { return "l" })

			node := exec.Command(os.Args[0], "-test.run=^TestChildProcess$")
			node.Env = append(os.Environ(), child+"="+where)
			out, err := node.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := node.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			begun := ""
			for begun == "" && lines.Scan() {
				begun, _ = strings.CutPrefix(lines.Text(), "begun ")
			}
			_ = node.Process.Kill()
			_ = node.Wait()
			if begun != "a" {
				t.Fatalf("the other node began %q", begun)
			}

			var seen []string
			r := &job.Runner{DB: db}
			job.Handle(r, greet, func(_ context.Context, g greeting) error { seen = append(seen, g.Name); return nil })
			drain := func(want string) {
				t.Helper()
				if err := r.Drain(context.Background()); err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(seen, " "); got != want {
					t.Errorf("taken over %q, want %q", got, want)
				}
			}
			drain("") // the lease still holds
			clock.Advance(time.Since(clock.Now()) + time.Minute)
			drain("a b")
		})
	}
}
