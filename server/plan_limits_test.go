package server_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// The plans of the operators' guide can be pasted as they stand.
func TestPlansOfTheGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(guide), "```yaml\nplans:")
	text, _, _ := strings.Cut(rest, "```")
	f, err := catalog.ParseFile([]byte("product: {name: Pennant, upstreams: {default: 'http://127.0.0.1:1'}, account: {in: none}}\nplans:" + text))
	if !found || err != nil {
		t.Fatal(found, err)
	}
	if l := f.Plans["partner"].Limits; len(l) != 2 || l[1].Per != catalog.Month || l[1].Contract != 310_000 {
		t.Errorf("%+v", l)
	}
}

// A14 and H31 from the catalog's file to the caller: a calendar month with a soft
// and a contract level that is never an end, only slower. Each level is told once
// a month, to those whom it concerns; calls above the contract count as overage.
func TestA14_H31_LimitsOfTheCatalogFile(t *testing.T) {
	t.Parallel()
	r := newRig(t, product(t), "    label: Development\n    sites: 6\n    limits:\n"+
		"      - {calls: 10, per: month, soft: 4, contract: 12, mode: delay, pace: 10ms, max_wait: 30ms}\n")
	cat, coverage, err := server.LoadCatalog(r.dir + "/catalog.yaml")
	if err != nil {
		t.Fatalf("%v\n%s", err, coverage.Text())
	}
	clock := storetest.NewClock()
	h := servertest.Start(t, servertest.Options{Clock: clock, Catalog: cat})
	dev, team := h.Developer("dev@example.com")
	admin, acc := h.Customer("harbour-books", account.Production)
	app, key := h.Release(dev, team, "flags.read")
	h.Install(admin, acc, app)
	boss := h.Person("olga@example.com")
	if err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_user SET operator = 1 WHERE id = ?", boss)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	inbox := func(by access.Principal) []string {
		t.Helper()
		got, err := h.Notices.List(t.Context(), by, notice.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, i := range got.Items {
			if i.Kind == "group.quota" {
				out = append(out, i.Subject)
			}
		}
		slices.Sort(out) // at one moment notices have no order
		return out
	}
	month := func(begun time.Time) {
		t.Helper()
		raw := h.Token(key, "")
		call := func() servertest.Answer {
			t.Helper()
			a := h.Call(raw, http.MethodGet, flagsOfHarbour, nil)
			if err := h.Quota.Flush(t.Context()); err != nil { // what the house does by itself every five seconds
				t.Fatal(err)
			}
			return a
		}
		// Ten are free, and the clock stands still: the 11th to 13th wait one, two and
		// three paces; the 14th would wait longer than calls are held.
		for n := 1; n <= 13; n++ {
			a := call()
			left := fmt.Sprintf(`"month";r=%d;t=`, max(10-n, 0))
			if a.Status != http.StatusOK || !strings.Contains(a.Header.Get("RateLimit"), left) || !strings.Contains(a.Header.Get("RateLimit-Policy"), `"month";q=10;w=2678400`) {
				t.Fatalf("call %d: %d %v", n, a.Status, a.Header)
			}
		}
		if a := call(); a.Status != http.StatusTooManyRequests || a.Code() != "quota_exceeded" || a.Header.Get("Retry-After") != "1" {
			t.Errorf("call 14: %d %s %v", a.Status, a.Body, a.Header)
		}
		clock.Advance(10 * time.Millisecond)
		if a := call(); a.Status != http.StatusOK {
			t.Errorf("a pace later: %d %s", a.Status, a.Body)
		}
		l, err := h.Quota.Limits(t.Context(), dev, team.ID.String())
		if err != nil || len(l.Limits) != 2 {
			t.Fatal(l, err)
		}
		if v := l.Limits[1]; v.Window != "month" || v.Value != 10 || v.Used != 14 || v.Soft != 4 || v.Contract != 12 || v.Overage != 2 || v.Mode != "delay" ||
			!v.Resets.Equal(time.Date(begun.Year(), begun.Month()+1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("limits: %+v", v)
		}
	}
	month(clock.Now())
	told := []string{"4 of the 10 calls per month are used", "80 % of the 10 calls per month are used",
		"The 10 calls per month are used up", "The 12 calls per month of the contract are used up"} // sorted
	if got := inbox(dev); !slices.Equal(got, told) {
		t.Errorf("the group was told %q", got)
	}
	if got := inbox(access.Operator(boss)); !slices.Equal(got, told[2:]) {
		t.Errorf("the operator was told %q", got)
	}
	clock.Advance(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC).Sub(clock.Now()))
	month(clock.Now())
	if got := inbox(dev); !slices.Equal(got, twice(told)) {
		t.Errorf("after two months the group was told %q", got)
	}
}

func twice(sorted []string) []string {
	var out []string
	for _, s := range sorted {
		out = append(out, s, s)
	}
	return out
}
