package programme

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// PreviewPath names a preview of a group in a path.
type PreviewPath struct {
	GroupPath
	Preview string `path:"preview" maxLength:"40" doc:"Name of the preview."`
}

type applyIn struct {
	GroupPath
	Body struct {
		Tier string `json:"tier" maxLength:"60"`
		Profile
	}
}

type partnerIn struct {
	GroupPath
	Body PartnerDecision
}

type askPreviewIn struct {
	PreviewPath
	Body struct {
		Why string `json:"why" maxLength:"8000" doc:"What you want to build with it; at most 2,000 characters."`
	}
}

type decidePreviewIn struct {
	PreviewPath
	Body AccessDecision
}

type acceptIn struct {
	GroupPath
	Body struct {
		Version int64 `json:"version" doc:"The version that was read."`
	}
}

type publishIn struct {
	Body struct {
		Title    string    `json:"title" maxLength:"400"`
		Text     string    `json:"text" maxLength:"100000"`
		Changes  string    `json:"changes,omitempty" maxLength:"8000" doc:"What is new, in words"`
		Deadline time.Time `json:"deadline,omitzero" doc:"From when calls of groups that have not accepted are refused; absent: never"`
	}
}

type acceptancesIn struct {
	Version int64 `query:"version" doc:"Only of this version."`
}

type (
	membershipOut struct{ Body Membership }
	partnerOut    struct{ Body Partner }
	accessOut     struct{ Body Access }
	waitingOut    struct{ Body Waiting }
	signedOut     struct{ Body Signed }
	agreementOut  struct{ Body Agreement }
)

type agreementsOut struct {
	Body struct {
		Items []Agreement `json:"items" nullable:"false"`
	}
}

type acceptancesOut struct {
	Body struct {
		Items []Acceptance `json:"items" nullable:"false"`
	}
}

const programmePath = "/v1/groups/{group}/programme"

func (s *Service) mountPartners(m web.Mux) {
	conflicts := []string{"forbidden", "programme_invalid", "production_changed"}
	web.Op(m, web.Operation{ID: "getProgramme", Method: "GET", Path: programmePath, Tag: "Programme", Summary: "Read where a group stands in the partner programme", Action: "partner:view",
		Description: "Its tier, the tiers there are, and the parts of the API that are not open to everybody yet."},
		func(ctx context.Context, in *GroupPath) (*membershipOut, error) {
			got, err := s.Membership(ctx, access.By(ctx), in.Group)
			return &membershipOut{Body: got}, err
		})
	web.Op(m, web.Operation{ID: "applyProgramme", Method: "POST", Path: programmePath, Tag: "Programme", Summary: "Apply for a tier", Action: "partner:apply",
		Errors: append([]string{"partner_applied", "partner_member", "group_suspended", "group_archived"}, conflicts...)},
		func(ctx context.Context, in *applyIn) (*partnerOut, error) {
			got, err := s.Apply(ctx, access.By(ctx), in.Group, in.Body.Tier, in.Body.Profile)
			return &partnerOut{Body: got}, err
		})
	web.Op(m, web.Operation{ID: "decideProgramme", Method: "POST", Path: programmePath + "/decide", Tag: "Programme", Summary: "Give a group a tier, or none", Action: "production:decide",
		Description: "For the operator. What the tier brings holds at once.", Errors: append([]string{"partner_not_applied", "production_conflicted", "plan_unknown"}, conflicts...)},
		func(ctx context.Context, in *partnerIn) (*partnerOut, error) {
			got, err := s.DecidePartner(ctx, access.By(ctx), in.Group, in.Body)
			return &partnerOut{Body: got}, err
		})
	web.Op(m, web.Operation{ID: "askPreview", Method: "POST", Path: "/v1/groups/{group}/previews/{preview}", Tag: "Programme", Summary: "Ask for early access", Action: "partner:apply",
		Errors: append([]string{"preview_asked", "preview_enabled"}, conflicts...)},
		func(ctx context.Context, in *askPreviewIn) (*accessOut, error) {
			got, err := s.AskPreview(ctx, access.By(ctx), in.Group, in.Preview, in.Body.Why)
			return &accessOut{Body: got}, err
		})
	web.Op(m, web.Operation{ID: "decidePreview", Method: "POST", Path: "/v1/groups/{group}/previews/{preview}/decide", Tag: "Programme", Summary: "Grant or refuse early access, or take it away", Action: "production:decide",
		Description: "For the operator. Calls pass or are refused within a second on every node.", Errors: append([]string{"preview_not_asked", "production_conflicted"}, conflicts...)},
		func(ctx context.Context, in *decidePreviewIn) (*accessOut, error) {
			got, err := s.DecidePreview(ctx, access.By(ctx), in.Group, in.Preview, in.Body)
			return &accessOut{Body: got}, err
		})
	web.Op(m, web.Operation{ID: "listProgrammeRequests", Method: "GET", Path: "/v1/programme-requests", Tag: "Programme", Summary: "List what groups want of the programme", Action: "production:decide",
		Description: "For the operator.", Errors: []string{"forbidden"}},
		func(ctx context.Context, _ *struct{}) (*waitingOut, error) {
			got, err := s.Waiting(ctx, access.By(ctx), false)
			return &waitingOut{Body: got}, err
		})
}

func (s *Service) mountAgreements(m web.Mux) {
	web.Op(m, web.Operation{ID: "listAgreements", Method: "GET", Path: "/v1/agreements", Tag: "Agreement", Summary: "Read the versions of the agreement with developers"},
		func(ctx context.Context, _ *struct{}) (*agreementsOut, error) {
			got, err := s.Agreements(ctx)
			out := &agreementsOut{}
			out.Body.Items = append([]Agreement{}, got...)
			return out, err
		})
	web.Op(m, web.Operation{ID: "publishAgreement", Method: "POST", Path: "/v1/agreements", Tag: "Agreement", Summary: "Publish a new version", Action: "platform:publish_agreement",
		Description: "For the operator. Groups are asked at their next action in the console; their calls go on until the deadline.", Errors: []string{"forbidden", "programme_invalid", "production_changed"}},
		func(ctx context.Context, in *publishIn) (*agreementOut, error) {
			b := in.Body
			got, err := s.Publish(ctx, access.By(ctx), Agreement{Title: b.Title, Text: b.Text, Changes: b.Changes, Deadline: b.Deadline})
			return &agreementOut{Body: got}, err
		})
	web.Op(m, web.Operation{ID: "listAcceptances", Method: "GET", Path: "/v1/acceptances", Tag: "Agreement", Summary: "Export who accepted what and when", Action: "platform:view",
		Description: "For the operator. `sha256` is that of the text that was shown.", Errors: []string{"forbidden"}},
		func(ctx context.Context, in *acceptancesIn) (*acceptancesOut, error) {
			got, err := s.Acceptances(ctx, access.By(ctx), in.Version)
			out := &acceptancesOut{}
			out.Body.Items = got
			return out, err
		})
	web.Op(m, web.Operation{ID: "getAgreement", Method: "GET", Path: "/v1/groups/{group}/agreement", Tag: "Agreement", Summary: "Read a group's record of the agreement", Action: "agreement:view"},
		func(ctx context.Context, in *GroupPath) (*signedOut, error) {
			got, err := s.Signed(ctx, access.By(ctx), in.Group)
			return &signedOut{Body: got}, err
		})
	web.Op(m, web.Operation{ID: "acceptAgreement", Method: "POST", Path: "/v1/groups/{group}/agreement", Tag: "Agreement", Summary: "Accept the agreement for a group", Action: "agreement:accept",
		Errors: []string{"forbidden", "agreement_changed", "not_a_person"}},
		func(ctx context.Context, in *acceptIn) (*signedOut, error) {
			got, err := s.Accept(ctx, access.By(ctx), in.Group, in.Body.Version)
			return &signedOut{Body: got}, err
		})
}

func declaredPartners() []problem.Declared {
	con, deny := problem.KindConflict, problem.KindForbidden
	return []problem.Declared{
		{Code: "partner_applied", Kind: con, Cause: "The group has applied for the partner programme already.", Remedy: "Wait for the operator."},
		{Code: "partner_member", Kind: con, Cause: "The group has the tier already.", Remedy: "Nothing needs to be done."},
		{Code: "partner_not_applied", Kind: con, Cause: "The group has neither applied nor a tier.", Remedy: "Give it a tier, or wait until it applies."},
		{Code: "preview_asked", Kind: con, Cause: "The group has asked for the preview already.", Remedy: "Wait for the operator."},
		{Code: "preview_enabled", Kind: con, Cause: "The group may use the preview already.", Remedy: "Nothing needs to be done."},
		{Code: "preview_not_asked", Kind: con, Cause: "There is nothing to decide about the preview.", Remedy: "Look at it again; perhaps somebody else decided."},
		{Code: "product_not_enabled", Kind: deny, Cause: "The operation is a preview, and the developers' group has no access to it; product names it.", Remedy: "Ask for access on the group's page Programme, or have a tier that brings it."},
		{Code: "agreement_pending", Kind: deny, Cause: "The developers' group has not accepted the agreement in force, and the deadline has passed.", Remedy: "An administrator of the group accepts it in the console; calls pass at once."},
		{Code: "agreement_changed", Kind: con, Cause: "Another version of the agreement is in force than the one that was read.", Remedy: "Read that one and accept it."},
	}
}
