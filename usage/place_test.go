package usage

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// The networks of a grant are known at once here, on every node after a flush,
// and for 90 days.
func TestPlacesOfAGrant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := context.Background()
		s, g := service(db), Subject{"grant", "grt_1"}
		places := func(s *Service) string {
			t.Helper()
			text := ""
			try(t, s.DB.Read(ctx, func(tx *store.Tx) error {
				got, err := s.Places(tx, g, clock.Now().Add(-7*24*time.Hour))
				for _, p := range got {
					text += fmt.Sprintf("%s %s; ", p.Network, p.At.Format("02 15:04"))
				}
				return err
			}))
			return text
		}
		start := clock.Now()
		s.Recorder.Touch(g, start, Call{Operation: "a", From: netip.MustParseAddr("203.0.113.9")})
		s.Recorder.Touch(g, start.Add(time.Minute), Call{Operation: "a", From: netip.MustParseAddr("2001:db8:1:2::3")})
		s.Recorder.Touch(g, start.Add(2*time.Minute), Call{Operation: "a", From: netip.MustParseAddr("203.0.113.77")}) // the same network
		s.Recorder.Touch(g, start.Add(3*time.Minute), Call{Operation: "a", From: netip.Addr{}})                        // nobody knows from where
		s.Recorder.Touch(Subject{"key", "key_1"}, start, Call{Operation: "a", From: netip.MustParseAddr("198.51.100.1")})
		want := "203.0.113.0/24 " + start.Add(2*time.Minute).Format("02 15:04") + "; 2001:db8:1::/48 " + start.Add(time.Minute).Format("02 15:04") + "; "
		if got := places(s); got != want {
			t.Errorf("before the flush %q, want %q", got, want)
		}
		try(t, s.Flush(ctx))
		if got := places(s); got != want {
			t.Errorf("here %q, want %q", got, want)
		}
		if got := places(service(db)); got != want {
			t.Errorf("on another node %q, want %q", got, want)
		}
		clock.Advance(7*24*time.Hour + 90*time.Second)
		if got := places(service(db)); got != "203.0.113.0/24 "+start.Add(2*time.Minute).Format("02 15:04")+"; " {
			t.Errorf("a week later %q", got)
		}
		clock.Advance(90 * 24 * time.Hour)
		try(t, s.Clean(ctx))
		n := 0
		try(t, db.Read(ctx, func(tx *store.Tx) error {
			return tx.NewRaw("SELECT COUNT(*) FROM usage_place").Scan(tx.Ctx, &n)
		}))
		if n != 0 {
			t.Errorf("%d networks are kept for ever", n)
		}
	})
}

// A scan from everywhere costs no memory.
func TestPlacesInMemoryAreBounded(t *testing.T) {
	r := NewRecorder(0)
	s := r.Stamp(Subject{"grant", "grt_1"})
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 1000 {
		s.Touch(now.Add(time.Duration(i)*time.Second), Call{Operation: "a", From: netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1})})
	}
	if len(s.places) != placesMost {
		t.Errorf("%d networks in memory", len(s.places))
	}
	if last := s.places; last[0].at < now.Add(900*time.Second).UnixMicro() {
		t.Error("the latest were forgotten")
	}
	if n := testing.AllocsPerRun(100, func() {
		s.Touch(now.Add(time.Hour), Call{Operation: "a", From: netip.AddrFrom4([4]byte{10, 3, 231, 1})})
	}); n != 0 {
		t.Errorf("%v allocations for a known network", n)
	}
}
