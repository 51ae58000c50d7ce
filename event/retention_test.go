package event_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// weather publishes so many events of one account, and gives the last receipt.
func weather(t *testing.T, h *servertest.House, many int) event.Receipt {
	t.Helper()
	drafts := make([]event.Draft, many)
	for i := range drafts {
		drafts[i] = event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/staging:flag/x", Account: "harbour", Data: []byte(`{"n":1}`)}
	}
	got, err := h.Events.Publish(t.Context(), access.System("test"), drafts, func(i int) string { return fmt.Sprint("/", i) })
	if err != nil {
		t.Fatal(err)
	}
	return got[many-1]
}

// settled waits until all events were handed to their receivers, without which
// they are not cleaned away.
func settled(t *testing.T, h *servertest.House) {
	t.Helper()
	until(t, h, "SELECT COUNT(*) FROM event_head WHERE account = '' AND seq > (SELECT COALESCE(MAX(settled), 0) FROM webhook_courier)")
}

// swept cleans up, and waits until no event from before a time is there.
func swept(t *testing.T, h *servertest.House, before time.Time) {
	t.Helper()
	if err := h.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, h, "SELECT COUNT(*) FROM event_event WHERE at <= ?", store.At(before)) // the house itself may be at it
}

// until waits until a query counts nothing.
func until(t *testing.T, h *servertest.House, query string, args ...any) {
	t.Helper()
	limit, tick := time.After(time.Minute), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for n := 1; n > 0; {
		if err := h.DB.Read(t.Context(), func(tx *store.Tx) error { return tx.NewRaw(query, args...).Scan(tx.Ctx, &n) }); err != nil {
			t.Fatal(err)
		}
		select {
		case <-limit:
			t.Fatalf("still %d: %s", n, query)
		case <-tick.C:
		}
	}
}

// Clean-up of many events goes in small transactions: what is published meanwhile
// is accepted between two of them, and stays.
func TestCleanUpLetsWritersIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := servertest.Start(t, servertest.Options{DB: open(clock), Clock: clock})
		h.Customer("harbour", account.Production)
		const many = 6000
		for range many / 1000 {
			weather(t, h, 1000)
		}
		settled(t, h)
		before := clock.Now()
		clock.Advance(31 * 24 * time.Hour)
		old := func() (n int) {
			t.Helper()
			if err := h.DB.Read(t.Context(), func(tx *store.Tx) error {
				return tx.NewRaw("SELECT COUNT(*) FROM event_event WHERE type = 'flag.turned_on' AND at <= ?", store.At(before)).Scan(tx.Ctx, &n)
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		between, written := 0, 0
		for left := many; left > 0; left = old() {
			weather(t, h, 1)
			written++
			if 0 < left && left < many {
				between++
			}
			if written > many {
				t.Fatalf("%d old events are still there", left)
			}
			if written == 1 {
				go func() { _ = h.Jobs.Drain(context.WithoutCancel(t.Context())) }()
			}
		}
		if between == 0 {
			t.Errorf("of %d writes none went between two steps", written)
		}
		var there int
		if err := h.DB.Read(t.Context(), func(tx *store.Tx) error {
			return tx.NewRaw("SELECT COUNT(*) FROM event_event WHERE type = 'flag.turned_on'").Scan(tx.Ctx, &there)
		}); err != nil || there != written {
			t.Errorf("%d of %d new events are there: %v", there, written, err)
		}
	})
}

// The operator says for how many days events are kept.
func TestOperatorsChooseHowLongEventsStay(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := servertest.Start(t, servertest.Options{Clock: clock, Change: func(c *server.Config) { c.Events.Keep = 90 }})
	_, acc := h.Customer("harbour", account.Production)
	weather(t, h, 1)
	settled(t, h)
	made := clock.Now()
	by := access.System("test")
	left := func() int {
		t.Helper()
		if err := h.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := h.Events.Read(t.Context(), by, event.Query{Account: acc.ID.String(), Types: []string{"flag.*"}, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(got.Items)
	}
	clock.Advance(89 * 24 * time.Hour)
	if left() != 1 {
		t.Error("it went after 89 of 90 days")
	}
	clock.Advance(2 * 24 * time.Hour)
	swept(t, h, made)
	if left() != 0 {
		t.Error("it is there after 91 of 90 days")
	}
}

// A reader whose number is older than what is kept is told what it has missed, by
// reading and by stream; one who begins, or was not away for too long, is not.
func TestReadersWhoWereAwayForTooLongAreTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		h.Customer("harbour", account.Production)
		h.relayed()
		first := h.read(h.key, "?account=harbour&limit=500")
		for range 3 {
			h.accepted(plainJSON, `{"type":"weather.changed","account_key":"harbour","data":{}}`)
		}
		read := func(after int64) servertest.Answer { return h.get(h.key, fmt.Sprint("?account=harbour&after=", after)) }
		gone := func(what string, after, last int64) {
			t.Helper()
			a := read(after)
			want := fmt.Sprintf("Events %d to %d are gone: they are kept for 30 days.", after+1, last)
			if body := a.JSON(); a.Status != http.StatusConflict || body["code"] != "event_cursor_expired" || !strings.HasPrefix(fmt.Sprint(body["detail"]), want) ||
				!strings.Contains(fmt.Sprint(body["detail"]), fmt.Sprintf("after=%d.", last)) {
				t.Errorf("%s: %d %s", what, a.Status, a.Body)
			}
			if s := h.get(h.key, fmt.Sprint("/stream?account=harbour&after=", after)); s.Status != http.StatusConflict || s.JSON()["code"] != "event_cursor_expired" {
				t.Errorf("%s, by stream: %d %s", what, s.Status, s.Body)
			}
		}
		begins := func(what string, after, from, head int64, items int) {
			t.Helper()
			a := read(after)
			var got struct {
				stretch
				First int64
			}
			if err := json.Unmarshal(a.Body, &got); err != nil || a.Status != http.StatusOK || got.First != from || got.Head != head || got.Next != head || got.More || len(got.Items) != items {
				t.Errorf("%s: %d %s", what, a.Status, a.Body)
			}
		}
		begins("nothing is gone", first.Next, 1, first.Head+3, 3)
		settled(t, h.House)
		made := clock.Now()
		clock.Advance(31 * 24 * time.Hour)
		swept(t, h.House, made)
		last := first.Head + 3
		gone("all are gone", first.Next, last)
		begins("one who begins when all are gone", 0, last+1, last, 0)
		begins("one who had all", last, last+1, last, 0)
		h.accepted(plainJSON, `{"type":"weather.changed","account_key":"harbour","data":{}}`)
		gone("what came before the newest is gone", last-1, last)
		begins("one who had what is gone", last, last+1, last+1, 1)
		begins("one who begins", 0, last+1, last+1, 1)
	})
}
