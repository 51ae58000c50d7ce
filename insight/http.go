package insight

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/web"
)

// GrantPath names a grant in a path.
type GrantPath struct {
	Grant grant.ID `path:"grant" doc:"Id of the grant."`
}

// LookBack says how far a report looks back.
type LookBack struct {
	Days int `query:"days" default:"30" minimum:"1" maximum:"90" doc:"How many days to look back."`
}

type reportIn struct {
	GrantPath
	LookBack
}

type reportOut struct{ Body Report }

type listIn struct {
	account.AccountPath
	LookBack
}

type listOut struct {
	Body struct {
		Items []Report `json:"items" nullable:"false"`
	}
}

type narrowIn struct {
	GrantPath
	Body struct {
		Keep []string `json:"keep" maxItems:"500" nullable:"false" doc:"The scopes that were proposed"`
		Days int      `json:"days,omitempty" minimum:"0" maximum:"90" doc:"Days that the report looked back; 30 when absent"`
	}
}

type narrowOut struct{ Body Narrowing }

type dryRunIn struct {
	account.AccountPath
	Body Change
}

type dryRunOut struct{ Body Outcome }

const tag = "Granted and used"

// Mount mounts the operations of this slice.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listGrantUse", Method: "GET", Path: "/v1/accounts/{account}/grant-use", Tag: tag, Summary: "Compare all grants of an account with their use", Action: "usage:view",
		Description: "Each with the scopes and entitlements that were used, how often and when last, and the narrower set that would have done. The newest 500.",
		Errors:      []string{"forbidden", "usage_scope"},
	}, func(ctx context.Context, in *listIn) (*listOut, error) {
		got, err := s.List(ctx, access.By(ctx), in.Account, in.Days)
		out := &listOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getGrantUse", Method: "GET", Path: "/v1/grants/{grant}/use", Tag: tag, Summary: "Compare a grant with its use", Action: "grant:view",
		Description: "For the people of the account, and for those who develop the application: `needed` are the scopes that an application may ask for when it does no more than it has done.",
		Errors:      []string{"forbidden", "usage_scope"},
	}, func(ctx context.Context, in *reportIn) (*reportOut, error) {
		got, err := s.Report(ctx, access.By(ctx), in.Grant, in.Days)
		return &reportOut{Body: got}, err
	})
	changes := []string{"forbidden", "usage_scope", "installation_removed", "installation_changed", "scope_required", "scope_not_requested",
		"private_integration_invalid", "private_integration_changed", "private_integration_deleted"}
	web.Op(m, web.Operation{
		ID: "narrowGrant", Method: "POST", Path: "/v1/grants/{grant}/narrowing", Tag: tag, Summary: "Take away what was not used", Action: "grant:view",
		Description: "Applies the proposal of the report. It holds from the next call on; tokens stay as they are. It can be taken back.",
		Errors:      append([]string{"proposal_outdated", "not_narrowed"}, changes...),
	}, func(ctx context.Context, in *narrowIn) (*narrowOut, error) {
		got, err := s.Narrow(ctx, access.By(ctx), in.Grant, in.Body.Days, in.Body.Keep)
		return &narrowOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "undoNarrowing", Method: "DELETE", Path: "/v1/grants/{grant}/narrowing", Tag: tag, Summary: "Take the last narrowing back", Action: "grant:view",
		Description: "Possible while nothing else has changed the scopes since.",
		Errors:      append([]string{"narrowing_over"}, changes...),
	}, func(ctx context.Context, in *GrantPath) (*narrowOut, error) {
		got, err := s.Undo(ctx, access.By(ctx), in.Grant)
		return &narrowOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "dryRun", Method: "POST", Path: "/v1/accounts/{account}/dry-runs", Tag: tag, Summary: "Ask what a change of rights would have refused", Action: "usage:view",
		Description: "Decides the recorded calls of the last 7 or 30 days anew under another policy of a role, other scopes of a grant, or other roles of a member. Nothing is changed. Tags and properties of resources are taken as they are today.",
		Errors:      []string{"forbidden", "usage_scope", "dry_run_invalid", "not_narrowed", "role_definition_invalid", "role_assignment_invalid"},
	}, func(ctx context.Context, in *dryRunIn) (*dryRunOut, error) {
		got, err := s.DryRun(ctx, access.By(ctx), in.Account, in.Body)
		return &dryRunOut{Body: got}, err
	})
}
