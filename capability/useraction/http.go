package useraction

import (
	"context"
	"encoding/json"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type listIn struct {
	Account string `query:"account_key" required:"true" maxLength:"200" doc:"The product's key of the account."`
	Kind    string `query:"kind" maxLength:"60" doc:"Only those at resources of this kind."`
}

type listOut struct {
	Body struct {
		Items []Action `json:"items" nullable:"false"`
	}
}

type runIn struct {
	configuration.Path
	Key  string `path:"action" maxLength:"200" doc:"Key of the action."`
	Body struct {
		Context map[string]json.RawMessage `json:"context,omitempty" doc:"What the request is made of: at least what the action needs"`
	}
}

type runOut struct{ Body Call }

// Mount mounts the operations on actions.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listUserActions", Method: "GET", Path: "/v1/actions", Tag: "Actions", Summary: "List the buttons that integrations offer", Action: ActionView,
		Description: "For the product, which shows them at its resources. Only those of configurations that work are listed.",
	}, func(ctx context.Context, in *listIn) (*listOut, error) {
		out := &listOut{}
		var err error
		out.Body.Items, err = s.List(ctx, access.By(ctx), in.Account, in.Kind)
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "runUserAction", Method: "POST", Path: "/v1/configurations/{configuration}/actions/{action}", Tag: "Actions", Summary: "Press a button of an integration", Action: ActionRun, Creates: true, Status: 200, MaxBody: 64 << 10,
		Description: "For the product, and for people who may manage the configuration. The partner is called once and has ten seconds; `done` says whether it agreed. What it answers is not shown, but for a link. " +
			"The context is data of your users: what becomes of it is up to the partner.",
		Errors: []string{"forbidden", "capability_off", "action_context_missing", "action_context_invalid"},
	}, func(ctx context.Context, in *runIn) (*runOut, error) {
		got, err := s.Run(ctx, access.By(ctx), in.Configuration, in.Key, in.Body.Context)
		return &runOut{got}, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "action_context_missing", Kind: problem.KindInvalid, Cause: "The context lacks something that the action needs; errors names each.", Remedy: "Send everything that needs of the action names."},
		{Code: "action_context_invalid", Kind: problem.KindInvalid, Cause: "The package's template makes nothing valid of this context.", Remedy: "Look at the types of what you send; ask the integration's developer."},
	}
}
