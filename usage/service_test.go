package usage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
)

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func groupOf(_ context.Context, application string) (string, error) {
	if application == "app_a" {
		return "grp_a", nil
	}
	return "", problem.NotFound("application")
}

func service(db *store.DB) *Service {
	return &Service{DB: db, Recorder: NewRecorder(0), GroupOf: groupOf}
}

func each(t *testing.T, f func(t *testing.T, db *store.DB, clock *storetest.Clock)) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		f(t, open(clock), clock)
	})
}

var key = Key{Grant: "gra_1", Application: "app_a", Account: "acc_a", Group: "grp_a", Key: "key_1", Operation: "listThings", Entitlement: "thing:view"}

func show(s Series) string {
	var out []string
	for _, p := range s.Points {
		for _, o := range Outcomes() {
			if n := p.Outcomes[o]; n > 0 {
				out = append(out, fmt.Sprintf("%s %s %d", p.At.Format("02 15:04"), o, n))
			}
		}
	}
	return strings.Join(out, "; ")
}

// A16: calls show at once here and elsewhere as soon as they are written, at
// every resolution, each once.
func TestA16CallsShowAtOnceAndOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, other := service(db), service(db)
		member := access.UserPrincipal("usr_m", map[string]string{"grp_a": access.GroupMember}, nil)
		k := key
		s.Recorder.Record(clock.Now(), k, 5)
		k.Outcome = RateLimited
		s.Recorder.Record(clock.Now().Add(time.Minute), k, 2)
		ask := func(s *Service, step Step, want string) {
			t.Helper()
			got, err := s.Series(t.Context(), member, Query{Filter: Filter{Application: "app_a"}, Step: step, To: clock.Now().Add(20 * time.Minute)})
			try(t, err)
			if show(got) != want {
				t.Errorf("%s: got %q, want %q", step, show(got), want)
			}
			if want != "" && (got.Total != got.Outcomes.Total() || len(got.Points) == 0) {
				t.Errorf("%s: total %d of %v", step, got.Total, got.Outcomes)
			}
		}
		minutes := "02 10:00 ok 5; 02 10:01 rate_limited 2"
		ask(s, StepMinute, minutes)
		ask(other, StepMinute, "")
		for range 2 {
			try(t, s.Flush(t.Context()))
			ask(s, StepMinute, minutes)
			ask(other, StepMinute, minutes)
		}
		other.Recorder.Record(clock.Now(), key, 10) // another node, the same minute
		try(t, other.Flush(t.Context()))
		s.Recorder.Record(clock.Now().Add(2*time.Minute), key, 100)
		for step, want := range map[Step]string{
			StepMinute:  "02 10:00 ok 15; 02 10:01 rate_limited 2; 02 10:02 ok 100",
			StepQuarter: "02 10:00 ok 115; 02 10:00 rate_limited 2",
			StepHour:    "02 10:00 ok 115; 02 10:00 rate_limited 2",
			StepDay:     "02 00:00 ok 115; 02 00:00 rate_limited 2",
			StepMonth:   "01 00:00 ok 115; 01 00:00 rate_limited 2",
		} {
			ask(s, step, want)
		}
	})
}

func TestFiltersAndParts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := service(db)
		op := access.Operator("usr_op")
		for i := range 12 {
			k := key
			k.Account = fmt.Sprint("acc_", i%2)
			k.Key = fmt.Sprint("key_", i%3)
			k.Operation = fmt.Sprint("op", i%4)
			k.Outcome = Outcome(i % 2)
			s.Recorder.Record(clock.Now(), k, uint32(i))
			if i == 6 {
				try(t, s.Flush(t.Context()))
			}
		}
		for want, f := range map[int64]Filter{66: {}, 30: {Account: "acc_0"}, 18: {Key: "key_0"}, 6: {Account: "acc_0", Key: "key_0"},
			24: {Grant: "gra_1", Operation: "op3", Account: "acc_1"}, 0: {Entitlement: "thing:edit"}} {
			got, err := s.Series(t.Context(), op, Query{Filter: f})
			try(t, err)
			if f.Operation == "op3" {
				want = 3 + 7 + 11
			}
			if got.Total != want {
				t.Errorf("%+v: %d, want %d", f, got.Total, want)
			}
		}
		for by, want := range map[Dimension]string{
			ByOperation: "op3 21 op2 18 op1 15 op0 12", ByAccount: "acc_1 36 acc_0 30", ByKey: "key_2 26 key_1 22 key_0 18",
			ByGrant: "gra_1 66", ByApplication: "app_a 66", ByEntitlement: "thing:view 66",
		} {
			parts, err := s.Parts(t.Context(), op, Query{}, by)
			try(t, err)
			var got []string
			for _, p := range parts {
				got = append(got, fmt.Sprint(p.Name, " ", p.Total))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("by %s: %v, want %s", by, got, want)
			}
		}
	})
}

// A17: each class is counted under its own name.
func TestA17EveryOutcomeIsCounted(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	s := service(storetest.Open(t, clock))
	for _, o := range Outcomes() {
		k := key
		k.Outcome = o
		s.Recorder.Record(clock.Now(), k, uint32(o)+1)
	}
	try(t, s.Flush(t.Context()))
	got, err := s.Series(t.Context(), access.Operator("usr_op"), Query{})
	try(t, err)
	for _, o := range Outcomes() {
		if got.Outcomes[o] != int64(o)+1 {
			t.Errorf("%s: %d, want %d", o, got.Outcomes[o], o+1)
		}
	}
	reg := prometheus.NewPedanticRegistry()
	try(t, reg.Register(Collector{Service: s}))
	families, err := reg.Gather()
	try(t, err)
	for _, f := range families {
		if f.GetName() == "guestright_decisions_total" && len(f.GetMetric()) != len(Outcomes()) {
			t.Errorf("%d metrics, want %d", len(f.GetMetric()), len(Outcomes()))
		}
	}
	if len(families) != 4 {
		t.Errorf("%d metric families, want 4", len(families))
	}
}

func TestWhoMaySeeUsage(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	s := service(storetest.Open(t, clock))
	s.Recorder.Record(clock.Now(), key, 1)
	developer := access.UserPrincipal("usr_d", map[string]string{"grp_a": access.GroupMember}, nil)
	admin := access.UserPrincipal("usr_a", nil, map[string]string{"acc_a": access.AccountAdmin})
	foreign := access.UserPrincipal("usr_f", map[string]string{"grp_b": access.GroupOwner}, map[string]string{"acc_b": access.AccountAdmin})
	operator := access.Operator("usr_op")
	for _, c := range []struct {
		who  string
		by   access.Principal
		f    Filter
		want string
	}{
		{"developer", developer, Filter{Application: "app_a"}, ""},
		{"developer", developer, Filter{Group: "grp_a"}, ""},
		{"developer", developer, Filter{Application: "app_a", Account: "acc_b"}, ""},
		{"developer", developer, Filter{Account: "acc_a"}, "not_found"},
		{"developer", developer, Filter{Application: "app_zzz"}, "not_found"},
		{"developer", developer, Filter{Key: "key_1"}, "usage_scope"},
		{"admin", admin, Filter{Account: "acc_a"}, ""},
		{"admin", admin, Filter{Account: "acc_a", Application: "app_a"}, ""},
		{"admin", admin, Filter{Application: "app_a"}, "not_found"},
		{"foreign", foreign, Filter{Application: "app_a"}, "not_found"},
		{"foreign", foreign, Filter{Group: "grp_a", Account: "acc_a"}, "not_found"},
		{"nobody", access.Principal{}, Filter{Account: "acc_a"}, "not_found"},
		{"nobody", access.Principal{}, Filter{}, "usage_scope"},
		{"operator", operator, Filter{}, ""},
		{"operator", operator, Filter{Key: "key_1"}, ""},
	} {
		_, err := s.Series(t.Context(), c.by, Query{Filter: c.f})
		_, partsErr := s.Parts(t.Context(), c.by, Query{Filter: c.f}, ByOperation)
		if problem.CodeOf(err) != c.want || problem.CodeOf(partsErr) != c.want {
			t.Errorf("%s %+v: %v and %v, want %q", c.who, c.f, err, partsErr, c.want)
		}
	}
}

func TestRangesAreBounded(t *testing.T) {
	t.Parallel()
	now := start.Add(7 * time.Minute)
	for _, q := range []Query{
		{Step: "second"}, {Step: StepMinute, From: now.AddDate(0, 0, -2)}, {From: now.Add(time.Hour)}, {Step: StepMonth, From: now.AddDate(-30, 0, 0)},
	} {
		if _, err := q.ready(now); problem.CodeOf(err) != "invalid" {
			t.Errorf("%+v: %v", q, err)
		}
	}
	for step, want := range map[Step]int{"": 96, StepMinute: 60, StepHour: 168, StepDay: 30, StepMonth: 12} {
		q, err := Query{Step: step}.ready(now.Add(30 * time.Second))
		try(t, err)
		if got := len(newCollect(q).out.Points); got != want {
			t.Errorf("%q: %d points, want %d", step, got, want)
		}
	}
}

// What cannot be written stays and is written later, once.
func TestFailedFlushKeepsCounts(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, clock)
	s := service(db)
	sql := func(q string) {
		try(t, db.Batch(t.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(tx.Ctx, q); return err }))
	}
	sql("ALTER TABLE usage_day RENAME TO away")
	sql("ALTER TABLE usage_last RENAME TO gone")
	stamp := Subject{"token", "tok_1"}
	for i := range 5 {
		s.Recorder.Record(clock.Now().Add(time.Duration(i)*time.Minute), key, 1)
		s.Recorder.Touch(stamp, clock.Now(), Call{Operation: "op"})
		if err := s.Flush(t.Context()); err == nil {
			t.Fatal("wrote into a table that is away")
		}
	}
	sql("ALTER TABLE away RENAME TO usage_day")
	sql("ALTER TABLE gone RENAME TO usage_last")
	for range 2 {
		try(t, s.Flush(t.Context()))
		got, err := service(db).Series(t.Context(), access.Operator("usr_op"), Query{Step: StepMinute, To: clock.Now().Add(time.Hour)})
		try(t, err)
		if show(got) != "02 10:00 ok 1; 02 10:01 ok 1; 02 10:02 ok 1; 02 10:03 ok 1; 02 10:04 ok 1" {
			t.Errorf("got %s", show(got))
		}
	}
	if s.failed.Load() != 5 {
		t.Errorf("%d failures, want 5", s.failed.Load())
	}
}

func TestLastUse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, other := service(db), service(db)
		uses := func(s *Service) string {
			var got map[string]Last
			try(t, db.Read(t.Context(), func(tx *store.Tx) error {
				var err error
				got, err = s.LastUses(tx, "token", []string{"a", "b", "c"})
				return err
			}))
			return fmt.Sprint(got)
		}
		addr := netip.MustParseAddr("203.0.113.9")
		s.Recorder.Touch(Subject{"token", "a"}, clock.Now(), Call{Operation: "listThings", Account: "acc_1", From: addr})
		want := fmt.Sprint(map[string]Last{"a": {At: clock.Now(), Operation: "listThings", Account: "acc_1", Network: "203.0.113.0/24"}})
		if uses(s) != want || uses(other) != "map[]" {
			t.Errorf("unwritten: %s and %s", uses(s), uses(other))
		}
		try(t, s.Flush(t.Context()))
		if uses(other) != want {
			t.Errorf("written: %s", uses(other))
		}
		other.Recorder.Touch(Subject{"token", "a"}, clock.Now().Add(-time.Hour), Call{Operation: "old", Account: "acc_2", From: addr}) // a slow node
		try(t, other.Flush(t.Context()))
		if uses(s) != want || uses(service(db)) != want {
			t.Errorf("an older use won: %s", uses(service(db)))
		}
		try(t, db.Write(t.Context(), func(tx *store.Tx) error { return s.Forget(tx, Subject{"token", "a"}) }))
		if uses(service(db)) != "map[]" {
			t.Error("forgotten use is there")
		}
	})
}

func TestRetention(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, clock)
	s := service(db)
	s.Recorder.Record(clock.Now(), key, 1)
	try(t, s.Flush(t.Context()))
	rows := func() string {
		var n [3]int
		try(t, db.Read(t.Context(), func(tx *store.Tx) error {
			for i, r := range resolutions {
				if err := tx.NewRaw("SELECT COUNT(*) FROM "+r.table).Scan(tx.Ctx, &n[i]); err != nil {
					return err
				}
			}
			return nil
		}))
		return fmt.Sprint(n)
	}
	for _, c := range []struct {
		days int
		want string
	}{{2, "[1 1 1]"}, {4, "[0 1 1]"}, {100, "[0 0 1]"}, {2000, "[0 0 0]"}} {
		clock.Advance(start.AddDate(0, 0, c.days).Sub(clock.Now()))
		try(t, s.Clean(t.Context()))
		if rows() != c.want {
			t.Errorf("after %d days: %s, want %s", c.days, rows(), c.want)
		}
	}
}

// Calls, flushes of two nodes and questions at once: nothing is lost or shown
// twice.
func TestParallelFlushesAndQueries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		nodes := []*Service{service(db), service(db)}
		var wg, writers sync.WaitGroup
		done := make(chan struct{})
		for _, s := range nodes {
			writers.Go(func() {
				for i := range 500 {
					k := key
					k.Operation = fmt.Sprint("op", i)
					s.Recorder.Record(clock.Now(), k, 1)
					if i%20 == 19 {
						if err := s.Flush(t.Context()); err != nil {
							t.Error(err)
						}
					}
				}
			})
			for range 3 {
				wg.Go(func() {
					last := int64(0)
					for {
						got, err := s.Series(t.Context(), access.Operator("o"), Query{})
						if err != nil || got.Total < last || got.Total > 1000 {
							t.Errorf("%d after %d: %v", got.Total, last, err)
						}
						last = got.Total
						select {
						case <-done:
							return
						default:
						}
					}
				})
			}
		}
		writers.Wait()
		close(done)
		wg.Wait()
		for _, s := range nodes {
			try(t, s.Flush(t.Context()))
		}
		got, err := service(db).Series(t.Context(), access.Operator("o"), Query{})
		try(t, err)
		if got.Total != 1000 {
			t.Errorf("%d counted, want 1000", got.Total)
		}
	})
}

func TestRunWritesOnStop(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, clock)
	s := service(db)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	s.Recorder.Record(clock.Now(), key, 7)
	cancel()
	try(t, <-done)
	got, err := service(db).Series(t.Context(), access.Operator("o"), Query{})
	try(t, err)
	if got.Total != 7 {
		t.Errorf("%d written on stop, want 7", got.Total)
	}
}

func TestUsageOverHTTP(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	s := service(storetest.Open(t, clock))
	s.Recorder.Record(clock.Now(), key, 5)
	by := access.UserPrincipal("usr_d", map[string]string{"grp_a": access.GroupMember}, nil)
	api := web.New(web.Config{Title: "t", Version: "1", Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		return access.With(r.Context(), by), nil
	}})
	s.Mount(api)
	if _, err := api.OpenAPI(); err != nil {
		t.Fatal(err)
	}
	get := func(url string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", url, nil))
		return w
	}
	w := get("/v1/usage?application=app_a&step=hour&from=2026-03-02T09:30:00Z&to=2026-03-02T10:30:00Z")
	var body any
	try(t, json.Unmarshal(w.Body.Bytes(), &body))
	want := `map[average_per_15_minutes:0.625 from:2026-03-02T09:00:00Z outcomes:map[ok:5] points:[map[at:2026-03-02T09:00:00Z outcomes:map[] total:0]` +
		` map[at:2026-03-02T10:00:00Z outcomes:map[ok:5] total:5]] step:hour to:2026-03-02T11:00:00Z total:5]`
	if got := fmt.Sprint(body); w.Code != 200 || got != want {
		t.Errorf("%d %s\nwant %s", w.Code, got, want)
	}
	w = get("/v1/usage/export?application=app_a&step=hour&from=2026-03-02T10:00:00Z&to=2026-03-02T10:30:00Z")
	wantCSV := "at,total,ok,invalid_token,missing_credential,rate_limited,quota_exceeded,permission_denied,scope_missing,not_installed," +
		"installation_disabled,blocked,revoked_key,operation_unmapped,not_found,product_error,malformed,unavailable,operation_removed,network_denied\r\n" +
		"2026-03-02T10:00:00Z,5,5,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\r\n"
	if got := w.Body.String(); got != wantCSV || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("%d %s %s", w.Code, w.Header().Get("Content-Type"), got)
	}
	w = get("/v1/usage/parts?application=app_a&by=operation")
	if got := w.Body.String(); !strings.Contains(got, `{"items":[{"name":"listThings","total":5,"outcomes":{"ok":5}}]}`) {
		t.Errorf("%d %s", w.Code, got)
	}
	for url, status := range map[string]int{"/v1/usage?application=app_b": 404, "/v1/usage": 422, "/v1/usage?account=acc_a": 404,
		"/v1/usage?group=grp_a&step=second": 422, "/v1/usage?group=grp_a&from=yesterday": 422} {
		if w := get(url); w.Code != status {
			t.Errorf("%s: %d, want %d: %s", url, w.Code, status, w.Body)
		}
	}
}
