package usage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func showUses(us []Use) string {
	var out []string
	for _, u := range us {
		out = append(out, fmt.Sprintf("%s %s%s %d/%d %s-%s", u.Grant, u.Operation, u.Version, u.Passed, u.Calls, u.First.Format("02T15"), u.Last.Format("02T15")))
	}
	return strings.Join(out, "; ")
}

// Who still calls what, with counts and times, from memory and from the database
// alike.
func TestUsesNameWhoCallsWhat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := service(db)
		begin := clock.Now().UTC().Truncate(24 * time.Hour)
		at := func(h int) time.Time { return begin.Add(time.Duration(h) * time.Hour) }
		record := func(h int, grant, operation, version string, o Outcome, n uint32) {
			s.Recorder.Record(at(h), Key{Grant: grant, Application: "app_a", Account: "acc_a", Group: "grp_a", Operation: operation, Version: version, Outcome: o}, n)
		}
		record(1, "g1", "old", "", OK, 3)
		record(2, "g1", "old", "", ScopeMissing, 2)
		record(2, "g2", "new", "v1", ProductError, 1)
		record(3, "g3", "new", "v2", OK, 9)
		clock.Advance(4 * time.Hour)
		day := begin.Format("02")
		want := strings.ReplaceAll("g2 newv1 1/1 DT02-DT02; g1 old 3/5 DT01-DT02", "D", day)
		ask := func(name string, q Who, want string) {
			t.Helper()
			got, err := s.Uses(t.Context(), q)
			try(t, err)
			if g := showUses(got); !sameParts(g, want) {
				t.Errorf("%s: %q, want %q", name, g, want)
			}
		}
		q := Who{Filter: Filter{Group: "grp_a"}, Operations: []string{"old"}, Versions: []string{"v1"}, Since: begin}
		ask("in memory", q, want)
		try(t, s.Flush(t.Context()))
		ask("written", q, want)
		record(3, "g1", "old", "", OK, 1)
		ask("both", q, strings.ReplaceAll("g1 old 4/6 DT01-DT03; g2 newv1 1/1 DT02-DT02", "D", day))
		ask("since", Who{Filter: Filter{Grant: "g1"}, Since: at(3)}, strings.ReplaceAll("g1 old 1/1 DT03-DT03", "D", day))
		ask("everything of one", Who{Filter: Filter{Grant: "g3"}}, strings.ReplaceAll("g3 newv2 9/9 DT03-DT03", "D", day))
		ask("somebody else", Who{Filter: Filter{Group: "grp_b"}}, "")
	})
}

func sameParts(a, b string) bool {
	as, bs := strings.Split(a, "; "), strings.Split(b, "; ")
	seen := map[string]int{}
	for _, x := range as {
		seen[x]++
	}
	for _, x := range bs {
		seen[x]--
	}
	for _, n := range seen {
		if n != 0 {
			return false
		}
	}
	return len(as) == len(bs)
}
