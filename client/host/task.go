package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Task is something that the product is asked to do.
type Task struct {
	// ID is the same however often the task comes.
	ID string `json:"id"`
	// Kind says what is to be done, such as "trigger.fire".
	Kind string `json:"kind"`
	// Account is the platform's id of the account, AccountKey the product's own key of it.
	Account    string `json:"account"`
	AccountKey string `json:"account_key"`
	// Subject is the resource that it is about, such as "proj/web:env/production:flag/dark-mode".
	Subject string `json:"subject"`
	// Data is what the kind needs besides.
	Data json.RawMessage `json:"data"`
	// Reference says who asks, such as "trigger/trg_…".
	Reference string `json:"reference"`
	// Key is shared by the tasks of the account that come one after another.
	Key string `json:"key"`
	// Attempts is how often it was given out, this time included.
	Attempts int       `json:"attempts"`
	Created  time.Time `json:"created"`
}

// Handler does a task. Its result, if any, becomes JSON. It has until the end of ctx. An error means that the task comes
// again later; a *Failure says more.
type Handler func(ctx context.Context, t Task) (any, error)

// Failure is an error whose words the account's administrators may read.
type Failure struct {
	// Detail says why, for people.
	Detail string
	// Retry says that the task may succeed later; without it, it has failed for good.
	Retry bool
	// After is how long to wait at the least. Zero: as the platform sees fit.
	After time.Duration
}

// Error implements error.
func (f *Failure) Error() string { return "host: " + f.Detail }

// Refuse is a Failure for good.
func Refuse(detail string) error { return &Failure{Detail: detail} }

// unsaid is what is told of errors that are no *Failure: their words may not be for everybody.
const unsaid = "The product could not do it."

// do calls the handler of a task. A panic is an error.
func (w *Worker) do(ctx context.Context, t Task) ([]byte, *Failure) {
	value, err := w.guarded(ctx, t)
	var result []byte
	if err == nil && value != nil {
		result, err = json.Marshal(value)
	}
	if err == nil {
		return result, nil
	}
	if w.Failed != nil {
		w.Failed(t, err)
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return nil, f
	}
	return nil, &Failure{Detail: unsaid, Retry: true}
}

func (w *Worker) guarded(ctx context.Context, t Task) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			value, err = nil, fmt.Errorf("host: the handler of %s panicked: %v", t.Kind, p)
		}
	}()
	return w.Handlers[t.Kind](ctx, t)
}
