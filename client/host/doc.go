// Package host does for a product what integrations ask of it, through Guestright: turn something on, apply a change that
// was approved, take in members, give a snapshot.
//
//	w := &host.Worker{URL: "https://integrations.example.com", Token: os.Getenv("PRODUCT_KEY"), Handlers: map[string]host.Handler{
//		"trigger.fire": func(ctx context.Context, t host.Task) (any, error) {
//			return nil, turn(ctx, t.AccountKey, t.Subject, t.Data)
//		},
//	}}
//	err := w.Run(ctx)
//
// Run comes for tasks over connections that go out from here. Or let Guestright call: Worker.Serve handles its requests.
//
// A task may come more than once, always with the same ID: do it once, or so that twice is no harm. Tasks with one key come
// one after another.
package host
