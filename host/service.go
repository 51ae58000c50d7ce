package host

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Actions of this slice.
const (
	ActionTake  = "task:take"
	ActionView  = "task:view"
	ActionRetry = "task:retry"
)

// Topic of the change feed: there may be something to take. The key is a kind, or
// "" for any.
const Topic = "host.task"

// Service holds the operations on tasks. Its zero waiting room is ready.
type Service struct {
	DB       *store.DB
	Audit    *audit.Log
	Accounts *account.Service
	Log      *slog.Logger
	// Caller calls the product; nil: it comes for its tasks by itself.
	Caller *Caller

	heard map[string][]func(*store.Tx, Task) error
	opens map[string]func(*store.Tx, Task) (json.RawMessage, error)
	room  room
}

// Answered has f hear, in the transaction that notes it, of tasks of a kind that
// were done or have failed for good. Its error leaves the task as it was, to be
// given out again. Call it while the program starts.
func (s *Service) Answered(kind string, f func(tx *store.Tx, t Task) error) {
	if s.heard == nil {
		s.heard = map[string][]func(*store.Tx, Task) error{}
	}
	s.heard[kind] = append(s.heard[kind], f)
}

// Ask has the product asked, if the transaction commits. It does not authorise.
// Errors: Invalid `task_invalid`, NotFound when there is no such account.
func (s *Service) Ask(tx *store.Tx, d Draft) (Task, error) {
	if err := d.check(); err != nil {
		return Task{}, err
	}
	a, err := s.Accounts.Load(tx, d.Account)
	if err != nil {
		return Task{}, err
	}
	if d.Key != "" {
		// So that the order in which they commit is that of their numbers.
		if err := tx.Lock(Topic + "/" + d.Account + "/" + d.Key); err != nil {
			return Task{}, err
		}
	}
	t := d.task(tx.Now())
	t.AccountKey = a.Key
	if t.n, err = insert(tx, t); err != nil {
		return Task{}, err
	}
	tx.Changed(Topic, t.Kind)
	return t, nil
}

// Load reads a task for the slices that ask. It does not authorise.
func (s *Service) Load(tx *store.Tx, id ID) (Task, error) { return find(tx, id) }

// Get reads a task with what it carries.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Task, error) {
	if err := by.May(ActionView, access.Platform()); err != nil {
		return Task{}, err
	}
	var out Task
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = find(tx, id)
		return err
	})
	return out, err
}

// Filter chooses tasks. Empty fields choose all.
type Filter struct {
	State   State
	Kind    string
	Account string // id or the product's key
	Before  ID     // older than this one
	Limit   int
}

// List gives tasks, the newest first, without what they carry.
func (s *Service) List(ctx context.Context, by access.Principal, f Filter) ([]Task, error) {
	if err := by.May(ActionView, access.Platform()); err != nil {
		return nil, err
	}
	var out []Task
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if f.Account != "" {
			a, err := s.Accounts.Load(tx, f.Account)
			if problem.CodeOf(err) == "not_found" {
				a, err = s.Accounts.ByKey(tx, f.Account)
			}
			if err != nil {
				return err
			}
			f.Account = a.ID.String()
		}
		var err error
		out, err = list(tx, f)
		return err
	})
	return out, err
}

// Query asks for tasks to do.
type Query struct {
	Kinds []string // none: all
	Limit int
	Lease time.Duration // until nobody else gets them; 0: a minute
	Wait  time.Duration // for the first
}

// Take gives out tasks, after waiting for the first if there is none. None, and no
// error, when the time is over or the server stops. Errors: Limited `task_takers`.
func (s *Service) Take(ctx context.Context, by access.Principal, q Query) ([]Task, error) {
	if err := by.May(ActionTake, access.Platform()); err != nil {
		return nil, err
	}
	return s.await(ctx, q, make(chan struct{}))
}

// Finish notes that the product has done a task. Said twice, it is the same
// answer. Error: Conflict `task_closed`.
func (s *Service) Finish(ctx context.Context, by access.Principal, id ID, result json.RawMessage) (Task, error) {
	if err := by.May(ActionTake, access.Platform()); err != nil {
		return Task{}, err
	}
	if len(result) > ResultMost {
		return Task{}, problem.Invalid("task_invalid", "The result is too large.", problem.Field{Pointer: "/result", Code: "too_large", Detail: "At most 4 MiB."})
	}
	return s.change(ctx, id, func(now time.Time, t *Task) (bool, error) { return t.done(now, result) })
}

// Fail notes that an attempt has failed. Said twice, it is the same answer. Error:
// Conflict `task_closed`.
func (s *Service) Fail(ctx context.Context, by access.Principal, id ID, f Failure) (Task, error) {
	if err := by.May(ActionTake, access.Platform()); err != nil {
		return Task{}, err
	}
	return s.change(ctx, id, func(now time.Time, t *Task) (bool, error) { return t.fail(now, f) })
}

// change is one answer of the product.
func (s *Service) change(ctx context.Context, id ID, rule func(time.Time, *Task) (bool, error)) (Task, error) {
	var out Task
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err := find(tx, id)
		if err != nil {
			return err
		}
		news, err := rule(tx.Now(), &t)
		if out = t; err != nil || !news {
			return err
		}
		return s.settle(tx, t)
	})
	return out, err
}

// settle writes what has become of a task, and has those hear who asked.
func (s *Service) settle(tx *store.Tx, t Task) error {
	ok, err := save(tx, t)
	if err != nil || !ok {
		return err // somebody else was first
	}
	if t.State == Waiting {
		tx.Changed(Topic, t.Kind) // those who wait for tasks now know when it is due
		return nil
	}
	if t.Key != "" {
		tx.Changed(Topic, "") // the next of its key may go
	}
	for _, f := range s.heard[t.Kind] {
		if err := f(tx, t); err != nil {
			return err
		}
	}
	return nil
}

// Retry has a task that failed for good given out anew. Error: Conflict
// `task_not_failed`.
func (s *Service) Retry(ctx context.Context, by access.Principal, id ID) (Task, error) {
	if err := by.May(ActionRetry, access.Platform()); err != nil {
		return Task{}, err
	}
	var out Task
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err := find(tx, id)
		if err != nil {
			return err
		}
		before := t.State
		if err := t.again(tx.Now()); err != nil {
			return err
		}
		if ok, err := save(tx, t); err != nil || !ok {
			return problem.Conflict("task_not_failed", "Somebody else has asked for it again.").Because(err)
		}
		tx.Changed(Topic, t.Kind)
		out = t
		return s.Audit.Record(tx, by, audit.Change{Action: "task.retry", Target: "task/" + t.ID.String(), Name: t.Kind, Account: t.Account,
			Before: map[string]any{"state": before}, After: map[string]any{"state": t.State}})
	})
	return out, err
}
