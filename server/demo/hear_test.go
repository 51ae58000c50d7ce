package demo_test

import (
	"context"
	"testing"
	"time"

	"github.com/guestright/guestright/example/deploybot"
	"github.com/guestright/guestright/server/demo"
)

// The product says that a flag was switched, and the example integration, which
// switched it, hears of it through its webhook, signed and once.
func TestTheIntegrationHearsOfTheProduct(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	heard, done := make(chan deploybot.Event, 1000), make(chan error, 1)
	go func() {
		done <- demo.Run(ctx, demo.Options{Dir: t.TempDir(), Free: true, Heard: func(e deploybot.Event) { heard <- e }})
	}()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	seen, limit := map[string]bool{}, time.After(time.Minute)
	for {
		select {
		case e := <-heard:
			if seen[e.ID] {
				t.Errorf("%s came twice", e.ID)
			}
			seen[e.ID] = true
			if e.Type == "flag.turned_on" && e.Subject == "proj/web-shop:env/production:flag/one-page-checkout" && e.AccountKey == "harbour-books" {
				return
			}
		case <-limit:
			t.Fatalf("heard %d events, not that the flag was turned on", len(seen))
		}
	}
}
