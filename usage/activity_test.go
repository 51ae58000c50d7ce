package usage

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// H8: last use, calls of the last 24 hours and 30 days, and their outcomes, for
// each token by itself.
func TestH8_ActivityOfEachToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, other := service(db), service(db)
		old, fresh := key, key
		old.Key, fresh.Key = "tok_old", "tok_new"
		use := func(k Key, o Outcome, n uint32) {
			k.Outcome = o
			s.Recorder.Record(clock.Now(), k, n)
			if o == OK {
				s.Recorder.Touch(Subject{"token", k.Key}, clock.Now(), Call{Operation: k.Operation, Account: k.Account, From: netip.MustParseAddr("2001:db8:1:2::3")})
			}
		}
		use(old, OK, 100) // forgotten after 30 days
		clock.Advance(31 * 24 * time.Hour)
		use(old, OK, 3)
		at := clock.Now()
		clock.Advance(25 * time.Hour)
		use(old, ScopeMissing, 2)
		use(fresh, OK, 1)
		want := map[string]Activity{
			"tok_old":  {Last: Last{At: at, Operation: "listThings", Account: key.Account, Network: "2001:db8:1::/48"}, Day: Tally{ScopeMissing: 2}, Month: Tally{OK: 3, ScopeMissing: 2}},
			"tok_new":  {Last: Last{At: clock.Now(), Operation: "listThings", Account: key.Account, Network: "2001:db8:1::/48"}, Day: Tally{OK: 1}, Month: Tally{OK: 1}},
			"tok_none": {Day: Tally{}, Month: Tally{}},
		}
		ids := []string{"tok_old", "tok_new", "tok_none"}
		ask := func(what string, s *Service) {
			t.Helper()
			got, err := s.Activities(t.Context(), "token", ids)
			try(t, err)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %+v, want %+v", what, got, want)
			}
		}
		ask("from memory", s)
		try(t, s.Flush(t.Context()))
		ask("once written", s)
		ask("on another node", other)
		if got, err := s.Activities(t.Context(), "token", nil); err != nil || len(got) != 0 {
			t.Errorf("of nothing: %v %v", got, err)
		}
	})
}
