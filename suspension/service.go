package suspension

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/usage"
)

// Service holds the operations on suspensions.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Usage        *usage.Service
	Groups       *group.Service
	Notices      *notice.Service
	Applications *application.Service
	Catalog      *catalog.Current
}

// Query is a part of a list: of a developer group, or, for the operator, of all.
type Query struct {
	Group  string
	Open   bool // only those that are not over
	Before ID
	Limit  int
}

// Reach is how far a suspension goes.
type Reach struct {
	Accounts      int `json:"accounts"`
	Installations int `json:"installations"`
}

// Preview is what an order would do.
type Preview struct {
	Name    string `json:"name" doc:"Of what would be suspended"`
	Reach   Reach  `json:"reach" doc:"Where it is installed"`
	Message string `json:"message" doc:"What the administrators of these accounts would be told"`
}

// Told is a suspension with what was written about it.
type Told struct {
	Suspension
	Messages []Message `json:"messages" nullable:"false"`
}

// subject is what an order is about.
type subject struct{ name, group string }

// on does something to a target, which is an application or a group.
func (t Target) on(app func(application.ID) error, team func(group.ID) error) error {
	if t.Kind == KindGroup {
		id, err := ident.Parse[group.Group](t.ID)
		if err != nil {
			return problem.NotFound("group")
		}
		return team(id)
	}
	id, err := ident.Parse[application.Application](t.ID)
	if err != nil {
		return problem.NotFound("application")
	}
	return app(id)
}

func (s *Service) subject(tx *store.Tx, by access.Principal, t Target) (subject, error) {
	if err := by.Reach("platform", "platform:suspend", access.Platform()); err != nil {
		return subject{}, err
	}
	if f := t.check(); len(f) > 0 {
		return subject{}, errInvalid(f)
	}
	var out subject
	err := t.on(func(id application.ID) error {
		a, err := s.Applications.Load(tx, id)
		out = subject{a.Name, a.Group}
		return err
	}, func(id group.ID) error {
		g, err := s.Groups.Load(tx, id.String())
		out = subject{g.Name, g.ID.String()}
		return err
	})
	return out, err
}

// Preview says what an order would do; it need not have a reason yet. Errors:
// Invalid `suspension_invalid`; NotFound.
func (s *Service) Preview(ctx context.Context, by access.Principal, o Order) (Preview, error) {
	var out Preview
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		on, err := s.subject(tx, by, o.Target)
		if err != nil {
			return err
		}
		out = Preview{Name: on.name, Message: cmp.Or(o.Message, o.Target.Words(on.name))}
		out.Reach, err = reached(tx, o.Target)
		return err
	})
	return out, err
}

// Begin suspends: from its commit on this node refuses the next call, and every
// other within a second (row A39). Errors: Invalid `suspension_invalid`; Conflict
// `suspension_open`, `application_not_active`, `group_not_active`; NotFound.
func (s *Service) Begin(ctx context.Context, by access.Principal, o Order) (Suspension, error) {
	var out Suspension
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		on, err := s.subject(tx, by, o.Target)
		if err != nil {
			return err
		}
		if f := o.Check(tx.Now()); len(f) > 0 {
			return errInvalid(f)
		}
		was, found, err := open(tx, o.Target)
		if err != nil {
			return err
		}
		if found {
			return problem.Conflict("suspension_open", "It is suspended already.").With("suspension", was.ID.String())
		}
		if err := s.stop(tx, by, o); err != nil {
			return err
		}
		far, err := reached(tx, o.Target)
		if err != nil {
			return err
		}
		out = Suspension{ID: ident.New[Suspension](tx.Now()), Target: o.Target, Name: on.name, Group: on.group, State: Active, Reason: o.Reason,
			Message: cmp.Or(strings.TrimSpace(o.Message), o.Target.Words(on.name)), Lifts: o.Lifts, Began: tx.Now(), BegunBy: by.User, Accounts: far.Accounts}
		if err := insert(tx, out); err != nil {
			return err
		}
		if err := s.Notices.Send(tx, notice.Notice{Kind: "suspension.began", To: notice.To{Group: on.group}, Severity: notice.Critical, Subject: on.name + " is suspended",
			Text: o.Reason, Link: path(out.ID)}); err != nil {
			return err
		}
		if err := tell.Add(tx, tellArgs{Suspension: out.ID, Begins: true}, lane(out.ID)); err != nil {
			return err
		}
		return s.record(tx, by, "begin", nil, out)
	})
	return out, err
}

func (s *Service) stop(tx *store.Tx, by access.Principal, o Order) error {
	return o.Target.on(func(id application.ID) error { return s.Applications.Stop(tx, by, id, o.Target.Family, o.Reason) },
		func(id group.ID) error { return s.Groups.Stop(tx, by, id, o.Reason) })
}

// Thaw lets it work again in some accounts. Errors: Conflict `suspension_over`,
// `suspension_whole`; Invalid `suspension_invalid`.
func (s *Service) Thaw(ctx context.Context, by access.Principal, id ID, t group.Thaw) (Suspension, error) {
	return s.change(ctx, by, "thaw", id, func(tx *store.Tx, one *Suspension) error {
		if err := one.thaw(t); err != nil {
			return err
		}
		return one.Target.on(func(id application.ID) error { return s.Applications.Thaw(tx, by, id, t) },
			func(id group.ID) error { return s.Groups.Thaw(tx, by, id, t) })
	})
}

// Lift ends it everywhere. Errors: Conflict `suspension_over`.
func (s *Service) Lift(ctx context.Context, by access.Principal, id ID) (Suspension, error) {
	return s.change(ctx, by, "lift", id, func(tx *store.Tx, one *Suspension) error { return s.start(tx, by, one) })
}

// start ends one. What was lifted elsewhere meanwhile is no reason to go on with
// it.
func (s *Service) start(tx *store.Tx, by access.Principal, one *Suspension) error {
	if err := one.lift(tx.Now(), by.User); err != nil {
		return err
	}
	err := one.Target.on(func(id application.ID) error { return s.Applications.Start(tx, by, id, one.Target.Family) },
		func(id group.ID) error { return s.Groups.Start(tx, by, id) })
	switch problem.CodeOf(err) {
	case "application_not_suspended", "group_not_suspended", "tokens_unchanged", "not_found":
		err = nil
	}
	if err != nil {
		return err
	}
	return s.Notices.Send(tx, notice.Notice{Kind: "suspension.lifted", To: notice.To{Group: one.Group}, Subject: one.Name + " works again",
		Text: "The platform operator has lifted the suspension.", Link: path(one.ID)})
}

// Date changes when it ends by itself; the zero time: not by itself. Errors:
// Conflict `suspension_over`; Invalid `suspension_invalid`.
func (s *Service) Date(ctx context.Context, by access.Principal, id ID, lifts time.Time) (Suspension, error) {
	return s.change(ctx, by, "date", id, func(tx *store.Tx, one *Suspension) error {
		if one.State == Lifted {
			return errOver()
		}
		if f := checkEnd(tx.Now(), lifts); len(f) > 0 {
			return errInvalid(f)
		}
		one.Lifts = lifts
		return nil
	})
}

// change is the one shape of every change that operators make.
func (s *Service) change(ctx context.Context, by access.Principal, action string, id ID, rule func(*store.Tx, *Suspension) error) (Suspension, error) {
	var out Suspension
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		one, err := find(tx, id)
		if err != nil {
			return err
		}
		if err := by.Reach("suspension", "platform:suspend", access.On("group", one.Group, "suspension", one.ID.String())); err != nil {
			return err
		}
		before := one
		if err := rule(tx, &one); err != nil {
			return err
		}
		if err := save(tx, one, before.State); err != nil {
			return err
		}
		if one.State != Active {
			if err := tell.Add(tx, tellArgs{Suspension: one.ID}, lane(one.ID)); err != nil {
				return err
			}
		}
		out = one
		return s.record(tx, by, action, before, one)
	})
	return out, err
}

// Write adds to what developers and operators write to one another. Errors:
// Invalid `suspension_invalid`.
func (s *Service) Write(ctx context.Context, by access.Principal, id ID, text string) (Message, error) {
	var out Message
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		one, err := find(tx, id)
		if err != nil {
			return err
		}
		if err := by.Reach("suspension", "suspension:answer", access.On("group", one.Group, "suspension", one.ID.String())); err != nil {
			return err
		}
		if n := utf8.RuneCountInString(text); strings.TrimSpace(text) == "" || n > MessageMost {
			return errInvalid([]problem.Field{{Pointer: "/text", Code: "required", Detail: "Write something, in at most 2,000 characters."}})
		}
		out = Message{ID: ident.New[Message](tx.Now()), Author: by.User, Operator: by.Operator, Text: text, Written: tx.Now()}
		if err := insertMessage(tx, id, out); err != nil {
			return err
		}
		n := notice.Notice{Kind: "suspension.message", To: notice.To{Operators: true}, Subject: "About the suspension of " + one.Name, Text: text, Link: "/operator" + path(one.ID)}
		if by.Operator {
			n.To, n.Link = notice.To{Group: one.Group}, path(one.ID)
		}
		if err := s.Notices.Send(tx, n); err != nil {
			return err
		}
		return s.record(tx, by, "answer", nil, one)
	})
	return out, err
}

// Get shows one to the developers whom it concerns and to operators.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Told, error) {
	var out Told
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		one, err := find(tx, id)
		if err != nil {
			return err
		}
		if err := by.Reach("suspension", "suspension:view", access.On("group", one.Group, "suspension", one.ID.String())); err != nil {
			return err
		}
		out.Suspension = one
		out.Messages, err = messages(tx, id)
		return err
	})
	return out, err
}

// List gives them, the newest first.
func (s *Service) List(ctx context.Context, by access.Principal, q Query) ([]Suspension, error) {
	var out []Suspension
	on, noun := access.Platform(), "platform"
	if q.Group != "" {
		on, noun = access.On("group", q.Group), "group"
	}
	if err := by.Reach(noun, "suspension:view", on); err != nil {
		return nil, err
	}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = list(tx, q)
		return err
	})
	return out, err
}

// Open finds the suspension of a target that is not over, without authorising, for
// pages that show it; nil: there is none.
func (s *Service) Open(tx *store.Tx, t Target) (*Suspension, error) {
	one, found, err := open(tx, t)
	if err != nil || !found {
		return nil, err
	}
	return &one, nil
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, before any, one Suspension) error {
	c := audit.Change{Action: "suspension." + action, Target: "suspension/" + one.ID.String(), Name: one.Name, Group: one.Group, Before: before, After: one, Reason: one.Reason}
	if one.Target.Kind != KindGroup {
		c.Application = one.Target.ID
	}
	return s.Audit.Record(tx, by, c)
}

func path(id ID) string { return "/suspensions/" + id.String() }

func errInvalid(f []problem.Field) error {
	return problem.Invalid("suspension_invalid", "Some of the fields need another look.", f...)
}

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, tell, s.Tell)
	job.Every(r, "suspension.lift", time.Minute, s.LiftDue)
}
