package private

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/token"
)

// IntegrationPath names a private integration in a path.
type IntegrationPath struct {
	Integration ID `path:"private_integration" doc:"Id of the private integration."`
}

// AccountPath names an account in a path.
type AccountPath struct {
	Account account.ID `path:"account" doc:"Id of the account."`
}

type createIn struct {
	AccountPath
	Body Draft
}

// withToken is the one answer that shows the secret.
type withToken struct {
	Integration
	Token  token.Token `json:"token"`
	Secret string      `json:"secret" doc:"The token itself, shown this once. Send it as Authorization: Bearer."`
}

type createdOut struct {
	Location string `header:"Location"`
	Body     withToken
}

type listIn struct {
	AccountPath
	From From `query:"from" default:"own" enum:"own,children,parent" doc:"own: of the account itself; children: of its child accounts; parent: of its parent, as far as they act in this account."`
}

type listOut struct {
	Body struct {
		Items []Listed `json:"items" nullable:"false"`
	}
}

type listedOut struct{ Body Listed }

type integrationOut struct{ Body Integration }

type patchIn struct {
	IntegrationPath
	Body Patch
}

type diffOut struct{ Body Diff }

type reasonIn struct {
	IntegrationPath
	Body struct {
		Reason string `json:"reason" maxLength:"500" doc:"Why."`
	}
}

type deleteIn struct {
	IntegrationPath
	Confirm   string `query:"confirm" maxLength:"400" doc:"The integration's name, typed again."`
	Reason    string `query:"reason" maxLength:"500" doc:"Why."`
	EndTokens bool   `query:"end_tokens" doc:"1: end its tokens for good, so that undoing does not revive them."`
}

type impactOut struct{ Body Impact }

type reachedOut struct {
	Body struct {
		Items []Reached `json:"items" nullable:"false"`
	}
}

type tokenOut struct {
	Body struct {
		Token  token.Token `json:"token"`
		Secret string      `json:"secret" doc:"Shown this once."`
	}
}

func one(i Integration, err error) (*integrationOut, error) { return &integrationOut{Body: i}, err }

const tag = "Private integrations"

// Mount mounts the operations on private integrations.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountIntegrations(m)
	s.mountChanges(m)
	s.mountTurns(m)
	s.mountPermissions(m)
	s.mountEventTypes(m)
}

var drafting = []string{"forbidden", "private_integration_invalid", "private_integration_limit", "account_closed", "role_exceeds_giver"}

func (s *Service) mountIntegrations(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "createPrivateIntegration", Method: "POST", Path: "/v1/accounts/{account}/private-integrations", Tag: tag, Summary: "Create a private integration", Creates: true,
		Description: "The answer holds the token; nothing shows it again. For the account's administrators, and for those of the parent account who may manage its children's.",
		Action:      ActionManageOwn, Errors: drafting,
	}, func(ctx context.Context, in *createIn) (*createdOut, error) {
		c, err := s.Create(ctx, access.By(ctx), in.Account, in.Body)
		return &createdOut{Location: "/v1/private-integrations/" + c.ID.String(), Body: withToken{Integration: c.Integration, Token: c.Token.Token, Secret: c.Token.Secret.Reveal()}}, err
	})
	web.Op(m, web.Operation{
		ID: "listPrivateIntegrations", Method: "GET", Path: "/v1/accounts/{account}/private-integrations", Tag: tag, Summary: "List private integrations",
		Description: "Deleted ones stand in the list as long as they can be restored.", Action: ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *listIn) (*listOut, error) {
		got, err := s.List(ctx, access.By(ctx), in.Account, in.From)
		out := &listOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getPrivateIntegration", Method: "GET", Path: "/v1/private-integrations/{private_integration}", Tag: tag, Summary: "Read a private integration",
		Description: "For the people of its account and the parent's administrators, and for itself with its token.", Action: ActionView,
	}, func(ctx context.Context, in *IntegrationPath) (*listedOut, error) {
		got, err := s.Get(ctx, access.By(ctx), in.Integration)
		return &listedOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "listReachedAccounts", Method: "GET", Path: "/v1/private-integrations/{private_integration}/accounts", Tag: tag, Summary: "List the accounts it may act in",
		Description: "Its own account first, then the child accounts that its rule covers now. A call names one by the product's key.", Action: ActionView,
	}, func(ctx context.Context, in *IntegrationPath) (*reachedOut, error) {
		got, err := s.ReachedBy(ctx, access.By(ctx), in.Integration)
		out := &reachedOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getPrivateIntegrationImpact", Method: "GET", Path: "/v1/private-integrations/{private_integration}/impact", Tag: tag, Summary: "See what a deletion would stop",
		Description: "Calls, operations, accounts and networks of the last 7 days.", Action: ActionView,
	}, func(ctx context.Context, in *IntegrationPath) (*impactOut, error) {
		got, err := s.Impact(ctx, access.By(ctx), in.Integration)
		return &impactOut{Body: got}, err
	})
}

func (s *Service) mountChanges(m web.Mux) {
	changing := append([]string{"private_integration_changed", "private_integration_deleted"}, drafting...)
	web.Op(m, web.Operation{
		ID: "updatePrivateIntegration", Method: "PATCH", Path: "/v1/private-integrations/{private_integration}", Tag: tag, Summary: "Change a private integration",
		Description: "Parts that are not sent stay as they are. The token stays as it is; what it may do changes with its next call.", Action: ActionManageOwn, Errors: changing,
	}, func(ctx context.Context, in *patchIn) (*integrationOut, error) {
		return one(s.Update(ctx, access.By(ctx), in.Integration, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "previewPrivateIntegration", Method: "POST", Path: "/v1/private-integrations/{private_integration}/preview", Tag: tag, Summary: "See what a change would mean",
		Description: "Changes nothing. Tells which operations the change opens and closes, which of the calls of the last 7 days would be refused, and which webhooks would receive less.",
		Action:      ActionManageOwn, Errors: changing,
	}, func(ctx context.Context, in *patchIn) (*diffOut, error) {
		d, err := s.Preview(ctx, access.By(ctx), in.Integration, in.Body)
		return &diffOut{Body: d}, err
	})
	web.Op(m, web.Operation{
		ID: "createPrivateIntegrationToken", Method: "POST", Path: "/v1/private-integrations/{private_integration}/tokens", Tag: tag, Summary: "Make a token when none works any more", Creates: true,
		Description: "While a token works, rotate that one instead. The answer holds the token; nothing shows it again.", Action: ActionManageOwn,
		Errors: []string{"forbidden", "token_still_live", "private_integration_deleted", "private_integration_paused", "private_integration_blocked"},
	}, func(ctx context.Context, in *IntegrationPath) (*tokenOut, error) {
		t, err := s.NewToken(ctx, access.By(ctx), in.Integration)
		out := &tokenOut{}
		out.Body.Token, out.Body.Secret = t.Token, t.Secret.Reveal()
		return out, err
	})
}

func (s *Service) mountTurns(m web.Mux) {
	turning := []string{"forbidden", "private_integration_changed", "private_integration_deleted"}
	web.Op(m, web.Operation{
		ID: "pausePrivateIntegration", Method: "POST", Path: "/v1/private-integrations/{private_integration}/pause", Tag: tag, Summary: "Stop its calls for a while",
		Description: "Its calls are refused with `private_integration_paused` until it is resumed.", Action: ActionManageOwn, Errors: append([]string{"reason_required"}, turning...),
	}, func(ctx context.Context, in *reasonIn) (*integrationOut, error) {
		return one(s.Pause(ctx, access.By(ctx), in.Integration, in.Body.Reason))
	})
	web.Op(m, web.Operation{
		ID: "resumePrivateIntegration", Method: "POST", Path: "/v1/private-integrations/{private_integration}/resume", Tag: tag, Summary: "Let it call again", Action: ActionManageOwn, Errors: turning,
	}, func(ctx context.Context, in *IntegrationPath) (*integrationOut, error) {
		return one(s.Resume(ctx, access.By(ctx), in.Integration))
	})
	web.Op(m, web.Operation{
		ID: "deletePrivateIntegration", Method: "DELETE", Path: "/v1/private-integrations/{private_integration}", Tag: tag, Summary: "Delete a private integration", Status: 200,
		Description: "Its calls are refused at once. Within 30 days that can be undone, and its tokens work again unless `end_tokens` ended them.", Action: ActionManageOwn,
		Errors: append([]string{"confirmation_mismatch", "reason_required"}, turning...),
	}, func(ctx context.Context, in *deleteIn) (*integrationOut, error) {
		return one(s.Delete(ctx, access.By(ctx), in.Integration, Deletion{Confirm: in.Confirm, Reason: in.Reason, EndTokens: in.EndTokens}))
	})
	web.Op(m, web.Operation{
		ID: "restorePrivateIntegration", Method: "POST", Path: "/v1/private-integrations/{private_integration}/restore", Tag: tag, Summary: "Undo a deletion", Action: ActionManageOwn,
		Errors: []string{"forbidden", "private_integration_not_deleted", "restore_too_late", "private_integration_limit", "private_integration_changed", "account_closed"},
	}, func(ctx context.Context, in *IntegrationPath) (*integrationOut, error) {
		return one(s.Restore(ctx, access.By(ctx), in.Integration))
	})
	web.Op(m, web.Operation{
		ID: "blockPrivateIntegration", Method: "POST", Path: "/v1/private-integrations/{private_integration}/block", Tag: tag, Summary: "Stop one private integration",
		Description: "For the operator. Its administrators are told why.", Action: ActionBlock, Errors: append([]string{"reason_required"}, turning...),
	}, func(ctx context.Context, in *reasonIn) (*integrationOut, error) {
		return one(s.Block(ctx, access.By(ctx), in.Integration, in.Body.Reason))
	})
	web.Op(m, web.Operation{
		ID: "unblockPrivateIntegration", Method: "POST", Path: "/v1/private-integrations/{private_integration}/unblock", Tag: tag, Summary: "End the operator's stop",
		Description: "For the operator.", Action: ActionBlock, Errors: append([]string{"private_integration_not_blocked"}, turning...),
	}, func(ctx context.Context, in *IntegrationPath) (*integrationOut, error) {
		return one(s.Unblock(ctx, access.By(ctx), in.Integration))
	})
}
