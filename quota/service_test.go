package quota

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

var holder = Holder{Group: "grp_a", Application: "app_a", Account: "acc_a", Key: "key_a"}

// node is one node's service on db.
func node(t *testing.T, db *store.DB, name string) *Service {
	t.Helper()
	// A busy machine is no absent database: nobody gives up waiting here.
	s := &Service{DB: db, Audit: &audit.Log{DB: db}, node: name, Solo: name == "", within: time.Minute}
	if err := s.SetPlans(nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// on replaces the development plan of s by the limits.
func on(t *testing.T, s *Service, limits ...Limit) {
	t.Helper()
	if err := s.SetPlans([]Plan{{Name: "development", Sites: 6, Limits: limits}}); err != nil {
		t.Fatal(err)
	}
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// spend makes n calls and returns how many passed.
func spend(m *Meter, now time.Time, n int) int {
	passed := 0
	for range n {
		if d := m.Spend(context.Background(), now, 1); d.Allowed {
			passed++
		}
	}
	return passed
}

func each(t *testing.T, f func(t *testing.T, db *store.DB, clock *storetest.Clock)) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		f(t, open(clock), clock)
	})
}

// A5: one authoritative object per group with value, scope, source and date.
func TestA5LimitObject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		s := node(t, db, "")
		s.Watch()
		try(t, s.SetPlans([]Plan{{Name: "partner", Label: "Partner", Sites: 50, Limits: []Limit{{Name: "day", Calls: 1000, Per: 24 * time.Hour}}}}))
		op := access.Operator("usr_op")
		member := access.UserPrincipal("usr_m", map[string]string{"grp_a": access.GroupMember}, nil)
		lines := func() string {
			l, err := s.Limits(ctx, member, "grp_a")
			try(t, err)
			out := l.Plan
			for _, v := range l.Limits {
				out += fmt.Sprintf("; %s %d/%d %s %s", v.Name, v.Used, v.Value, v.Scope, v.Source)
				if v.Since != nil {
					out += " since " + v.Since.Format("15:04")
				}
				if v.Until != nil {
					out += " until " + v.Until.Format("15:04")
				}
			}
			return out
		}
		want := func(w string) {
			t.Helper()
			if got := lines(); got != w {
				t.Errorf("got  %s\nwant %s", got, w)
			}
		}
		want("development; sites 0/6 group default; burst 0/100 group default; day 0/10000 group default")
		m, err := s.Ready(ctx, holder)
		try(t, err)
		if got := spend(m, clock.Now(), 7); got != 7 {
			t.Fatalf("%d passed, want 7", got)
		}
		want("development; sites 0/6 group default; burst 7/100 group default; day 7/10000 group default")

		clock.Advance(time.Hour)
		try(t, s.Assign(ctx, op, Assignment{Owner: "grp_a", Plan: "partner", Reason: "contract 12"}))
		try(t, s.Grant(ctx, op, Override{Owner: "grp_a", Limit: "day", Value: 8, Reason: "trial", Ends: clock.Now().Add(time.Hour)}))
		want("partner; sites 0/50 group plan since 11:00; day 7/8 group grant since 11:00 until 12:00")
		try(t, s.Flush(ctx))
		if got := spend(m, clock.Now(), 3); got != 1 {
			t.Errorf("%d passed under the grant, want 1", got)
		}
		clock.Advance(time.Hour)
		want("partner; sites 0/50 group plan since 11:00; day 8/1000 group plan since 11:00")
		try(t, s.Flush(ctx))
		if got := spend(m, clock.Now(), 3); got != 3 {
			t.Errorf("%d passed after the grant ended, want 3", got)
		}
		try(t, s.Grant(ctx, op, Override{Owner: "grp_a", Limit: SitesLimit, Value: 60, Reason: "x"}))
		try(t, s.Withdraw(ctx, op, "grp_a", SitesLimit))
		if err := s.Withdraw(ctx, op, "grp_a", SitesLimit); problem.CodeOf(err) != "not_found" {
			t.Errorf("second withdrawal: %v", err)
		}
		want("partner; sites 0/50 group plan since 11:00; day 11/1000 group plan since 11:00")
		page, err := s.Audit.List(ctx, op, audit.Filter{Group: "grp_a"}, 0)
		try(t, err)
		var did []string
		for _, e := range page.Entries {
			did = append(did, e.Action)
		}
		if got := strings.Join(did, " "); got != "group.withdraw_limit group.grant_limit group.grant_limit group.assign_plan" {
			t.Errorf("audit: %s", got)
		}
	})
}

func TestOnlyTheOperatorSetsLimits(t *testing.T) {
	t.Parallel()
	s := node(t, storetest.Open(t, storetest.NewClock()), "")
	owner := access.UserPrincipal("usr_o", map[string]string{"grp_a": access.GroupOwner}, nil)
	foreign := access.UserPrincipal("usr_f", map[string]string{"grp_b": access.GroupOwner}, nil)
	all := map[string]func(by access.Principal) error{
		"assign": func(by access.Principal) error {
			return s.Assign(t.Context(), by, Assignment{Owner: "grp_a", Plan: "development"})
		},
		"grant": func(by access.Principal) error {
			return s.Grant(t.Context(), by, Override{Owner: "grp_a", Limit: "day", Value: 5})
		},
		"withdraw": func(by access.Principal) error { return s.Withdraw(t.Context(), by, "grp_a", "day") },
		"read":     func(by access.Principal) error { _, err := s.Limits(t.Context(), by, "grp_a"); return err },
	}
	for name, f := range all {
		for _, by := range []access.Principal{foreign, {}} {
			if code := problem.CodeOf(f(by)); code != "not_found" {
				t.Errorf("%s by %s: %q", name, by.Subject(), code)
			}
		}
		if code := problem.CodeOf(f(owner)); name != "read" && code != "forbidden" {
			t.Errorf("%s by the owner: %q", name, code)
		}
	}
	s.Exists = func(context.Context, string) (bool, error) { return false, nil }
	if code := problem.CodeOf(all["read"](access.Operator("usr_op"))); code != "not_found" {
		t.Errorf("absent group: %q", code)
	}
	op := access.Operator("usr_op")
	s.Exists = nil
	for want, err := range map[string]error{
		"plan_unknown": s.Assign(t.Context(), op, Assignment{Owner: "grp_a", Plan: "gold"}),
		"not_found":    s.Grant(t.Context(), op, Override{Owner: "grp_a", Limit: "week", Value: 5}),
		"invalid":      s.Grant(t.Context(), op, Override{Owner: "grp_a", Limit: "day", Value: 0}),
	} {
		if problem.CodeOf(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A12, M-19: six installations, the seventh refused, however parallel; warnings
// at 80 and 100 per cent; a lowered quota keeps what is there.
func TestA12SiteQuota(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx := t.Context()
		s := node(t, db, "")
		var mu sync.Mutex
		warned := map[string]bool{}
		s.WarnSites = func(tx *store.Tx, u SiteUse) error {
			tx.OnCommit(func() {
				mu.Lock()
				defer mu.Unlock()
				warned[fmt.Sprintf("%s %d/%d", u.Level, u.Used, u.Limit)] = true
			})
			return nil
		}
		claim := func(id string) error {
			return db.Write(ctx, func(tx *store.Tx) error { return s.ClaimSite(tx, "grp_a", id) })
		}
		var passed, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				switch err := claim(fmt.Sprint("ins_", i)); problem.CodeOf(err) {
				case "":
					passed.Add(1)
				case "installation_quota_exceeded":
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if passed.Load() != 6 || refused.Load() != 14 {
			t.Errorf("%d passed, %d refused; want 6 and 14", passed.Load(), refused.Load())
		}
		if !warned["near 5/6"] || !warned["exhausted 6/6"] || len(warned) != 2 {
			t.Errorf("warned %v", warned)
		}
		op := access.Operator("usr_op")
		var ids []string
		try(t, db.Read(ctx, func(tx *store.Tx) error {
			return tx.NewRaw("SELECT installation FROM quota_site").Scan(tx.Ctx, &ids)
		}))
		try(t, claim(ids[0])) // again: nothing changes
		use := func() string {
			var u SiteUse
			try(t, db.Read(ctx, func(tx *store.Tx) error {
				var err error
				u, err = s.Sites(tx, "grp_a")
				return err
			}))
			return fmt.Sprintf("%d/%d", u.Used, u.Limit)
		}
		try(t, s.Grant(ctx, op, Override{Owner: "grp_a", Limit: SitesLimit, Value: 2, Reason: "x"}))
		release := func(id string) {
			try(t, db.Write(ctx, func(tx *store.Tx) error { return s.ReleaseSite(tx, "grp_a", id) }))
		}
		release(ids[0])
		release(ids[0])
		if use() != "5/2" {
			t.Errorf("use %s, want 5/2", use())
		}
		err := claim("ins_new")
		if e := problem.Of(err); e == nil || e.Code != "installation_quota_exceeded" || e.Extra["used"] != int64(5) {
			t.Errorf("claim above a lowered quota: %v", err)
		}
		for _, id := range ids[1:5] {
			release(id)
		}
		try(t, claim("ins_new"))
		try(t, db.Write(ctx, func(tx *store.Tx) error { return s.ClaimSite(tx, "grp_b", "ins_new") }))
		if use() != "1/2" {
			t.Errorf("use %s after a move, want 1/2", use())
		}
	})
}

// Long windows survive a restart. After a graceful stop to the call; after a
// crash nothing is let through twice, and at most one slice is lost.
func TestLongWindowsSurviveRestart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for name, crash := range map[string]bool{"stop": false, "crash": true} {
			group := Holder{Group: "grp_" + name}
			passed := 0
			for range 4 {
				s := node(t, db, "")
				on(t, s, Limit{Name: "day", Calls: 1000, Per: 24 * time.Hour})
				passed += spend(s.Meter(group), clock.Now(), 130)
				try(t, s.Flush(t.Context()))
				clock.Advance(time.Minute)
				if !crash {
					try(t, s.Stop(t.Context()))
				}
			}
			s := node(t, db, "")
			on(t, s, Limit{Name: "day", Calls: 1000, Per: 24 * time.Hour})
			passed += spend(s.Meter(group), clock.Now(), 2000)
			low := 1000
			if crash {
				low -= 4 * int(slice(1000))
			}
			if passed > 1000 || passed < low {
				t.Errorf("%s: %d calls passed, want %d to 1000", name, passed, low)
			}
			d := s.Meter(group).Spend(t.Context(), clock.Now(), 1)
			if d.Allowed || d.After != 24*time.Hour-4*time.Minute {
				t.Errorf("%s: allowed %v, After %s", name, d.Allowed, d.After)
			}
			clock.Advance(24 * time.Hour)
			if got := spend(s.Meter(group), clock.Now(), 5); got != 5 {
				t.Errorf("%s: %d passed in the next window", name, got)
			}
		}
	})
}

// two nodes under parallel load pass no more than the limit together, of
// the long window and of the burst.
func TestTwoNodesShareLimits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		var nodes []*Service
		for _, name := range []string{"a", "b"} {
			s := node(t, db, name)
			on(t, s, Limit{Name: "day", Calls: 501, Per: 24 * time.Hour}, Limit{Name: "burst", Calls: 301, Per: 10 * time.Second})
			nodes = append(nodes, s)
		}
		for range 2 {
			for _, s := range nodes {
				try(t, s.Beat(t.Context()))
			}
		}
		round := func() int64 {
			var passed atomic.Int64
			var wg sync.WaitGroup
			for _, s := range nodes {
				m := s.Meter(holder)
				for range 2 {
					wg.Go(func() { passed.Add(int64(spend(m, clock.Now(), 300))) })
				}
			}
			wg.Wait()
			return passed.Load()
		}
		if n := round(); n != 301 {
			t.Errorf("burst: %d passed, want 301", n)
		}
		clock.Advance(time.Minute)
		for _, s := range nodes {
			try(t, s.Beat(t.Context()))
		}
		for _, s := range nodes {
			try(t, s.Beat(t.Context()))
		}
		if n := round(); n > 200 || n < 195 {
			t.Errorf("day: %d passed, want 195 to 200", n)
		}
		// b goes; a takes over its part of the burst, and what b gave back.
		try(t, nodes[1].Stop(t.Context()))
		try(t, nodes[0].Beat(t.Context()))
		if nodes[0].near.count != 1 {
			t.Errorf("%d nodes after one left", nodes[0].near.count)
		}
	})
}

// A14, H31: each level is told once in a window, whoever counts, and calls above
// the contract are marked.
func TestA14LevelsAreToldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		var told []string
		start := func() *Service {
			s := node(t, db, "")
			s.Warn = func(tx *store.Tx, c Crossing) error {
				tx.OnCommit(func() { told = append(told, string(c.Level)) })
				return nil
			}
			on(t, s, Limit{Name: "day", Calls: 20, Soft: 5, Contract: 10, Per: 24 * time.Hour})
			return s
		}
		s := start()
		overage := 0
		for i := range 25 {
			d := s.Meter(holder).Spend(t.Context(), clock.Now(), 1)
			if d.Overage {
				overage++
			}
			if d.Allowed != (i < 20) {
				t.Errorf("call %d: allowed %v", i+1, d.Allowed)
			}
			try(t, s.Flush(t.Context()))
			if i == 11 {
				try(t, s.Stop(t.Context()))
				s = start()
			}
		}
		if got := strings.Join(told, " "); got != "soft contract near exhausted" {
			t.Errorf("told %s", got)
		}
		if overage != 10 {
			t.Errorf("%d calls marked as overage, want 10", overage)
		}
		clock.Advance(25 * time.Hour)
		spend(s.Meter(holder), clock.Now(), 6)
		try(t, s.Flush(t.Context()))
		if got := strings.Join(told, " "); got != "soft contract near exhausted soft" {
			t.Errorf("told %s in the second window", got)
		}
	})
}

// Without the database a node goes on with its last share and raises an alarm.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, clock)
	s := node(t, db, "a")
	on(t, s, Limit{Name: "day", Calls: 100, Per: 24 * time.Hour})
	var alarms []bool
	s.Alarm = func(away bool, _ error) { alarms = append(alarms, away) }
	try(t, db.Batch(t.Context(), func(tx *store.Tx) error { _, err := beat(tx, "b", tx.Now()); return err }))
	try(t, s.Beat(t.Context()))
	if got := spend(s.Meter(holder), clock.Now(), 10); got != 10 {
		t.Fatalf("%d passed", got)
	}
	try(t, s.Flush(t.Context()))
	try(t, db.Batch(t.Context(), func(tx *store.Tx) error {
		for _, table := range []string{"quota_node", "quota_window", "quota_plan"} {
			if _, err := tx.ExecContext(tx.Ctx, "DROP TABLE "+table); err != nil {
				return err
			}
		}
		return nil
	}))
	if err := s.Beat(t.Context()); err == nil {
		t.Fatal("a heartbeat without a table")
	}
	got := spend(s.Meter(holder), clock.Now(), 200)
	if got < 40 || got > 50 {
		t.Errorf("%d passed while away, want about half of the 90 left", got)
	}
	// Whoever comes first now gets the default limits.
	if got := spend(s.Meter(Holder{Group: "grp_new"}), clock.Now(), 200); got != 50 {
		t.Errorf("%d passed for a group that was never read, want this node's half", got)
	}
	if len(alarms) != 1 || !alarms[0] {
		t.Errorf("alarms %v", alarms)
	}
}

func TestIdleOwnersLeaveMemoryAndMetersStayValid(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	s := node(t, storetest.Open(t, clock), "")
	on(t, s, Limit{Name: "day", Calls: 100, Per: 24 * time.Hour})
	m := s.Meter(holder)
	spend(m, clock.Now(), 30)
	clock.Advance(2 * time.Hour)
	try(t, s.Flush(t.Context()))
	if len(s.families) != 0 {
		t.Fatal("an idle owner stayed in memory")
	}
	if got := spend(m, clock.Now(), 40) + spend(s.Meter(holder), clock.Now(), 40); got != 70 {
		t.Errorf("%d passed after the rest, want 70", got)
	}
}

// A node that comes is known to the others at once, and coming is told once.
func TestNodesHearOfOneAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		a, b := node(t, db, "a"), node(t, db, "b")
		a.Watch()
		b.Watch()
		told := 0
		db.OnChange(nodeTopic, func(string) { told++ })
		if got := spend(a.Meter(holder), clock.Now(), 1); got != 1 {
			t.Fatalf("%d passed", got)
		}
		a.turn(t.Context())
		if got := spend(b.Meter(holder), clock.Now(), 1); got != 1 {
			t.Fatalf("%d passed", got)
		}
		for range 5 {
			a.turn(t.Context())
			b.turn(t.Context())
		}
		if a.near != (neighbours{count: 2, rank: 0, shared: true}) || b.near != (neighbours{count: 2, rank: 1, shared: true}) || told != 1 {
			t.Errorf("a knows %+v, b %+v; told %d times", a.near, b.near, told)
		}
		clock.Advance(beatLive + time.Second) // b is silent
		a.turn(t.Context())
		if a.near.count != 1 {
			t.Errorf("a still counts %d", a.near.count)
		}
	})
}

func TestSpendDoesNotAllocate(t *testing.T) {
	clock := storetest.NewClock()
	s := node(t, storetest.Open(t, clock), "")
	on(t, s, Limit{Name: "burst", Calls: 1e6, Per: 10 * time.Second}, Limit{Name: "day", Calls: 1e6, Per: 24 * time.Hour})
	m, err := s.Ready(t.Context(), holder)
	try(t, err)
	now := clock.Now()
	if n := testing.AllocsPerRun(400, func() { m.Spend(context.Background(), now, 1) }); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}
