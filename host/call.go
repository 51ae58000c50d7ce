package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Caller calls the product with each task, at an address of the operator's own.
type Caller struct {
	URL    string
	Secret secret.Text  // signs each call, as Standard Webhooks writes it
	Client *http.Client // with a time-out shorter than the lease; no redirects

	key []byte
}

const (
	callsMost = 8                // at one time, on one node
	callWait  = 30 * time.Second // for the next task, before the loop begins anew
	callRest  = time.Second      // after trouble with the database
	readMost  = ResultMost       // of an answer
)

// Run calls the product with what is due until ctx ends, and lets running calls
// finish. Without a Caller it returns at once.
func (s *Service) Run(ctx context.Context) error {
	if s.Caller == nil {
		return nil
	}
	var err error
	if s.Caller.key, err = hook.Key(s.Caller.Secret); err != nil {
		return problem.Internal("host.run", err)
	}
	var calls sync.WaitGroup
	defer calls.Wait()
	free := make(chan struct{}, callsMost)
	for range callsMost {
		free <- struct{}{}
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-free: // wait for one at least
			free <- struct{}{}
		}
		tasks, err := s.await(ctx, Query{Limit: len(free), Wait: callWait}, nil)
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("tasks: the database does not answer", "error", err)
			rest := time.NewTimer(callRest)
			select {
			case <-ctx.Done():
			case <-rest.C:
			}
			rest.Stop()
		}
		for _, t := range tasks {
			<-free
			calls.Go(func() {
				defer func() { free <- struct{}{} }()
				s.call(context.WithoutCancel(ctx), t)
			})
		}
	}
	return nil
}

// call makes one call and notes what came of it. What could not be noted is given
// out again when the lease is over.
func (s *Service) call(ctx context.Context, t Task) {
	a := s.Caller.send(ctx, t, s.DB.Now())
	by := access.System("the product was called")
	outcome, fault := "done", ""
	var err error
	if result, f, ok := a.judge(s.DB.Now()); ok {
		_, err = s.Finish(ctx, by, t.ID, result)
	} else {
		f.Attempt = t.Attempts
		var now Task
		now, err = s.Fail(ctx, by, t.ID, f)
		outcome, fault = string(now.State), f.Detail
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String("id", t.ID.String()), slog.String("kind", t.Kind), slog.Int("attempt", t.Attempts), slog.String("outcome", outcome), slog.Int("status", a.status)}
	if fault != "" || err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("fault", fault), slog.Any("error", errors.Join(a.err, err)))
	}
	s.Log.LogAttrs(ctx, level, "task", attrs...)
}

// answer is what came back of a call.
type answer struct {
	status int
	after  string // Retry-After
	body   []byte
	err    error // there was none, or not all of it
}

func (c *Caller) send(ctx context.Context, t Task, now time.Time) answer {
	body, err := json.Marshal(t)
	if err != nil {
		return answer{err: err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	stamp := hook.Stamp(now)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", t.ID.String())
	r.Header.Set("Webhook-Timestamp", stamp)
	r.Header.Set("Webhook-Signature", string(hook.AppendV1(nil, c.key, hook.Content(t.ID.String(), stamp, body))))
	res, err := c.Client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, readMost+1))
	return answer{status: res.StatusCode, after: res.Header.Get("Retry-After"), body: raw, err: err}
}

// judge is the whole policy: a result, or why there is none and whether to try
// again.
func (a answer) judge(now time.Time) (json.RawMessage, Failure, bool) {
	said := problem.Said(a.body)
	switch {
	case a.status == 0:
		return nil, Failure{Detail: silence(a.err), Retry: true}, false
	case a.status/100 == 2 && a.err != nil:
		return nil, Failure{Detail: "The product's answer broke off.", Retry: true}, false
	case a.status/100 == 2 && len(a.body) > ResultMost:
		return nil, Failure{Detail: "The product's answer is larger than 4 MiB."}, false
	case a.status/100 == 2:
		if !json.Valid(a.body) {
			return nil, Failure{}, true // it said yes, and nothing besides
		}
		return a.body, Failure{}, true
	}
	if said != "" {
		said = " It says: " + said
	}
	f := Failure{Detail: "The product answered with status " + strconv.Itoa(a.status) + "." + said}
	switch {
	case a.status == http.StatusUnauthorized, // it did not believe us, and has not looked at the task
		a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly, a.status == http.StatusTooManyRequests, a.status/100 != 4:
		f.Retry, f.After = true, hook.Wait(a.after, now)
	}
	return nil, f, false
}

// silence says why there was no answer.
func silence(err error) string {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return "The product did not answer in time."
	}
	return "The product could not be reached."
}
