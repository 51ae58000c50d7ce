package quota

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Service keeps plans, meters and site quotas. Fill it, give it the plans, then
// Run it. It works without Run too, as long as Flush is called.
type Service struct {
	DB    *store.DB
	Audit *audit.Log
	Log   *slog.Logger // nil: silent
	// Default and AccountPlan name the plans of groups and of accounts without an
	// assignment; "" is "development".
	Default     string
	AccountPlan string
	// Solo: no other node shares the database, so no heartbeat is kept.
	Solo bool
	// Warn hears, inside the transaction that notes it, that a level of a long
	// limit was reached. Once per window and level.
	Warn func(tx *store.Tx, c Crossing) error
	// WarnSites hears, inside the transaction of the claim, that 80 or 100 per cent
	// of the site quota is reached.
	WarnSites func(tx *store.Tx, u SiteUse) error
	// Alarm hears that the database is away, or back: limits are enforced with
	// this node's last share meanwhile.
	Alarm func(away bool, err error)
	// Exists tells whether there is such a group. Nil: whoever may see it knows.
	Exists func(ctx context.Context, group string) (bool, error)

	once     sync.Once
	node     string        // name of this node; that of the database
	within   time.Duration // how long a call waits for the database; 0: settleWithin
	bell     chan struct{}
	mu       sync.Mutex
	plans    map[string]Plan
	near     neighbours
	families map[string]*family
	urgent   []*family
	beaten   time.Time
	joined   bool // the others were counted once
	flushed  time.Time
}

// Crossing is a level of a long limit that was reached.
type Crossing struct {
	Owner  string // group, or account
	Holder string // "" for the owner, else "application/app_…" and so on
	Limit  Limit
	Level  Level
	Used   int64
	Starts time.Time
	Ends   time.Time
}

func (s *Service) setUp() {
	s.once.Do(func() {
		s.bell = make(chan struct{}, 1)
		if s.node == "" {
			s.node = s.DB.Node()
		}
		if s.within == 0 {
			s.within = settleWithin
		}
		s.near = neighbours{count: 1, shared: true}
		s.families = map[string]*family{}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.plans == nil {
			s.plans = map[string]Plan{}
		}
		d, err := Development().Ready()
		if _, ok := s.plans[d.Name]; !ok && err == nil {
			s.plans[d.Name] = d
		}
	})
}

// SetPlans replaces the plans on offer; meters follow at once. A group that is
// on a plan which is gone falls back to the default.
func (s *Service) SetPlans(plans []Plan) error {
	ready := map[string]Plan{}
	for _, p := range append([]Plan{Development()}, plans...) {
		p, err := p.Ready()
		if err != nil {
			return err
		}
		ready[p.Name] = p
	}
	s.setUp()
	s.mu.Lock()
	s.plans = ready
	s.mu.Unlock()
	s.forgetLimits("")
	return nil
}

// Plans returns the plans on offer, by name.
func (s *Service) Plans() map[string]Plan {
	s.setUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.plans)
}

func (s *Service) fallback(plans map[string]Plan, owner string) Plan {
	name := s.Default
	if isAccount(owner) {
		name = s.AccountPlan
	}
	if p, ok := plans[name]; ok {
		return p
	}
	return plans["development"]
}

func isAccount(owner string) bool { return len(owner) > 4 && owner[:4] == "acc_" }

// Effective decides what holds for an owner now.
func (s *Service) Effective(tx *store.Tx, owner string) (Effective, error) {
	plans := s.Plans()
	as, os, err := assigned(tx, owner, tx.Now())
	if err != nil {
		return Effective{}, problem.Internal("quota.effective", err)
	}
	return effective(plans, s.fallback(plans, owner), as, os, tx.Now()), nil
}

// Meter gives the meter of a holder without touching the database: it never
// fails and always gives the same one while it is in use. The first call has to
// go through Meter.Spend, which reads the limits.
func (s *Service) Meter(h Holder) *Meter {
	f := s.family(h.owner())
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.meter(h)
}

// Ready gives the meter of a holder with its limits read.
func (s *Service) Ready(ctx context.Context, h Holder) (*Meter, error) {
	m := s.Meter(h)
	return m, s.settleMeter(ctx, m)
}

func (s *Service) family(owner string) *family {
	s.setUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.families[owner]
	if f == nil {
		f = newFamily(owner, s.near, s.ring)
		f.service = s
		s.families[owner] = f
	}
	return f
}

// Spend is Take for the gateway: when the database has to be asked first, it
// asks and tries again, since what it got may have gone to another call. As a
// rule it asks nobody. When the database does not answer, the node's last share
// decides.
func (m *Meter) Spend(ctx context.Context, now time.Time, cost int64) Decision {
	d := m.Take(now, cost)
	if !d.Unsettled || m.service == nil {
		return d
	}
	ctx, cancel := context.WithTimeout(ctx, m.service.within)
	defer cancel()
	for d.Unsettled && ctx.Err() == nil {
		// What goes wrong shows in the alarm; the last share decides then.
		_ = m.service.settleMeter(ctx, m)
		d = m.Take(now, cost)
	}
	return d
}

// SiteUse is how many installations a group has.
type SiteUse struct {
	Owner string
	Used  int64
	Limit int64
	Level Level // reached by this claim: LevelNear, LevelExhausted or ""
}

// Sites tells how many installations a group has and may have.
func (s *Service) Sites(tx *store.Tx, group string) (SiteUse, error) {
	e, err := s.Effective(tx, group)
	if err != nil {
		return SiteUse{}, err
	}
	used, err := sites(tx, group)
	if err != nil {
		return SiteUse{}, problem.Internal("quota.sites", err)
	}
	return SiteUse{Owner: group, Used: used, Limit: e.Plan.Sites}, nil
}

// ClaimSite counts an installation against its group's site quota. A repeated
// claim changes nothing. Conflict installation_quota_exceeded when the quota is
// used up; the transaction must then fail. Quotas that were lowered below their
// use keep what is installed and refuse more.
func (s *Service) ClaimSite(tx *store.Tx, group, installation string) error {
	has, err := siteOwner(tx, installation)
	if err != nil {
		return problem.Internal("quota.claim_site", err)
	}
	if has == group {
		return nil
	}
	if has != "" { // it moves with its application
		if err := dropSite(tx, has, installation); err != nil {
			return problem.Internal("quota.claim_site", err)
		}
	}
	e, err := s.Effective(tx, group)
	if err != nil {
		return err
	}
	taken, err := takeSite(tx, group, e.Plan.Sites)
	if err != nil {
		return problem.Internal("quota.claim_site", err)
	}
	used, err := sites(tx, group)
	if err != nil {
		return problem.Internal("quota.claim_site", err)
	}
	if !taken {
		return problem.Conflict("installation_quota_exceeded",
			"The developer of this application has used up the number of installations. Ask the developer for more.").
			With("used", used).With("limit", e.Plan.Sites)
	}
	if err := addSite(tx, group, installation); err != nil {
		return problem.Internal("quota.claim_site", err)
	}
	u := SiteUse{Owner: group, Used: used, Limit: e.Plan.Sites}
	switch near := (u.Limit*4 + 4) / 5; {
	case used == u.Limit:
		u.Level = LevelExhausted
	case used == near:
		u.Level = LevelNear
	}
	if u.Level == "" || s.WarnSites == nil {
		return nil
	}
	return s.WarnSites(tx, u)
}

// ReleaseSite gives an installation's place back. Nothing happens when it has
// none.
func (s *Service) ReleaseSite(tx *store.Tx, group, installation string) error {
	if err := dropSite(tx, group, installation); err != nil {
		return problem.Internal("quota.release_site", err)
	}
	return nil
}

// Actions that operations ask for.
const (
	ActionView = "limit:view"
	ActionSet  = "group:set_quota" // the operator's only
)

func (s *Service) reach(ctx context.Context, by access.Principal, action, group string) error {
	if err := by.Reach("group", action, access.On("group", group)); err != nil {
		return err
	}
	if s.Exists == nil {
		return nil
	}
	ok, err := s.Exists(ctx, group)
	if err == nil && !ok {
		return problem.NotFound("group")
	}
	return err
}

// Assign puts a group on a plan, from Starts (zero: now) to Ends (zero: open).
func (s *Service) Assign(ctx context.Context, by access.Principal, a Assignment) error {
	if err := s.reach(ctx, by, ActionSet, a.Owner); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.AssignIn(tx, by, a) })
}

// AssignIn is Assign inside the caller's transaction; it does not authorise.
func (s *Service) AssignIn(tx *store.Tx, by access.Principal, a Assignment) error {
	if _, ok := s.Plans()[a.Plan]; !ok {
		return problem.Invalid("plan_unknown", "There is no such plan.",
			problem.Field{Pointer: "/plan", Code: "plan_unknown", Detail: "Name one of the plans of the catalog."})
	}
	was, err := s.Effective(tx, a.Owner)
	if err != nil {
		return err
	}
	if a, err = a.checked(tx.Now()); err != nil {
		return err
	}
	if err := saveAssignment(tx, a); err != nil {
		return problem.Internal("quota.assign", err)
	}
	tx.Changed(topic, a.Owner)
	return s.note(tx, by, audit.Change{Action: "group.assign_plan", Group: a.Owner, Reason: a.Reason,
		Before: map[string]any{"plan": was.Plan.Name}, After: map[string]any{"plan": a.Plan, "starts": a.Starts, "ends": a.Ends}})
}

func (a Assignment) checked(now time.Time) (Assignment, error) {
	starts, err := span(a.Starts, a.Ends, now)
	a.Starts = starts
	return a, err
}

func span(starts, ends, now time.Time) (time.Time, error) {
	if starts.IsZero() || starts.Before(now) {
		starts = now
	}
	if !ends.IsZero() && !ends.After(starts) {
		return starts, problem.Invalid("invalid", "The end is not after the begin.",
			problem.Field{Pointer: "/ends", Code: "span", Detail: "The end must be later than the begin and later than now."})
	}
	return starts, nil
}

// EndPlanIn ends the assignments of a plan that were made for a reason, inside the
// caller's transaction; what was assigned otherwise holds. It does not authorise.
func (s *Service) EndPlanIn(tx *store.Tx, by access.Principal, owner, plan, reason string) error {
	if err := endPlan(tx, owner, plan, reason); err != nil {
		return problem.Internal("quota.end_plan", err)
	}
	tx.Changed(topic, owner)
	return s.note(tx, by, audit.Change{Action: "group.end_plan", Group: owner, Before: map[string]any{"plan": plan}})
}

// Grant gives a group a value of its own for one limit.
func (s *Service) Grant(ctx context.Context, by access.Principal, o Override) error {
	if err := s.reach(ctx, by, ActionSet, o.Owner); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.GrantIn(tx, by, o) })
}

// GrantIn is Grant inside the caller's transaction; it does not authorise.
func (s *Service) GrantIn(tx *store.Tx, by access.Principal, o Override) error {
	was, err := s.Effective(tx, o.Owner)
	if err != nil {
		return err
	}
	value, known := valueOf(&was.Plan, o.Limit)
	if !known {
		return problem.NotFound("limit")
	}
	if o.Value < 0 || (o.Value == 0 && o.Limit != SitesLimit) {
		return problem.Invalid("invalid", "A limit allows at least one call.",
			problem.Field{Pointer: "/value", Code: "limit.calls", Detail: "The value must be at least 1; 0 is possible for sites only."})
	}
	if o.Starts, err = span(o.Starts, o.Ends, tx.Now()); err != nil {
		return err
	}
	if err := saveOverride(tx, o); err != nil {
		return problem.Internal("quota.grant", err)
	}
	tx.Changed(topic, o.Owner)
	return s.note(tx, by, audit.Change{Action: "group.grant_limit", Group: o.Owner, Reason: o.Reason,
		Before: map[string]any{"limit": o.Limit, "value": value},
		After:  map[string]any{"limit": o.Limit, "value": o.Value, "starts": o.Starts, "ends": o.Ends}})
}

// Withdraw ends the group's own value of a limit, also one that has not begun.
func (s *Service) Withdraw(ctx context.Context, by access.Principal, group, limit string) error {
	if err := s.reach(ctx, by, ActionSet, group); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := endOverrides(tx, group, limit, tx.Now())
		if err != nil {
			return problem.Internal("quota.withdraw", err)
		}
		if n == 0 {
			return problem.NotFound("grant of a limit")
		}
		tx.Changed(topic, group)
		return s.note(tx, by, audit.Change{Action: "group.withdraw_limit", Group: group, Before: map[string]any{"limit": limit}})
	})
}

func (s *Service) note(tx *store.Tx, by access.Principal, c audit.Change) error {
	c.Target = "group/" + c.Group
	if s.Audit == nil {
		return nil
	}
	return s.Audit.Record(tx, by, c)
}

// Limits lists what holds for a group, and how much of it is used.
func (s *Service) Limits(ctx context.Context, by access.Principal, group string) (Limits, error) {
	if err := s.reach(ctx, by, ActionView, group); err != nil {
		return Limits{}, err
	}
	var e Effective
	var rows map[bucketKey]record
	var used int64
	var now time.Time
	s.setUp()
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		now = tx.Now()
		var err error
		if e, err = s.Effective(tx, group); err != nil {
			return err
		}
		if used, err = sites(tx, group); err != nil {
			return err
		}
		rows, err = windows(tx, group, nil)
		return err
	})
	if err != nil {
		return Limits{}, problem.Internal("quota.limits", err)
	}
	s.mu.Lock()
	f := s.families[group]
	s.mu.Unlock()
	if f != nil {
		f.peek(rows, now.UnixNano())
	}
	return e.view(group, rows, used, now), nil
}

func valueOf(p *Plan, name string) (int64, bool) {
	if name == SitesLimit {
		return p.Sites, true
	}
	for i := range p.Limits {
		if p.Limits[i].Name == name {
			return p.Limits[i].Calls, true
		}
	}
	return 0, false
}
