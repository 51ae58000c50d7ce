package private

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

type permitIn struct {
	AccountPath
	User string `path:"user" maxLength:"60" doc:"Id of the member."`
	Body Permit
}

type permissionOut struct{ Body Permission }

type permissionsOut struct {
	Body struct {
		Items []Permission `json:"items" nullable:"false"`
	}
}

type eventTypesOut struct {
	Body struct {
		Items []EventType `json:"items" nullable:"false"`
	}
}

func (s *Service) mountPermissions(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listPrivateIntegrationPermissions", Method: "GET", Path: "/v1/accounts/{account}/private-integration-permissions", Tag: tag, Summary: "See who may manage private integrations",
		Description: "One line for each member: by role, or as a switch says.", Action: ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *AccountPath) (*permissionsOut, error) {
		got, err := s.Permissions(ctx, access.By(ctx), in.Account)
		out := &permissionsOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "setPrivateIntegrationPermission", Method: "PUT", Path: "/v1/accounts/{account}/private-integration-permissions/{user}", Tag: tag, Summary: "Say whether a member may manage private integrations",
		Description: "Two switches: the account's own, and those of its child accounts. Nobody sets their own, and nobody gives what they don't have.", Action: ActionPermit,
		Errors: []string{"forbidden", "own_permission", "permission_not_held", "permission_invalid"},
	}, func(ctx context.Context, in *permitIn) (*permissionOut, error) {
		got, err := s.SetPermission(ctx, access.By(ctx), in.Account, in.User, in.Body)
		return &permissionOut{Body: got}, err
	})
}

func (s *Service) mountEventTypes(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listPrivateEventTypes", Method: "GET", Path: "/v1/private-integrations/{private_integration}/event-types", Tag: tag, Summary: "List the events it may receive",
		Description: "Every event type of the product, whether the scopes allow it, and which would. Endpoints are made for the integration's grant (createGrantWebhook).", Action: ActionView,
	}, func(ctx context.Context, in *IntegrationPath) (*eventTypesOut, error) {
		got, err := s.EventTypes(ctx, access.By(ctx), in.Integration)
		out := &eventTypesOut{}
		out.Body.Items = got
		return out, err
	})
}
