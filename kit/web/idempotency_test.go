package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
)

func newKeys(t testing.TB, seed byte) *secret.Keyring {
	t.Helper()
	m := make([]byte, secret.MasterLen)
	for i := range m {
		m[i] = seed + byte(i)
	}
	k, err := secret.NewKeyring(m)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type whoKey struct{}

// shop is an API whose one operation writes a fact and answers with a secret.
type shop struct {
	db    *store.DB
	clock *storetest.Clock
	api   http.Handler
	// after runs when the work is committed, before the answer.
	after func(ctx context.Context) error
	// during runs inside the operation before the work.
	during func(ctx context.Context) error
}

type makeIn struct {
	Body struct {
		Name string `json:"name"`
	}
}

type makeOut struct {
	Location string `header:"Location"`
	Body     struct {
		Secret string `json:"secret"`
	}
}

func newShop(t *testing.T, open func(*storetest.Clock) *store.DB) *shop {
	t.Helper()
	s := &shop{clock: storetest.NewClock()}
	s.db = open(s.clock)
	api := web.New(web.Config{Title: "Shop", Version: "1", Keys: newKeys(t, 1), DB: s.db,
		Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
			return context.WithValue(r.Context(), whoKey{}, r.Header.Get("X-Who")), nil
		},
		Caller: func(ctx context.Context) web.Caller {
			who, _ := ctx.Value(whoKey{}).(string)
			return web.Caller{Principal: who, Tenant: "acc_1"}
		}})
	web.Op(api, web.Operation{ID: "make", Method: "POST", Path: "/v1/made", Summary: "Make", Creates: true}, s.make)
	s.api = web.NewDoor(web.DoorConfig{}, api)
	return s
}

func (s *shop) make(ctx context.Context, in *makeIn) (*makeOut, error) {
	if s.during != nil {
		if err := s.during(ctx); err != nil {
			return nil, err
		}
	}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES (?, ?)", fmt.Sprintf("made.%d", s.count(tx)), in.Body.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.after != nil {
		if err := s.after(ctx); err != nil {
			return nil, err
		}
	}
	out := &makeOut{Location: "/v1/made/1"}
	out.Body.Secret = secret.Generate(secret.ClientSecret).Reveal()
	return out, nil
}

func (s *shop) count(tx *store.Tx) int {
	var n int
	if err := tx.NewRaw("SELECT COUNT(*) FROM store_fact WHERE name LIKE 'made.%'").Scan(tx.Ctx, &n); err != nil {
		return -1
	}
	return n
}

func (s *shop) facts(t *testing.T) int {
	t.Helper()
	n := -1
	if err := s.db.Read(t.Context(), func(tx *store.Tx) error { n = s.count(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *shop) post(who, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/v1/made", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Who", who)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return w
}

func TestIdempotencyReplaysTheFirstAnswer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s := newShop(t, open)
		first := s.post("u1", "k1", `{"name":"a"}`)
		again := s.post("u1", `"k1"`, `{"name":"a"}`)
		if first.Code != 201 || again.Code != 201 || first.Body.String() != again.Body.String() || again.Header().Get("Location") != "/v1/made/1" {
			t.Fatalf("first %d %s, again %d %s %v", first.Code, first.Body, again.Code, again.Body, again.Header())
		}
		if again.Header().Get("Idempotency-Replayed") != "true" || first.Header().Get("Idempotency-Replayed") != "" {
			t.Error("the replay is not marked, or the first is")
		}
		if w := s.post("u1", "k1", `{"name":"b"}`); w.Code != 422 || codeOf(t, w) != "idempotency_key_reused" {
			t.Errorf("other body: %d %s", w.Code, w.Body)
		}
		if w := s.post("u2", "k1", `{"name":"b"}`); w.Code != 201 {
			t.Errorf("another caller's key is another key: %d %s", w.Code, w.Body)
		}
		if w := s.post("u1", "bad key", `{"name":"b"}`); codeOf(t, w) != "idempotency_key_invalid" {
			t.Errorf("key with a space: %d %s", w.Code, w.Body)
		}
		if n := s.facts(t); n != 2 {
			t.Errorf("%d made, want 2", n)
		}
		s.clock.Advance(25 * time.Hour)
		if w := s.post("u1", "k1", `{"name":"c"}`); w.Code != 201 || s.facts(t) != 3 {
			t.Errorf("after retention: %d %s", w.Code, w.Body)
		}
	})
}

func TestIdempotencyKeepsSecretsSealed(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	s.post("u1", "k1", `{"name":"hunter2"}`)
	var all string
	err := s.db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT fingerprint || answer || state FROM web_idempotency").Scan(tx.Ctx, &all)
	})
	if err != nil || strings.Contains(all, "grcs_") || strings.Contains(all, "hunter2") || !strings.HasSuffix(all, "done") {
		t.Fatalf("stored %q, %v", all, err)
	}
	s.clock.Advance(25 * time.Hour)
	if err := s.db.Write(t.Context(), web.ForgetKeys); err != nil {
		t.Fatal(err)
	}
	n := -1
	err = s.db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT COUNT(*) FROM web_idempotency").Scan(tx.Ctx, &n)
	})
	if err != nil || n != 0 {
		t.Fatalf("%d keys left, %v", n, err)
	}
}

func TestIdempotencyAfterFailures(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	// Refused: the key is free and the corrected request may use it.
	if w := s.post("u1", "a", `{"nome":"a"}`); w.Code != 422 {
		t.Fatal(w.Code)
	}
	if w := s.post("u1", "a", `{"name":"a"}`); w.Code != 201 {
		t.Errorf("after a refusal: %d %s", w.Code, w.Body)
	}
	// Failed before anything was committed: the repeat does the work.
	s.during = func(context.Context) error { return problem.Unavailable("down", "Down.", nil) }
	if w := s.post("u1", "b", `{"name":"b"}`); w.Code != 503 {
		t.Fatal(w.Code)
	}
	s.during = func(context.Context) error { panic("boom") }
	if w := s.post("u1", "b", `{"name":"b"}`); w.Code != 500 {
		t.Fatal(w.Code)
	}
	s.during = nil
	if w := s.post("u1", "b", `{"name":"b"}`); w.Code != 201 || s.facts(t) != 2 {
		t.Errorf("after failures before the commit: %d %s", w.Code, w.Body)
	}
	// Failed after the commit: never a second time.
	s.after = func(context.Context) error { panic("the process dies") }
	if w := s.post("u1", "c", `{"name":"c"}`); w.Code != 500 {
		t.Fatal(w.Code)
	}
	s.after = nil
	if w := s.post("u1", "c", `{"name":"c"}`); codeOf(t, w) != "idempotency_in_progress" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("soon after: %d %s", w.Code, w.Body)
	}
	s.clock.Advance(3 * time.Minute)
	if w := s.post("u1", "c", `{"name":"c"}`); codeOf(t, w) != "idempotency_outcome_unknown" || s.facts(t) != 3 {
		t.Errorf("later: %d %s", w.Code, w.Body)
	}
}

func TestIdempotencyTakeoverFencesTheSlowRequest(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	var second *httptest.ResponseRecorder
	s.during = func(context.Context) error {
		s.during = nil
		s.clock.Advance(3 * time.Minute) // the first hangs; its caller tries again
		second = s.post("u1", "k", `{"name":"a"}`)
		return nil
	}
	first := s.post("u1", "k", `{"name":"a"}`)
	if second.Code != 201 || first.Code != 409 || s.facts(t) != 1 {
		t.Fatalf("first %d, second %d, made %d", first.Code, second.Code, s.facts(t))
	}
	if w := s.post("u1", "k", `{"name":"a"}`); w.Body.String() != second.Body.String() {
		t.Errorf("the replay is not the second's answer: %s", w.Body)
	}
}

func TestIdempotencyInParallelMakesOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s := newShop(t, open)
		codes := make([]int, 8)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() { codes[i] = s.post("u1", "k", `{"name":"a"}`).Code })
		}
		wg.Wait()
		good := 0
		for _, c := range codes {
			switch c {
			case 201:
				good++
			case 409:
			default:
				t.Errorf("status %d", c)
			}
		}
		if good == 0 || s.facts(t) != 1 {
			t.Errorf("codes %v, made %d", codes, s.facts(t))
		}
	})
}
