package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	rowsMost  = 1000    // events of one request
	bytesMost = 4 << 20 // of one request
	pauseMost = 30 * time.Second
)

// Relay sends the events of a table. Several may work on one table: an event that two of them send counts once, and each
// of them sends a row only when all before it that it knows of were taken.
type Relay struct {
	DB   *sql.DB
	URL  string       // of Guestright, for example https://integrations.example.com
	Key  string       // a product key
	HTTP *http.Client // nil: one with a limit of 30 seconds
	// Every is how often new events are looked for; 0: four times a second.
	Every time.Duration
	// Failed is told what went wrong, before it is tried again; nil: nobody is.
	Failed func(error)
}

// Run sends events until ctx ends. After a failure it waits, at most 30 seconds, or as long as Retry-After says.
func (r *Relay) Run(ctx context.Context) {
	every := r.Every
	if every <= 0 {
		every = 250 * time.Millisecond
	}
	for pause := every; ; {
		wait := every
		_, err := r.Send(ctx)
		switch {
		case err == nil:
			pause = every
		default:
			if r.Failed != nil && ctx.Err() == nil {
				r.Failed(err)
			}
			pause = min(2*pause, pauseMost)
			wait = pause/2 + rand.N(pause/2)
			if f, ok := errors.AsType[*failure](err); ok {
				wait = max(wait, f.after)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// Send sends all that waits and says how many events were taken. Events that are refused are marked and passed over; any
// other failure ends it, with nothing lost.
func (r *Relay) Send(ctx context.Context) (int, error) {
	taken := 0
	for {
		rows, err := r.waiting(ctx)
		if err != nil || len(rows) == 0 {
			return taken, err
		}
		n, err := r.send(ctx, rows)
		if taken += n; err != nil {
			return taken, err
		}
	}
}

type row struct {
	n    int64
	body string
}

func (r *Relay) waiting(ctx context.Context) ([]row, error) {
	found, err := r.DB.QueryContext(ctx, `SELECT n, body FROM guestright_outbox WHERE refused = '' ORDER BY n LIMIT `+strconv.Itoa(rowsMost))
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	defer func() { _ = found.Close() }()
	var out []row
	for size := 0; found.Next(); {
		var one row
		if err := found.Scan(&one.n, &one.body); err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		if size += len(one.body); size > bytesMost && len(out) > 0 {
			break
		}
		out = append(out, one)
	}
	return out, found.Err()
}

// send sends rows, all of which or none are taken. Those that stand in the way of the others are marked.
func (r *Relay) send(ctx context.Context, rows []row) (int, error) {
	bodies := make([]string, len(rows))
	for i := range rows {
		bodies[i] = rows[i].body
	}
	f := r.post(ctx, "["+strings.Join(bodies, ",")+"]")
	switch {
	case f == nil:
		return len(rows), r.delete(ctx, rows)
	case !f.refused:
		return 0, f
	case len(rows) == 1:
		return 0, r.mark(ctx, rows[0], f.Error())
	}
	reasons := f.indexes(len(rows))
	if len(reasons) == 0 { // it does not say which: ask for each half
		n, err := r.send(ctx, rows[:len(rows)/2])
		if err != nil {
			return n, err
		}
		m, err := r.send(ctx, rows[len(rows)/2:])
		return n + m, err
	}
	var rest []row
	for i, one := range rows {
		why, bad := reasons[i]
		if !bad {
			rest = append(rest, one)
			continue
		}
		if err := r.mark(ctx, one, why); err != nil {
			return 0, err
		}
	}
	if len(rest) == 0 {
		return 0, nil
	}
	return r.send(ctx, rest)
}

func (r *Relay) mark(ctx context.Context, one row, why string) error {
	if _, err := r.DB.ExecContext(ctx, `UPDATE guestright_outbox SET refused = $1 WHERE n = $2`, why, one.n); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

func (r *Relay) delete(ctx context.Context, rows []row) error {
	var list strings.Builder
	for i, one := range rows {
		if i > 0 {
			list.WriteByte(',')
		}
		list.WriteString(strconv.FormatInt(one.n, 10))
	}
	// They are numbers of ours, and more than some drivers take as parameters.
	if _, err := r.DB.ExecContext(ctx, `DELETE FROM guestright_outbox WHERE n IN (`+list.String()+`)`); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// failure is an answer that is no success, or none at all.
type failure struct {
	status  string
	problem struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
		Index  *int   `json:"index"`
		Errors []struct {
			Pointer string `json:"pointer"`
			Detail  string `json:"detail"`
		} `json:"errors"`
	}
	refused bool // it is about the events, so that it would not end otherwise next time
	after   time.Duration
	cause   error
}

func (f *failure) Error() string {
	if f.cause != nil {
		return "outbox: " + f.cause.Error()
	}
	text := strings.TrimSpace(f.problem.Code + " " + f.problem.Detail)
	if len(f.problem.Errors) > 0 {
		text += " " + f.problem.Errors[0].Pointer + ": " + f.problem.Errors[0].Detail
	}
	return "outbox: " + f.status + " " + strings.TrimSpace(text)
}

func (f *failure) Unwrap() error { return f.cause }

// indexes gives the reason for each event of a request that the answer names.
func (f *failure) indexes(n int) map[int]string {
	out := map[int]string{}
	if i := f.problem.Index; i != nil && *i >= 0 && *i < n {
		out[*i] = f.Error()
	}
	for _, e := range f.problem.Errors {
		first, rest, _ := strings.Cut(strings.TrimPrefix(e.Pointer, "/"), "/")
		if i, err := strconv.Atoi(first); err == nil && i >= 0 && i < n && out[i] == "" {
			out[i] = f.problem.Code + " /" + rest + ": " + e.Detail
		}
	}
	return out
}

func (r *Relay) post(ctx context.Context, body string) *failure {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(r.URL, "/")+"/v1/events", strings.NewReader(body))
	if err != nil {
		return &failure{cause: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+r.Key)
	client := r.HTTP
	if client == nil {
		client = &http.Client{Timeout: 30 * time.Second}
	}
	answer, err := client.Do(req)
	if err != nil {
		return &failure{cause: err}
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 8<<20))
	switch answer.StatusCode {
	case http.StatusAccepted:
		return nil // whether or not we could read all that it says
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
	default:
		f := &failure{status: answer.Status}
		_ = json.Unmarshal(text, &f.problem) // what others answer need not be JSON
		if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && s > 0 {
			f.after = min(time.Duration(s)*time.Second, 10*time.Minute)
		}
		return f
	}
	if err != nil {
		return &failure{cause: err}
	}
	f := &failure{status: answer.Status}
	// Only a problem of Guestright says something about events: a proxy may answer 400, too.
	f.refused = json.Unmarshal(text, &f.problem) == nil && (strings.HasPrefix(f.problem.Code, "event_") || strings.HasPrefix(f.problem.Code, "body_"))
	return f
}
