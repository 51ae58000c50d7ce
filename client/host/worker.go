package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Worker does tasks. It must not be changed while it is in use.
type Worker struct {
	// URL is where the platform is.
	URL string
	// Token is a product key.
	Token string
	// Handlers do the tasks, by kind. Tasks of other kinds are left to others.
	Handlers map[string]Handler
	// Together is how many tasks are done at one time. Zero: 8.
	Together int
	// Lease is how long a handler may take, from 5 seconds to an hour. Zero: a minute.
	Lease time.Duration
	// HTTP makes the requests; it must not give up before 40 seconds. Nil: a client that follows no redirects.
	HTTP *http.Client
	// Failed, if given, is told of each error of a handler.
	Failed func(t Task, why error)
	// Lost, if given, is told of each request that brought no tasks because something is wrong, and how long we wait before
	// we come again.
	Lost func(why error, wait time.Duration)
}

// Refusal is an answer that would not be another one next time.
type Refusal struct {
	// Status is that of the answer.
	Status int
	// Code is the platform's, such as "token_expired". Empty: whoever answered is no Guestright.
	Code string
	// Detail is a sentence for people.
	Detail string
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Code == "" {
		return fmt.Sprintf("host: the answer is %d %s, and not Guestright's: is the URL right?", r.Status, http.StatusText(r.Status))
	}
	return "host: " + r.Code + ": " + r.Detail
}

const (
	togetherDefault = 8
	leaseDefault    = time.Minute
	// waitLeast and waitMost bound the pause after trouble; it doubles from one to the next.
	waitLeast, waitMost = time.Second, 30 * time.Second
	// stay is for how long one request waits for tasks, and slack what it may take besides.
	stay, slack = 25 * time.Second, 15 * time.Second
	// answerMost bounds what is read of an answer: 200 tasks with 256 KiB each, and what belongs to them.
	answerMost = 64 << 20
)

// Run comes for tasks and does them until ctx ends, then lets those that run come to their end. The error is a *Refusal, or
// that of ctx.
func (w *Worker) Run(ctx context.Context) error {
	if len(w.Handlers) == 0 {
		return errors.New("host: the worker has no handlers")
	}
	most := w.Together
	if most <= 0 {
		most = togetherDefault
	}
	free := make(chan struct{}, most)
	for range most {
		free <- struct{}{}
	}
	var running sync.WaitGroup
	defer running.Wait()
	for wait := waitLeast; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-free: // one at least
		}
		free <- struct{}{}
		tasks, pause, err := w.take(ctx, len(free))
		for _, t := range tasks {
			<-free
			running.Go(func() {
				defer func() { free <- struct{}{} }()
				w.work(context.WithoutCancel(ctx), t)
			})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, refused := errors.AsType[*Refusal](err); refused {
			return err
		}
		if err == nil {
			wait = waitLeast
			continue
		}
		pause = max(pause, wait)
		wait = min(2*wait, waitMost)
		if w.Lost != nil {
			w.Lost(err, pause)
		}
		rest := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-rest.C:
		}
		rest.Stop()
	}
}

func (w *Worker) lease() time.Duration {
	if w.Lease <= 0 {
		return leaseDefault
	}
	return w.Lease
}

func (w *Worker) take(ctx context.Context, limit int) ([]Task, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, stay+slack)
	defer cancel()
	q := url.Values{"wait": {seconds(stay)}, "lease": {seconds(w.lease())}, "limit": {strconv.Itoa(limit)}, "kind": {strings.Join(slices.Sorted(maps.Keys(w.Handlers)), ",")}}
	status, pause, text, err := w.send(ctx, http.MethodGet, "?"+q.Encode(), nil)
	if err != nil {
		return nil, 0, err
	}
	var got struct {
		Items *[]Task `json:"items"`
	}
	if status != http.StatusOK {
		return nil, pause, refusal(status, text)
	}
	if err := json.Unmarshal(text, &got); err != nil || got.Items == nil {
		return nil, 0, &Refusal{Status: status}
	}
	return *got.Items, 0, nil
}

// work does a task and says what became of it, until the platform has heard or gives the task out again anyway.
func (w *Worker) work(ctx context.Context, t Task) {
	ctx, cancel := context.WithTimeout(ctx, w.lease())
	defer cancel()
	result, failure := w.do(ctx, t)
	path, body := "/"+url.PathEscape(t.ID)+"/done", map[string]any{}
	switch {
	case failure != nil:
		path = "/" + url.PathEscape(t.ID) + "/fail"
		body = map[string]any{"detail": cut(failure.Detail), "retry": failure.Retry, "attempt": t.Attempts}
		if s := int(failure.After / time.Second); s > 0 {
			body["retry_after"] = min(s, 86400)
		}
	case result != nil:
		body["result"] = json.RawMessage(result)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return // it was JSON a moment ago
	}
	told, stop := context.WithTimeout(context.WithoutCancel(ctx), slack)
	defer stop()
	for wait := waitLeast / 4; told.Err() == nil; wait *= 2 {
		status, pause, text, err := w.send(told, http.MethodPost, path, raw)
		if err == nil && status/100 == 2 {
			return
		}
		if err == nil {
			err = refusal(status, text)
		}
		if r, refused := errors.AsType[*Refusal](err); refused {
			if w.Failed != nil && r.Code != "task_closed" {
				w.Failed(t, err)
			}
			return
		}
		rest := time.NewTimer(max(wait, pause))
		select {
		case <-told.Done():
		case <-rest.C:
		}
		rest.Stop()
	}
}

// cut keeps a text within what the platform takes.
func cut(text string) string {
	const most = 1000
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}

func (w *Worker) send(ctx context.Context, method, path string, body []byte) (int, time.Duration, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(w.URL, "/")+"/v1/tasks"+path, bytes.NewReader(body))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("host: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+w.Token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	client := w.HTTP
	if client == nil {
		client = plain
	}
	res, err := client.Do(r)
	if err != nil {
		return 0, 0, nil, fmt.Errorf("host: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, answerMost))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("host: %w", err)
	}
	var pause time.Duration
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		pause = min(time.Duration(s)*time.Second, 10*time.Minute)
	}
	return res.StatusCode, pause, text, nil
}

// plain follows no redirects, since the token would follow them.
var plain = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// refusal reads an answer that is no success. Only one that may be another next time is no *Refusal.
func refusal(status int, text []byte) error {
	var p struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(text, &p) // what others answer need not be JSON
	if status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500 {
		return fmt.Errorf("host: the answer is %d %s", status, strings.TrimSpace(http.StatusText(status)+" "+p.Code))
	}
	return &Refusal{Status: status, Code: p.Code, Detail: p.Detail}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
