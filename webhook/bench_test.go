package webhook_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// BenchmarkEnqueueToRecorded publishes events of 1 KB from many senders and waits
// until every one has a row that says delivered, on SQLite with fsync.
func BenchmarkEnqueueToRecorded(b *testing.B) {
	var got atomic.Int64
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"ok":true}`)
		got.Add(1)
	}))
	defer sink.Close()
	client, err := outbound.NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(sink.Listener.Addr().String())})
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(store.Config{URL: filepath.Join(b.TempDir(), "bench.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	h := servertest.Start(b, servertest.Options{DB: db, Outbound: client})
	defer h.Stop()
	admin, acc := h.Customer("harbour", account.Production)
	dev, team := h.Developer("dev@example.com")
	app, _ := h.Release(dev, team, "flags.read")
	h.Install(admin, acc, app)
	if _, err := h.Webhooks.CreateForApplication(b.Context(), dev, app.ID, webhook.Draft{URL: sink.URL + "/hook", Types: []string{"flag.*"}, Concurrency: 64}); err != nil {
		b.Fatal(err)
	}
	data := []byte(`{"text":"` + strings.Repeat("x", 1000) + `"}`)
	const senders = 256
	b.ResetTimer()
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := s; i < b.N; i += senders {
				draft := event.Draft{Type: "flag.turned_on", Account: "harbour", Subject: "proj/web:env/staging:flag/x", Data: data}
				if _, err := h.Events.Publish(b.Context(), access.System("bench"), []event.Draft{draft}, func(int) string { return "" }); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; n < b.N; {
		if <-tick.C; got.Load() < int64(b.N) {
			continue
		}
		err := db.Read(b.Context(), func(tx *store.Tx) error {
			return tx.NewRaw("SELECT COUNT(*) FROM webhook_delivery WHERE state = 'delivered'").Scan(tx.Ctx, &n)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	if got.Load() < int64(b.N) {
		b.Error(fmt.Sprint(got.Load(), " of ", b.N))
	}
}
