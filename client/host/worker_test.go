package host_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/client/host"
)

// script answers one request after another as it is told; then it refuses.
type script struct {
	answers []func(http.ResponseWriter)
	asked   log
}

// ServeHTTP implements http.Handler.
func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.asked.add("%s %s %s %s", r.Method, r.URL, r.Header.Get("Authorization"), body)
	s.asked.mu.Lock()
	var next func(http.ResponseWriter)
	if len(s.answers) > 0 {
		next, s.answers = s.answers[0], s.answers[1:]
	}
	s.asked.mu.Unlock()
	if next == nil {
		http.Error(w, `{"code":"token_revoked","detail":"This key was revoked."}`, http.StatusUnauthorized)
		return
	}
	next(w)
}

func says(status int, text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}
}

// Trouble on the way passes: the worker comes again, and says again what it has to
// say. What would not change next time ends it.
func TestTroublePasses(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(http.ResponseWriter){
		says(503, "down"),
		says(200, `{"items":[{"id":"tsk_1","kind":"a.b","attempts":2}]}`),
		says(502, ""), // to what became of it
		says(200, `{}`),
	}}
	srv := httptest.NewServer(s)
	defer srv.Close()
	var lost log
	w := &host.Worker{URL: srv.URL, Token: "t", Together: 1, Lease: 5 * time.Minute, Lost: func(why error, wait time.Duration) { lost.add("%v", why) },
		Handlers: map[string]host.Handler{"a.b": func(ctx context.Context, _ host.Task) (any, error) {
			if until, ok := ctx.Deadline(); !ok || time.Until(until) > 5*time.Minute {
				t.Errorf("until %s", until)
			}
			return nil, nil
		}, "a.c": nil}}
	err := w.Run(t.Context())
	r, refused := errors.AsType[*host.Refusal](err)
	if !refused || r.Code != "token_revoked" || r.Error() != "host: token_revoked: This key was revoked." {
		t.Error(err)
	}
	const take, done = "GET /v1/tasks?kind=a.b%2Ca.c&lease=300&limit=1&wait=25 Bearer t ", "POST /v1/tasks/tsk_1/done Bearer t {}"
	if got, want := strings.Join(s.asked.lines, "\n"), strings.Join([]string{take, take, done, done, take}, "\n"); got != want {
		t.Errorf("asked:\n%s", got)
	}
	if len(lost.lines) != 1 || !strings.Contains(lost.lines[0], "503") {
		t.Errorf("%q", lost.lines)
	}
}

// Whoever answers something else is no platform.
func TestStrangersAreNotWorkedFor(t *testing.T) {
	t.Parallel()
	none := map[string]host.Handler{"a.b": nil}
	for name, answer := range map[string]func(http.ResponseWriter){"a page": says(200, "<html>"), "another API": says(200, `{"data":[]}`), "nothing": says(404, ""), "a redirect": says(307, "")} {
		srv := httptest.NewServer(&script{answers: []func(http.ResponseWriter){answer}})
		err := (&host.Worker{URL: srv.URL, Token: "t", Handlers: none}).Run(t.Context())
		if r, ok := errors.AsType[*host.Refusal](err); !ok || r.Code != "" || !strings.Contains(r.Error(), "is the URL right") {
			t.Errorf("%s: %v", name, err)
		}
		srv.Close()
	}
	if err := (&host.Worker{URL: "http://127.0.0.1:1"}).Run(t.Context()); err == nil {
		t.Error("a worker that can do nothing runs")
	}
}

// A result that is no JSON is a failure; an outcome that comes too late is nobody's.
func TestOutcomesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(http.ResponseWriter){
		says(200, `{"items":[{"id":"tsk_1","kind":"a.b","attempts":2}]}`),
		says(409, `{"code":"task_closed","detail":"It is done already."}`),
	}}
	srv := httptest.NewServer(s)
	defer srv.Close()
	var failed log
	w := &host.Worker{URL: srv.URL, Token: "t", Together: 1, Failed: func(_ host.Task, why error) { failed.add("%v", why) },
		Handlers: map[string]host.Handler{"a.b": func(context.Context, host.Task) (any, error) { return func() {}, nil }}}
	_ = w.Run(t.Context())
	if want := `POST /v1/tasks/tsk_1/fail Bearer t {"attempt":2,"detail":"The product could not do it.","retry":true}`; len(s.asked.lines) != 3 || s.asked.lines[1] != want {
		t.Errorf("%q", s.asked.lines)
	}
	if len(failed.lines) != 1 || !strings.Contains(failed.lines[0], "json") {
		t.Errorf("%q", failed.lines)
	}
}
