// Package webhook verifies the deliveries that Guestright sends to an endpoint, and hands them to a function.
//
// Deliveries follow Standard Webhooks (https://www.standardwebhooks.com): the headers Webhook-Id, Webhook-Timestamp and
// Webhook-Signature sign the body as it was sent, with HMAC-SHA256 under the endpoint's own secret ("v1") and with
// Ed25519 under a key that Guestright publishes ("v1a"). Either proves who sent it.
//
//	v := &webhook.Verifier{Secrets: []string{os.Getenv("WEBHOOK_SECRET")}}
//	http.Handle("POST /hooks", v.Handler(func(ctx context.Context, m webhook.Message) error {
//		return work(ctx, m.ID, m.Body) // an error is answered with 500 and the delivery comes again
//	}))
//
// A delivery may come more than once, always with the same ID: work on an ID once. It comes again until the endpoint
// answers with 2xx within 15 seconds, so put long work aside and answer.
package webhook
