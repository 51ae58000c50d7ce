package announcement_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/announcement"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

var (
	ctx      = context.Background()
	operator = access.Operator("usr_op")
)

type person struct{}

func (person) IDPrefix() string { return "usr" }

type house struct {
	*announcement.Service
	t      *testing.T
	clock  *storetest.Clock
	groups *group.Service
	by     access.Principal
	api    *web.API
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	log := &audit.Log{DB: db}
	limits := &quota.Service{DB: db, Audit: log, Solo: true}
	must(t, limits.SetPlans([]quota.Plan{{Name: "production", Sites: 50}}))
	h.groups = &group.Service{DB: db, Audit: log}
	h.Service = &announcement.Service{DB: db, Audit: log, Quota: limits, Usage: &usage.Service{DB: db, Recorder: usage.NewRecorder(100)}, Notices: &notice.Service{DB: db, Audit: log}}
	h.api = web.New(web.Config{Title: "t", Version: "1", Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		return access.With(r.Context(), h.by), nil
	}})
	h.Mount(h.api)
	if _, err := h.api.OpenAPI(); err != nil {
		t.Fatal(err)
	}
	return h
}

// developer makes a person with a group.
func (h *house) developer(name string) (access.Principal, string) {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.write(`INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
		VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0)`, id, name+"@example.com", name)
	g, err := h.groups.Create(ctx, access.UserPrincipal(id, nil, nil), name+" Ltd")
	must(h.t, err)
	return access.UserPrincipal(id, map[string]string{g.ID.String(): access.GroupOwner}, nil), g.ID.String()
}

func (h *house) write(query string, args ...any) {
	h.t.Helper()
	must(h.t, h.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, query, args...)
		return err
	}))
}

func (h *house) publish(d announcement.Draft) announcement.Announcement {
	h.t.Helper()
	a, err := h.Publish(ctx, operator, d)
	must(h.t, err)
	return a
}

// sees compares what somebody sees, by title.
func (h *house) sees(who string, by access.Principal, want string) {
	h.t.Helper()
	got, err := h.Visible(ctx, by)
	must(h.t, err)
	var titles []string
	for _, a := range got {
		titles = append(titles, a.Title)
	}
	if strings.Join(titles, " ") != want {
		h.t.Errorf("%s sees %q, want %q", who, strings.Join(titles, " "), want)
	}
}

func (h *house) unread(who string, by access.Principal, want int64) {
	h.t.Helper()
	if n, err := h.Notices.Unread(ctx, by); err != nil || n != want {
		h.t.Errorf("the bell of %s shows %d, want %d (%v)", who, n, want, err)
	}
}

// Row A37: only the audience sees an announcement: the bell shows it, the page and
// the feeds have it, from its begin to its end, and not once it is withdrawn.
func TestA37_OnlyTheAudienceSeesIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		ada, hers := h.developer("ada")
		ben, his := h.developer("ben")
		eve, _ := h.developer("eve")
		must(t, h.Quota.Assign(ctx, operator, quota.Assignment{Owner: hers, Plan: "production", Reason: "x"}))
		h.write(`INSERT INTO programme_partner (group_id, state, wants, tier, profile, applied, applied_by, reason, decided, decided_by, revision)
			VALUES (?, 'member', 'partner', 'partner', '{}', 1, '', '', 1, '', 1)`, his)
		named := h.publish(announcement.Draft{Title: "Named", Text: "For you.", Audience: announcement.Audience{Groups: []string{hers, "grp_nobody"}}})
		h.clock.Advance(time.Minute)
		h.publish(announcement.Draft{Title: "Plan", Text: "For production.", Audience: announcement.Audience{Plans: []string{"production"}}})
		h.clock.Advance(time.Minute)
		h.publish(announcement.Draft{Title: "Tier", Text: "For partners.", Audience: announcement.Audience{Tiers: []string{"partner"}}})
		h.sees("ada", ada, "Plan Named")
		h.sees("ben", ben, "Tier")
		h.sees("eve", eve, "")
		h.sees("a guest", access.Principal{}, "")
		h.unread("ada", ada, 2)
		h.unread("ben", ben, 1)
		h.unread("eve", eve, 0)

		h.clock.Advance(time.Minute)
		h.publish(announcement.Draft{Title: "All", Text: "For all.", Audience: announcement.Audience{All: true}, Ends: h.clock.Now().Add(time.Hour)})
		h.publish(announcement.Draft{Title: "Later", Text: "For all.", Audience: announcement.Audience{All: true}, Starts: h.clock.Now().Add(2 * time.Hour)})
		h.sees("eve", eve, "All")
		h.sees("a guest", access.Principal{}, "All")
		h.clock.Advance(3 * time.Hour)
		h.sees("eve", eve, "Later")
		h.unread("eve", eve, 2)

		_, err := h.Withdraw(ctx, ada, named.ID)
		if problem.CodeOf(err) != "not_found" {
			t.Errorf("a developer withdraws: %v", err)
		}
		named, err = h.Edit(ctx, operator, named.ID, announcement.Draft{Title: "Named", Text: "Better.", Audience: announcement.Audience{Groups: []string{hers, his}}}, named.Revision)
		must(t, err)
		h.sees("ben", ben, "Later Tier Named")
		h.unread("ada", ada, 4) // told once
		_, err = h.Edit(ctx, operator, named.ID, named.Draft, 1)
		if problem.CodeOf(err) != "announcement_changed" {
			t.Errorf("an old revision: %v", err)
		}
		_, err = h.Withdraw(ctx, operator, named.ID)
		must(t, err)
		h.sees("ada", ada, "Later Plan")
		_, err = h.Withdraw(ctx, operator, named.ID)
		if problem.CodeOf(err) != "announcement_withdrawn" {
			t.Errorf("withdrawn twice: %v", err)
		}
		// Who comes to the plan hears of it within the hour.
		must(t, h.Quota.Assign(ctx, operator, quota.Assignment{Owner: his, Plan: "production", Reason: "x"}))
		must(t, h.Follow(ctx))
		h.sees("ben", ben, "Later Tier Plan")
		log, err := h.Audit.List(ctx, operator, audit.Filter{}, 0)
		must(t, err)
		got := ""
		for _, e := range log.Entries {
			got += e.Action + " "
		}
		for _, want := range []string{"announcement.publish", "announcement.edit", "announcement.withdraw"} {
			if !strings.Contains(got, want) {
				t.Errorf("the history lacks %s", want)
			}
		}
	})
}

// Groups whose applications called an operation, or whose live version names a
// type of event, and administrators.
func TestA37_WhoUsesItAndAdministrators(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		ada, hers := h.developer("ada")
		eve, _ := h.developer("eve")
		h.write(`INSERT INTO account_account (id, key, name, kind, parent, developer_group, upstream, state, created) VALUES ('acc_1', 'k', 'A', 'production', '', '', '', 'active', 1)`)
		h.write(`INSERT INTO account_member (account, user_id, role, roles, created) VALUES ('acc_1', ?, 'admin', '[]', 1)`, eve.User)
		h.Usage.Recorder.Record(h.clock.Now(), usage.Key{Application: "app_1", Group: hers, Operation: "listFlags", Outcome: usage.OK}, 1)
		h.write(`INSERT INTO application_application (id, public_id, group_id, name, description, domains, homepage, support, state, reason, due, created)
			VALUES ('app_1', 'p', ?, 'X', 'X', '[]', '', '', 'active', '', 0, 1)`, hers)
		h.publish(announcement.Draft{Title: "Calls", Text: "x", Audience: announcement.Audience{Uses: []string{"listFlags", "nothing"}}})
		h.clock.Advance(time.Minute)
		h.publish(announcement.Draft{Title: "Admins", Text: "x", Audience: announcement.Audience{Administrators: true}})
		h.sees("ada", ada, "Calls")
		h.sees("eve", eve, "Admins")
		h.unread("eve", eve, 1)
	})
}

func TestDraftsAreChecked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	good := announcement.Draft{Title: "T", Text: "x", Audience: announcement.Audience{All: true}, Starts: now}
	for _, tc := range []struct {
		want   string
		change func(*announcement.Draft)
	}{
		{"", func(*announcement.Draft) {}},
		{"/title", func(d *announcement.Draft) { d.Title = " " }},
		{"/title", func(d *announcement.Draft) { d.Title = "a\nb" }},
		{"/title", func(d *announcement.Draft) { d.Title = strings.Repeat("x", 151) }},
		{"/text", func(d *announcement.Draft) { d.Text = "" }},
		{"/link", func(d *announcement.Draft) { d.Link = "javascript:alert(1)" }},
		{"/audience", func(d *announcement.Draft) { d.Audience = announcement.Audience{} }},
		{"/audience", func(d *announcement.Draft) { d.Audience.Uses = make([]string, 201) }},
		{"/ends", func(d *announcement.Draft) { d.Ends = now.Add(-time.Hour) }},
	} {
		d := good
		tc.change(&d)
		got := ""
		if f := d.Check(now); len(f) > 0 {
			got = f[0].Pointer
		}
		if got != tc.want {
			t.Errorf("%+v: %q, want %q", d, got, tc.want)
		}
	}
}

// The API tells its readers nothing about the audience, and the feed is sound.
func TestA37_JSONAndAtom(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	ada, hers := h.developer("ada")
	call := func(by access.Principal, method, path, body string) *httptest.ResponseRecorder {
		h.by = by
		r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		return w
	}
	draft, err := json.Marshal(map[string]any{"title": "Quick & new", "text": "It <works>.", "audience": map[string]any{"groups": []string{hers}}})
	must(t, err)
	if w := call(ada, "POST", "/v1/announcements", string(draft)); w.Code != http.StatusNotFound && w.Code != http.StatusForbidden {
		t.Errorf("a developer announces: %d", w.Code)
	}
	if w := call(operator, "POST", "/v1/announcements", `{"title":"","text":"","audience":{}}`); w.Code != 422 || !strings.Contains(w.Body.String(), "announcement_invalid") {
		t.Errorf("an empty one: %d %s", w.Code, w.Body)
	}
	if w := call(operator, "POST", "/v1/announcements", string(draft)); w.Code != 201 {
		t.Errorf("publish: %d %s", w.Code, w.Body)
	}
	if w := call(ada, "GET", "/v1/announcements", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "It \\u003cworks\\u003e.") && !strings.Contains(w.Body.String(), "It <works>.") || strings.Contains(w.Body.String(), hers) {
		t.Errorf("read: %d %s", w.Code, w.Body)
	}
	if w := call(ada, "GET", "/v1/announcements/all", ""); w.Code != http.StatusNotFound {
		t.Errorf("a developer reads all: %d", w.Code)
	}
	all, err := h.Visible(ctx, ada)
	must(t, err)
	raw, err := announcement.Atom(announcement.Feed{Name: "G", URL: "https://g.example/announcements.atom", Page: "https://g.example/announcements"}, all, h.clock.Now())
	must(t, err)
	var feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	must(t, xml.Unmarshal(raw, &feed))
	if len(feed.Entries) != 1 || feed.Entries[0].Title != "Quick & new" || feed.Entries[0].Content != "It <works>." || !strings.HasPrefix(feed.Entries[0].ID, "urn:") {
		t.Errorf("feed: %s", raw)
	}
}
