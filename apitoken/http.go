package apitoken

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/token"
)

// AccountPath names an account in a path.
type AccountPath struct {
	Account account.ID `path:"account" doc:"Id of the account."`
}

// TokenPath names a token in a path.
type TokenPath struct {
	APIToken ID `path:"api_token" doc:"Id of the personal or service token, not the token itself."`
}

type createIn struct {
	AccountPath
	Body Draft
}

// madeBody is the one answer that shows the secret.
type madeBody struct {
	APIToken
	Token  token.Token `json:"token"`
	Secret string      `json:"secret" doc:"Shown this once. Send it as Authorization: Bearer."`
}

type madeOut struct {
	Location string `header:"Location"`
	Body     madeBody
}

type listIn struct {
	AccountPath
	ShowAll bool `query:"show_all" doc:"For administrators: other people's personal tokens, too."`
}

type listOut struct {
	Body struct {
		Items []APIToken `json:"items" nullable:"false"`
	}
}

type wordsIn struct {
	TokenPath
	Body Words
}

type tokenOut struct{ Body APIToken }

func one(t APIToken, err error) (*tokenOut, error) { return &tokenOut{Body: t}, err }

// Mount mounts the operations on personal and service tokens.
func (s *Tokens) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	create := func(k Kind) func(context.Context, *createIn) (*madeOut, error) {
		return func(ctx context.Context, in *createIn) (*madeOut, error) {
			got, err := s.Create(ctx, access.By(ctx), in.Account, k, in.Body)
			if err != nil {
				return nil, err
			}
			return &madeOut{Location: "/v1/api-tokens/" + got.ID.String(), Body: madeBody{got.APIToken, got.Token.Token, got.Token.Secret.Reveal()}}, nil
		}
	}
	refusals := []string{"forbidden", "api_token_invalid", "role_unknown", "role_exceeds_giver", "api_token_limit"}
	web.Op(m, web.Operation{
		ID: "createPersonalToken", Method: "POST", Path: "/v1/accounts/{account}/personal-tokens", Tag: "Tokens", Summary: "Make a personal token", Creates: true,
		Description: "It acts as you, never does more than you may at the moment of a call, and ends with your membership. Roles or a policy narrow it.", Action: "token:create", Errors: refusals,
	}, create(Personal))
	web.Op(m, web.Operation{
		ID: "createServiceToken", Method: "POST", Path: "/v1/accounts/{account}/service-tokens", Tag: "Tokens", Summary: "Make a service token", Creates: true,
		Description: "It belongs to the account and outlives you. Its rights are chosen now and are at most your own.", Action: "service_token:create", Errors: refusals,
	}, create(Service))
	web.Op(m, web.Operation{
		ID: "listAPITokens", Method: "GET", Path: "/v1/accounts/{account}/api-tokens", Tag: "Tokens", Summary: "List personal and service tokens",
		Description: "The account's service tokens and your own personal tokens.", Action: "account:view", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *listIn) (*listOut, error) {
		got, err := s.List(ctx, access.By(ctx), in.Account, in.ShowAll)
		out := &listOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getAPIToken", Method: "GET", Path: "/v1/api-tokens/{api_token}", Tag: "Tokens", Summary: "Read a personal or service token",
		Description: "Its secrets and their activity: list the tokens of its grant.", Action: "token:view", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *TokenPath) (*tokenOut, error) {
		return one(s.Get(ctx, access.By(ctx), in.APIToken))
	})
	web.Op(m, web.Operation{
		ID: "updateAPIToken", Method: "PATCH", Path: "/v1/api-tokens/{api_token}", Tag: "Tokens", Summary: "Rename a personal or service token",
		Description: "Its rights do not change: make another token for that.", Action: "token:update", Errors: []string{"forbidden", "api_token_invalid", "api_token_deleted", "api_token_changed"},
	}, func(ctx context.Context, in *wordsIn) (*tokenOut, error) {
		return one(s.Rename(ctx, access.By(ctx), in.APIToken, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "deleteAPIToken", Method: "DELETE", Path: "/v1/api-tokens/{api_token}", Tag: "Tokens", Summary: "Delete a personal or service token",
		Description: "Every generation of it is refused from now on, on every node within a second.", Action: "token:delete", Errors: []string{"forbidden", "api_token_deleted", "api_token_changed"},
	}, func(ctx context.Context, in *TokenPath) (*struct{}, error) {
		_, err := s.Delete(ctx, access.By(ctx), in.APIToken)
		return nil, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con := problem.KindConflict
	return []problem.Declared{
		{Code: "api_token_invalid", Kind: problem.KindInvalid, Cause: "A part of the token is missing or out of range.", Remedy: "See errors for the fields at fault."},
		{Code: "api_token_limit", Kind: con, Cause: "The account has as many tokens as it may have.", Remedy: "List them, look at their last use and delete stale ones."},
		{Code: "api_token_deleted", Kind: con, Cause: "The token was deleted.", Remedy: "Make another one."},
		{Code: "api_token_changed", Kind: con, Cause: "The token changed meanwhile.", Remedy: "Read it again and repeat the change."},
	}
}
