package host

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// called lets the service call a product, which answers as do says.
func (b *bench) called(do http.HandlerFunc) *httptest.Server {
	b.t.Helper()
	srv := httptest.NewServer(do)
	b.t.Cleanup(srv.Close)
	b.Caller = &Caller{URL: srv.URL + "/tasks", Secret: hook.NewSecret(), Client: &http.Client{Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	b.Caller.key, _ = hook.Key(b.Caller.Secret)
	return srv
}

// A call is a task that proves who sends it.
func TestCallsAreSignedTasks(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, clock *storetest.Clock) {
		var v *webhook.Verifier
		var got Task
		b.called(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			m, err := v.Verify(r.Context(), r.Header, body)
			if err != nil || json.Unmarshal(body, &got) != nil || m.ID != got.ID.String() || r.URL.Path != "/tasks" || r.Method != http.MethodPost {
				b.t.Errorf("%v %s", err, body)
			}
			_, _ = w.Write([]byte(`{"on":true}`))
		})
		v = &webhook.Verifier{Secrets: []string{b.Caller.Secret.Reveal()}, Now: clock.Now}
		want := b.draft(Draft{Kind: "trigger.fire", Account: b.one.ID.String(), Subject: "proj/web:flag/x", Data: json.RawMessage(`{"a":[1.50]}`), Reference: "trigger/trg_1", Key: "k"})
		b.call(b.t.Context(), b.take(1)[""])
		if got.ID != want.ID || got.AccountKey != "harbour" || string(got.Data) != `{"a":[1.50]}` || got.Attempts != 1 || got.Subject != want.Subject {
			b.t.Errorf("%+v", got)
		}
		if now := b.get(want); now.State != Done || string(now.Result) != `{"on":true}` {
			b.t.Errorf("%+v", now)
		}
	})
}

// Each way in which a call can fail, through a real connection.
func TestCallsThatFail(t *testing.T) {
	t.Parallel()
	status := func(code int, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(code)
			_, _ = w.Write([]byte(`{"detail":"Said the product."}`))
		}
	}
	cut := func(after string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte(after))
				_ = conn.Close()
			}
		}
	}
	never := make(chan struct{})
	for name, c := range map[string]struct {
		do    http.HandlerFunc
		state State
		fault string
		least time.Duration // until the next attempt
	}{
		"refused":    {status(422), Failed, "The product answered with status 422. It says: Said the product.", 0},
		"unknown":    {status(404), Failed, "The product answered with status 404. It says: Said the product.", 0},
		"busy":       {status(429, "Retry-After", "600"), Waiting, "The product answered with status 429. It says: Said the product.", 10 * time.Minute},
		"broken":     {status(502), Waiting, "The product answered with status 502. It says: Said the product.", 5 * time.Second},
		"moved":      {status(302, "Location", "/elsewhere"), Waiting, "The product answered with status 302. It says: Said the product.", 5 * time.Second},
		"reset":      {cut(""), Waiting, "The product could not be reached.", 5 * time.Second},
		"cut":        {cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), Waiting, "The product's answer broke off.", 5 * time.Second},
		"no HTTP":    {cut("hello\r\n\r\n"), Waiting, "The product could not be reached.", 5 * time.Second},
		"silent":     {func(http.ResponseWriter, *http.Request) { <-never }, Waiting, "The product did not answer in time.", 5 * time.Second},
		"a large no": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, ResultMost+1)) }, Failed, "The product's answer is larger than 4 MiB.", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			b := newBench(t, storetest.Open(t, clock))
			var calls atomic.Int32
			srv := b.called(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				c.do(w, r)
			})
			if name == "silent" {
				b.Caller.Client.Timeout = 20 * time.Millisecond
				t.Cleanup(func() { close(never) })
			}
			one := b.ask("a.b", "", "x")
			b.call(t.Context(), b.take(1)["x"])
			srv.CloseClientConnections()
			now := b.get(one)
			if now.State != c.state || now.Fault != c.fault || calls.Load() > 1 {
				t.Errorf("%d calls: %s %q", calls.Load(), now.State, now.Fault)
			}
			if wait := now.Due.Sub(clock.Now()); c.state == Waiting && (wait < c.least || wait > 2*c.least) {
				t.Errorf("again in %s", wait)
			}
		})
	}
}

// The loop calls what is asked for while it runs, one after another for each key,
// and lets running calls finish.
func TestRunCallsWhatComes(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Open(t, nil))
	var order []string
	heard := make(chan string)
	b.Answered("a.b", func(tx *store.Tx, one Task) error {
		tx.OnCommit(func() { heard <- name(one) })
		return nil
	})
	stop := make(chan struct{})
	b.called(func(w http.ResponseWriter, r *http.Request) {
		var got Task
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		if name(got) == "last" {
			close(stop)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	for _, n := range []string{"a", "b", "c"} {
		b.ask("a.b", "k", n)
	}
	for range 3 {
		order = append(order, <-heard)
	}
	if order[0] != "a" || order[1] != "b" || order[2] != "c" {
		t.Errorf("%v", order)
	}
	b.ask("a.b", "k", "last")
	<-stop
	cancel()
	if got := <-heard; got != "last" {
		t.Errorf("%s", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A node that dies between the call and its outcome: another calls again.
func TestAnotherNodeTakesOverAfterADeath(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench, clock *storetest.Clock) {
		one := b.ask("a.b", "k", "x")
		b.ask("a.b", "k", "y")
		if got := b.take(9); len(got) != 1 { // and is never heard of again
			b.t.Fatalf("%v", got)
		}
		var calls atomic.Int32
		second := &bench{t: b.t, Service: &Service{DB: b.DB, Audit: b.Audit, Accounts: b.Accounts, Log: b.Log}, one: b.one}
		heard := make(chan Task, 2)
		second.Answered("a.b", func(tx *store.Tx, t Task) error {
			tx.OnCommit(func() { heard <- t })
			return nil
		})
		second.called(func(http.ResponseWriter, *http.Request) { calls.Add(1) })
		ctx, cancel := context.WithCancel(b.t.Context())
		defer cancel()
		clock.Advance(leaseDefault)
		ended := make(chan error)
		go func() { ended <- second.Run(ctx) }()
		if got := <-heard; got.ID != one.ID || got.Attempts != 2 {
			b.t.Errorf("%+v", got)
		}
		if got := <-heard; name(got) != "y" || got.Attempts != 1 {
			b.t.Errorf("%+v", got)
		}
		cancel()
		if err := <-ended; err != nil || calls.Load() != 2 {
			b.t.Errorf("%d calls, %v", calls.Load(), err)
		}
	})
}

func TestRunRefusesASecretThatIsNone(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Open(t, nil))
	if err := b.Run(t.Context()); err != nil {
		t.Errorf("without a caller: %v", err)
	}
	b.called(func(http.ResponseWriter, *http.Request) {})
	b.Caller.Secret = secret.New("whsec_not base64")
	if err := b.Run(t.Context()); err == nil || errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
