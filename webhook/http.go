package webhook

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// ApplicationPath names an application in a path.
type ApplicationPath struct {
	Application application.ID `path:"application" doc:"Id of the application."`
}

// GrantPath names a grant in a path.
type GrantPath struct {
	Grant grant.ID `path:"grant" doc:"Id of the grant: of an installation, a private integration or a service token."`
}

// EndpointPath names an endpoint in a path.
type EndpointPath struct {
	Endpoint ID `path:"webhook_endpoint" doc:"Id of the endpoint."`
}

// SubscriptionPath names a subscription in a path.
type SubscriptionPath struct {
	Subscription SubscriptionID `path:"webhook_subscription" doc:"Id of the subscription."`
}

// DeliveryPath names a delivery in a path.
type DeliveryPath struct {
	Delivery DeliveryID `path:"delivery" doc:"Id of the delivery."`
}

type applicationIn struct {
	ApplicationPath
	Body Draft
}

type grantIn struct {
	GrantPath
	Body Draft
}

type updateIn struct {
	EndpointPath
	Body Draft
}

type rotateIn struct {
	EndpointPath
	Body struct {
		Overlap *int `json:"overlap_hours,omitempty" minimum:"0" maximum:"2160" doc:"How long the secrets before go on signing; 24 when absent"`
	}
}

type subscribeIn struct {
	EndpointPath
	Body SubscriptionDraft
}

type resubscribeIn struct {
	SubscriptionPath
	Body SubscriptionDraft
}

type deliveriesIn struct {
	EndpointPath
	web.PageQuery
	State State     `query:"state" enum:"waiting,delivered,exhausted,dropped,skipped" doc:"In this state."`
	Type  string    `query:"type" maxLength:"100" doc:"Of events of this type."`
	Event string    `query:"event" maxLength:"60" doc:"Of the event with this id."`
	From  time.Time `query:"from" doc:"Since this time."`
	To    time.Time `query:"to" doc:"Before this time."`
}

type replayIn struct {
	EndpointPath
	Body Selection
}

// ReplayPath names a replay in a path.
type ReplayPath struct {
	Replay ReplayID `path:"webhook_replay" doc:"Id of the replay."`
}

type replayOut struct{ Body Replay }

type replaysOut struct {
	Body struct {
		Items []Replay `json:"items" nullable:"false"`
	}
}

type testIn struct {
	EndpointPath
	Body TestDraft
}

type testOut struct {
	Location string `header:"Location"`
	Body     Delivery
}

type backfillIn struct {
	EndpointPath
	Body Since
}

type backfillOut struct{ Body Backfilled }

type endpointOut struct{ Body Endpoint }

type madeBody struct {
	Endpoint
	Secret string `json:"secret" doc:"Signs what is sent. Shown this once"`
}

type madeOut struct {
	Location string `header:"Location"`
	Body     madeBody
}

type rotatedOut struct{ Body madeBody }

type listOut struct {
	Body struct {
		Items []Endpoint `json:"items" nullable:"false"`
	}
}

type subscriptionOut struct{ Body Subscription }

type subscribedOut struct {
	Location string `header:"Location"`
	Body     Subscription
}

type subscriptionsOut struct {
	Body struct {
		Items []Subscription `json:"items" nullable:"false"`
	}
}

type shownOut struct{ Body Shown }

type deliveryOut struct{ Body Delivery }

func madeAs(i Issued, err error) (*madeOut, error) {
	if err != nil {
		return nil, err
	}
	return &madeOut{Location: "/v1/webhook-endpoints/" + i.ID.String(), Body: madeBody{i.Endpoint, i.Secret.Reveal()}}, nil
}

func listed(got []Endpoint, err error) (*listOut, error) {
	out := &listOut{}
	out.Body.Items = got
	return out, err
}

type keysOut struct {
	Cache string `header:"Cache-Control"`
	Body  struct {
		Keys []PublicKey `json:"keys" nullable:"false"`
	}
}

const tag = "Webhooks"

// Mount mounts the operations on webhooks.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountEndpoints(m)
	s.mountSubscriptions(m)
	s.mountDeliveries(m)
	s.mountReplay(m)
	s.mountTest(m)
	s.mountBackfill(m)
	web.Op(m, web.Operation{
		ID: "listWebhookKeys", Method: "GET", Path: "/v1/webhooks/jwks.json", Tag: tag, Summary: "Read the keys that sign deliveries", Public: true, Cacheable: true,
		Description: "Public halves (RFC 7517, RFC 8037) of the platform's Ed25519 keys, for the v1a signatures of endpoints that chose ed25519 or both. " +
			"A key is here a day before it signs; Webhook-Key-Id of a delivery names those that signed it. While one takes over from another, both sign.",
	}, func(ctx context.Context, _ *struct{}) (*keysOut, error) {
		set, err := s.PublicKeys(ctx)
		if err != nil {
			return nil, err
		}
		out := &keysOut{Cache: "public, max-age=300"}
		out.Body.Keys = set
		return out, nil
	})
}

func (s *Service) mountEndpoints(m web.Mux) {
	refusals := []string{"forbidden", "webhook_endpoint_invalid", "webhook_endpoint_limit", "catalog_missing"}
	web.Op(m, web.Operation{
		ID: "createApplicationWebhook", Method: "POST", Path: "/v1/applications/{application}/webhook-endpoints", Tag: tag, Summary: "Make an endpoint for an application", Creates: true,
		Description: "It gets events of every account in which the application is installed, as far as each installation's scopes allow. The answer shows the signing secret, once.",
		Action:      ActionManage, Errors: refusals,
	}, func(ctx context.Context, in *applicationIn) (*madeOut, error) {
		return madeAs(s.CreateForApplication(ctx, access.By(ctx), in.Application, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "listApplicationWebhooks", Method: "GET", Path: "/v1/applications/{application}/webhook-endpoints", Tag: tag, Summary: "List an application's endpoints", Action: ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *ApplicationPath) (*listOut, error) {
		return listed(s.ListForApplication(ctx, access.By(ctx), in.Application))
	})
	web.Op(m, web.Operation{
		ID: "createGrantWebhook", Method: "POST", Path: "/v1/grants/{grant}/webhook-endpoints", Tag: tag, Summary: "Make an endpoint for one grant", Creates: true,
		Description: "For an installation, a private integration or a service token: its own token may do this, and the account's administrators. The answer shows the signing secret, once.",
		Action:      ActionManage, Errors: append([]string{"webhook_owner", "webhook_owner_ended"}, refusals...),
	}, func(ctx context.Context, in *grantIn) (*madeOut, error) {
		return madeAs(s.CreateForGrant(ctx, access.By(ctx), in.Grant, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "listGrantWebhooks", Method: "GET", Path: "/v1/grants/{grant}/webhook-endpoints", Tag: tag, Summary: "List a grant's endpoints", Action: ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *GrantPath) (*listOut, error) {
		return listed(s.ListForGrant(ctx, access.By(ctx), in.Grant))
	})
	web.Op(m, web.Operation{
		ID: "getWebhookEndpoint", Method: "GET", Path: "/v1/webhook-endpoints/{webhook_endpoint}", Tag: tag, Summary: "Read an endpoint", Action: ActionView, Errors: []string{"forbidden"},
		Description: "With its circuit: while it is open, events wait, and it is tried at next_probe whether the receiver is back.",
	}, func(ctx context.Context, in *EndpointPath) (*endpointOut, error) {
		e, err := s.Get(ctx, access.By(ctx), in.Endpoint)
		return &endpointOut{Body: e}, err
	})
	web.Op(m, web.Operation{
		ID: "updateWebhookEndpoint", Method: "PUT", Path: "/v1/webhook-endpoints/{webhook_endpoint}", Tag: tag, Summary: "Change, disable or enable an endpoint",
		Description: "What waits is sent to the new address. Enabling an endpoint sends everything that waits. Subscriptions are changed by themselves.",
		Action:      ActionManage, Errors: []string{"forbidden", "webhook_endpoint_invalid", "webhook_changed"},
	}, func(ctx context.Context, in *updateIn) (*endpointOut, error) {
		e, err := s.Update(ctx, access.By(ctx), in.Endpoint, in.Body)
		return &endpointOut{Body: e}, err
	})
	web.Op(m, web.Operation{
		ID: "rotateWebhookSecret", Method: "POST", Path: "/v1/webhook-endpoints/{webhook_endpoint}/rotate-secret", Tag: tag, Summary: "Give an endpoint a new secret",
		Description: "The secrets before go on signing for a while, so that every request carries a signature of each. The answer shows the new one, once.",
		Action:      ActionManage, Errors: []string{"forbidden", "webhook_endpoint_invalid", "webhook_changed", "webhook_secrets"},
	}, func(ctx context.Context, in *rotateIn) (*rotatedOut, error) {
		overlap := overlapDefault
		if in.Body.Overlap != nil {
			overlap = time.Duration(*in.Body.Overlap) * time.Hour
		}
		i, err := s.Rotate(ctx, access.By(ctx), in.Endpoint, overlap)
		if err != nil {
			return nil, err
		}
		return &rotatedOut{Body: madeBody{i.Endpoint, i.Secret.Reveal()}}, nil
	})
	web.Op(m, web.Operation{
		ID: "deleteWebhookEndpoint", Method: "DELETE", Path: "/v1/webhook-endpoints/{webhook_endpoint}", Tag: tag, Summary: "Delete an endpoint", Action: ActionManage, Errors: []string{"forbidden"},
		Description: "Its subscriptions and the log of its deliveries go with it.",
	}, func(ctx context.Context, in *EndpointPath) (*struct{}, error) {
		return nil, s.Delete(ctx, access.By(ctx), in.Endpoint)
	})
}

func (s *Service) mountSubscriptions(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listWebhookSubscriptions", Method: "GET", Path: "/v1/webhook-endpoints/{webhook_endpoint}/subscriptions", Tag: tag, Summary: "List what an endpoint gets", Action: ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *EndpointPath) (*subscriptionsOut, error) {
		got, err := s.Subscriptions(ctx, access.By(ctx), in.Endpoint)
		out := &subscriptionsOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "createWebhookSubscription", Method: "POST", Path: "/v1/webhook-endpoints/{webhook_endpoint}/subscriptions", Tag: tag, Summary: "Subscribe an endpoint to events", Creates: true,
		Description: "An event that several subscriptions name is sent once. What the scopes do not allow is not sent.",
		Action:      ActionManage, Errors: []string{"forbidden", "webhook_subscription_invalid", "webhook_template_invalid", "webhook_subscription_limit", "catalog_missing"},
	}, func(ctx context.Context, in *subscribeIn) (*subscribedOut, error) {
		got, err := s.Subscribe(ctx, access.By(ctx), in.Endpoint, in.Body)
		return &subscribedOut{Location: "/v1/webhook-subscriptions/" + got.ID.String(), Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "updateWebhookSubscription", Method: "PUT", Path: "/v1/webhook-subscriptions/{webhook_subscription}", Tag: tag, Summary: "Change a subscription",
		Action: ActionManage, Errors: []string{"forbidden", "webhook_subscription_invalid", "webhook_template_invalid", "catalog_missing"},
	}, func(ctx context.Context, in *resubscribeIn) (*subscriptionOut, error) {
		got, err := s.Resubscribe(ctx, access.By(ctx), in.Subscription, in.Body)
		return &subscriptionOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "deleteWebhookSubscription", Method: "DELETE", Path: "/v1/webhook-subscriptions/{webhook_subscription}", Tag: tag, Summary: "End a subscription", Action: ActionManage, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *SubscriptionPath) (*struct{}, error) {
		return nil, s.Unsubscribe(ctx, access.By(ctx), in.Subscription)
	})
}

func (s *Service) mountDeliveries(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listDeliveries", Method: "GET", Path: "/v1/webhook-endpoints/{webhook_endpoint}/deliveries", Tag: tag, Summary: "List an endpoint's deliveries", Action: ActionView, Errors: []string{"forbidden"},
		Description: "The newest first.",
	}, s.deliveriesHTTP)
	web.Op(m, web.Operation{
		ID: "getDelivery", Method: "GET", Path: "/v1/deliveries/{delivery}", Tag: tag, Summary: "Read a delivery with its attempts", Action: ActionView, Errors: []string{"forbidden"},
		Description: "What was sent, every request, and what came back.",
	}, func(ctx context.Context, in *DeliveryPath) (*shownOut, error) {
		got, err := s.Show(ctx, access.By(ctx), in.Delivery)
		return &shownOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "replayDelivery", Method: "POST", Path: "/v1/deliveries/{delivery}/replay", Tag: tag, Summary: "Send a delivery again", Status: 202,
		Description: "With the same id, so that a receiver which remembers ids is not told twice. It gets all its attempts anew.",
		Action:      ActionReplay, Errors: []string{"forbidden", "webhook_endpoint_disabled", "webhook_event_gone"},
	}, func(ctx context.Context, in *DeliveryPath) (*deliveryOut, error) {
		got, err := s.Replay(ctx, access.By(ctx), in.Delivery)
		return &deliveryOut{Body: got}, err
	})
}

func (s *Service) mountTest(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "testWebhookEndpoint", Method: "POST", Path: "/v1/webhook-endpoints/{webhook_endpoint}/test", Tag: tag, Summary: "Send a made-up event", Status: 202,
		Description: "It says \"test\": true, and is delivered, recorded and repeated like any other, whatever the endpoint subscribes to. No account's log has it. Read the delivery to see what came back.",
		Action:      ActionManage, Errors: []string{"forbidden", "webhook_test_invalid", "webhook_endpoint_disabled", "catalog_missing"},
	}, func(ctx context.Context, in *testIn) (*testOut, error) {
		d, err := s.Test(ctx, access.By(ctx), in.Endpoint, in.Body)
		return &testOut{Location: "/v1/deliveries/" + d.ID.String(), Body: d}, err
	})
}

func (s *Service) mountBackfill(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "backfillWebhookEndpoint", Method: "POST", Path: "/v1/webhook-endpoints/{webhook_endpoint}/backfill", Tag: tag, Summary: "Send past events to an endpoint", Status: 202,
		Description: "The events of one account's log behind a number, as far as the endpoint's subscriptions name them: those that it never got, because it is new or they went to another endpoint, and those it got, again with the same id. " +
			"One call looks at 2,000 events; repeat it with after= next while more is true, and stop when you like.",
		Action: ActionReplay, Errors: []string{"forbidden", "account_required", "webhook_endpoint_disabled", "catalog_missing", "event_cursor_expired"},
	}, func(ctx context.Context, in *backfillIn) (*backfillOut, error) {
		got, err := s.Backfill(ctx, access.By(ctx), in.Endpoint, in.Body)
		return &backfillOut{Body: got}, err
	})
}

func (s *Service) deliveriesHTTP(ctx context.Context, in *deliveriesIn) (*web.PageOut[Delivery], error) {
	before, _, err := web.After[int64](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	f := Filter{Endpoint: in.Endpoint, State: in.State, Type: in.Type, From: in.From, To: in.To, Before: before, Limit: in.Limit + 1}
	if in.Event != "" {
		f.Event = -1
		if id, err := ident.Parse[event.Event](in.Event); err == nil {
			f.Event = id.Number()
		}
	}
	got, err := s.Deliveries(ctx, access.By(ctx), f)
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, got, in.Limit, func(d Delivery) int64 { return d.d })
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	inv, con := problem.KindInvalid, problem.KindConflict
	return []problem.Declared{
		{Code: "destination_parameter", Kind: inv, Cause: "The address of a message broker does not say where in it messages go, or says something that this kind of broker does not know.", Remedy: "Compare the address with the table under Message brokers in the guide for developers."},
		{Code: "webhook_endpoint_invalid", Kind: inv, Cause: "A part of the endpoint breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "webhook_template_invalid", Kind: inv, Cause: "The endpoint's template of the body makes no JSON of an event; errors says where in the template and why.", Remedy: "Correct the template, or subscribe to other types of events."},
		{Code: "webhook_endpoint_limit", Kind: con, Cause: "The application or grant has as many endpoints as it may have.", Remedy: "Delete one that is not needed any more."},
		{Code: "webhook_endpoint_disabled", Kind: con, Cause: "The endpoint is disabled.", Remedy: "Enable it first."},
		{Code: "webhook_owner", Kind: inv, Cause: "The grant is a person's; installations, private integrations and service tokens have webhooks.", Remedy: "Use a grant of one of these."},
		{Code: "webhook_owner_ended", Kind: con, Cause: "The integration was removed.", Remedy: "Install it again."},
		{Code: "webhook_changed", Kind: con, Cause: "The endpoint changed meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "webhook_secrets", Kind: con, Cause: "Five secrets sign already.", Remedy: "Wait until one ends."},
		{Code: "webhook_subscription_invalid", Kind: inv, Cause: "A part of the subscription breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "webhook_subscription_limit", Kind: con, Cause: "The endpoint has as many subscriptions as it may have.", Remedy: "Let one of them name more types."},
		{Code: "webhook_kept", Kind: con, Cause: "The endpoint belongs to the configuration of an integration.", Remedy: "Change it in that configuration."},
		{Code: "webhook_replay_invalid", Kind: inv, Cause: "The replay names deliveries that still wait, or a time that ends before it begins.", Remedy: "Choose delivered, exhausted or dropped, and another time."},
		{Code: "webhook_test_invalid", Kind: inv, Cause: "A part of the made-up event breaks a rule or the schema of its type; errors says which.", Remedy: "Correct the parts that errors names, or leave data out."},
		{Code: "webhook_event_gone", Kind: con, Cause: "The event is older than the log keeps events.", Remedy: "Nothing: its content is not there any more."},
	}
}
