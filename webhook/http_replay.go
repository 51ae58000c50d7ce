package webhook

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

// replaysShown is how many replays of an endpoint are listed.
const replaysShown = 20

func (s *Service) mountReplay(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "replayDeliveries", Method: "POST", Path: "/v1/webhook-endpoints/{webhook_endpoint}/replay", Tag: tag, Summary: "Send many deliveries again", Status: 202,
		Description: "Everything that failed, or what is selected by state, type and time, at the pace of the endpoint. Disabling the endpoint holds it up; enabling goes on.",
		Action:      ActionReplay, Errors: []string{"forbidden", "webhook_endpoint_disabled", "webhook_replay_invalid"},
	}, func(ctx context.Context, in *replayIn) (*replayOut, error) {
		r, err := s.ReplayAll(ctx, access.By(ctx), in.Endpoint, in.Body)
		return &replayOut{Body: r}, err
	})
	web.Op(m, web.Operation{
		ID: "listReplays", Method: "GET", Path: "/v1/webhook-endpoints/{webhook_endpoint}/replays", Tag: tag, Summary: "List an endpoint's replays", Action: ActionView, Errors: []string{"forbidden"},
		Description: "The newest twenty, with how far they are. They are kept as long as deliveries.",
	}, func(ctx context.Context, in *EndpointPath) (*replaysOut, error) {
		got, err := s.Replays(ctx, access.By(ctx), in.Endpoint, replaysShown)
		out := &replaysOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getReplay", Method: "GET", Path: "/v1/webhook-replays/{webhook_replay}", Tag: tag, Summary: "See how far a replay is", Action: ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *ReplayPath) (*replayOut, error) {
		r, err := s.GetReplay(ctx, access.By(ctx), in.Replay)
		return &replayOut{Body: r}, err
	})
	web.Op(m, web.Operation{
		ID: "stopReplay", Method: "POST", Path: "/v1/webhook-replays/{webhook_replay}/stop", Tag: tag, Summary: "Stop a replay",
		Description: "What still waits is not sent again. What is on its way already arrives, at most some thousand deliveries.",
		Action:      ActionReplay, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *ReplayPath) (*replayOut, error) {
		r, err := s.StopReplay(ctx, access.By(ctx), in.Replay)
		return &replayOut{Body: r}, err
	})
	web.Op(m, web.Operation{
		ID: "tryWebhookEndpoint", Method: "POST", Path: "/v1/webhook-endpoints/{webhook_endpoint}/try", Tag: tag, Summary: "Try now whether a receiver is back", Status: 202,
		Description: "While the circuit is open, one delivery is sent at once instead of at next_probe. If it arrives, everything that waits follows.",
		Action:      ActionManage, Errors: []string{"forbidden", "webhook_endpoint_disabled"},
	}, func(ctx context.Context, in *EndpointPath) (*struct{}, error) {
		return nil, s.TryNow(ctx, access.By(ctx), in.Endpoint)
	})
}
