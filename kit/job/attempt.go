package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// The outcomes of an attempt, as logged.
const (
	outcomeDone        = "done"
	outcomeRetry       = "retry"
	outcomeExhausted   = "exhausted"
	outcomeInterrupted = "interrupted"
)

// result is a row with what an attempt made of it.
type result struct {
	row     row
	outcome string
	after   func(tx *store.Tx) error // what goes with an exhausted job; nil: nothing
}

// Attempt tells a handler about the attempt it makes.
type Attempt struct {
	ID      ID
	Number  int  // 1 for the first
	Last    bool // a failure exhausts the job
	Request string
}

type attemptKey struct{}

// AttemptOf returns the attempt that ctx belongs to.
func AttemptOf(ctx context.Context) Attempt {
	a, _ := ctx.Value(attemptKey{}).(Attempt)
	return a
}

var errDied = errors.New("the process ended during the attempt")

// attempt runs a job once. w.Attempts counts this attempt already.
func (r *Runner) attempt(ctx context.Context, h handler, w row) result {
	began := time.Now()
	err := errDied
	if w.Attempts <= h.attempts {
		limited, cancel := context.WithTimeout(ctx, h.timeout)
		limited = context.WithValue(limited, attemptKey{}, Attempt{ID: w.ID, Number: w.Attempts, Last: w.Attempts == h.attempts, Request: w.Request})
		err = guarded(limited, h, w.Args)
		if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("not done after %s: %w", h.timeout, err)
		}
		cancel()
	}
	res := judge(ctx, h, w, verdict{err: err, now: r.DB.Now()})
	r.record(ctx, res, err, time.Since(began))
	return res
}

type verdict struct {
	err error
	now time.Time
}

// judge decides what becomes of a job after an attempt.
func judge(ctx context.Context, h handler, w row, v verdict) result {
	if v.err == nil {
		return result{row: w, outcome: outcomeDone}
	}
	w.Tried = store.At(v.now)
	w.Error = brief(v.err)
	switch {
	case Hopeless(v.err), w.Attempts >= h.attempts && ctx.Err() == nil, errors.Is(v.err, errDied):
		w.State = Exhausted
		w.Once = w.ID.String() // the key is free for a new job
		w.Attempts = min(w.Attempts, h.attempts)
		res := result{row: w, outcome: outcomeExhausted}
		if h.exhausted != nil {
			res.after = func(tx *store.Tx) error { return h.exhausted(tx, w.Args, v.err) }
		}
		return res
	case ctx.Err() != nil:
		// We stop, or lost the lease: not the job's fault.
		w.Attempts--
		w.Due = store.At(v.now)
		return result{row: w, outcome: outcomeInterrupted}
	}
	wait := backoff(w.Attempts)
	if p, ok := errors.AsType[*problem.Error](v.err); ok {
		wait = max(wait, min(p.After, 24*time.Hour))
	}
	w.Due = store.At(v.now.Add(wait))
	return result{row: w, outcome: outcomeRetry}
}

// guarded calls a handler; a panic is a failed attempt.
func guarded(ctx context.Context, h handler, args string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{value: p, stack: debug.Stack()}
		}
	}()
	return h.call(ctx, args)
}

type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// brief is the start of an error's text, on a character's boundary.
func brief(err error) string {
	text := err.Error()
	if len(text) > maxError {
		text = text[:maxError]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// record writes the one line of an attempt.
func (r *Runner) record(ctx context.Context, res result, err error, took time.Duration) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("kind", res.row.Kind), slog.String("lane", res.row.Lane), slog.String("id", res.row.ID.String()),
		slog.Int("attempt", res.row.Attempts), slog.String("outcome", res.outcome),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	if res.row.Request != "" {
		attrs = append(attrs, slog.String("request_id", res.row.Request))
	}
	if err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	if res.outcome == outcomeRetry {
		attrs = append(attrs, slog.Time("next", res.row.Due.Time()))
	}
	if res.outcome == outcomeExhausted {
		level = slog.LevelError
	}
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	r.log().LogAttrs(ctx, level, "job", attrs...)
}
