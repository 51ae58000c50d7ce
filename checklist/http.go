package checklist

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/release"
)

// VersionPath names a version in a path.
type VersionPath struct {
	Version release.ID `path:"version" doc:"Id of the version."`
}

type checklistOut struct{ Body Checklist }

type reasonsIn struct {
	VersionPath
	Body struct {
		Reasons map[string]string `json:"reasons" doc:"By name of the scope: one or two sentences; an empty one takes it back"`
	}
}

type marksIn struct {
	VersionPath
	Body struct {
		Marks []Mark `json:"marks" minItems:"1" maxItems:"50"`
	}
}

type queueOut struct {
	Body struct {
		Items []Waiting `json:"items" nullable:"false"`
	}
}

const tag = "Release checklist"

// Mount mounts the operations on checklists.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	out := func(c Checklist, err error) (*checklistOut, error) { return &checklistOut{c}, err }
	web.Op(m, web.Operation{
		ID: "getChecklist", Method: "GET", Path: "/v1/versions/{version}/checklist", Tag: tag, Summary: "Show the release checklist of a version", Action: "version:view",
		Description: "What the machine found last, what is missing, what a reviewer says, and how long reviews take.",
	}, func(ctx context.Context, in *VersionPath) (*checklistOut, error) {
		return out(s.Get(ctx, access.By(ctx), in.Version))
	})
	web.Op(m, web.Operation{
		ID: "runChecks", Method: "POST", Path: "/v1/versions/{version}/checks", Tag: tag, Summary: "Run the checks", Action: "version:check",
		Description: "Calls the addresses that the version names, and sends its servers for events a wrong and a right signature. Takes up to half a minute. A run counts for a day, and until something of the version changes.",
		Errors:      []string{"forbidden", "checks_running", "catalog_missing"},
	}, func(ctx context.Context, in *VersionPath) (*checklistOut, error) {
		return out(s.Run(ctx, access.By(ctx), in.Version))
	})
	web.Op(m, web.Operation{
		ID: "explainScopes", Method: "PUT", Path: "/v1/versions/{version}/reasons", Tag: tag, Summary: "Say why scopes are asked for", Action: "version:justify",
		Description: "Scopes with a high risk, and those that no call in a sandbox needed, need a reason. It belongs to the application and holds for its later versions, too.",
		Errors:      []string{"forbidden", "reasons_invalid"},
	}, func(ctx context.Context, in *reasonsIn) (*checklistOut, error) {
		return out(s.Explain(ctx, access.By(ctx), in.Version, in.Body.Reasons))
	})
	web.Op(m, web.Operation{
		ID: "markChecklist", Method: "PUT", Path: "/v1/versions/{version}/marks", Tag: tag, Summary: "Say what a review finds, item by item", Action: "version:decide",
		Description: "For operators who do not belong to the application's group. Every question needs an answer before the version can be approved; what the machine refuses can be waived, with a reason.",
		Errors:      []string{"forbidden", "reviewer_conflicted", "version_not_waiting", "marks_invalid"},
	}, func(ctx context.Context, in *marksIn) (*checklistOut, error) {
		return out(s.Review(ctx, access.By(ctx), in.Version, in.Body.Marks))
	})
	web.Op(m, web.Operation{
		ID: "listReviews", Method: "GET", Path: "/v1/reviews", Tag: tag, Summary: "List the versions that wait for a review", Action: "version:decide",
		Description: "What is due first comes first.",
	}, func(ctx context.Context, _ *struct{}) (*queueOut, error) {
		got, err := s.Queue(ctx, access.By(ctx))
		o := &queueOut{}
		o.Body.Items = got
		return o, err
	})
}

// Declared returns the codes of this package for the catalogue of errors.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "checks_running", Kind: problem.KindConflict, Cause: "The checks of this version are running already.", Remedy: "Read the checklist in a moment."},
		{Code: "reasons_invalid", Kind: problem.KindInvalid, Cause: "A reason is about a scope that the version does not ask for, or is too long.", Remedy: "Correct the fields that are named."},
		{Code: "reasons_required", Kind: problem.KindInvalid, Cause: "The version asks for a scope with a high risk, and nobody has said why.", Remedy: "Say why with explainScopes, run the checks again, and submit it."},
		{Code: "marks_invalid", Kind: problem.KindInvalid, Cause: "An answer is about an item that there is not, or lacks its comment.", Remedy: "Correct the fields that are named."},
	}
}
