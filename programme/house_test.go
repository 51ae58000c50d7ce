package programme_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

var (
	ctx      = context.Background()
	operator = access.Operator("usr_op")
)

type person struct{}

func (person) IDPrefix() string { return "usr" }

// house is the slice on a real database, with a group of Ada's.
type house struct {
	*programme.Service
	t     *testing.T
	clock *storetest.Clock
	ada   access.Principal
	group string
	by    access.Principal // of calls over HTTP
	api   *web.API

	catalog *catalog.Current
	gate    *programme.Gate
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	log := &audit.Log{DB: db}
	limits := &quota.Service{DB: db, Audit: log, Solo: true}
	must(t, limits.SetPlans([]quota.Plan{{Name: "production", Label: "Production", Sites: 50, Limits: []quota.Limit{{Name: "day", Calls: 500_000, Per: 24 * 3600e9}}}}))
	limits.Watch()
	h.catalog = &catalog.Current{}
	h.catalog.Swap(offering(t))
	h.gate = programme.NewGate(db, h.catalog)
	h.Service = &programme.Service{DB: db, Catalog: h.catalog, Audit: log, Quota: limits, Notices: &notice.Service{DB: db, Audit: log},
		Groups: &group.Service{DB: db, Audit: log, Naming: group.Naming{Forbidden: []string{"test"}}},
		Usage:  &usage.Service{DB: db, Recorder: usage.NewRecorder(100)}}
	h.person("op", true)
	ada := h.person("ada", false)
	g, err := h.Groups.Create(ctx, access.UserPrincipal(ada, nil, nil), "Acme - Sudoku")
	must(t, err)
	h.group = g.ID.String()
	h.ada = access.UserPrincipal(ada, map[string]string{h.group: access.GroupOwner}, nil)
	h.api = web.New(web.Config{Title: "t", Version: "1", Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		return access.With(r.Context(), h.by), nil
	}})
	h.Mount(h.api)
	h.Groups.Mount(h.api)
	limits.Mount(h.api)
	if _, err := h.api.OpenAPI(); err != nil {
		t.Fatal(err)
	}
	return h
}

// offering is a catalog with a preview and a tier that brings it.
func offering(t *testing.T) *catalog.Catalog {
	t.Helper()
	set, err := catalog.Load(fstest.MapFS{"a.json": {Data: []byte(`{"openapi":"3.1.0","info":{"title":"A","version":"1"},"paths":{
		"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}}},"/insights":{"get":{"operationId":"getInsights","responses":{"200":{"description":"ok"}}}}}}`)}}, "*.json")
	must(t, err)
	cat, _, err := catalog.Import(set, catalog.File{Product: catalog.Product{Name: "A", Account: catalog.Account{In: "none"}},
		Operations: map[string]catalog.Override{"listFlags": {Needs: "flag:view"}, "getInsights": {Needs: "flag:view", Preview: "insights"}},
		Events:     map[string]catalog.EventType{"insight.made": {Preview: "insights"}},
		Previews:   map[string]catalog.Gated{"insights": {Label: "Insights"}},
		Tiers:      map[string]catalog.Tier{"community": {Label: "Community"}, "partner": {Label: "Partner", Plan: "production", Previews: []string{"insights"}, Badge: true}},
		Plans:      map[string]catalog.Plan{"production": {Sites: 50}}})
	must(t, err)
	return cat
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person makes a user; operators get the id usr_op.
func (h *house) person(name string, op bool) string {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	if op {
		id = "usr_" + name
	}
	must(h.t, h.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', ?, 'active', '', 1, ?, 0)`, id, name+"@example.com", name, map[bool]int{true: 1}[op], store.At(tx.Now()))
		return err
	}))
	return id
}

func (h *house) code(what string, err error, want string) {
	h.t.Helper()
	if got := problem.CodeOf(err); got != want {
		h.t.Errorf("%s: %q, want %q (%v)", what, got, want, err)
	}
}

type object = map[string]any

// call sends a request and returns the answer, which has to have the status.
func (h *house) call(by access.Principal, status int, method, path string, body any) string {
	h.t.Helper()
	h.by = by
	raw := ""
	if body != nil {
		b, err := json.Marshal(body)
		must(h.t, err)
		raw = string(b)
	}
	r := httptest.NewRequestWithContext(h.t.Context(), method, path, strings.NewReader(raw))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	if w.Code != status {
		h.t.Errorf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	return w.Body.String()
}

func (h *house) has(text string, wants ...string) {
	h.t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			h.t.Errorf("%s\nlacks %s", text, want)
		}
	}
}

// actions lists the audit log, the oldest first.
func (h *house) actions() []string {
	h.t.Helper()
	p, err := h.Audit.List(ctx, operator, audit.Filter{}, 0)
	must(h.t, err)
	var out []string
	for _, e := range p.Entries {
		out = append(out, e.Action)
	}
	slices.Reverse(out)
	return out
}

// inbox lists the subjects in somebody's inbox, the newest first.
func (h *house) inbox(by access.Principal) string {
	h.t.Helper()
	box, err := h.Notices.List(ctx, by, notice.Query{})
	must(h.t, err)
	var out []string
	for _, i := range box.Items {
		out = append(out, i.Subject)
	}
	return strings.Join(out, "\n")
}
