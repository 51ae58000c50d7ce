package reservedproperty

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type listIn struct {
	Account string `query:"account_key" required:"true" maxLength:"200" doc:"The product's key of the account."`
	Kind    string `query:"kind" maxLength:"60" doc:"Only those on resources of this kind."`
}

type listOut struct {
	Body struct {
		Items []Property `json:"items" nullable:"false"`
	}
}

// Mount mounts the operations on reserved properties.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listReservedProperties", Method: "GET", Path: "/v1/properties", Tag: "Reserved properties", Summary: "List the properties that integrations have reserved", Action: ActionView,
		Description: "For the product, which offers them where people fill in properties of a resource. Values are lists of texts and stay with the product: send them with its events, under the property's key. " +
			"A property is offered as long as its integration works; values that are stored outlive it.",
	}, func(ctx context.Context, in *listIn) (*listOut, error) {
		out := &listOut{}
		var err error
		out.Body.Items, err = s.List(ctx, access.By(ctx), in.Account, in.Kind)
		return out, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "property_reserved", Kind: problem.KindConflict, Cause: "Another integration of the account has reserved a property with the same key; integration says which.", Remedy: "Switch reserved properties off in one of the two."},
	}
}
