package job

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Kind is a type of job whose arguments are an A, kept as JSON. Arguments must
// hold ids, not secrets and not copies of what the handler can load.
type Kind[A any] struct {
	Name     string        // stable: rows of earlier releases carry it
	Attempts int           // before it is exhausted; 0: 10
	Timeout  time.Duration // of one attempt; 0: one minute
}

// Options say where and when a job runs. The zero value: in the kind's own
// lane, now.
type Options struct {
	Lane    string    // jobs of one kind and lane run one at a time
	Due     time.Time // not before; zero: now
	Unique  string    // at most one waiting job of this kind with this key
	Request string    // id of the causing request, for the log
}

const (
	defaultAttempts = 10
	defaultTimeout  = time.Minute
)

// Add adds a job to the transaction. It runs once that has committed.
func (k Kind[A]) Add(tx *store.Tx, a A, o Options) error {
	args, err := json.Marshal(a)
	if err != nil {
		return problem.Internal("job.add "+k.Name, err)
	}
	due := o.Due
	if due.IsZero() {
		due = tx.Now()
	}
	id := ident.New[Job](tx.Now())
	once := o.Unique
	if once == "" {
		once = id.String()
	}
	return insert(tx, row{
		ID: id, Kind: k.Name, Lane: o.Lane, State: Waiting, Due: store.At(due), Args: string(args),
		Once: once, Request: o.Request, Created: store.At(tx.Now()),
	})
}

// Cancel removes the waiting job with a unique key, if there is one. One that
// is running just then runs to its end.
func (k Kind[A]) Cancel(tx *store.Tx, unique string) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM job WHERE kind = ? AND once = ? AND state = ?", k.Name, unique, Waiting)
	return err
}

// Handle gives a kind its handler. The context ends with the attempt's
// time-out. An error means another attempt, later; see Stop. Call it before Run.
func Handle[A any](r *Runner, k Kind[A], fn func(ctx context.Context, a A) error) {
	if k.Attempts <= 0 {
		k.Attempts = defaultAttempts
	}
	if k.Timeout <= 0 {
		k.Timeout = defaultTimeout
	}
	r.handle(handler{name: k.Name, attempts: k.Attempts, timeout: k.Timeout, call: func(ctx context.Context, args string) error {
		var a A
		if err := json.Unmarshal([]byte(args), &a); err != nil {
			return Stop(err)
		}
		return fn(ctx, a)
	}})
}

// OnExhausted says what else happens in the transaction in which a job of the
// kind becomes exhausted, whatever ended it: an error, a panic, the time-out or
// the death of the process. cause is what the last attempt failed with. An error
// has the attempt made again. Call it after Handle.
func OnExhausted[A any](r *Runner, k Kind[A], fn func(tx *store.Tx, a A, cause error) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.handlers[k.Name]
	h.exhausted = func(tx *store.Tx, args string, cause error) error {
		var a A
		if err := json.Unmarshal([]byte(args), &a); err != nil {
			return nil // arguments that nobody can read name nothing that could be told
		}
		return fn(tx, a, cause)
	}
	r.handlers[k.Name] = h
}

// handler is a kind without its type.
type handler struct {
	name      string
	attempts  int
	timeout   time.Duration
	call      func(ctx context.Context, args string) error
	exhausted func(tx *store.Tx, args string, cause error) error // nil: nothing
}

// Stop marks an error that no further attempt can cure: the job is exhausted
// at once.
func Stop(err error) error { return &stopped{err} }

type stopped struct{ err error }

func (s *stopped) Error() string { return s.err.Error() }
func (s *stopped) Unwrap() error { return s.err }

// Hopeless reports whether an error was marked by Stop.
func Hopeless(err error) bool {
	_, ok := errors.AsType[*stopped](err)
	return ok
}
