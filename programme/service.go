package programme

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

// The times that hold where the operator sets no others.
const (
	WithinDefault = 5 * 24 * time.Hour
	BeforeDefault = 14 * 24 * time.Hour
)

// Service holds the operations on requests for production settings.
type Service struct {
	DB      *store.DB
	Audit   *audit.Log
	Groups  *group.Service
	Quota   *quota.Service
	Usage   *usage.Service
	Notices *notice.Service
	Catalog *catalog.Current
	// Within is how long the operator takes to decide; 0: WithinDefault.
	Within time.Duration
	// Before is how long before its end a group hears that a grant ends; 0: BeforeDefault.
	Before time.Duration
}

func (s *Service) due(now time.Time) time.Time {
	if s.Within > 0 {
		return now.Add(s.Within)
	}
	return now.Add(WithinDefault)
}

func (s *Service) before() time.Duration {
	if s.Before > 0 {
		return s.Before
	}
	return BeforeDefault
}

func errChanged(cause error) error {
	return problem.Conflict("production_changed", "The request has changed meanwhile. Look at it again.").Because(cause)
}

// reach finds the group for those who may do action to it.
func (s *Service) reach(tx *store.Tx, by access.Principal, action, id string) (group.Group, error) {
	if err := by.Reach("group", action, access.On("group", id)); err != nil {
		return group.Group{}, err
	}
	return s.Groups.Load(tx, id)
}

// decider is reach for operators, who never decide about a group of their own.
func (s *Service) decider(tx *store.Tx, by access.Principal, id string) (group.Group, error) {
	g, err := s.reach(tx, by, "production:decide", id)
	if err != nil {
		return g, err
	}
	mine, err := group.Roles(tx, by.User)
	if err != nil {
		return g, err
	}
	if _, own := mine[id]; own {
		return g, problem.Forbidden("production_conflicted", "You belong to this group. Another operator must decide.")
	}
	return g, nil
}

// Submit asks for production settings. Errors: Invalid `programme_invalid`,
// `group_name_invalid`; Conflict `production_open`, `production_personal`.
func (s *Service) Submit(ctx context.Context, by access.Principal, id string, ask Ask) (Request, error) {
	var out Request
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.reach(tx, by, "production:request", id); err != nil {
			return err
		}
		g, err := s.Groups.Active(tx, id)
		if err != nil {
			return err
		}
		if g.Personal {
			return problem.Conflict("production_personal", "This is a person's own group. Found a group with your company's name and move the applications there: customers see its name.")
		}
		if f := s.Groups.Naming.Check(g.Name); len(f) > 0 {
			return problem.Invalid("group_name_invalid", "Rename the group first: customers see its name.", f...)
		}
		if f := ask.Check(); len(f) > 0 {
			return problem.Invalid("programme_invalid", "Some of the fields need another look.", f...)
		}
		if _, err := openRequest(tx, id); err == nil {
			return problem.Conflict("production_open", "A request of this group waits already. Withdraw it to ask for something else.")
		} else if problem.CodeOf(err) != "not_found" {
			return err
		}
		out = Request{ID: ident.New[Request](tx.Now()), Group: id, State: Pending, Ask: ask, Turns: []Turn{}, Submitted: tx.Now(), SubmittedBy: by.User, Due: s.due(tx.Now()), Revision: 1}
		if err := insertRequest(tx, out); err != nil {
			if store.IsUnique(err) {
				return problem.Conflict("production_open", "A request of this group waits already. Withdraw it to ask for something else.").Because(err)
			}
			return err
		}
		if err := s.tellOperators(tx, g, "production.requested", g.Name+" asks for production settings", ask.Purpose, out); err != nil {
			return err
		}
		return s.record(tx, by, "request", g, nil, out)
	})
	return out, err
}

// changing is what an operation does to the open request of a group.
type changing func(tx *store.Tx, g group.Group, r *Request) error

// change is the one shape of every change of the open request.
func (s *Service) change(ctx context.Context, by access.Principal, verb, id string, may func(*store.Tx) (group.Group, error), rule changing) (Request, error) {
	var out Request
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := may(tx)
		if err != nil {
			return err
		}
		r, err := openRequest(tx, id)
		if problem.CodeOf(err) == "not_found" {
			return errNotOpen()
		}
		if err != nil {
			return err
		}
		was := r
		if err := rule(tx, g, &r); err != nil {
			return err
		}
		if out, err = saveRequest(tx, r); err != nil {
			return err
		}
		return s.record(tx, by, verb, g, was, out)
	})
	return out, err
}

func (s *Service) byGroup(ctx context.Context, by access.Principal, verb, id string, rule changing) (Request, error) {
	return s.change(ctx, by, verb, id, func(tx *store.Tx) (group.Group, error) { return s.reach(tx, by, "production:request", id) }, rule)
}

func (s *Service) byOperator(ctx context.Context, by access.Principal, verb, id string, rule changing) (Request, error) {
	return s.change(ctx, by, verb, id, func(tx *store.Tx) (group.Group, error) { return s.decider(tx, by, id) }, rule)
}

// Withdraw takes the group's request back.
func (s *Service) Withdraw(ctx context.Context, by access.Principal, id string) (Request, error) {
	return s.byGroup(ctx, by, "withdraw", id, func(tx *store.Tx, _ group.Group, r *Request) error { return r.Withdraw(tx.Now(), by.User) })
}

// Answer answers the operator's question. Errors: Conflict `production_not_asked`.
func (s *Service) Answer(ctx context.Context, by access.Principal, id, text string) (Request, error) {
	return s.byGroup(ctx, by, "answer", id, func(tx *store.Tx, g group.Group, r *Request) error {
		if err := r.Answer(tx.Now(), by.User, text, s.due(tx.Now())); err != nil {
			return err
		}
		return s.tellOperators(tx, g, "production.answered", g.Name+" has answered", text, *r)
	})
}

// Question asks the developers back.
func (s *Service) Question(ctx context.Context, by access.Principal, id, text string) (Request, error) {
	return s.byOperator(ctx, by, "ask", id, func(tx *store.Tx, g group.Group, r *Request) error {
		if err := r.Question(tx.Now(), by.User, text); err != nil {
			return err
		}
		return s.tellGroup(tx, g, notice.Notice{Kind: "production.asked", Severity: notice.Warning, Subject: "A question about your production settings", Text: text})
	})
}

// Refuse ends the request with a reason.
func (s *Service) Refuse(ctx context.Context, by access.Principal, id, reason string) (Request, error) {
	return s.byOperator(ctx, by, "refuse", id, func(tx *store.Tx, g group.Group, r *Request) error {
		if err := r.Refuse(tx.Now(), by.User, reason); err != nil {
			return err
		}
		return s.tellGroup(tx, g, notice.Notice{Kind: "production.refused", Severity: notice.Warning, Subject: g.Name + " gets no production settings", Text: reason})
	})
}

// Grant puts what the decision names in force, in the same transaction. Errors:
// Invalid `programme_invalid`, `plan_unknown`; Conflict `production_changed` when
// the request is not the one that was looked at; NotFound for an unknown limit.
func (s *Service) Grant(ctx context.Context, by access.Principal, id string, d Decision) (Request, error) {
	return s.byOperator(ctx, by, "grant", id, func(tx *store.Tx, g group.Group, r *Request) error {
		if d.Revision != r.Revision {
			return errChanged(nil)
		}
		if err := r.Grant(tx.Now(), by.User, d); err != nil {
			return err
		}
		if err := s.enforce(tx, by, id, d); err != nil {
			return err
		}
		if d.Ends.IsZero() {
			if err := s.replace(tx, by, g); err != nil {
				return err
			}
		}
		return s.tellGroup(tx, g, notice.Notice{Kind: "production.granted", Subject: g.Name + " has production settings", Text: grantedText(d)})
	})
}

// enforce gives the plan and the values to quota. A value that the group had of
// its own gives way to the new plan's: what was decided is what holds.
func (s *Service) enforce(tx *store.Tx, by access.Principal, id string, d Decision) error {
	limits := maps.Clone(d.Limits)
	if limits == nil {
		limits = map[string]int64{}
	}
	if d.Plan != "" {
		was, err := s.Quota.Effective(tx, id)
		if err != nil {
			return err
		}
		if err := s.Quota.AssignIn(tx, by, quota.Assignment{Owner: id, Plan: d.Plan, Reason: d.Reason, Ends: d.Ends}); err != nil {
			return err
		}
		plan := s.Quota.Plans()[d.Plan]
		for name := range was.Granted {
			value, known := plan.Value(name)
			if _, named := limits[name]; known && !named {
				limits[name] = value
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		err := s.Quota.GrantIn(tx, by, quota.Override{Owner: id, Limit: name, Value: limits[name], Reason: d.Reason, Ends: d.Ends})
		if p := problem.Of(err); err != nil && (p.Kind == problem.KindInvalid || p.Kind == problem.KindNotFound) {
			return problem.Invalid("programme_invalid", "A limit cannot be set like this.",
				problem.Field{Pointer: "/limits/" + name, Code: p.Code, Detail: "The plan has no limit of this name, or the value is not a possible one."}).Because(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replace ends the earlier grants of a group: the new one has no end, so they
// would never hold again.
func (s *Service) replace(tx *store.Tx, by access.Principal, g group.Group) error {
	all, err := requestsOf(tx, g.ID.String())
	if err != nil {
		return err
	}
	for _, old := range all {
		if old.State != Granted {
			continue
		}
		if err := s.finish(tx, by, g, old, "Another grant took its place."); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) finish(tx *store.Tx, by access.Principal, g group.Group, r Request, why string) error {
	was := r
	r.end(why)
	r, err := saveRequest(tx, r)
	if err != nil {
		return err
	}
	return s.record(tx, by, "end", g, was, r)
}

func (s *Service) record(tx *store.Tx, by access.Principal, verb string, g group.Group, before any, after Request) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "production." + verb, Target: "group/" + g.ID.String(), Name: g.Name, Group: g.ID.String(),
		Before: before, After: after, Reason: after.Reason})
}
