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

// WebhookPath names a webhook of a private integration in a path.
type WebhookPath struct {
	Webhook WebhookID `path:"private_webhook" doc:"Id of the webhook."`
}

type webhookIn struct {
	IntegrationPath
	Body WebhookDraft
}

type amendWebhookIn struct {
	WebhookPath
	Body WebhookDraft
}

type webhookOut struct{ Body Webhook }

type madeWebhookOut struct {
	Location string `header:"Location"`
	Body     Webhook
}

type webhooksOut struct {
	Body struct {
		Items []Webhook `json:"items" nullable:"false"`
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

func (s *Service) mountWebhooks(m web.Mux) {
	deciding := []string{"forbidden", "webhook_invalid", "event_scope_missing", "private_integration_deleted"}
	web.Op(m, web.Operation{
		ID: "listPrivateEventTypes", Method: "GET", Path: "/v1/private-integrations/{private_integration}/event-types", Tag: tag, Summary: "List the events it may receive",
		Description: "Every event type of the product, whether the scopes allow it, and which would.", Action: ActionView,
	}, func(ctx context.Context, in *IntegrationPath) (*eventTypesOut, error) {
		got, err := s.EventTypes(ctx, access.By(ctx), in.Integration)
		out := &eventTypesOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "listPrivateWebhooks", Method: "GET", Path: "/v1/private-integrations/{private_integration}/webhooks", Tag: tag, Summary: "List its webhooks", Action: ActionView,
	}, func(ctx context.Context, in *IntegrationPath) (*webhooksOut, error) {
		got, err := s.Webhooks(ctx, access.By(ctx), in.Integration)
		out := &webhooksOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "createPrivateWebhook", Method: "POST", Path: "/v1/private-integrations/{private_integration}/webhooks", Tag: tag, Summary: "Add a webhook", Creates: true,
		Description: "For those who may change the integration, and for itself with its token. An event that no scope allows is refused. Webhooks made here are kept and not delivered yet; endpoints of the integration's grant (createGrantWebhook) are.",
		Action:      ActionManageOwn, Errors: append([]string{"webhook_limit"}, deciding...),
	}, func(ctx context.Context, in *webhookIn) (*madeWebhookOut, error) {
		w, err := s.AddWebhook(ctx, access.By(ctx), in.Integration, in.Body)
		return &madeWebhookOut{Location: "/v1/private-webhooks/" + w.ID.String(), Body: w}, err
	})
	web.Op(m, web.Operation{
		ID: "updatePrivateWebhook", Method: "PUT", Path: "/v1/private-webhooks/{private_webhook}", Tag: tag, Summary: "Change a webhook", Action: ActionManageOwn, Errors: deciding,
	}, func(ctx context.Context, in *amendWebhookIn) (*webhookOut, error) {
		w, err := s.UpdateWebhook(ctx, access.By(ctx), in.Webhook, in.Body)
		return &webhookOut{Body: w}, err
	})
	web.Op(m, web.Operation{
		ID: "deletePrivateWebhook", Method: "DELETE", Path: "/v1/private-webhooks/{private_webhook}", Tag: tag, Summary: "Delete a webhook", Action: ActionManageOwn, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *WebhookPath) (*struct{}, error) {
		return nil, s.RemoveWebhook(ctx, access.By(ctx), in.Webhook)
	})
}
