package usage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// said lists matters as text, in order.
func said(list []Matter) []string {
	var out []string
	for _, m := range list {
		out = append(out, fmt.Sprintf("%s %s %s %s %d", m.Day.Format("02"), m.Operation, m.Account, m.Resource, m.Calls))
	}
	slices.Sort(out)
	return out
}

func TestWhatCallsWereAboutIsKeptByDay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, ctx := service(db), t.Context()
		k := &Key{Grant: "gra_1", Account: "acc_a"}
		about := func(op, resource string) { s.Recorder.About(clock.Now(), k, op, []byte(resource)) }
		first := clock.Now().UTC().Truncate(24 * time.Hour)
		about("get", "proj/web")
		about("get", "proj/web")
		about("get", "proj/app")
		s.Recorder.About(clock.Now(), &Key{Grant: "gra_2", Account: "acc_a"}, "get", []byte("proj/web"))
		want := func(step string, lines ...string) {
			t.Helper()
			got, err := s.Matters(ctx, "gra_1", first)
			try(t, err)
			// What is in memory and what is written stand beside one another until they are summed.
			sum := map[string]Matter{}
			for _, m := range got {
				id := m.Day.String() + m.Operation + m.Account + m.Resource
				m.Calls += sum[id].Calls
				sum[id] = m
			}
			var list []Matter
			for _, m := range sum {
				list = append(list, m)
			}
			if !slices.Equal(said(list), lines) {
				t.Errorf("%s: %v, want %v", step, said(list), lines)
			}
		}
		d := first.Format("02")
		want("in memory", d+" get acc_a proj/app 1", d+" get acc_a proj/web 2")
		try(t, s.Flush(ctx))
		want("written", d+" get acc_a proj/app 1", d+" get acc_a proj/web 2")
		about("get", "proj/web")
		want("both", d+" get acc_a proj/app 1", d+" get acc_a proj/web 3")
		try(t, s.Flush(ctx))
		clock.Advance(24 * time.Hour)
		about("get", "proj/web")
		next := first.Add(24 * time.Hour).Format("02")
		want("the next day", slices.Sorted(slices.Values([]string{d + " get acc_a proj/app 1", d + " get acc_a proj/web 3", next + " get acc_a proj/web 1"}))...)
		clock.Advance(MattersKept - 24*time.Hour)
		try(t, s.Flush(ctx))
		try(t, s.Clean(ctx))
		want("a month later", next+" get acc_a proj/web 1")
	})
}

// Of one grant a day's resources are told apart up to a limit; what came before it goes on being told apart.
func TestManyResourcesOfAGrantAreCountedTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, ctx := service(db), t.Context()
		k := &Key{Grant: "gra_1", Account: "acc_a"}
		for i := range mattersDay + 50 {
			s.Recorder.About(clock.Now(), k, "get", fmt.Appendf(nil, "proj/%04d", i))
			if i%1000 == 999 {
				try(t, s.Flush(ctx))
			}
		}
		s.Recorder.About(clock.Now(), k, "get", []byte("proj/0000"))
		try(t, s.Flush(ctx))
		got, err := s.Matters(ctx, "gra_1", clock.Now().Add(-48*time.Hour))
		try(t, err)
		if len(got) != mattersDay+1 {
			t.Errorf("%d are told apart", len(got))
		}
		var total int64
		for _, m := range got {
			total += m.Calls
			switch m.Resource {
			case "":
				if m.Calls != 50 {
					t.Errorf("%d are counted together", m.Calls)
				}
			case "proj/0000":
				if m.Calls != 2 {
					t.Errorf("the known one counts %d", m.Calls)
				}
			}
		}
		if total != mattersDay+51 {
			t.Errorf("%d calls", total)
		}
	})
}

func TestNotingWhatIsKnownCostsNoMemory(t *testing.T) {
	r := NewRecorder(0)
	k, now, on := &Key{Grant: "gra_1", Account: "acc_a"}, time.Unix(1_700_000_000, 0), []byte("proj/web:env/test:flag/new-checkout")
	r.About(now, k, "getFlag", on)
	if n := testing.AllocsPerRun(100, func() { r.About(now, k, "getFlag", on) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
