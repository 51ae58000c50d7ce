package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/client/host"
	"github.com/guestright/guestright/client/webhook"
	asked "github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// platform asks a product for things and hears of the outcomes.
type platform struct {
	*servertest.House
	key     string
	account string
	settled chan asked.Task
}

func start(t *testing.T, change func(*server.Config)) *platform {
	t.Helper()
	p := &platform{settled: make(chan asked.Task, 20),
		House: servertest.Start(t, servertest.Options{Catalog: servertest.PennantCatalog(t, "http://127.0.0.1:9"), Change: change})}
	made, err := p.Products.Create(t.Context(), access.Operator(p.Person("op@example.com")), "product")
	if err != nil {
		t.Fatal(err)
	}
	p.key = made.Secret.Reveal()
	_, acc := p.Customer("harbour", account.Production)
	p.account = acc.ID.String()
	for _, kind := range []string{"a.good", "a.bad", "a.later", "a.panic"} {
		p.Host.Answered(kind, func(tx *store.Tx, one asked.Task) error {
			tx.OnCommit(func() { p.settled <- one })
			return nil
		})
	}
	return p
}

func (p *platform) ask(kind, key string, n int) {
	p.T.Helper()
	err := p.DB.Write(p.T.Context(), func(tx *store.Tx) error {
		_, err := p.Host.Ask(tx, asked.Draft{Kind: kind, Account: p.account, Subject: "proj/web:flag/x", Key: key, Data: json.RawMessage(fmt.Sprint(n)), Reference: "trigger/trg_1"})
		return err
	})
	if err != nil {
		p.T.Fatal(err)
	}
}

// log keeps what handlers were given.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// handlers are a product's: what each kind comes to is in its name.
func handlers(l *log) map[string]host.Handler {
	return map[string]host.Handler{
		"a.good": func(_ context.Context, t host.Task) (any, error) {
			l.add("%s %s %s %s %s %s", t.AccountKey, t.Subject, t.Key, t.Data, t.Reference, t.Kind)
			return map[string]any{"n": t.Data}, nil
		},
		"a.bad": func(context.Context, host.Task) (any, error) { return nil, host.Refuse("The flag is archived.") },
		"a.later": func(context.Context, host.Task) (any, error) {
			return nil, fmt.Errorf("wrapped: %w", &host.Failure{Detail: "Busy.", Retry: true, After: time.Hour})
		},
		"a.panic": func(context.Context, host.Task) (any, error) { panic("dsn: postgres://secret") },
	}
}

// The worker does what is asked, in the order of each key, and says what became of
// it; it ends when it is told to, after what it has begun.
func TestWorkerDoesWhatIsAsked(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	var did log
	var failed log
	w := &host.Worker{URL: p.URL + "/", Token: p.key, Handlers: handlers(&did), Failed: func(t host.Task, why error) { failed.add("%s %v", t.Kind, why) }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	for n := range 3 {
		p.ask("a.good", "k", n)
	}
	for n := range 3 {
		if got := <-p.settled; got.State != asked.Done || string(got.Result) != fmt.Sprintf(`{"n":%d}`, n) {
			t.Errorf("%+v", got)
		}
	}
	p.ask("a.bad", "", 0)
	if got := <-p.settled; got.State != asked.Failed || got.Fault != "The flag is archived." {
		t.Errorf("%+v", got)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if want := "harbour proj/web:flag/x k 1 trigger/trg_1 a.good"; len(did.lines) != 3 || did.lines[1] != want {
		t.Errorf("%q", did.lines)
	}
	if len(failed.lines) != 1 || failed.lines[0] != "a.bad host: The flag is archived." {
		t.Errorf("%q", failed.lines)
	}
}

// What may succeed later comes again; words that are not for people stay here.
func TestWorkerAsksForAnotherAttempt(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	var failed log
	more := make(chan struct{}, 2)
	w := &host.Worker{URL: p.URL, Token: p.key, Handlers: handlers(&log{}), Failed: func(t host.Task, why error) {
		failed.add("%s %v", t.Kind, why)
		more <- struct{}{}
	}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	p.ask("a.later", "", 0)
	p.ask("a.panic", "", 0)
	<-more
	<-more
	cancel()
	<-ended // after the platform was told
	list, err := p.Host.List(t.Context(), access.System("test"), asked.Filter{Limit: 9})
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	for _, one := range list {
		wait, want := time.Until(one.Due), "Busy."
		if one.Kind == "a.panic" {
			wait, want = wait+time.Hour, "The product could not do it."
		}
		if one.State != asked.Waiting || one.Fault != want || wait < 50*time.Minute {
			t.Errorf("%+v", one)
		}
	}
	slices.Sort(failed.lines)
	if len(failed.lines) != 2 || !strings.Contains(failed.lines[1], "postgres://secret") {
		t.Errorf("%q", failed.lines)
	}
}

// Guestright calls, the worker answers.
func TestServeAnswersCalls(t *testing.T) {
	t.Parallel()
	var did log
	w := &host.Worker{Handlers: handlers(&did)}
	secret := webhook.NewSecret()
	product := httptest.NewServer(w.Serve(&webhook.Verifier{Secrets: []string{secret}}))
	defer product.Close()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, func(c *server.Config) { c.Host = server.HostCfg{URL: product.URL, Secret: file} })
	p.ask("a.good", "", 7)
	if got := <-p.settled; got.State != asked.Done || string(got.Result) != `{"n":7}` {
		t.Errorf("%+v", got)
	}
	p.ask("a.bad", "", 0)
	if got := <-p.settled; got.State != asked.Failed || !strings.HasSuffix(got.Fault, "It says: The flag is archived.") {
		t.Errorf("%+v", got)
	}
}

// What is not Guestright's, or no task, reaches no handler.
func TestServeTurnsAwayStrangers(t *testing.T) {
	t.Parallel()
	var did log
	secret := webhook.NewSecret()
	serve := (&host.Worker{Handlers: handlers(&did)}).Serve(&webhook.Verifier{Secrets: []string{secret}})
	for name, c := range map[string]struct {
		secret, body string
		want         int
		after        string
	}{
		"forged":       {webhook.NewSecret(), `{"id":"tsk_1","kind":"a.good"}`, 401, ""},
		"no task":      {secret, `[]`, 400, ""},
		"without id":   {secret, `{"kind":"a.good"}`, 400, ""},
		"unknown kind": {secret, `{"id":"tsk_1","kind":"a.new"}`, 501, ""},
		"too long":     {secret, `{"id":"tsk_1","kind":"a.good","data":"` + strings.Repeat("x", 1<<20) + `"}`, 400, ""},
		"later":        {secret, `{"id":"tsk_1","kind":"a.later"}`, 503, "3600"},
		"panic":        {secret, `{"id":"tsk_1","kind":"a.panic"}`, 503, ""},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		h, err := webhook.Sign(c.secret, webhook.Message{ID: "tsk_1", Time: time.Now(), Body: []byte(c.body)})
		if err != nil {
			t.Fatal(err)
		}
		r.Header = h
		out := httptest.NewRecorder()
		serve.ServeHTTP(out, r)
		if out.Code != c.want || out.Header().Get("Retry-After") != c.after || strings.Contains(out.Body.String(), "secret") {
			t.Errorf("%s: %d %s", name, out.Code, out.Body)
		}
	}
	if len(did.lines) > 0 {
		t.Errorf("%q", did.lines)
	}
}
