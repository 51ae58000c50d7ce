package notice_test

import (
	"context"
	"encoding/json"
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
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/notice/noticetest"
)

// house is a service on a real database with people in it.
type house struct {
	t     *testing.T
	clock *storetest.Clock
	svc   *notice.Service
	run   *job.Runner
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	h.svc = &notice.Service{DB: db, Audit: &audit.Log{DB: db}, Look: notice.Look{Product: "Pennant Partners", Base: "https://partners.example"}}
	h.run = &job.Runner{DB: db}
	h.svc.Jobs(h.run)
	for id, what := range map[string][3]int{"usr_own": {1, 0, 0}, "usr_adm": {1, 0, 0}, "usr_mem": {1, 0, 0}, "usr_new": {0, 0, 0}, "usr_gone": {1, 0, 1}, "usr_op": {1, 1, 0}} {
		state := "active"
		if what[2] == 1 {
			state = "deleted"
		}
		h.exec("INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due) VALUES (?, ?, ?, '', '', ?, ?, '', ?, 1, 0)",
			id, id+"@example.com", id, what[1], state, what[0])
	}
	h.exec("INSERT INTO group_group (id, name, owner, personal, state, reason, created) VALUES ('grp_1', 'G', 'usr_own', 0, 'active', '', 1)")
	h.exec("INSERT INTO group_member (group_id, user_id, role, created) VALUES ('grp_1', 'usr_own', 'owner', 1), ('grp_1', 'usr_adm', 'admin', 1), ('grp_1', 'usr_mem', 'member', 1), ('grp_1', 'usr_gone', 'admin', 1)")
	h.exec("INSERT INTO account_account (id, key, name, kind, parent, developer_group, upstream, state, created) VALUES ('acc_1', 'k', 'A', 'production', '', '', '', 'active', 1)")
	h.exec("INSERT INTO account_member (account, user_id, role, roles, created) VALUES ('acc_1', 'usr_adm', 'admin', '[]', 1), ('acc_1', 'usr_new', 'reader', '[]', 1)")
	return h
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
}

func (h *house) write(fn func(tx *store.Tx) error) {
	h.t.Helper()
	h.clock.Advance(time.Millisecond) // ids are in order of the millisecond
	if err := h.svc.DB.Write(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, query, args...)
		return err
	})
}

func (h *house) send(n notice.Notice) {
	h.t.Helper()
	if n.Kind == "" {
		n.Kind = "thing.happened"
	}
	h.write(func(tx *store.Tx) error { return h.svc.Send(tx, n) })
}

func (h *house) drain() {
	h.t.Helper()
	if err := h.run.Drain(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

func user(id string) access.Principal { return access.UserPrincipal(id, nil, nil) }

func (h *house) inbox(id string) []string {
	h.t.Helper()
	box, err := h.svc.List(context.Background(), user(id), notice.Query{})
	if err != nil {
		h.t.Fatal(err)
	}
	var subjects []string
	for _, i := range box.Items {
		subjects = append(subjects, i.Subject)
	}
	return subjects
}

func (h *house) outbox() []notice.Letter {
	h.t.Helper()
	letters, err := h.svc.Outbox(context.Background(), access.Operator("usr_op"), notice.MailID{}, 100)
	if err != nil {
		h.t.Fatal(err)
	}
	return letters
}

func (h *house) addressed() string {
	h.t.Helper()
	var to []string
	for _, l := range h.outbox() {
		to = append(to, strings.TrimSuffix(strings.TrimPrefix(l.To, "usr_"), "@example.com"))
	}
	slices.Sort(to)
	return strings.Join(to, " ")
}

func TestWhoANoticeIsFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		for _, c := range []struct {
			to          notice.To
			inbox, mail string
		}{
			{notice.To{User: "usr_mem"}, "mem", "mem"},
			{notice.To{User: "usr_gone"}, "", ""},
			{notice.To{User: "usr_absent"}, "", ""},
			{notice.To{Group: "grp_1"}, "adm mem own", "adm mem own"},
			{notice.To{Group: "grp_1", GroupRole: "admin"}, "adm own", "adm own"},
			{notice.To{Group: "grp_1", GroupRole: "owner"}, "own", "own"},
			{notice.To{Group: "grp_2"}, "", ""},
			{notice.To{Account: "acc_1"}, "adm new", "adm"}, // no mail to addresses that were not proven
			{notice.To{Account: "acc_1", AccountRole: "admin"}, "adm", "adm"},
			{notice.To{Account: "acc_1", AccountRole: "approver"}, "", ""},
			{notice.To{Operators: true}, "op", "op"},
			{notice.To{User: "usr_adm", Group: "grp_1", GroupRole: "admin", Account: "acc_1", AccountRole: "admin", Operators: true}, "adm op own", "adm op own"},
		} {
			h.exec("DELETE FROM notice_notice")
			h.exec("DELETE FROM notice_mail")
			h.send(notice.Notice{To: c.to, Subject: "hello"})
			var got []string
			for _, id := range []string{"adm", "gone", "mem", "new", "op", "own"} {
				if n := len(h.inbox("usr_" + id)); n == 1 {
					got = append(got, id)
				} else if n > 1 {
					t.Errorf("%+v: %s got %d", c.to, id, n)
				}
			}
			if in, mail := strings.Join(got, " "), h.addressed(); in != c.inbox || mail != c.mail {
				t.Errorf("%+v: inbox %q, mail %q; want %q, %q", c.to, in, mail, c.inbox, c.mail)
			}
		}
	})
}

func TestNoticesComeOnceWhenDueAndOnlyWithTheirCause(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		to := notice.To{User: "usr_mem"}
		_ = h.svc.DB.Write(context.Background(), func(tx *store.Tx) error {
			if err := h.svc.Send(tx, notice.Notice{Kind: "x", To: to, Subject: "undone"}); err != nil {
				return err
			}
			return problem.Conflict("no", "")
		})
		for range 3 {
			h.send(notice.Notice{To: to, Subject: "once", Dedupe: "k"})
		}
		h.send(notice.Notice{Kind: "other.kind", To: to, Subject: "other", Dedupe: "k"})
		h.send(notice.Notice{To: to, Subject: "later", Due: h.clock.Now().Add(time.Hour)})
		if got := h.inbox("usr_mem"); !slices.Equal(got, []string{"other", "once"}) {
			t.Errorf("inbox %q", got)
		}
		if got := h.addressed(); got != "mem mem mem" {
			t.Errorf("mail to %q", got)
		}
		h.clock.Advance(time.Hour)
		if got := h.inbox("usr_mem"); !slices.Equal(got, []string{"later", "other", "once"}) {
			t.Errorf("inbox %q", got)
		}
	})
}

func TestReading(t *testing.T) {
	t.Parallel()
	h := one(t)
	ctx := context.Background()
	for _, s := range []string{"one", "two", "three"} {
		h.send(notice.Notice{To: notice.To{User: "usr_mem"}, Subject: s, Link: "/groups/x"})
	}
	box, err := h.svc.List(ctx, user("usr_mem"), notice.Query{Limit: 2})
	if err != nil || len(box.Items) != 2 || !box.More || box.Unread != 3 {
		t.Fatalf("%+v %v", box, err)
	}
	id := box.Items[0].ID
	item, err := h.svc.Read(ctx, user("usr_mem"), id)
	if err != nil || item.Read == nil {
		t.Fatal(item, err)
	}
	first := *item.Read
	h.clock.Advance(time.Minute)
	item, err = h.svc.Read(ctx, user("usr_mem"), id)
	if err != nil || !item.Read.Equal(first) {
		t.Errorf("read again: %+v %v", item, err)
	}
	if _, err := h.svc.Read(ctx, user("usr_own"), id); problem.CodeOf(err) != "not_found" {
		t.Errorf("another's notice: %v", err)
	}
	box, err = h.svc.List(ctx, user("usr_mem"), notice.Query{Unread: true, Before: id})
	if err != nil || len(box.Items) != 2 || box.More || box.Unread != 2 {
		t.Errorf("%+v %v", box, err)
	}
	if err := h.svc.ReadAll(ctx, user("usr_mem")); err != nil {
		t.Fatal(err)
	}
	if n, err := h.svc.Unread(ctx, user("usr_mem")); n != 0 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if _, err := h.svc.List(ctx, access.Principal{}, notice.Query{}); problem.CodeOf(err) != "unauthenticated" {
		t.Error(err)
	}
	if _, err := h.svc.List(ctx, access.Principal{Kind: access.KindApplication, Application: "app_1"}, notice.Query{}); problem.CodeOf(err) != "notice.no_inbox" {
		t.Error(err)
	}
	if _, err := h.svc.Outbox(ctx, user("usr_own"), notice.MailID{}, 5); problem.CodeOf(err) != "forbidden" {
		t.Error(err)
	}
}

func TestPreferencesPickTheClosestMatch(t *testing.T) {
	t.Parallel()
	p := notice.Preferences{{Kind: "*", Mail: false, Inbox: true}, {Kind: "installation.*", Mail: true, Inbox: false}, {Kind: "installation.removed", Mail: false, Inbox: false}}
	for _, c := range []struct {
		p              notice.Preferences
		kind, severity string
		mail, inbox    bool
	}{
		{nil, "a", notice.Info, true, true},
		{p, "group.sites", notice.Info, false, true},
		{p, "installation.blocked", notice.Info, true, false},
		{p, "installations", notice.Info, false, true},
		{p, "installation.removed", notice.Warning, false, false},
		{p, "installation.removed", notice.Critical, false, true},
	} {
		if got := c.p.For(c.kind, c.severity); got.Mail != c.mail || got.Inbox != c.inbox {
			t.Errorf("%s %s: %+v", c.kind, c.severity, got)
		}
	}
	for kind, ok := range map[string]bool{"*": true, "a": true, "a.b_2": true, "a.*": true, "": false, "a*": false, "*.a": false, "a..b": false, "A": false, "a.b ": false} {
		if f := (notice.Preferences{{Kind: kind}}).Check(); (len(f) == 0) != ok {
			t.Errorf("%q: %v", kind, f)
		}
	}
	if len(notice.Preferences{{Kind: "a"}, {Kind: "a"}}.Check()) == 0 || len(make(notice.Preferences, 101).Check()) == 0 {
		t.Error("twice or too many")
	}
}

func TestPreferencesAreHonoured(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		ctx := context.Background()
		set := func(p ...notice.Preference) {
			t.Helper()
			if err := h.svc.SetPreferences(ctx, user("usr_mem"), p); err != nil {
				t.Fatal(err)
			}
		}
		to := notice.To{User: "usr_mem"}
		set(notice.Preference{Kind: "thing.*", Mail: false, Inbox: true})
		h.send(notice.Notice{To: to, Subject: "quiet"})
		if got := h.addressed(); got != "" {
			t.Errorf("mail to %q", got)
		}
		set(notice.Preference{Kind: "thing.*", Mail: true, Inbox: false})
		h.send(notice.Notice{To: to, Subject: "by mail", Dedupe: "d"})
		h.send(notice.Notice{To: to, Subject: "by mail", Dedupe: "d"})
		if got := h.addressed(); got != "mem" {
			t.Errorf("mail to %q", got)
		}
		if got := h.inbox("usr_mem"); !slices.Equal(got, []string{"quiet"}) {
			t.Errorf("inbox %q", got)
		}
		back, err := h.svc.Preferences(ctx, user("usr_mem"))
		if err != nil || len(back) != 1 || !back[0].Mail || back[0].Inbox {
			t.Errorf("%+v %v", back, err)
		}
		page, err := h.svc.Audit.List(ctx, user("usr_mem"), audit.Filter{Action: "notice_preferences.update"}, 0)
		if err != nil || len(page.Entries) != 2 {
			t.Errorf("%d entries, %v", len(page.Entries), err)
		}
	})
}

func TestBadNoticesAreOurFault(t *testing.T) {
	t.Parallel()
	h := one(t)
	to := notice.To{User: "usr_mem"}
	for name, n := range map[string]notice.Notice{
		"no recipient": {Kind: "k", Subject: "s"}, "no subject": {Kind: "k", To: to, Subject: "\n"}, "no kind": {To: to, Subject: "s"},
		"script": {Kind: "k", To: to, Subject: "s", Link: "javascript:alert(1)"}, "other host": {Kind: "k", To: to, Subject: "s", Link: "//evil.example"},
	} {
		err := h.svc.DB.Write(context.Background(), func(tx *store.Tx) error { return h.svc.Send(tx, n) })
		if problem.CodeOf(err) != "internal" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, to := range []string{"", "x", "a@", "@b", "a@b\r\nBcc: c@d", "A <a@b.c>", "a@b, c@d", strings.Repeat("a", 251) + "@b.c"} {
		err := h.svc.DB.Write(context.Background(), func(tx *store.Tx) error { return h.svc.Mail(tx, notice.Mail{To: to, Subject: "s"}) })
		if problem.CodeOf(err) != "address_invalid" {
			t.Errorf("%q: %v", to, err)
		}
	}
}

func TestMailTravelsBySMTP(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		server := noticetest.New(t)
		h := newHouse(t, open)
		h.svc.SMTP = &notice.SMTP{Host: "127.0.0.1", Port: server.Port, TLS: "none", From: "noreply@partners.example", FromName: "Pennant"}
		if err := h.svc.SMTP.Check(); err != nil {
			t.Fatal(err)
		}
		h.send(notice.Notice{To: notice.To{User: "usr_mem"}, Subject: "Hello\r\nBcc: all@example.com", Text: "First <b>line</b>\n\nSecond", Link: "/groups/grp_1"})
		h.write(func(tx *store.Tx) error {
			return h.svc.Mail(tx, notice.Mail{To: "New.Person@Example.ORG", Subject: "Confirm", Text: "Use the link.", Link: "https://partners.example/verify?t=abc"})
		})
		h.drain()
		got := server.Letters()
		if len(got) != 2 {
			t.Fatalf("%d letters", len(got))
		}
		first := got[0]
		if !strings.Contains(first, "mem@example.com") {
			first = got[1]
		}
		for _, part := range []string{"Subject: Hello Bcc: all@example.com", "Auto-Submitted: auto-generated", "text/plain", "text/html", "https://partners.example/groups/grp_1",
			"First <b>line</b>", "First &lt;b&gt;line&lt;/b&gt;", "Pennant Partners", "mal_"} {
			if !strings.Contains(first, part) {
				t.Errorf("the letter lacks %q:\n%s", part, first)
			}
		}
		if strings.Contains(first, "\nBcc:") {
			t.Error("a subject made a header")
		}
		for _, l := range h.outbox() {
			if l.State != notice.Sent || l.Text != "" || l.Link != "" || l.Done == nil {
				t.Errorf("after sending: %+v", l)
			}
		}
		h.drain()
		if got := server.Letters(); len(got) != 0 {
			t.Error("sent twice")
		}

		// Trouble at the other end: later, or never.
		server.Answer("451 greylisted")
		h.write(func(tx *store.Tx) error { return h.svc.Mail(tx, notice.Mail{To: "slow@example.org", Subject: "s"}) })
		h.drain()
		if l := h.outbox()[0]; l.State != notice.Waiting {
			t.Errorf("greylisted: %+v", l)
		}
		server.Answer("")
		h.clock.Advance(time.Minute)
		h.drain()
		if got := server.Letters(); len(got) != 1 {
			t.Errorf("%d letters after greylisting", len(got))
		}
		server.Answer("550 no such user")
		h.write(func(tx *store.Tx) error {
			return h.svc.Mail(tx, notice.Mail{To: "nobody@example.org", Subject: "s", Text: "t"})
		})
		h.drain()
		if l := h.outbox()[0]; l.State != notice.Failed || !strings.Contains(l.Error, "550") {
			t.Errorf("refused: %+v", l)
		}
	})
}

func TestSettingsOfTheMailServer(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]notice.SMTP{
		"password in the clear": {Host: "h", From: "a@b.c", TLS: "none", Username: "u", Password: secret.New("p")},
		"unknown tls":           {Host: "h", From: "a@b.c", TLS: "maybe"},
		"no sender":             {Host: "h"},
		"no host":               {From: "a@b.c"},
	} {
		if s.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	good := notice.SMTP{Host: "h", From: "a@b.c", TLS: "implicit", Username: "u", Password: secret.New("p")}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestOldOnesAreForgotten(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.send(notice.Notice{To: notice.To{User: "usr_mem"}, Subject: "old"})
	h.clock.Advance(31 * 24 * time.Hour)
	h.drain()
	if len(h.outbox()) != 0 || len(h.inbox("usr_mem")) != 1 {
		t.Errorf("after a month: %v %v", h.outbox(), h.inbox("usr_mem"))
	}
	h.clock.Advance(400 * 24 * time.Hour)
	h.drain()
	if len(h.inbox("usr_mem")) != 0 {
		t.Error("kept for ever")
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
		switch who := r.Header.Get("X-Who"); who {
		case "":
			return r.Context(), nil
		case "usr_op":
			return access.With(r.Context(), access.Operator(who)), nil
		default:
			return access.With(r.Context(), user(who)), nil
		}
	}})
	h.svc.Mount(api)
	if _, err := api.OpenAPI(); err != nil {
		t.Error(err)
	}
	door := web.NewDoor(web.DoorConfig{}, api)
	var page struct {
		Items  []struct{ ID, Subject, To string }
		Next   string
		Unread int
	}
	do := func(who, method, target, body string, status int) {
		t.Helper()
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("X-Who", who)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s %s by %q: %d %s", method, target, who, w.Code, w.Body)
		}
		page.Items, page.Next, page.Unread = nil, "", 0
		if w.Body.Len() > 0 {
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
				t.Error(err)
			}
		}
	}
	for _, s := range []string{"one", "two", "three"} {
		h.send(notice.Notice{To: notice.To{User: "usr_mem"}, Subject: s})
	}
	do("usr_mem", "GET", "/v1/notices?limit=2", "", 200)
	if len(page.Items) != 2 || page.Items[0].Subject != "three" || page.Unread != 3 || page.Next == "" {
		t.Errorf("%+v", page)
	}
	id := page.Items[0].ID
	do("usr_own", "POST", "/v1/notices/"+id+"/read", "", 404)
	do("usr_mem", "POST", "/v1/notices/"+id+"/read", "", 200)
	do("usr_mem", "POST", "/v1/notices/nonsense/read", "", 404)
	do("usr_mem", "GET", "/v1/notices?unread=true", "", 200)
	if len(page.Items) != 2 || page.Unread != 2 {
		t.Errorf("%+v", page)
	}
	do("usr_mem", "POST", "/v1/notices/read", "", 204)
	do("usr_mem", "PUT", "/v1/notice-preferences", `{"preferences":[{"kind":"thing.*","mail":false,"inbox":false}]}`, 200)
	do("usr_mem", "PUT", "/v1/notice-preferences", `{"preferences":[{"kind":"Thing","mail":false,"inbox":false}]}`, 422)
	do("usr_mem", "GET", "/v1/notice-preferences", "", 200)
	do("usr_op", "GET", "/v1/mail?limit=2", "", 200)
	if len(page.Items) != 2 || page.Next == "" || page.Items[0].To != "usr_mem@example.com" {
		t.Errorf("%+v", page)
	}
	do("usr_own", "GET", "/v1/mail", "", 403)
	for _, target := range []string{"/v1/notices", "/v1/notice-preferences"} {
		do("", "GET", target, "", 401)
	}
}
