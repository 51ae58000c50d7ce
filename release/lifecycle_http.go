package release

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Staged is a version as its developers and the operator see it. Customers do not
// see for whom else it is.
type Staged struct {
	Version
	Stage     Stage     `json:"stage"`
	Paused    time.Time `json:"paused,omitzero" doc:"Since when it reaches nobody further"`
	Reason    string    `json:"reason,omitempty" doc:"Why it was disapproved, paused or rolled back, or what customers of a deprecated one should do"`
	Submitted time.Time `json:"submitted,omitzero"`
	Approved  time.Time `json:"approved,omitzero" doc:"When the operator approved it"`
}

// Staged is the version with what customers do not see.
func (v Version) Staged() Staged {
	return Staged{Version: v, Stage: v.Stage, Paused: v.Paused, Reason: v.Reason, Submitted: v.Submitted, Approved: v.Approved}
}

type stageIn struct {
	VersionPath
	Body Stage
}

type maybeStageIn struct {
	VersionPath
	Body *Stage `required:"false"`
}

func (in *maybeStageIn) stage() Stage {
	if in.Body == nil {
		return Everybody
	}
	return *in.Body
}

type whyIn struct {
	VersionPath
	Body struct {
		Reason string `json:"reason" maxLength:"2000" doc:"Why; at most 500 characters."`
	}
}

type deprecateIn struct {
	VersionPath
	Body Deprecation
}

type verdictIn struct {
	VersionPath
	Body Verdict
}

func (s *Service) mountLifecycle(m web.Mux) {
	const at = "/v1/versions/{version}"
	moves := []string{"forbidden", "version_changed"}
	release := append(slices.Clone(moves), "version_invalid", "version_bump", "release_notes_required", "stage_invalid", "version_not_draft", "version_refused", "version_live_exceeded", "second_person_required", "product_not_enabled")
	op := func(o web.Operation, f func(ctx context.Context, in *VersionPath) (Version, error)) {
		o.Method, o.Tag = "POST", "Versions"
		web.Op(m, o, func(ctx context.Context, in *VersionPath) (*versionOut, error) { return one(f(ctx, in)) })
	}
	web.Op(m, web.Operation{
		ID: "publishVersion", Method: "POST", Path: at + "/publish", Tag: "Versions", Summary: "Release a version", Action: "version:publish",
		Description: "From now on customers install this one, as far as the stage reaches; everybody without one. It asks for a scope at least, or has a package. Its number counts up as far as it differs from the version before: the first part for a new required scope or a removed event type or capability, the second for a new optional scope, event type or capability.",
		Errors:      append(slices.Clone(release), "review_required"),
	}, func(ctx context.Context, in *maybeStageIn) (*versionOut, error) {
		return one(s.PublishTo(ctx, access.By(ctx), in.Version, in.stage()))
	})
	web.Op(m, web.Operation{
		ID: "submitVersion", Method: "POST", Path: at + "/submit", Tag: "Versions", Summary: "Hand a version in for review", Action: "version:submit",
		Description: "Once approved it is live at once, as far as the stage reaches; for everybody without one.", Errors: append(slices.Clone(release), "application_suspended", "application_deleted"),
	}, func(ctx context.Context, in *maybeStageIn) (*versionOut, error) {
		return one(s.SubmitVersion(ctx, access.By(ctx), in.Version, in.stage()))
	})
	s.mountSecond(m)
	op(web.Operation{ID: "withdrawVersion", Path: at + "/withdraw", Summary: "Take a submission back", Action: "version:withdraw", Errors: append(slices.Clone(moves), "version_not_waiting")},
		func(ctx context.Context, in *VersionPath) (Version, error) {
			return s.WithdrawVersion(ctx, access.By(ctx), in.Version)
		})
	op(web.Operation{ID: "takeVersion", Path: at + "/take", Summary: "Begin the review of a version", Action: "version:decide",
		Description: "For the operator; never for a member of the application's own group.", Errors: append(slices.Clone(moves), "version_not_waiting", "reviewer_conflicted")},
		func(ctx context.Context, in *VersionPath) (Version, error) {
			return s.TakeVersion(ctx, access.By(ctx), in.Version)
		})
	web.Op(m, web.Operation{
		ID: "decideVersion", Method: "POST", Path: at + "/decide", Tag: "Versions", Summary: "Approve or disapprove a version", Action: "version:decide",
		Description: "For the operator; never for a member of the application's own group.", Errors: append(slices.Clone(release), "version_not_waiting", "reviewer_conflicted", "reason_required"),
	}, func(ctx context.Context, in *verdictIn) (*versionOut, error) {
		return one(s.DecideVersion(ctx, access.By(ctx), in.Version, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "stageVersion", Method: "POST", Path: at + "/stage", Tag: "Versions", Summary: "Change how far a version reaches", Action: "version:stage",
		Description: "Installations within reach follow by themselves as long as it asks them for nothing more. Who has it keeps it.",
		Errors:      append(slices.Clone(moves), "stage_invalid", "version_not_live", "review_required", "second_person_required"),
	}, func(ctx context.Context, in *stageIn) (*versionOut, error) {
		return one(s.SetStage(ctx, access.By(ctx), in.Version, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "pauseVersion", Method: "POST", Path: at + "/pause", Tag: "Versions", Summary: "Pause a release", Action: "version:pause",
		Description: "It reaches nobody further; who has it keeps it.", Errors: append(slices.Clone(moves), "version_not_live", "version_paused", "reason_required"),
	}, func(ctx context.Context, in *whyIn) (*versionOut, error) {
		return one(s.Pause(ctx, access.By(ctx), in.Version, in.Body.Reason))
	})
	op(web.Operation{ID: "resumeVersion", Path: at + "/resume", Summary: "Let a paused release go on", Action: "version:resume", Errors: append(slices.Clone(moves), "version_not_paused")},
		func(ctx context.Context, in *VersionPath) (Version, error) {
			return s.Resume(ctx, access.By(ctx), in.Version)
		})
	web.Op(m, web.Operation{
		ID: "rollBackVersion", Method: "POST", Path: at + "/roll-back", Tag: "Versions", Summary: "Take a version back", Action: "version:roll_back",
		Description: "Nobody gets it any more, and accounts that had an earlier one get that again.", Errors: append(slices.Clone(moves), "version_not_live", "reason_required"),
	}, func(ctx context.Context, in *whyIn) (*versionOut, error) {
		return one(s.RollBack(ctx, access.By(ctx), in.Version, in.Body.Reason))
	})
	web.Op(m, web.Operation{
		ID: "deprecateVersion", Method: "POST", Path: at + "/deprecate", Tag: "Versions", Summary: "Announce the end of a version", Action: "version:deprecate",
		Description: "Administrators are told at once and again a week before. Nothing is uninstalled and nothing stops by the date.",
		Errors:      append(slices.Clone(moves), "version_not_live", "deprecation_too_soon", "reason_required"),
	}, func(ctx context.Context, in *deprecateIn) (*versionOut, error) {
		return one(s.Deprecate(ctx, access.By(ctx), in.Version, in.Body))
	})
	op(web.Operation{ID: "retireVersion", Path: at + "/retire", Summary: "Retire a version", Action: "version:retire",
		Description: "It is not installed anew; installations that have it keep it.", Errors: append(slices.Clone(moves), "version_not_live")},
		func(ctx context.Context, in *VersionPath) (Version, error) {
			return s.Retire(ctx, access.By(ctx), in.Version)
		})
	op(web.Operation{ID: "discardVersion", Path: at + "/discard", Summary: "Throw a draft away", Action: "version:discard",
		Description: "Its number stays taken.", Errors: append(slices.Clone(moves), "version_not_draft")},
		func(ctx context.Context, in *VersionPath) (Version, error) {
			return s.Discard(ctx, access.By(ctx), in.Version)
		})
}

type confirmationOut struct{ Body Confirmation }

func (s *Service) mountSecond(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "confirmVersion", Method: "POST", Path: "/v1/versions/{version}/confirm", Tag: "Versions", Summary: "Confirm that a version may go to customers", Action: "version:publish",
		Description: "In groups that want a second person: afterwards another administrator hands it in or releases it. A change of the version makes it void.",
		Errors:      []string{"forbidden", "second_person_needless", "version_not_draft", "not_a_person"},
	}, func(ctx context.Context, in *VersionPath) (*confirmationOut, error) {
		got, err := s.Confirm(ctx, access.By(ctx), in.Version)
		return &confirmationOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "getVersionConfirmation", Method: "GET", Path: "/v1/versions/{version}/confirmation", Tag: "Versions", Summary: "Read whether a second member has confirmed", Action: "version:view",
	}, func(ctx context.Context, in *VersionPath) (*confirmationOut, error) {
		got, err := s.Confirmation(ctx, access.By(ctx), in.Version)
		return &confirmationOut{Body: got}, err
	})
}

func declaredLifecycle() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "stage_invalid", Kind: inv, Cause: "A part of the stage breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "review_required", Kind: con, Cause: "The operator reviews versions before customers get them.", Remedy: "Submit the version, or release it to your own sandboxes and at most 5 accounts that you name."},
		{Code: "second_person_required", Kind: con, Cause: "The group wants a second member to confirm what goes to customers.", Remedy: "Have another administrator of the group confirm the version; who confirms does not release."},
		{Code: "second_person_needless", Kind: con, Cause: "The group does not ask for a second member.", Remedy: "Nothing needs to be done."},
		{Code: "version_refused", Kind: con, Cause: "The version does not pass the checks yet; reasons lists why.", Remedy: "Mend what they name."},
		{Code: "version_drafts_exceeded", Kind: con, Cause: "The application has as many drafts as it may have; limit says how many.", Remedy: "Publish or discard one."},
		{Code: "version_live_exceeded", Kind: con, Cause: "The application has as many lines of live versions as it may have; limit says how many.", Remedy: "Retire one. A repair of a line that is live always passes."},
		{Code: "version_not_waiting", Kind: con, Cause: "The version does not wait for a review.", Remedy: "Look at its state."},
		{Code: "version_paused", Kind: con, Cause: "The release is paused already.", Remedy: "Nothing needs to be done."},
		{Code: "version_not_paused", Kind: con, Cause: "The release is not paused.", Remedy: "Nothing needs to be done."},
		{Code: "deprecation_too_soon", Kind: inv, Cause: "The date is less than 30 days ahead; earliest says from when on one may be.", Remedy: "Choose a later date."},
	}
}
