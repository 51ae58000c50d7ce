package audit_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
)

// house is a log on a real database with a runner.
type house struct {
	t     *testing.T
	clock *storetest.Clock
	log   *audit.Log
	run   *job.Runner
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	h.log = &audit.Log{DB: open(h.clock)}
	h.run = &job.Runner{DB: h.log.DB}
	h.log.Jobs(h.run)
	return h
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
}

func (h *house) try(ctx context.Context, by access.Principal, c audit.Change) error {
	return h.log.DB.Write(ctx, func(tx *store.Tx) error { return h.log.Record(tx, by, c) })
}

func (h *house) record(by access.Principal, c audit.Change) {
	h.t.Helper()
	h.clock.Advance(time.Second)
	if err := h.try(context.Background(), by, c); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) seal() {
	h.t.Helper()
	h.clock.Advance(10 * time.Second)
	if err := h.run.Drain(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) verify() audit.Report {
	h.t.Helper()
	rep, err := h.log.Verify(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return rep
}

// names lists the names of what a principal sees, newest first.
func (h *house) names(by access.Principal, f audit.Filter) []string {
	h.t.Helper()
	page, err := h.log.List(context.Background(), by, f, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var names []string
	for _, e := range page.Entries {
		names = append(names, e.Name)
	}
	return names
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	err := h.log.DB.Write(context.Background(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, query, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

var (
	operator  = access.Operator("usr_op")
	developer = access.UserPrincipal("usr_dev", map[string]string{"grp_1": access.GroupMember}, nil)
	admin     = access.UserPrincipal("usr_adm", nil, map[string]string{"acc_1": access.AccountAdmin})
	member    = access.UserPrincipal("usr_mem", nil, map[string]string{"acc_1": access.AccountMember})
	stranger  = access.UserPrincipal("usr_str", map[string]string{"grp_2": access.GroupOwner}, map[string]string{"acc_2": access.AccountAdmin})
)

func change(name string) audit.Change {
	return audit.Change{Action: "thing.create", Target: "thing/" + name, Name: name}
}

func TestAnEntryExistsExactlyWhenItsChangeDoes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		err := h.log.DB.Write(context.Background(), func(tx *store.Tx) error {
			if err := h.log.Record(tx, operator, change("undone")); err != nil {
				return err
			}
			return problem.Conflict("nope", "")
		})
		if problem.CodeOf(err) != "nope" {
			t.Fatal(err)
		}
		c := change("done")
		c.Before, c.After, c.Reason = map[string]int{"n": 1}, map[string]int{"n": 2}, "because\x00"
		h.record(operator, c)
		page, err := h.log.List(context.Background(), operator, audit.Filter{}, 0)
		if err != nil || len(page.Entries) != 1 || page.More {
			t.Fatalf("%+v %v", page, err)
		}
		e := page.Entries[0]
		if e.Name != "done" || e.Actor != "user/usr_op" || e.ActorKind != "operator" || string(e.Before) != `{"n":1}` || string(e.After) != `{"n":2}` ||
			len(e.AfterSHA) != 64 || e.Reason != "because" || !e.At.Equal(h.clock.Now()) || !strings.HasPrefix(e.ID.String(), "aud_") {
			t.Errorf("%+v", e)
		}
	})
}

func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	h := one(t)
	raw := secret.Generate(secret.ClientSecret).Reveal()
	for name, v := range map[string]any{"bare": raw, "within": map[string]string{"url": "https://x/?k=" + raw + "&y"}, "grgr": "grgr" + raw} {
		c := change(name)
		c.After = v
		err := h.try(context.Background(), operator, c)
		if problem.Of(err).Kind != problem.KindInternal {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), raw) {
			t.Errorf("%s: the error repeats it", name)
		}
	}
	c := change("typed")
	c.After = struct{ Secret secret.Text }{secret.New(raw)}
	c.Reason = "I pasted " + raw + " here"
	h.record(operator, c)
	page, err := h.log.List(context.Background(), operator, audit.Filter{}, 0)
	if err != nil || len(page.Entries) != 1 {
		t.Fatal(page, err)
	}
	if e := page.Entries[0]; string(e.After) != `{"Secret":"[secret]"}` || e.Reason != "I pasted [secret] here" {
		t.Errorf("%s %s", e.After, e.Reason)
	}
	if err := h.try(context.Background(), operator, audit.Change{Target: "x/y"}); problem.CodeOf(err) != "internal" {
		t.Errorf("a change without action: %v", err)
	}
}

func TestLargeDocumentsAreDigestedOnly(t *testing.T) {
	t.Parallel()
	h := one(t)
	c := change("large")
	c.After = strings.Repeat("x", 20<<10)
	h.record(operator, c)
	h.seal()
	page, err := h.log.List(context.Background(), operator, audit.Filter{}, 0)
	if err != nil || string(page.Entries[0].After) != `{"omitted":"too large","bytes":20482}` || page.Entries[0].AfterSHA == "" {
		t.Errorf("%+v %v", page.Entries, err)
	}
	if rep := h.verify(); rep.Err() != nil {
		t.Error(rep.Err())
	}
}

func TestEverybodySeesTheirOwn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		for name, c := range map[string]audit.Change{
			"group": {Group: "grp_1"}, "account": {Account: "acc_1"}, "both": {Group: "grp_1", Account: "acc_1", Application: "app_1"},
			"about": {User: "usr_mem"}, "nobody": {},
		} {
			c.Action, c.Target, c.Name = "thing.change", "thing/x", name
			h.record(admin, c)
		}
		app := access.Principal{Kind: access.KindApplication, Application: "app_1"}.Holding(access.On("group", "grp_1", "application", "app_1"), access.GroupRole(access.GroupMember))
		for _, c := range []struct {
			who  string
			by   access.Principal
			f    audit.Filter
			want string
		}{
			{"operator", operator, audit.Filter{}, "about account both group nobody"},
			{"developer", developer, audit.Filter{}, "both group"},
			{"administrator", admin, audit.Filter{}, "account both"},
			{"account member", member, audit.Filter{}, "about"},
			{"application", app, audit.Filter{}, "both"},
			{"stranger", stranger, audit.Filter{}, ""},
			{"stranger asks for the account", stranger, audit.Filter{Account: "acc_1"}, ""},
			{"stranger asks for the user", stranger, audit.Filter{User: "usr_mem"}, ""},
			{"developer asks for the account", developer, audit.Filter{Account: "acc_1"}, "both"},
		} {
			got := h.names(c.by, c.f)
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s sees %q, want %q", c.who, got, c.want)
			}
		}
		for who, by := range map[string]access.Principal{"unauthenticated": {}, "forbidden": {Kind: access.KindIntegration, Grant: "gra_1"}} {
			if _, err := h.log.List(context.Background(), by, audit.Filter{}, 0); problem.CodeOf(err) != who {
				t.Errorf("%s: %v", who, err)
			}
		}
	})
}

func TestFiltersAndPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.record(developer, audit.Change{Action: "application.create", Target: "application/app_1", Name: "Blue 100%", Group: "grp_1"})
		middle := h.clock.Now()
		h.record(admin, audit.Change{Action: "application.update", Target: "application/app_1", Name: "Blue_100", Account: "acc_1", Reason: "Seasonal"})
		h.record(admin, audit.Change{Action: "applicationx", Target: `key/\1`, Name: "Green", User: "usr_9"})
		for _, c := range []struct {
			f    audit.Filter
			want string
		}{
			{audit.Filter{}, "Green|Blue_100|Blue 100%"},
			{audit.Filter{Action: "application.*"}, "Blue_100|Blue 100%"},
			{audit.Filter{Action: "*update"}, "Blue_100"},
			{audit.Filter{Action: "application_create"}, ""},
			{audit.Filter{Action: "application%"}, ""},
			{audit.Filter{Actor: "usr_dev"}, "Blue 100%"},
			{audit.Filter{Actor: "user/usr_adm"}, "Green|Blue_100"},
			{audit.Filter{Target: "application/app_1", Account: "acc_1"}, "Blue_100"},
			{audit.Filter{User: "usr_9"}, "Green"},
			{audit.Filter{Text: "BLUE"}, "Blue_100|Blue 100%"},
			{audit.Filter{Text: "100%"}, "Blue 100%"},
			{audit.Filter{Text: "_"}, "Blue_100|Blue 100%"},
			{audit.Filter{Text: `\`}, "Green"},
			{audit.Filter{Text: "seasonal"}, "Blue_100"},
			{audit.Filter{Text: "' OR 1=1 --"}, ""},
			{audit.Filter{From: middle.Add(time.Second)}, "Green|Blue_100"},
			{audit.Filter{From: middle, To: middle.Add(time.Second)}, "Blue 100%"},
		} {
			if got := strings.Join(h.names(operator, c.f), "|"); got != c.want {
				t.Errorf("%+v: %q, want %q", c.f, got, c.want)
			}
		}
		page, err := h.log.List(context.Background(), operator, audit.Filter{Limit: 2}, 0)
		if err != nil || len(page.Entries) != 2 || !page.More {
			t.Fatalf("%+v %v", page, err)
		}
		page, err = h.log.List(context.Background(), operator, audit.Filter{Limit: 2}, page.Last)
		if err != nil || len(page.Entries) != 1 || page.More || page.Entries[0].Name != "Blue 100%" {
			t.Errorf("%+v %v", page, err)
		}
	})
}

func TestTheChainTellsWhatWasDone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		fill := func(t *testing.T, h *house) audit.Report {
			t.Helper()
			for i := range 6 {
				c := change(fmt.Sprint("e", i))
				c.After = map[string]int{"i": i}
				if i%2 == 0 {
					c.Account = "acc_1"
				}
				h.record(operator, c)
			}
			if rep := h.verify(); rep.Sealed != 0 || rep.Unsealed != 6 {
				t.Errorf("before: %+v", rep)
			}
			h.seal()
			return h.verify()
		}
		h := newHouse(t, open)
		rep := fill(t, h)
		if rep.Err() != nil || rep.Sealed != 6 || rep.Unsealed != 0 || len(rep.Head) != 64 {
			t.Fatalf("%+v", rep)
		}
		h.record(operator, change("more"))
		h.seal()
		if now := h.verify(); now.Err() != nil || now.Sealed != 7 || now.Head == rep.Head {
			t.Errorf("after more: %+v", now)
		}
		h.exec("UPDATE audit_entry SET before_doc = '', after_doc = '' WHERE name = 'e1'")
		if now := h.verify(); now.Err() != nil {
			t.Errorf("emptying a document to honour a deletion request breaks the chain: %v", now.Err())
		}
	})
	for name, tamper := range map[string]string{
		"altered":           "UPDATE audit_entry SET reason = 'x' WHERE name = 'e2'",
		"actor":             "UPDATE audit_entry SET actor = 'user/other' WHERE name = 'e3'",
		"document":          `UPDATE audit_entry SET after_doc = '{"i":9}' WHERE name = 'e3'`,
		"removed":           "DELETE FROM audit_entry WHERE name = 'e2'",
		"cut off":           "DELETE FROM audit_entry WHERE name IN ('e4', 'e5')",
		"all gone":          "DELETE FROM audit_entry",
		"moved account":     "UPDATE audit_entry SET account = 'acc_2' WHERE name = 'e2'",
		"account link only": "UPDATE audit_entry SET account_hash = '00' WHERE name = 'e4'",
		"swapped":           "UPDATE audit_entry SET position = CASE position WHEN 2 THEN 3 ELSE 2 END WHERE position IN (2, 3)",
		"slipped in": "INSERT INTO audit_entry (id, at, actor, actor_kind, via, request, address, action, target, name, account, group_id, application, user_id, " +
			"before_doc, after_doc, before_sha, after_sha, reason, position, hash, account_position, account_hash) " +
			"SELECT id || 'x', at, actor, actor_kind, via, request, address, action, target, name, account, group_id, application, user_id, before_doc, after_doc, " +
			"before_sha, after_sha, reason, position, hash, account_position, account_hash FROM audit_entry WHERE name = 'e3'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := one(t)
			for i := range 6 {
				c := change(fmt.Sprint("e", i))
				c.After = map[string]int{"i": i}
				if i%2 == 0 {
					c.Account = "acc_1"
				}
				h.record(operator, c)
			}
			h.seal()
			h.exec(tamper)
			if rep := h.verify(); rep.Err() == nil {
				t.Error("not noticed")
			}
		})
	}
}

func TestExportsHoldWhatTheListShows(t *testing.T) {
	t.Parallel()
	h := one(t)
	for _, name := range []string{"=HYPERLINK(\"http://x\")", "+1", "-1", "@sum", "\ttab", "plain, \"quoted\"\nline"} {
		h.record(admin, audit.Change{Action: "thing.create", Target: "thing/1", Name: name, Account: "acc_1"})
	}
	h.record(admin, audit.Change{Action: "thing.create", Target: "thing/1", Name: "other", Account: "acc_2"})
	var out bytes.Buffer
	if err := h.log.Export(context.Background(), admin, audit.Filter{}, &out, audit.CSV); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 7 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows[1:] {
		for _, cell := range r {
			if cell != "" && strings.Contains("=+-@\t\r", cell[:1]) {
				t.Errorf("cell %q begins like a formula", cell)
			}
		}
	}
	out.Reset()
	if err := h.log.Export(context.Background(), admin, audit.Filter{}, &out, audit.JSONLines); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&out)
	n := 0
	for dec.More() {
		var e audit.Entry
		if err := dec.Decode(&e); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 6 {
		t.Errorf("%d lines", n)
	}
	if err := h.log.Export(context.Background(), admin, audit.Filter{}, &out, "xml"); problem.CodeOf(err) != "audit.format_unknown" {
		t.Error(err)
	}
}

func TestOverHTTP(t *testing.T) {
	t.Parallel()
	h := one(t)
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	api := web.New(web.Config{Title: "t", Version: "1", Keys: keys, Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		switch r.Header.Get("X-Who") {
		case "dev":
			return access.With(r.Context(), developer), nil
		case "adm":
			return access.With(r.Context(), admin), nil
		}
		return r.Context(), nil
	}})
	h.log.Mount(api)
	web.Op(api, web.Operation{ID: "do", Method: "POST", Path: "/v1/do", Summary: "x"}, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		h.clock.Advance(time.Second)
		c := change("through the door")
		c.Group, c.Account = "grp_1", "acc_1"
		return nil, h.try(ctx, access.By(ctx), c)
	})
	if _, err := api.OpenAPI(); err != nil {
		t.Error(err)
	}
	door := web.NewDoor(web.DoorConfig{}, api)
	do := func(who, method, target string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, nil)
		r.RemoteAddr = "203.0.113.77:5000"
		r.Header.Set("X-Who", who)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	request := ""
	for range 3 {
		w := do("adm", "POST", "/v1/do")
		if w.Code != 204 {
			t.Fatal(w.Code, w.Body)
		}
		request = w.Header().Get("Request-Id")
	}
	var page struct {
		Items []audit.Entry
		Next  string
	}
	read := func(w *httptest.ResponseRecorder) {
		t.Helper()
		page.Items, page.Next = nil, ""
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 {
			t.Fatal(w.Code, w.Body, err)
		}
	}
	read(do("adm", "GET", "/v1/audit?limit=2&action=thing.*&from=2026-01-01T00:00:00Z"))
	if len(page.Items) != 2 || page.Next == "" || page.Items[0].Request != request || page.Items[0].Address != "203.0.113.0/24" {
		t.Errorf("%+v", page)
	}
	read(do("adm", "GET", "/v1/audit?limit=2&action=thing.*&from=2026-01-01T00:00:00Z&cursor="+page.Next))
	if len(page.Items) != 1 || page.Next != "" {
		t.Errorf("%+v", page)
	}
	read(do("dev", "GET", "/v1/audit"))
	if len(page.Items) != 3 || page.Items[0].Address != "" {
		t.Errorf("the other side sees the address: %+v", page.Items[0])
	}
	if w := do("dev", "GET", "/v1/audit/export?format=csv"); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") ||
		!strings.Contains(w.Header().Get("Content-Disposition"), `filename="audit.csv"`) || strings.Count(w.Body.String(), "\r\n") != 4 {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	for target, status := range map[string]int{"/v1/audit": 401, "/v1/audit/export": 401} {
		if w := do("", "GET", target); w.Code != status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := do("dev", "GET", "/v1/audit/export?format=xml"); w.Code != 422 {
		t.Errorf("%d", w.Code)
	}
}
