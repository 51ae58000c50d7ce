package job

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// topic is under which a commit tells this node's runners about its jobs.
const topic = "job"

// Runner works on jobs. Fill it, give it handlers, then Run it; several nodes
// may run one each on the same database.
type Runner struct {
	DB      *store.DB
	Log     *slog.Logger  // nil: silent
	Workers int           // lanes worked on at once; 0: 16
	Batch   int           // jobs taken from a lane at a time; 0: 16
	Lease   time.Duration // how long a dead node keeps its lanes; 0: 30 s
	Poll    time.Duration // how often other nodes' jobs are looked for; 0: 1 s
	Grace   time.Duration // for running attempts when Run ends; 0: 20 s

	once      sync.Once
	holder    string
	bell      chan struct{}
	mu        sync.Mutex
	kinds     []string
	handlers  map[string]handler
	schedules []*schedule
	hints     map[string]lane
	held      map[string]context.CancelFunc
	repaired  time.Time
}

// setUp fills what the literal leaves out and starts to listen for commits.
func (r *Runner) setUp() {
	r.once.Do(func() {
		fill := func(d *time.Duration, or time.Duration) {
			if *d <= 0 {
				*d = or
			}
		}
		fill(&r.Lease, 30*time.Second)
		fill(&r.Poll, time.Second)
		fill(&r.Grace, 20*time.Second)
		if r.Workers <= 0 {
			r.Workers = 16
		}
		if r.Batch <= 0 {
			r.Batch = 16
		}
		var id [6]byte
		_, _ = rand.Read(id[:])
		r.holder = r.DB.Node() + "." + hex.EncodeToString(id[:])
		r.bell = make(chan struct{}, 1)
		r.handlers, r.hints, r.held = map[string]handler{}, map[string]lane{}, map[string]context.CancelFunc{}
		r.DB.OnChange(topic, r.hint)
	})
}

func (r *Runner) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}

func (r *Runner) handle(h handler) {
	r.setUp()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.handlers[h.name]; !ok {
		r.kinds = append(r.kinds, h.name)
	}
	r.handlers[h.name] = h
}

// Kinds lists the kinds with a handler, in order.
func (r *Runner) Kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.kinds))
}

// hint is called in commits, so it only takes a note.
func (r *Runner) hint(key string) {
	kind, name, _ := strings.Cut(key, "\x00")
	r.mu.Lock()
	_, ours := r.handlers[kind]
	if ours {
		r.hints[key] = lane{Kind: kind, Name: name}
	}
	r.mu.Unlock()
	if ours {
		r.ring()
	}
}

func (r *Runner) ring() {
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, then lets running attempts finish within Grace and
// interrupts the rest. Its error is nil; trouble with the database is logged
// and tried again.
func (r *Runner) Run(ctx context.Context) error {
	r.setUp()
	working, interrupt := context.WithCancel(context.WithoutCancel(ctx))
	defer interrupt()
	var lanes sync.WaitGroup
	free := make(chan struct{}, r.Workers)
	for range r.Workers {
		free <- struct{}{}
	}
	renewing := make(chan struct{})
	go func() {
		defer close(renewing)
		r.renewAll(working)
	}()
	tick := time.NewTicker(r.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if n := len(free); n > 0 {
			found, err := r.next(ctx, n)
			if err != nil && ctx.Err() == nil {
				r.log().Warn("jobs: the database does not answer", "error", err)
			}
			for _, l := range found {
				<-free
				lanes.Go(func() {
					defer func() { free <- struct{}{}; r.ring() }()
					r.work(ctx, working, l)
				})
			}
		}
		select {
		case <-ctx.Done():
		case <-r.bell:
		case <-tick.C:
		}
	}
	r.settle(&lanes, interrupt)
	interrupt()
	<-renewing
	return nil
}

// afterwards is how long interrupted attempts may take to return and be written.
const afterwards = 3 * time.Second

// settle waits for the lanes at work, for Grace and, once interrupted, a little
// longer. A handler that ignores its context loses its lease later.
func (r *Runner) settle(lanes *sync.WaitGroup, interrupt context.CancelFunc) {
	done := make(chan struct{})
	go func() {
		lanes.Wait()
		close(done)
	}()
	grace := time.NewTimer(r.Grace)
	defer grace.Stop()
	select {
	case <-done:
		return
	case <-grace.C:
	}
	interrupt()
	last := time.NewTimer(afterwards)
	defer last.Stop()
	select {
	case <-done:
	case <-last.C:
		r.log().Error("jobs: handlers did not stop in time; their leases run out")
	}
}

// Drain runs everything that is due by the database's clock, schedules
// included, until nothing is due: for tests under a fixed clock. Failed
// attempts are not errors; they wait for their backoff.
func (r *Runner) Drain(ctx context.Context) error {
	r.setUp()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := r.next(ctx, r.Workers)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return nil
		}
		for _, l := range found {
			r.work(ctx, ctx, l)
		}
	}
}
