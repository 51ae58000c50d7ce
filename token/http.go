package token

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type tokensIn struct {
	web.PageQuery
	Installation string `path:"installation" maxLength:"60" doc:"Id of the installation."`
}

// TokenPath names a token in a path.
type TokenPath struct {
	Token ID `path:"token" doc:"Id of the token, not the token itself."`
}

// Mount mounts the operations on tokens.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listInstallationTokens", Method: "GET", Path: "/v1/installations/{installation}/tokens", Tag: "Tokens", Summary: "List the tokens of an installation",
		Description: "The newest first. Of a token only the last four characters are known.", Action: "token:view", Errors: []string{"forbidden"},
	}, s.listHTTP)
	web.Op(m, web.Operation{
		ID: "revokeToken", Method: "DELETE", Path: "/v1/tokens/{token}", Tag: "Tokens", Summary: "Revoke a token",
		Description: "It is refused from now on, on every node within a second. Revoking it again changes nothing.", Action: "token:revoke",
		Errors: []string{"forbidden", "token_changed"},
	}, func(ctx context.Context, in *TokenPath) (*struct{}, error) {
		return nil, s.RevokeID(ctx, access.By(ctx), in.Token)
	})
	s.mountLife(m)
	s.mountUpkeep(m)
}

func (s *Service) listHTTP(ctx context.Context, in *tokensIn) (*web.PageOut[Token], error) {
	before, _, err := web.After[ID](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	tokens, err := s.ListHolder(ctx, access.By(ctx), "installation/"+in.Installation, Query{Before: before, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, tokens, in.Limit, func(one Token) ID { return one.ID })
}

type productPath struct {
	Key ProductKeyID `path:"product_key" doc:"Id of the key."`
}

type productIn struct {
	Body struct {
		Label string `json:"label" maxLength:"400" example:"account sync" doc:"Where it is used."`
	}
}

type productsOut struct {
	Body struct {
		Items []ProductKey `json:"items" nullable:"false"`
	}
}

// productSecret is the one answer that shows the secret.
type productSecret struct {
	ProductKey
	Secret string `json:"secret" doc:"Shown this once. Keep it where only the product can read it."`
}

type productOut struct {
	Location string `header:"Location"`
	Body     productSecret
}

// Mount mounts the operations on product keys.
func (p *Products) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "createProductKey", Method: "POST", Path: "/v1/product-keys", Tag: "Platform", Summary: "Make a key for the product", Creates: true,
		Description: "For the operator. With it the product keeps accounts, people, roles and facts in step and asks for decisions.",
		Action:      "platform:create_product_key", Errors: []string{"forbidden", "product_key_invalid"},
	}, func(ctx context.Context, in *productIn) (*productOut, error) {
		k, err := p.Create(ctx, access.By(ctx), in.Body.Label)
		return &productOut{Location: "/v1/product-keys", Body: productSecret{ProductKey: k.ProductKey, Secret: k.Secret.Reveal()}}, err
	})
	web.Op(m, web.Operation{
		ID: "listProductKeys", Method: "GET", Path: "/v1/product-keys", Tag: "Platform", Summary: "List the product's keys",
		Description: "For the operator.", Action: "platform:list_product_keys", Errors: []string{"forbidden"},
	}, func(ctx context.Context, _ *struct{}) (*productsOut, error) {
		got, err := p.List(ctx, access.By(ctx))
		out := &productsOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "revokeProductKey", Method: "DELETE", Path: "/v1/product-keys/{product_key}", Tag: "Platform", Summary: "Revoke a key of the product",
		Description: "For the operator. It is refused from now on.", Action: "platform:revoke_product_key", Errors: []string{"forbidden", "product_key_revoked"},
	}, func(ctx context.Context, in *productPath) (*struct{}, error) {
		_, err := p.Revoke(ctx, access.By(ctx), in.Key)
		return nil, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	un := problem.KindUnauthenticated
	return append(append(declaredLife(), declaredUpkeep()...), []problem.Declared{
		{Code: "invalid_token", Kind: un, Cause: "The token is not known here, or was not copied whole.", Remedy: "Ask the token endpoint for a new one."},
		{Code: "token_expired", Kind: un, Cause: "The token's time is over.", Remedy: "Ask the token endpoint for a new one."},
		{Code: "token_revoked", Kind: un, Cause: "The token was revoked.", Remedy: "Ask the token endpoint for a new one."},
		{Code: "key_revoked", Kind: un, Cause: "The application key that obtained the token was revoked.", Remedy: "Use another key of the application."},
		{Code: "account_closed", Kind: problem.KindForbidden, Cause: "The account was closed by the product.", Remedy: "Ask the customer."},
		{Code: "product_key_invalid", Kind: problem.KindInvalid, Cause: "The label is missing or too long.", Remedy: "Say in a few words where the key is used."},
		{Code: "product_key_revoked", Kind: problem.KindConflict, Cause: "The key was revoked already.", Remedy: "Nothing needs to be done."},
	}...)
}
