package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Event is one event that the token may receive.
type Event struct {
	// Sequence is its number in the account's log. Numbers of events that the token may not receive are missing.
	Sequence int64
	// ID is the same in every delivery of it, also by webhook.
	ID string
	// Type is its name in the catalog, such as "order.created".
	Type string
	// Body is the whole envelope as a webhook delivery brings it, byte for byte.
	Body []byte
}

// Follower follows the events of one account. It must not be changed while it is in use.
type Follower struct {
	// URL is where the platform is.
	URL string
	// Token is an access token, or the token of a private integration or service.
	Token string
	// Account is its id or the product's key of it. Empty: the token's own.
	Account string
	// Types are patterns such as "order.*". Empty: everything that the token may receive.
	Types []string
	// HTTP makes the requests; it must have no time limit. Nil: a client that follows no redirects.
	HTTP *http.Client
	// Lost, if given, is told of each break of the connection and how long we wait before we come again.
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
		return fmt.Sprintf("events: the answer is %d %s, and not Guestright's: is the URL right?", r.Status, http.StatusText(r.Status))
	}
	return "events: " + r.Code + ": " + r.Detail
}

const (
	// waitLeast and waitMost bound the pause after a break; it doubles from one to the next.
	waitLeast, waitMost = time.Second, 30 * time.Second
	// quietMost is how long a connection may say nothing: the platform says something every ten seconds.
	quietMost = 35 * time.Second
	// answerMost bounds what is read of an answer that is no stream.
	answerMost = 1 << 20
)

var errQuiet = errors.New("nothing came for too long")

// Head gives the number of the account's last event: behind it is what happens from now on. The error may be a *Refusal.
func (f *Follower) Head(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, quietMost)
	defer cancel()
	res, err := f.get(ctx, "/v1/events", url.Values{"limit": {"1"}})
	if err != nil {
		return 0, fmt.Errorf("events: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return 0, refusal(res)
	}
	var got struct {
		Head *int64 `json:"head"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, answerMost)).Decode(&got); err != nil || got.Head == nil {
		return 0, &Refusal{Status: res.StatusCode}
	}
	return *got.Head, nil
}

// Follow calls each for every event behind a number, one after another, until ctx ends, each fails, or the platform
// refuses (*Refusal). It gives the number to go on behind. A connection that breaks is made again, for as long as it takes.
func (f *Follower) Follow(ctx context.Context, after int64, each func(context.Context, Event) error) (int64, error) {
	for wait := waitLeast; ; {
		s := stream{each: each, after: after}
		pause, err := s.read(ctx, f)
		after = s.after
		if ctx.Err() != nil {
			return after, ctx.Err()
		}
		if _, refused := errors.AsType[*Refusal](err); refused || s.failed {
			return after, err
		}
		if s.begun {
			wait = waitLeast
		}
		pause = max(pause, wait)
		wait = min(2*wait, waitMost)
		if f.Lost != nil {
			f.Lost(err, pause)
		}
		rest := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			rest.Stop()
			return after, ctx.Err()
		case <-rest.C:
		}
	}
}

func (f *Follower) get(ctx context.Context, path string, q url.Values) (*http.Response, error) {
	if f.Account != "" {
		q.Set("account", f.Account)
	}
	if len(f.Types) > 0 {
		q.Set("types", strings.Join(f.Types, ","))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(f.URL, "/")+path+"?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+f.Token)
	client := f.HTTP
	if client == nil {
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return client.Do(r)
}

// refusal reads an answer that is no success. Only one that may be another next time is no *Refusal.
func refusal(res *http.Response) error {
	var p struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, answerMost))
	_ = json.Unmarshal(text, &p) // what others answer need not be JSON
	switch {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusRequestTimeout, res.StatusCode >= 500:
		return fmt.Errorf("events: the answer is %s", strings.TrimSpace(res.Status+" "+p.Code))
	}
	return &Refusal{Status: res.StatusCode, Code: p.Code, Detail: p.Detail}
}

// asked is how long an answer wants us to wait.
func asked(res *http.Response) time.Duration {
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		return min(time.Duration(s)*time.Second, 10*time.Minute)
	}
	return 0
}
