package release

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Publish makes a draft live for everybody. Errors: those of PublishTo.
func (s *Service) Publish(ctx context.Context, by access.Principal, id ID) (Version, error) {
	return s.PublishTo(ctx, by, id, Everybody)
}

// PublishTo makes a draft live, as far as a stage reaches. Errors: Conflict
// `version_not_draft`, `review_required`, `version_refused`, `version_live_exceeded`;
// Forbidden `product_not_enabled` for a capability that is a preview;
// Invalid `version_invalid`, `stage_invalid`, and for every version but the first
// `version_bump`, `release_notes_required`.
func (s *Service) PublishTo(ctx context.Context, by access.Principal, id ID, to Stage) (Version, error) {
	if err := s.open(ctx, by, "version:publish", id); err != nil {
		return Version{}, err
	}
	return s.change(ctx, by, "publish", id, func(a application.Application, v *Version, tx *store.Tx) error {
		if v.State != Draft {
			return problem.Conflict("version_not_draft", "Only a draft can be released.")
		}
		if s.Review && !to.Private() {
			return errReview()
		}
		if err := s.seconded(tx, by, a, *v, to); err != nil {
			return err
		}
		v.State, v.Stage, v.Released = Live, to, tx.Now()
		return s.passes(tx, StepPublish, a, *v)
	})
}

// passes fails for a version that cannot take a step.
func (s *Service) passes(tx *store.Tx, step Step, a application.Application, v Version) error {
	if f := v.Stage.Check(); len(f) > 0 {
		return problem.Invalid("stage_invalid", "Some of the fields need another look.", f...)
	}
	if err := s.ready(tx, v); err != nil {
		return err
	}
	all, err := list(tx, v.Application)
	if err != nil {
		return err
	}
	if err := s.Limits.lines(all, v); err != nil || s.Gate == nil {
		return err
	}
	why, err := s.Gate(tx, step, a, v)
	if err != nil || len(why) == 0 {
		return err
	}
	return problem.Conflict("version_refused", "The version does not pass the checks yet. "+why[0].Text).With("reasons", why)
}

// SubmitVersion hands a draft in for review. Errors: those of PublishTo but
// `review_required`.
func (s *Service) SubmitVersion(ctx context.Context, by access.Principal, id ID, to Stage) (Version, error) {
	if err := s.open(ctx, by, "version:submit", id); err != nil {
		return Version{}, err
	}
	return s.change(ctx, by, "submit", id, func(a application.Application, v *Version, tx *store.Tx) error {
		if err := a.Usable(); err != nil {
			return err
		}
		if err := s.seconded(tx, by, a, *v, to); err != nil {
			return err
		}
		if err := v.submit(tx.Now(), by.User, to); err != nil {
			return err
		}
		if err := s.passes(tx, StepSubmit, a, *v); err != nil {
			return err
		}
		return s.Notices.Send(tx, notice.Notice{Kind: "version.submitted", To: notice.To{Operators: true}, Subject: a.Name + " " + v.Number + " waits for review",
			Text: "Its developers have submitted the version.", Link: "/operator/versions/" + v.ID.String()})
	})
}

// WithdrawVersion takes a submission back. Errors: Conflict `version_not_waiting`.
func (s *Service) WithdrawVersion(ctx context.Context, by access.Principal, id ID) (Version, error) {
	return s.change(ctx, by, "withdraw", id, func(_ application.Application, v *Version, _ *store.Tx) error { return v.withdraw() })
}

// TakeVersion lets an operator begin the review. Errors: Forbidden
// `reviewer_conflicted` for a member of the application's own group; Conflict
// `version_not_waiting`.
func (s *Service) TakeVersion(ctx context.Context, by access.Principal, id ID) (Version, error) {
	return s.changeAs(ctx, by, decided{"version:decide", "take"}, id, func(a application.Application, v *Version, tx *store.Tx) error {
		if err := s.Impartial(tx, by, a); err != nil {
			return err
		}
		return v.take(by.User)
	})
}

// DecideVersion ends the review: an approved version is live at once, as far as its
// developers asked for. Errors: those of TakeVersion and of PublishTo.
func (s *Service) DecideVersion(ctx context.Context, by access.Principal, id ID, d Verdict) (Version, error) {
	action := "disapprove"
	if d.Approve {
		action = "approve"
		if err := s.open(ctx, by, "version:decide", id); err != nil {
			return Version{}, err
		}
	}
	return s.changeAs(ctx, by, decided{"version:decide", action}, id, func(a application.Application, v *Version, tx *store.Tx) error {
		if err := s.Impartial(tx, by, a); err != nil {
			return err
		}
		if err := v.decide(tx.Now(), d, by.User); err != nil {
			return err
		}
		if d.Approve {
			v.approvedFor = a.Group
		}
		n := notice.Notice{Kind: "version.approved", To: notice.To{Group: a.Group}, Subject: a.Name + " " + v.Number + " is approved", Text: "It is live, as far as you asked for.", Link: "/versions/" + v.ID.String()}
		if !d.Approve {
			n.Kind, n.Subject, n.Text, n.Severity = "version.disapproved", a.Name+" "+v.Number+" was not approved", v.Reason, notice.Warning
			return s.Notices.Send(tx, n)
		}
		if err := s.passes(tx, StepPublish, a, *v); err != nil {
			return err
		}
		return s.Notices.Send(tx, n)
	})
}

// Impartial refuses a reviewer who belongs to the application's own group.
func (s *Service) Impartial(tx *store.Tx, by access.Principal, a application.Application) error {
	mine, err := group.Roles(tx, by.User)
	if err != nil {
		return err
	}
	if _, own := mine[a.Group]; own {
		return problem.Forbidden("reviewer_conflicted", "You belong to the developer group of this application. Somebody else must review it.")
	}
	return nil
}

// SetStage changes how far a live version reaches. Who has it keeps it. Errors:
// Conflict `version_not_live`, `review_required`; Invalid `stage_invalid`.
func (s *Service) SetStage(ctx context.Context, by access.Principal, id ID, to Stage) (Version, error) {
	return s.change(ctx, by, "stage", id, func(a application.Application, v *Version, tx *store.Tx) error {
		if f := to.Check(); len(f) > 0 {
			return problem.Invalid("stage_invalid", "Some of the fields need another look.", f...)
		}
		if s.Review && v.Approved.IsZero() && !to.Private() && v.Stage.Private() {
			return errReview()
		}
		if err := s.seconded(tx, by, a, *v, to); err != nil {
			return err
		}
		return v.setStage(to)
	})
}

// Pause keeps a live version from reaching anybody further. Errors: Conflict
// `version_not_live`, `version_paused`; Invalid `reason_required`.
func (s *Service) Pause(ctx context.Context, by access.Principal, id ID, reason string) (Version, error) {
	return s.change(ctx, by, "pause", id, func(_ application.Application, v *Version, tx *store.Tx) error { return v.pause(tx.Now(), reason) })
}

// Resume lets it go on. Errors: Conflict `version_not_paused`.
func (s *Service) Resume(ctx context.Context, by access.Principal, id ID) (Version, error) {
	return s.change(ctx, by, "resume", id, func(_ application.Application, v *Version, _ *store.Tx) error { return v.resume() })
}

// RollBack takes a version back: nobody gets it any more, and accounts that had an
// earlier one get that again. Errors: Conflict `version_not_live`; Invalid
// `reason_required`.
func (s *Service) RollBack(ctx context.Context, by access.Principal, id ID, reason string) (Version, error) {
	return s.change(ctx, by, "roll_back", id, func(_ application.Application, v *Version, tx *store.Tx) error { return v.rollBack(tx.Now(), reason) })
}

// Deprecate announces with a date that a version will not be looked after any
// more. It is not installed anew; where it is, it goes on working, also after the
// date (row H27). Errors: Conflict `version_not_live`; Invalid
// `deprecation_too_soon`, `reason_required`.
func (s *Service) Deprecate(ctx context.Context, by access.Principal, id ID, d Deprecation) (Version, error) {
	return s.change(ctx, by, "deprecate", id, func(_ application.Application, v *Version, tx *store.Tx) error { return v.deprecate(tx.Now(), d) })
}

// Retire keeps a live or deprecated version from being installed anew.
func (s *Service) Retire(ctx context.Context, by access.Principal, id ID) (Version, error) {
	return s.change(ctx, by, "retire", id, func(_ application.Application, v *Version, _ *store.Tx) error {
		if v.State != Live && v.State != Deprecated {
			return problem.Conflict("version_not_live", "Only a live version can be retired.")
		}
		v.State = Retired
		return nil
	})
}

// Discard throws a draft away. Its number stays taken. Errors: Conflict
// `version_not_draft`.
func (s *Service) Discard(ctx context.Context, by access.Principal, id ID) (Version, error) {
	return s.change(ctx, by, "discard", id, func(_ application.Application, v *Version, _ *store.Tx) error {
		if !v.Editable() {
			return errNotDraft()
		}
		v.State = Retired
		return nil
	})
}

// decided is a change whose right is not called like what happened.
type decided struct{ right, action string }

func (s *Service) change(ctx context.Context, by access.Principal, action string, id ID, rule changing) (Version, error) {
	return s.changeAs(ctx, by, decided{"version:" + action, action}, id, rule)
}

type changing func(application.Application, *Version, *store.Tx) error

// changeAs is the one shape of every change of a version.
func (s *Service) changeAs(ctx context.Context, by access.Principal, d decided, id ID, rule changing) (Version, error) {
	var out Version
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		v, a, err := s.load(tx, by, d.right, id)
		if err != nil {
			return err
		}
		before := v
		if err := rule(a, &v, tx); err != nil {
			return err
		}
		if v, err = save(tx, v); err != nil {
			return err
		}
		if err := s.moved(tx, by, a, before, v); err != nil {
			return err
		}
		if v.released() {
			tx.Changed(Topic, v.Application)
		}
		out = v
		if s.Stepped != nil {
			if err := s.Stepped(tx, by, d.action, a, v); err != nil {
				return err
			}
		}
		return s.record(tx, by, d.action, a, before.Staged(), v)
	})
	return out, err
}

// moved lets verification and later slices hear of what became of a version.
func (s *Service) moved(tx *store.Tx, by access.Principal, a application.Application, before, v Version) error {
	hear := func(f func(*store.Tx, application.Application, Version) error) error {
		if f == nil {
			return nil
		}
		return f(tx, a, v)
	}
	switch {
	case v.State == Live && before.State != Live:
		if err := s.Touched(tx, by, a, AspectScopes); err != nil {
			return err
		}
		return hear(s.Published)
	case v.State == Live: // another stage, paused, or resumed
		return hear(s.Published)
	case v.RolledBack != before.RolledBack:
		return hear(s.RolledBack)
	case v.State == Deprecated:
		return hear(s.Deprecated)
	}
	return nil
}

// EndingBefore lists deprecated versions whose end is still to come, but before a
// time, without authorising, for slices that remind of it.
func (s *Service) EndingBefore(tx *store.Tx, at time.Time) ([]Version, error) {
	return endingBefore(tx, at)
}
