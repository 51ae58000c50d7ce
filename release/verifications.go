package release

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Reviewed is a verification with what a look at the application finds.
type Reviewed struct {
	Verification
	Name  string `json:"name" doc:"Of the application"`
	Facts []Fact `json:"facts" nullable:"false" doc:"What can be checked by machine, as of now"`
}

func errVerificationChanged(cause error) error {
	return problem.Conflict("verification_changed", "The application or its review has changed meanwhile. Look at it again.").Because(cause)
}

// Verification finds how far the review of an application is, without
// authorising, for slices that join.
func (s *Service) Verification(tx *store.Tx, app application.ID) (Verification, error) {
	return findVerification(tx, app.String())
}

// GetVerification shows the review to the application's developers and to
// operators.
func (s *Service) GetVerification(ctx context.Context, by access.Principal, app application.ID) (Reviewed, error) {
	var out Reviewed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, "verification:view", app)
		if err != nil {
			return err
		}
		v, err := findVerification(tx, app.String())
		if err != nil {
			return err
		}
		out, err = s.reviewed(tx, a, v)
		return err
	})
	return out, err
}

func (s *Service) reviewed(tx *store.Tx, a application.Application, v Verification) (Reviewed, error) {
	f, err := s.facts(tx, a, v)
	return Reviewed{Verification: v, Name: a.Name, Facts: f}, err
}

// Submit asks the operator for a review. Errors: Invalid `verification_invalid`;
// Conflict `verification_incomplete` with the failing facts, `verification_done`,
// `verification_waiting`, `verification_suspended`.
func (s *Service) Submit(ctx context.Context, by access.Principal, app application.ID, st Statement) (Reviewed, error) {
	return s.verify(ctx, by, "submit", app, func(tx *store.Tx, a application.Application, v *Verification) error {
		if err := a.Usable(); err != nil {
			return err
		}
		if f := st.Check(); len(f) > 0 {
			return problem.Invalid("verification_invalid", "Some of the fields need another look.", f...)
		}
		facts, err := s.facts(tx, a, *v)
		if err != nil {
			return err
		}
		if missing := failing(facts); len(missing) > 0 {
			return problem.Conflict("verification_incomplete", "Something is missing before a review can begin.").With("missing", missing)
		}
		if err := v.Submit(tx.Now(), st, by.User); err != nil {
			return err
		}
		return s.Notices.Send(tx, notice.Notice{Kind: "verification.submitted", To: notice.To{Operators: true}, Subject: a.Name + " asks for verification",
			Text: "Its developers have submitted it for review.", Link: "/operator/applications/" + a.ID.String() + "/verification"})
	})
}

// Withdraw takes a submission back.
func (s *Service) Withdraw(ctx context.Context, by access.Principal, app application.ID) (Reviewed, error) {
	return s.verify(ctx, by, "withdraw", app, func(tx *store.Tx, _ application.Application, v *Verification) error { return v.Withdraw(tx.Now()) })
}

// Take lets an operator begin the review. Errors: Forbidden
// `reviewer_conflicted` for a member of the application's own group.
func (s *Service) Take(ctx context.Context, by access.Principal, app application.ID) (Reviewed, error) {
	return s.review(ctx, by, "take", app, func(tx *store.Tx, _ application.Application, v *Verification) error { return v.Take(tx.Now(), by.User) })
}

// Decide ends the review. Errors: Conflict `verification_changed` when the
// application is not what the reviewer looked at.
func (s *Service) Decide(ctx context.Context, by access.Principal, app application.ID, d Decision) (Reviewed, error) {
	action := "reject"
	if d.Verify {
		action = "verify"
	}
	return s.review(ctx, by, action, app, func(tx *store.Tx, a application.Application, v *Verification) error {
		if d.Revision != v.Revision {
			return errVerificationChanged(nil)
		}
		present, err := s.snapshot(tx, a)
		if err != nil {
			return err
		}
		if err := v.Decide(d, present); err != nil {
			return err
		}
		v.Reviewer = by.User
		return s.announce(tx, a, *v)
	})
}

// offered lets later slices offer the live version again: those who may have only
// what is verified can take it from now on.
func (s *Service) offered(tx *store.Tx, a application.Application) error {
	if s.Published == nil {
		return nil
	}
	all, err := list(tx, a.ID.String())
	if err != nil {
		return err
	}
	live, ok := highest(all, Live)
	if !ok {
		return nil
	}
	return s.Published(tx, a, live)
}

// SuspendVerification ends every use of the application outside the sandboxes of
// its own group, at once.
func (s *Service) SuspendVerification(ctx context.Context, by access.Principal, app application.ID, reason string) (Reviewed, error) {
	return s.review(ctx, by, "suspend", app, func(tx *store.Tx, a application.Application, v *Verification) error {
		all, err := list(tx, a.ID.String())
		if err != nil {
			return err
		}
		approved := slices.ContainsFunc(all, func(one Version) bool { return !one.Approved.IsZero() })
		if err := v.Suspend(tx.Now(), reason, approved); err != nil {
			return err
		}
		if err := s.Applications.Restrict(tx, a.ID, true); err != nil {
			return err
		}
		return s.announce(tx, a, *v)
	})
}

// LiftVerification ends the suspension.
func (s *Service) LiftVerification(ctx context.Context, by access.Principal, app application.ID) (Reviewed, error) {
	return s.review(ctx, by, "lift", app, func(tx *store.Tx, a application.Application, v *Verification) error {
		present, err := s.snapshot(tx, a)
		if err != nil {
			return err
		}
		if err := v.Lift(present); err != nil {
			return err
		}
		if err := s.Applications.Restrict(tx, a.ID, false); err != nil {
			return err
		}
		return s.announce(tx, a, *v)
	})
}

// review is verify for operators, who never judge a group of their own.
func (s *Service) review(ctx context.Context, by access.Principal, action string, app application.ID, rule verifying) (Reviewed, error) {
	return s.verify(ctx, by, action, app, func(tx *store.Tx, a application.Application, v *Verification) error {
		if err := s.Impartial(tx, by, a); err != nil {
			return err
		}
		return rule(tx, a, v)
	})
}

type verifying func(tx *store.Tx, a application.Application, v *Verification) error

// rights that operations on a verification need: who takes, decides or lifts is
// the operator.
var verificationRights = map[string]string{
	"submit": "verification:submit", "withdraw": "verification:withdraw", "take": "verification:decide", "verify": "verification:decide",
	"reject": "verification:decide", "suspend": "verification:suspend", "lift": "verification:reinstate",
}

// verify is the one shape of every change of a verification.
func (s *Service) verify(ctx context.Context, by access.Principal, action string, app application.ID, rule verifying) (Reviewed, error) {
	var out Reviewed
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, verificationRights[action], app)
		if err != nil {
			return err
		}
		v, err := findVerification(tx, app.String())
		if err != nil {
			return err
		}
		before := v
		if err := rule(tx, a, &v); err != nil {
			return err
		}
		if v, err = saveVerification(tx, v); err != nil {
			return err
		}
		tx.Changed(application.Topic, app.String())
		if v.State == Verified {
			if err := s.offered(tx, a); err != nil {
				return err
			}
		}
		if out, err = s.reviewed(tx, a, v); err != nil {
			return err
		}
		return s.recordVerification(tx, by, action, a, before, v)
	})
	return out, err
}

func (s *Service) recordVerification(tx *store.Tx, by access.Principal, action string, a application.Application, before, after Verification) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "verification." + action, Target: "application/" + a.ID.String(), Name: a.Name, Group: a.Group,
		Application: a.ID.String(), Before: before, After: after, Reason: after.Reason})
}

// announce tells the developers what was decided.
func (s *Service) announce(tx *store.Tx, a application.Application, v Verification) error {
	n := notice.Notice{Kind: "verification." + string(v.State), To: notice.To{Group: a.Group}, Text: v.Reason, Link: "/applications/" + a.ID.String() + "/verification"}
	switch v.State {
	case Verified:
		n.Subject, n.Text = a.Name+" is verified", "People of every account may use it as it is now."
	case VerificationRejected:
		n.Subject, n.Severity = a.Name+" was not verified", notice.Warning
	case VerificationSuspended:
		n.Subject, n.Severity = "The verification of "+a.Name+" is suspended", notice.Critical
	default:
		n.Subject, n.Severity = a.Name+" must be reviewed again", notice.Warning
	}
	return s.Notices.Send(tx, n)
}

// Touched hears that something changed on which verification rests. It joins.
func (s *Service) Touched(tx *store.Tx, by access.Principal, a application.Application, _ application.Aspect) error {
	v, err := findVerification(tx, a.ID.String())
	if err != nil {
		return err
	}
	present, err := s.snapshot(tx, a)
	if err != nil {
		return err
	}
	before := v
	if !v.lapse(present) {
		return nil
	}
	if v, err = saveVerification(tx, v); err != nil {
		return err
	}
	tx.Changed(application.Topic, a.ID.String())
	if v.State == VerificationDraft {
		if err := s.announce(tx, a, v); err != nil {
			return err
		}
	}
	return s.recordVerification(tx, by, "lapse", a, before, v)
}

// snapshot is what would be verified: the redirect URIs, every scope of a
// version that accounts have or can get, and the owner.
func (s *Service) snapshot(tx *store.Tx, a application.Application) (Snapshot, error) {
	out := Snapshot{Group: a.Group, At: tx.Now(), Scopes: []string{}}
	c, err := s.Applications.Client(tx, a.ID)
	if err != nil {
		return out, err
	}
	out.Redirects = slices.Clone(c.RedirectURIs)
	all, err := list(tx, a.ID.String())
	if err != nil {
		return out, err
	}
	for _, v := range all {
		if v.released() {
			out.Scopes = append(out.Scopes, v.Scopes()...)
		}
	}
	slices.Sort(out.Scopes)
	out.Scopes = slices.Compact(out.Scopes)
	return out, nil
}

// Queue lists reviews for operators, those that wait the longest first; without
// states all of them.
func (s *Service) Queue(ctx context.Context, by access.Principal, states ...VerificationState) ([]Queued, error) {
	var out []Queued
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("platform", "verification:decide", access.Platform()); err != nil {
			return err
		}
		got, err := queued(tx, states)
		if err != nil {
			return err
		}
		out = make([]Queued, 0, len(got))
		for _, v := range got {
			id, err := ident.Parse[application.Application](v.Application)
			if err != nil {
				return err
			}
			a, err := s.Applications.Load(tx, id)
			if problem.CodeOf(err) == "not_found" {
				continue
			}
			if err != nil {
				return err
			}
			g, err := s.Groups.Load(tx, a.Group)
			if err != nil {
				return err
			}
			out = append(out, Queued{Verification: v, Name: a.Name, GroupName: g.Name, Reviewer: v.Reviewer, Note: v.Note})
		}
		return nil
	})
	return out, err
}

// Queued is a verification as operators see it.
type Queued struct {
	Verification
	Name      string `json:"name" doc:"Of the application"`
	GroupName string `json:"developer" doc:"Name of the developer group"`
	Reviewer  string `json:"reviewer,omitempty" doc:"Who took it on"`
	Note      string `json:"note,omitempty" doc:"Of reviewers to one another"`
}
