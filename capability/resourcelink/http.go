package resourcelink

import (
	"context"
	"io"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Path names a link in a path.
type Path struct {
	Link ID `path:"link" doc:"Id of the link."`
}

type putIn struct{ Body Draft }

type patchIn struct {
	Path
	Body Patch
}

type listIn struct {
	account.AccountPath
	Resource string `query:"resource" required:"true" maxLength:"500" doc:"Whose links."`
}

type drawIn struct {
	Account  string `query:"account_key" required:"true" maxLength:"200" doc:"The product's key of the account."`
	Resource string `query:"resource" required:"true" maxLength:"500" doc:"Whose links."`
}

type linkOut struct{ Body Link }

type listOut struct {
	Body struct {
		Items []Link `json:"items" nullable:"false"`
	}
}

type drawOut struct {
	Body struct {
		Groups []Group `json:"groups" nullable:"false"`
	}
}

// Mount mounts the operations on links.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag = "Links"
	web.Op(m, web.Operation{
		ID: "putLink", Method: "POST", Path: "/v1/links", Tag: tag, Summary: "Attach a link to a resource", Action: ActionManage,
		Description: "For an integration with its own token, and for administrators; without an integration it is a plain link. The same key again replaces the link.",
		Errors:      []string{"forbidden", "resource_link_invalid", "resource_link_limit", "capability_off"},
	}, func(ctx context.Context, in *putIn) (*linkOut, error) {
		got, err := s.Put(ctx, access.By(ctx), in.Body)
		return &linkOut{got}, err
	})
	web.Op(m, web.Operation{
		ID: "listLinks", Method: "GET", Path: "/v1/accounts/{account}/links", Tag: tag, Summary: "List the links of a resource", Action: ActionView,
		Description: "As they were written. An integration gets its own.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *listIn) (*listOut, error) {
		got, err := s.List(ctx, access.By(ctx), in.Account, in.Resource)
		out := &listOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "updateLink", Method: "PATCH", Path: "/v1/links/{link}", Tag: tag, Summary: "Change a link", Action: ActionManage, Errors: []string{"forbidden", "resource_link_invalid", "capability_off"},
	}, func(ctx context.Context, in *patchIn) (*linkOut, error) {
		got, err := s.Change(ctx, access.By(ctx), in.Link, in.Body)
		return &linkOut{got}, err
	})
	web.Op(m, web.Operation{
		ID: "deleteLink", Method: "DELETE", Path: "/v1/links/{link}", Tag: tag, Summary: "Delete a link", Action: ActionManage, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *Path) (*struct{}, error) {
		return nil, s.Delete(ctx, access.By(ctx), in.Link)
	})
	web.Op(m, web.Operation{
		ID: "drawLinks", Method: "GET", Path: "/v1/links", Tag: tag, Summary: "Read the links of a resource as they are shown", Action: ActionView,
		Description: "For the product: by integration, drawn as its package says. Addresses are http or https.", Errors: []string{"resource.invalid"},
	}, func(ctx context.Context, in *drawIn) (*drawOut, error) {
		got, err := s.Draw(ctx, access.By(ctx), in.Account, in.Resource)
		out := &drawOut{}
		out.Body.Groups = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "embedLinks", Method: "GET", Path: "/v1/links/embed", Tag: tag, Summary: "Read the links of a resource as HTML", Action: ActionView,
		Description: "The same as a fragment of HTML, which the product's server puts into a page of its own. It has no script; its classes begin with gr-link.", Errors: []string{"resource.invalid"},
	}, func(ctx context.Context, in *drawIn) (*web.Stream, error) {
		got, err := s.Draw(ctx, access.By(ctx), in.Account, in.Resource)
		return web.StreamAs("text/html; charset=utf-8", "", func(_ context.Context, w io.Writer) error { return embed(w, got) }), err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "resource_link_invalid", Kind: problem.KindInvalid, Cause: "A part of the link breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "resource_link_limit", Kind: problem.KindConflict, Cause: "The resource has as many links of the integration as it may have.", Remedy: "Delete some, or write one with the key of another."},
	}
}
