package outbox_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/client/outbox"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
)

// product is a product with a database of its own beside a platform.
type product struct {
	*servertest.House
	db         *sql.DB
	key, token string
	begun      int64
}

// each runs f for a product on SQLite and one on PostgreSQL.
func each(t *testing.T, f func(t *testing.T, p *product)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, start(t, "sqlite", "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "product.db"))+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_txlock=immediate", outbox.SQLite))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		storetest.NeedPostgres(t)
		f(t, start(t, "pgx", storetest.PostgresURL(t), outbox.PostgreSQL))
	})
}

func start(t *testing.T, driver, url, table string) *product {
	t.Helper()
	cat := servertest.PennantCatalog(t, "http://127.0.0.1:9", func(f *catalog.File) {
		f.Events["weather.changed"] = catalog.EventType{Label: "Weather changed", Schemas: map[string]map[string]any{
			"1": {"type": "object", "properties": map[string]any{"n": map[string]any{"type": "integer"}}}}}
	})
	p := &product{House: servertest.Start(t, servertest.Options{Catalog: cat})}
	made, err := p.Products.Create(t.Context(), access.Operator(p.Person("op@example.com")), "product")
	p.ok(err)
	p.key = made.Secret.Reveal()
	admin, acc := p.Customer("harbour", account.Production)
	dev, team := p.Developer("dev@example.com")
	app, key := p.Release(dev, team, "flags.read")
	p.Install(admin, acc, app)
	p.token = p.Token(key, "")
	p.begun = p.read(0).Head
	p.db, err = sql.Open(driver, url)
	p.ok(err)
	t.Cleanup(func() { _ = p.db.Close() })
	_, err = p.db.ExecContext(t.Context(), table)
	p.ok(err)
	return p
}

func (p *product) ok(err error) {
	p.T.Helper()
	if err != nil {
		p.T.Fatal(err)
	}
}

// do changes something in the product, with its events.
func (p *product) do(commit bool, events ...outbox.Event) error {
	tx, err := p.db.BeginTx(p.T.Context(), nil)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := outbox.Put(p.T.Context(), tx, e); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if !commit {
		return tx.Rollback()
	}
	return tx.Commit()
}

func weather(n int) outbox.Event {
	return outbox.Event{ID: fmt.Sprintf("w-%d", n), Type: "weather.changed", Account: "harbour", OrderingKey: fmt.Sprint(n % 4), Data: map[string]int{"n": n}}
}

type told struct {
	Items []struct {
		SourceID    string `json:"source_id"`
		OrderingKey string `json:"ordering_key"`
		Type        string
		Data        struct{ N int }
	}
	Next, Head int64
	More       bool
}

func (p *product) read(after int64) told {
	p.T.Helper()
	r, err := http.NewRequestWithContext(p.T.Context(), http.MethodGet, fmt.Sprintf("%s/v1/events?limit=500&types=weather.changed&after=%d", p.URL, after), nil)
	p.ok(err)
	r.Header.Set("Authorization", "Bearer "+p.token)
	a := p.Do(r)
	var out told
	if err := json.Unmarshal(a.Body, &out); err != nil || a.Status != http.StatusOK {
		p.T.Fatalf("%d %s %v", a.Status, a.Body, err)
	}
	return out
}

// all gives the numbers of the events that were taken, in their order.
func (p *product) all() []int {
	p.T.Helper()
	var out []int
	for at := p.begun; ; {
		s := p.read(at)
		for _, e := range s.Items {
			out = append(out, e.Data.N)
		}
		if at = s.Next; !s.More {
			return out
		}
	}
}

func (p *product) left() int {
	p.T.Helper()
	var n int
	p.ok(p.db.QueryRowContext(p.T.Context(), "SELECT COUNT(*) FROM guestright_outbox").Scan(&n))
	return n
}

func (p *product) relay(over http.RoundTripper) *outbox.Relay {
	return &outbox.Relay{DB: p.db, URL: p.URL + "/", Key: p.key, HTTP: &http.Client{Transport: over}, Every: time.Millisecond}
}

// What was committed arrives, in order and once; what was rolled back does not.
func TestCommittedEventsArrive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *product) {
		const n = 2300
		for i := 0; i < n; i += 100 {
			var batch []outbox.Event
			for j := range 100 {
				batch = append(batch, weather(i+j))
			}
			p.ok(p.do(true, batch...))
			p.ok(p.do(false, weather(100000+i)))
		}
		taken, err := p.relay(nil).Send(t.Context())
		p.ok(err)
		got := p.all()
		for i := range got {
			if got[i] != i {
				t.Fatalf("event %d is at place %d", got[i], i)
			}
		}
		if taken != n || len(got) != n || p.left() != 0 {
			t.Errorf("%d taken, %d read, %d left of %d", taken, len(got), p.left(), n)
		}
	})
}

// lossy passes every request on and loses the answer of every second one.
type lossy struct {
	mu sync.Mutex
	n  int
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := http.DefaultTransport.RoundTrip(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n++; l.n%2 == 1 && err == nil {
		_ = a.Body.Close()
		return nil, errors.New("the line went dead")
	}
	return a, err
}

// However many relays there are and whatever answers are lost while others write, every event is there once, and those
// of one key in their order.
func TestRelaysOverABadLine(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *product) {
		ctx, stop := context.WithCancel(t.Context())
		var relays, writers sync.WaitGroup
		line := &lossy{}
		for range 3 {
			relays.Go(func() { p.relay(line).Run(ctx) })
		}
		const each = 60
		for w := range 4 { // one for each key
			writers.Go(func() {
				for i := range each {
					if err := p.do(true, weather(4*i+w)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		if _, err := p.relay(nil).Send(t.Context()); err != nil || p.left() != 0 {
			t.Errorf("%d left, %v", p.left(), err)
		}
		stop()
		relays.Wait()
		last, seen := map[int]int{}, map[int]bool{}
		for _, n := range p.all() {
			if before, ok := last[n%4]; ok && before >= n || seen[n] {
				t.Errorf("%d after %d of its key", n, before)
			}
			last[n%4], seen[n] = n, true
		}
		if len(seen) != 4*each {
			t.Errorf("%d of %d events", len(seen), 4*each)
		}
	})
}

// An event that is refused stays with its reason, whatever is wrong with it, and holds up no other.
func TestRefusedEventsHoldUpNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *product) {
		p.ok(p.do(true, weather(0)))
		if _, err := p.relay(nil).Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		clash, odd, misfit := weather(0), weather(2), weather(3)
		clash.Data, odd.Type, misfit.Data = map[string]int{"n": 77}, "weather.ended", map[string]string{"n": "three"}
		p.ok(p.do(true, weather(1), clash, odd, misfit, weather(4)))
		_, err := p.db.ExecContext(t.Context(), "INSERT INTO guestright_outbox (body) VALUES ('{\"id\":')")
		p.ok(err)
		p.ok(p.do(true, weather(5)))
		if _, err := p.relay(nil).Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(p.all()); got != "[0 1 4 5]" {
			t.Errorf("taken: %s", got)
		}
		refused, err := outbox.Refused(t.Context(), p.db)
		p.ok(err)
		var reasons []string
		for _, r := range refused {
			reasons = append(reasons, r.Reason)
		}
		for i, want := range []string{"event_conflict", "event_invalid /type", "event_invalid /data/n", "400"} {
			if len(reasons) != 4 || !strings.Contains(reasons[i], want) {
				t.Fatalf("%q lack %q", reasons, want)
			}
		}
		_, err = p.db.ExecContext(t.Context(), "UPDATE guestright_outbox SET body = REPLACE(body, 'ended', 'changed')")
		p.ok(err)
		p.ok(outbox.Again(t.Context(), p.db))
		if _, err := p.relay(nil).Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(p.all()); got != "[0 1 4 5 2]" || p.left() != 3 {
			t.Errorf("taken: %s, %d left", got, p.left())
		}
	})
}

// says answers everything with one answer.
type says struct {
	status int
	header http.Header
	body   string
}

func (s says) RoundTrip(r *http.Request) (*http.Response, error) {
	w := http.Response{StatusCode: s.status, Status: fmt.Sprint(s.status, " ", http.StatusText(s.status)), Header: s.header, Request: r, Body: http.NoBody}
	if s.body != "" {
		w.Body = struct {
			*strings.Reader
			nothing
		}{strings.NewReader(s.body), nothing{}}
	}
	return &w, nil
}

type nothing struct{}

func (nothing) Close() error { return nil }

// What says nothing about the events themselves marks none of them and loses none.
func TestFailuresLoseNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *product) {
		p.ok(p.do(true, weather(0), weather(1)))
		for _, s := range []says{
			{status: 401, body: `{"code":"invalid_token"}`}, {status: 403, body: `{"code":"forbidden"}`}, {status: 404, body: "<html>"},
			{status: 400, body: "<html>The plain HTTP request was sent to HTTPS port"}, {status: 400, body: `{"code":"host_unknown"}`}, {status: 413, body: "<html>"},
			{status: 429, header: http.Header{"Retry-After": {"3"}}}, {status: 500}, {status: 502, body: "<html>"}, {status: 200, body: "welcome"}, {status: 302},
		} {
			taken, err := p.relay(s).Send(t.Context())
			refused, listErr := outbox.Refused(t.Context(), p.db)
			p.ok(listErr)
			if err == nil || taken != 0 || len(refused) != 0 || p.left() != 2 || !strings.Contains(err.Error(), fmt.Sprint(s.status)) {
				t.Errorf("%d: %d taken, %v refused, %d left, %v", s.status, taken, refused, p.left(), err)
			}
		}
		var failed []error
		ctx, stop := context.WithCancel(t.Context())
		r := p.relay(says{status: 503})
		r.Failed = func(err error) {
			if failed = append(failed, err); len(failed) == 3 {
				stop()
			}
		}
		r.Run(ctx)
		if len(failed) != 3 {
			t.Errorf("%d failures told", len(failed))
		}
		taken, err := p.relay(nil).Send(t.Context())
		p.ok(err)
		if got := fmt.Sprint(p.all()); taken != 2 || got != "[0 1]" {
			t.Errorf("%d taken in the end: %s", taken, got)
		}
	})
}

// The document for operators has the table as it is.
func TestDocumentHasTheTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operators.md")
	if err != nil || !strings.Contains(string(text), outbox.PostgreSQL) {
		t.Errorf("docs/operators.md: %v", err)
	}
}

// An event that could never be sent is told while the change can still be taken back.
func TestPutJudges(t *testing.T) {
	t.Parallel()
	p := start(t, "sqlite", "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "product.db")), outbox.SQLite)
	for name, e := range map[string]outbox.Event{
		"no type": {Account: "harbour", Data: struct{}{}}, "no account": {Type: "weather.changed", Data: struct{}{}},
		"no object": {Type: "weather.changed", Account: "harbour", Data: 3}, "no data": {Type: "weather.changed", Account: "harbour"},
		"not JSON": {Type: "weather.changed", Account: "harbour", Data: func() {}},
	} {
		if err := p.do(true, e); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	p.ok(p.do(true, outbox.Event{Type: "weather.changed", Account: "harbour", Data: struct{}{}}, outbox.Event{Type: "weather.changed", Account: "harbour", Data: struct{}{}}))
	if _, err := p.relay(nil).Send(t.Context()); err != nil || len(p.all()) != 2 {
		t.Errorf("%v of two events without ids: %v", p.all(), err)
	}
}
