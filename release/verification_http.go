package release

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type submitIn struct {
	ApplicationPath
	Body Statement
}

type decideIn struct {
	ApplicationPath
	Body Decision
}

type suspendIn struct {
	ApplicationPath
	Body struct {
		Reason string `json:"reason" maxLength:"2000" doc:"Why; the developers are told. At most 500 characters."`
	}
}

type queueIn struct {
	State VerificationState `query:"state" enum:"draft,submitted,in_review,verified,rejected,suspended" doc:"Only these; all when absent."`
}

type reviewedOut struct{ Body Reviewed }

type queueOut struct {
	Body struct {
		Items []Queued `json:"items" nullable:"false"`
	}
}

func seen(v Reviewed, err error) (*reviewedOut, error) { return &reviewedOut{Body: v}, err }

func (s *Service) mountVerification(m web.Mux) {
	const at = "/v1/applications/{application}/verification"
	web.Op(m, web.Operation{
		ID: "getVerification", Method: "GET", Path: at, Tag: "Verification", Summary: "Read how far the review is", Action: "verification:view",
		Description: "With the facts that can be checked by machine. `covered` is what the last successful review covered; it goes on holding while changes wait for the next one.",
	}, func(ctx context.Context, in *ApplicationPath) (*reviewedOut, error) {
		return seen(s.GetVerification(ctx, access.By(ctx), in.Application))
	})
	web.Op(m, web.Operation{
		ID: "submitVerification", Method: "POST", Path: at + "/submit", Tag: "Verification", Summary: "Ask for a review", Action: "verification:submit",
		Description: "Until an application is verified, only members of its own developer group can sign in with it, in the group's sandbox accounts.",
		Errors: []string{"forbidden", "verification_invalid", "verification_incomplete", "verification_done", "verification_waiting", "verification_suspended", "verification_changed",
			"application_suspended", "application_deleted"},
	}, func(ctx context.Context, in *submitIn) (*reviewedOut, error) {
		return seen(s.Submit(ctx, access.By(ctx), in.Application, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "withdrawVerification", Method: "POST", Path: at + "/withdraw", Tag: "Verification", Summary: "Take a submission back", Action: "verification:withdraw",
		Errors: []string{"forbidden", "verification_not_waiting", "verification_changed"},
	}, func(ctx context.Context, in *ApplicationPath) (*reviewedOut, error) {
		return seen(s.Withdraw(ctx, access.By(ctx), in.Application))
	})
	s.mountReview(m, at)
}

func (s *Service) mountReview(m web.Mux, at string) {
	conflicts := []string{"forbidden", "reviewer_conflicted", "verification_changed"}
	web.Op(m, web.Operation{
		ID: "listVerifications", Method: "GET", Path: "/v1/verifications", Tag: "Verification", Summary: "List reviews", Action: "verification:decide",
		Description: "For the operator; those that wait the longest come first.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *queueIn) (*queueOut, error) {
		var states []VerificationState
		if in.State != "" {
			states = append(states, in.State)
		}
		got, err := s.Queue(ctx, access.By(ctx), states...)
		out := &queueOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "takeVerification", Method: "POST", Path: at + "/take", Tag: "Verification", Summary: "Begin a review", Action: "verification:decide",
		Description: "For the operator. Nobody reviews an application of a group that they belong to.", Errors: append([]string{"verification_not_submitted"}, conflicts...),
	}, func(ctx context.Context, in *ApplicationPath) (*reviewedOut, error) {
		return seen(s.Take(ctx, access.By(ctx), in.Application))
	})
	web.Op(m, web.Operation{
		ID: "decideVerification", Method: "POST", Path: at + "/decide", Tag: "Verification", Summary: "Verify or reject", Action: "verification:decide",
		Description: "For the operator. `revision` is the one that was looked at.", Errors: append([]string{"reason_required", "verification_not_waiting"}, conflicts...),
	}, func(ctx context.Context, in *decideIn) (*reviewedOut, error) {
		return seen(s.Decide(ctx, access.By(ctx), in.Application, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "suspendVerification", Method: "POST", Path: at + "/suspend", Tag: "Verification", Summary: "Suspend a verification", Action: "verification:suspend",
		Description: "For the operator. At once the application works in the sandboxes of its own group only.", Errors: append([]string{"reason_required", "verification_not_verified"}, conflicts...),
	}, func(ctx context.Context, in *suspendIn) (*reviewedOut, error) {
		return seen(s.SuspendVerification(ctx, access.By(ctx), in.Application, in.Body.Reason))
	})
	web.Op(m, web.Operation{
		ID: "liftVerification", Method: "POST", Path: at + "/lift", Tag: "Verification", Summary: "End the suspension of a verification", Action: "verification:reinstate",
		Description: "For the operator. What was changed meanwhile still needs a review.", Errors: append([]string{"verification_not_suspended"}, conflicts...),
	}, func(ctx context.Context, in *ApplicationPath) (*reviewedOut, error) {
		return seen(s.LiftVerification(ctx, access.By(ctx), in.Application))
	})
}

func declaredVerification() []problem.Declared {
	con := problem.KindConflict
	return []problem.Declared{
		{Code: "verification_invalid", Kind: problem.KindInvalid, Cause: "A part of the statement breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "verification_incomplete", Kind: con, Cause: "Something is missing before a review can begin; missing lists the facts.", Remedy: "Put them right; the verification shows what each wants."},
		{Code: "verification_done", Kind: con, Cause: "The application is verified as it is.", Remedy: "Nothing needs to be done."},
		{Code: "verification_waiting", Kind: con, Cause: "A review has been asked for already.", Remedy: "Wait for it, or take the submission back."},
		{Code: "verification_not_waiting", Kind: con, Cause: "No review is asked for or under way.", Remedy: "Submit the application first."},
		{Code: "verification_not_submitted", Kind: con, Cause: "The application is not waiting for a reviewer.", Remedy: "Look at its state."},
		{Code: "verification_not_verified", Kind: con, Cause: "The application has no verification to suspend.", Remedy: "Suspend the application itself if it must stop."},
		{Code: "verification_not_suspended", Kind: con, Cause: "The verification is not suspended.", Remedy: "Nothing needs to be done."},
		{Code: "verification_suspended", Kind: problem.KindForbidden, Cause: "The operator has suspended the verification of the application: it works in the sandboxes of its own group only.", Remedy: "Its developers answer the operator's reason."},
		{Code: "verification_changed", Kind: con, Cause: "The application or its review changed meanwhile.", Remedy: "Look at it again and repeat."},
		{Code: "reviewer_conflicted", Kind: problem.KindForbidden, Cause: "The reviewer belongs to the application's developer group.", Remedy: "Let another operator review it."},
	}
}
