package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/notice/noticetest"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/webhook"
)

// failure is what an event about a failing endpoint says.
type failure struct {
	Type    string
	Account string
	Data    struct {
		Name  string
		After struct {
			Endpoint string
			Percent  int
			Since    time.Time `json:"failing_since"`
			Ends     time.Time `json:"disabled_at"`
		}
	}
}

// TestH38_OwnersHearAtEachLevel follows an endpoint through five days without an
// answer: at 50, 70, 90 and 100 % its owners get one mail, one notice in the
// console and one event each, an application's developers as well as an
// account's administrators for one of its own.
func TestH38_OwnersHearAtEachLevel(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		post := noticetest.New(t)
		h := start(t, open(clock), clock, func(c *server.Config) {
			c.Mail = server.MailCfg{Host: "127.0.0.1", Port: post.Port, From: "hub@example.com", Insecure: true}
		})
		h.recv.breaks("/hook", "/own")
		if _, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: h.recv.URL + "/news", Types: []string{"guestright.webhook.failing"}}); err != nil {
			t.Fatal(err)
		}
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		made, err := h.Private.Create(t.Context(), h.admin, h.acc.ID, private.Draft{Name: "Sync", Scopes: []string{"flags.read"}})
		if err != nil {
			t.Fatal(err)
		}
		held, err := ident.Parse[grant.Grant](made.Grant)
		if err != nil {
			t.Fatal(err)
		}
		own, err := h.Webhooks.CreateForGrant(t.Context(), h.admin, held, webhook.Draft{URL: h.recv.URL + "/own", Types: []string{"flag.*"}})
		if err != nil {
			t.Fatal(err)
		}
		both := []struct {
			by access.Principal
			to webhook.Issued
		}{{h.dev, e}, {h.admin, own}}
		began := clock.Now()
		for i := range 25 {
			h.say(flag(fmt.Sprint("f", i)))
		}
		circuits := func(f func(webhook.Circuit) bool) bool {
			for _, b := range both {
				got, err := h.Webhooks.Get(t.Context(), b.by, b.to.ID)
				if err != nil {
					t.Fatal(err)
				}
				if !f(got.Circuit) {
					return false
				}
			}
			return true
		}
		h.until("both circuits are open", func() bool {
			return circuits(func(c webhook.Circuit) bool { return c.State == webhook.Open })
		})

		var mails []string
		var events []failure
		hear := func() {
			mails = append(mails, post.Letters()...)
			for len(h.recv.got) > 0 {
				r := h.next()
				if r.path != "/news" {
					continue
				}
				var f failure
				if err := json.Unmarshal(r.body, &f); err != nil {
					t.Fatal(err)
				}
				events = append(events, f)
			}
		}
		said := func(who, what string) (n int) {
			for _, m := range mails {
				if strings.Contains(m, "RCPT TO:<"+who) && strings.Contains(m, what) {
					n++
				}
			}
			return n
		}
		shown := func(by access.Principal, what string) (n int) {
			box, err := h.Notices.List(t.Context(), by, notice.Query{Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range box.Items {
				if strings.Contains(i.Subject, what) {
					n++
				}
			}
			return n
		}
		for _, c := range []struct {
			after time.Duration
			level int
			says  string
		}{
			{60 * time.Hour, 50, "has failed for 50 % of the time"}, {84 * time.Hour, 70, "has failed for 70 % of the time"},
			{108 * time.Hour, 90, "has failed for 90 % of the time"}, {120 * time.Hour, 100, "A webhook endpoint was disabled"},
		} {
			clock.Advance(began.Add(c.after).Sub(clock.Now()))
			told := func(n int) bool {
				hear()
				found := slices.DeleteFunc(slices.Clone(events), func(f failure) bool { return f.Data.After.Percent != c.level })
				return said("dev@example.com", c.says) == n && said("admin@harbour.example", c.says) == n && shown(h.dev, c.says) == n && shown(h.admin, c.says) == n && len(found) == n
			}
			h.until(c.says, func() bool { return told(1) })
			// The next probe fails, too, and says nothing new.
			clock.Advance(time.Hour)
			h.until("a probe has failed or it is disabled", func() bool {
				return circuits(func(s webhook.Circuit) bool { return s.Probe.After(clock.Now()) }) || c.level == 100
			})
			if !told(1) {
				t.Errorf("%d %%: told again: %d events, %q", c.level, len(events), mails)
			}
		}
		for _, f := range events {
			a := f.Data.After
			if f.Type != "guestright.webhook.failing" || f.Account != h.acc.ID.String() || a.Endpoint != e.ID.String() || !a.Since.Equal(began) || !a.Ends.Equal(began.Add(5*24*time.Hour)) || strings.Contains(f.Data.Name, "/hook") {
				t.Errorf("%+v", f)
			}
		}
		for _, b := range both {
			if got, err := h.Webhooks.Get(t.Context(), b.by, b.to.ID); err != nil || got.State != webhook.Disabled || got.Reason != webhook.ByFailure {
				t.Errorf("%+v %v", got, err)
			}
		}
		if n := h.number(e, "state = 'waiting'"); n == 0 {
			t.Error("nothing is kept of what waits")
		}
		// The account's own endpoint is told of in the account's log, which follows
		// the record of changes.
		h.until("the account's log has four events about its own endpoint", func() bool {
			return h.one("SELECT COUNT(*) FROM event_event WHERE account = ? AND type = 'guestright.webhook.failing' AND data LIKE ?", h.acc.ID, "%"+own.ID.String()+"%") == 4
		})
	})
}

// An endpoint with few events may use up most of its time before there are enough
// failures to open its circuit: then its owners hear of both.
func TestH38_ALevelMayComeWithTheOpening(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	h.recv.answers(http.StatusBadGateway)
	h.say(flag("rare"))
	for n := 1; n <= 5; n++ {
		h.until("an attempt is written", func() bool { l := h.log(e); return len(l) == 1 && l[0].Attempts == n })
		clock.Advance(20 * time.Hour)
	}
	h.until("both are said", func() bool {
		box, err := h.Notices.List(t.Context(), h.dev, notice.Query{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		says := func(what string) bool {
			return slices.ContainsFunc(box.Items, func(i notice.Item) bool { return strings.Contains(i.Subject, what) })
		}
		return says("does not answer") && says("has failed for 70 %")
	})
}
