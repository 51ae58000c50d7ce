package events_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/client/events"
)

// platform answers one request after another as it is told, and keeps what was
// asked.
type platform struct {
	mu     sync.Mutex
	asked  []string
	answer []func(http.ResponseWriter)
}

// ServeHTTP implements http.Handler.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r.URL.String()+" "+r.Header.Get("Authorization"))
	if len(p.answer) == 0 {
		http.Error(w, `{"code":"token_expired","detail":"This token has expired."}`, http.StatusUnauthorized)
		return
	}
	next := p.answer[0]
	p.answer = p.answer[1:]
	next(w)
}

func says(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		_, _ = w.Write([]byte(text))
	}
}

func refuses(status int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

func message(n int, kind string) string {
	return fmt.Sprintf("id: %d\ndata: {\"id\":\"evt_%d\",\"type\":%q,\"sequence\":%d,\ndata: \"data\":{}}\n\n", n, n, kind, n)
}

// Each event comes once and whole, in order, whatever else the stream says and
// however often it ends; what will not change is the end.
func TestFollowGivesEachEventOnce(t *testing.T) {
	t.Parallel()
	p := &platform{answer: []func(http.ResponseWriter){
		says("retry: 1000\n\n:\nid: 6\n\n" + message(7, "order.created") + message(9, "order.paid") + "event: end\ndata: {\"code\":\"x\"}\n\nid: 10\ndata: cut o"),
		refuses(http.StatusTooManyRequests, "Retry-After", "1"),
		says(message(9, "order.paid") + message(12, "order.paid") + ":\nid: 14\n\n"),
	}}
	srv := httptest.NewServer(p)
	defer srv.Close()
	var lost []string
	f := &events.Follower{URL: srv.URL + "/", Token: "t", Account: "harbour", Types: []string{"order.*", "x"}, Lost: func(why error, wait time.Duration) {
		lost = append(lost, why.Error())
		if wait < time.Second {
			t.Errorf("again in %s", wait)
		}
	}}
	var got []string
	last, err := f.Follow(t.Context(), 5, func(_ context.Context, e events.Event) error {
		got = append(got, fmt.Sprint(e.Sequence, e.ID, e.Type))
		if want := strings.TrimSuffix(strings.ReplaceAll(message(int(e.Sequence), e.Type), "data: ", ""), "\n\n"); "id: "+fmt.Sprint(e.Sequence)+"\n"+string(e.Body) != want {
			t.Errorf("the body is %s", e.Body)
		}
		return nil
	})
	if want := []string{"7evt_7order.created", "9evt_9order.paid", "12evt_12order.paid"}; !slices.Equal(got, want) {
		t.Errorf("%v came", got)
	}
	r, refused := errors.AsType[*events.Refusal](err)
	if last != 14 || !refused || r.Status != http.StatusUnauthorized || r.Code != "token_expired" {
		t.Errorf("%d %v", last, err)
	}
	const rest = "&types=order.%2A%2Cx Bearer t"
	if want := []string{"/v1/events/stream?account=harbour&after=5" + rest, "/v1/events/stream?account=harbour&after=9" + rest, "/v1/events/stream?account=harbour&after=9" + rest, "/v1/events/stream?account=harbour&after=14" + rest}; !slices.Equal(p.asked, want) {
		t.Errorf("%q was asked", p.asked)
	}
	if len(lost) != 3 || !strings.Contains(lost[1], "429") {
		t.Errorf("lost: %q", lost)
	}
}

// What each fails with ends it, and the event is not counted as done.
func TestFollowEndsWhenTheWorkFails(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(&platform{answer: []func(http.ResponseWriter){says(message(3, "a") + message(4, "a"))}})
	defer srv.Close()
	broken := errors.New("broken")
	last, err := (&events.Follower{URL: srv.URL}).Follow(t.Context(), 0, func(_ context.Context, e events.Event) error {
		if e.Sequence == 4 {
			return broken
		}
		return nil
	})
	if last != 3 || !errors.Is(err, broken) {
		t.Errorf("%d %v", last, err)
	}
}

// Whoever answers something else is no platform, and is not asked again.
func TestStrangersAreNotFollowed(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter){
		"a page": func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, "a redirect": refuses(http.StatusFound, "Location", "https://elsewhere.example.com"), "nothing": refuses(http.StatusNotFound),
	} {
		p := &platform{answer: []func(http.ResponseWriter){answer, answer}}
		srv := httptest.NewServer(p)
		f := &events.Follower{URL: srv.URL, Token: "t"}
		_, err := f.Follow(t.Context(), 1, nil)
		_, headErr := f.Head(t.Context())
		for _, err := range []error{err, headErr} {
			if r, ok := errors.AsType[*events.Refusal](err); !ok || r.Code != "" || !strings.Contains(r.Error(), "is the URL right") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(p.asked) != 2 {
			t.Errorf("%s: asked %d times", name, len(p.asked))
		}
		srv.Close()
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	p := &platform{answer: []func(http.ResponseWriter){func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"items":[],"head":41}`)) }, refuses(http.StatusServiceUnavailable)}}
	srv := httptest.NewServer(p)
	defer srv.Close()
	f := &events.Follower{URL: srv.URL}
	if n, err := f.Head(t.Context()); n != 41 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if _, err := f.Head(t.Context()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v", err)
	}
}
