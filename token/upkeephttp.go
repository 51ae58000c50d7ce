package token

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type grantTokensIn struct {
	web.PageQuery
	Grant grant.ID `path:"grant" doc:"Id of the grant."`
	Kind  Kind     `query:"kind" enum:"static,access,refresh" doc:"Only tokens of this kind."`
}

type generationOut struct{ Body Generation }

// AccountPath names an account in a path.
type AccountPath struct {
	Account account.ID `path:"account" doc:"Id of the account."`
}

type policyIn struct {
	AccountPath
	Body Policy
}

type policyOut struct{ Body Policy }

type previewIn struct {
	AccountPath
	Idle   int `query:"idle_days" minimum:"0" maximum:"3650" doc:"As in the policy."`
	Rotate int `query:"rotate_days" minimum:"0" maximum:"3650" doc:"As in the policy."`
}

type previewOut struct {
	Body struct {
		Items []Hit `json:"items" nullable:"false"`
	}
}

type credentialsOut struct {
	Body struct {
		Items []Credential `json:"items" nullable:"false"`
	}
}

// mountUpkeep mounts what keeps static tokens in order over the years.
func (s *Service) mountUpkeep(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listGrantTokens", Method: "GET", Path: "/v1/grants/{grant}/tokens", Tag: "Tokens", Summary: "List the tokens of a grant",
		Description: "The newest first, each with its activity. Of a token only the last four characters are known.", Action: "token:view", Errors: []string{"forbidden"},
	}, s.generationsHTTP)
	web.Op(m, web.Operation{
		ID: "getToken", Method: "GET", Path: "/v1/tokens/{token}", Tag: "Tokens", Summary: "Read a token",
		Description: "Its state and activity, never its secret.", Action: "token:view", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *TokenPath) (*generationOut, error) {
		g, err := s.Get(ctx, access.By(ctx), in.Token)
		return &generationOut{Body: g}, err
	})
	s.step(m, web.Operation{
		ID: "restoreToken", Path: "/v1/tokens/{token}/restore", Summary: "Restore a token that was disabled for disuse", Action: "token:restore",
		Description: "Possible for 30 days. It works again at once, and its idle period begins anew.", Errors: []string{"forbidden", "token_not_disabled", "token_not_active", "token_changed"},
	}, s.Restore)
	s.step(m, web.Operation{
		ID: "keepToken", Path: "/v1/tokens/{token}/keep", Summary: "Keep an unused token", Action: "token:restore",
		Description: "Its idle period begins anew, as if it were used now.", Errors: []string{"forbidden", "token_not_active", "token_changed"},
	}, s.Keep)
	web.Op(m, web.Operation{
		ID: "getTokenPolicy", Method: "GET", Path: "/v1/accounts/{account}/token-policy", Tag: "Tokens", Summary: "Read an account's token policy",
		Description: "When unused tokens are disabled and when rotation is due. Access tokens of applications are not concerned.", Action: "token_policy:view", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *AccountPath) (*policyOut, error) {
		p, err := s.Policy(ctx, access.By(ctx), in.Account)
		return &policyOut{Body: p}, err
	})
	web.Op(m, web.Operation{
		ID: "setTokenPolicy", Method: "PUT", Path: "/v1/accounts/{account}/token-policy", Tag: "Tokens", Summary: "Set an account's token policy",
		Description: "Nothing is disabled by this alone: whoever holds a token that it hits is told 15, 7 and 1 day before. Preview it first.", Action: "token_policy:update",
		Errors: []string{"forbidden", "token_policy_invalid"},
	}, func(ctx context.Context, in *policyIn) (*policyOut, error) {
		p, err := s.SetPolicy(ctx, access.By(ctx), in.Account, in.Body)
		return &policyOut{Body: p}, err
	})
	web.Op(m, web.Operation{
		ID: "previewTokenPolicy", Method: "GET", Path: "/v1/accounts/{account}/token-policy/preview", Tag: "Tokens", Summary: "See which tokens a token policy would hit",
		Description: "Those that would be warned within a day, with the time at which each would be disabled at the earliest. Nothing changes.", Action: "token_policy:update",
		Errors: []string{"forbidden", "token_policy_invalid"},
	}, func(ctx context.Context, in *previewIn) (*previewOut, error) {
		hits, err := s.Preview(ctx, access.By(ctx), in.Account, Policy{IdleDays: in.Idle, RotateDays: in.Rotate})
		out := &previewOut{}
		out.Body.Items = hits
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "listCredentials", Method: "GET", Path: "/v1/accounts/{account}/credentials", Tag: "Tokens", Summary: "List every static credential of an account",
		Description: "For compliance: age, last use and what the account's token policy minds, the oldest first.", Action: "token:list_all", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *AccountPath) (*credentialsOut, error) {
		all, err := s.Credentials(ctx, access.By(ctx), in.Account)
		out := &credentialsOut{}
		out.Body.Items = all
		return out, err
	})
}

func (s *Service) generationsHTTP(ctx context.Context, in *grantTokensIn) (*web.PageOut[Generation], error) {
	before, _, err := web.After[ID](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	got, err := s.List(ctx, access.By(ctx), in.Grant, Query{Before: before, Limit: in.Limit + 1, Kind: in.Kind})
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, got, in.Limit, func(one Generation) ID { return one.ID })
}

func declaredUpkeep() []problem.Declared {
	return []problem.Declared{
		{Code: "token_idle", Kind: problem.KindUnauthenticated, Cause: "The token was disabled because nobody used it for long.", Remedy: "Its owner or an administrator can restore it for 30 days."},
		{Code: "token_brown_out", Kind: problem.KindUnauthenticated, Cause: "The token is being replaced, and its owner lets it fail for two minutes to see who still uses it.", Remedy: "Change to the new token; this one works again after Retry-After, until its overlap ends."},
		{Code: "token_not_disabled", Kind: problem.KindConflict, Cause: "The token is not disabled.", Remedy: "Nothing needs to be done."},
		{Code: "token_policy_invalid", Kind: problem.KindInvalid, Cause: "A number of days is out of range.", Remedy: "See errors for the fields at fault."},
	}
}
