package server_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/server/servertest"
)

const flagsOfHarbour = "/api/v1/accounts/harbour-books/projects/web-shop/flags"

// limited is a house under a clock of its own, with one installed application
// under the limits given.
func limited(t *testing.T, limits ...quota.Limit) (*servertest.House, *storetest.Clock, func() string) {
	t.Helper()
	clock := storetest.NewClock()
	h := servertest.Start(t, servertest.Options{Clock: clock, Catalog: servertest.PennantCatalog(t, product(t))})
	if err := h.Quota.SetPlans([]quota.Plan{{Name: "development", Sites: 6, Limits: limits}}); err != nil {
		t.Fatal(err)
	}
	dev, team := h.Developer("dev@example.com")
	admin, harbour := h.Customer("harbour-books", account.Production)
	app, key := h.Release(dev, team, "flags.read")
	h.Install(admin, harbour, app)
	return h, clock, func() string { return h.Token(key, "") }
}

// eight clients at once get exactly what the limits allow, be they short
// or long, and again when the period is over.
func TestX05EightClientsShareOneQuota(t *testing.T) {
	t.Parallel()
	h, clock, token := limited(t, quota.Limit{Calls: 60, Per: 10 * time.Second}, quota.Limit{Calls: 150, Per: 24 * time.Hour})
	raw := token()
	burst := func() int64 {
		var passed atomic.Int64
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				for range 20 {
					switch a := h.Call(raw, "GET", flagsOfHarbour, nil); a.Status {
					case 200:
						passed.Add(1)
					case 429:
					default:
						t.Errorf("%d %s", a.Status, a.Body)
					}
				}
			})
		}
		clients.Wait()
		return passed.Load()
	}
	for _, want := range []int64{60, 60, 30, 0} {
		if got := burst(); got != want {
			t.Errorf("%d calls passed, %d are allowed", got, want)
		}
		clock.Advance(10 * time.Second)
	}
}

// K-03: quotas over midnight and the end of a month. A calendar month ends at
// midnight UTC and a new one begins whole; the 24 hours of a day quota begin
// with the first call and know no midnight.
func TestK03QuotasOverMidnightAndMonthEnd(t *testing.T) {
	t.Parallel()
	h, clock, token := limited(t, quota.Limit{Name: "month", Calls: 30, Shape: quota.ShapeMonth}, quota.Limit{Name: "day", Calls: 40, Per: 24 * time.Hour})
	clock.Advance(time.Date(2026, 3, 31, 23, 59, 50, 0, time.UTC).Sub(clock.Now()))
	spend := func(raw string) (int, servertest.Answer) {
		for passed := 0; ; passed++ {
			a := h.Call(raw, "GET", flagsOfHarbour, nil)
			if a.Status != 200 {
				if a.Status != 429 || a.Code() != "quota_exceeded" {
					t.Fatalf("%d %s", a.Status, a.Body)
				}
				return passed, a
			}
			if passed > 100 {
				t.Fatal("no limit holds")
			}
		}
	}
	within := func(a servertest.Answer, seconds int) {
		t.Helper()
		if s, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || s < seconds || s > seconds+1 {
			t.Errorf("Retry-After %q, not %d", a.Header.Get("Retry-After"), seconds)
		}
	}
	passed, a := spend(token())
	if passed != 30 {
		t.Errorf("%d calls in March", passed)
	}
	within(a, 10)

	clock.Advance(10 * time.Second) // midnight, and April
	passed, a = spend(token())
	if passed != 10 {
		t.Errorf("%d calls after midnight; 10 are left of the 24 hours", passed)
	}
	within(a, 24*3600-10)

	clock.Advance(24*time.Hour - 10*time.Second) // the 24 hours are over, April goes on
	if passed, _ = spend(token()); passed != 20 {
		t.Errorf("%d calls on the second of April; 20 are left of the month", passed)
	}

	clock.Advance(31 * 24 * time.Hour) // a leap over a month end that nobody saw
	if passed, _ = spend(token()); passed != 30 {
		t.Errorf("%d calls in May", passed)
	}
}
