// Package events follows the events of an account over a connection that goes out from here, so that nothing of yours
// has to be reachable from outside. It is for programs that may not or need not have a webhook endpoint.
//
//	f := &events.Follower{URL: "https://integrations.example.com", Token: os.Getenv("TOKEN"), Types: []string{"order.*"}}
//	last, err := f.Follow(ctx, last, func(ctx context.Context, e events.Event) error {
//		return work(ctx, e.ID, e.Body) // an error ends Follow
//	})
//
// Every event comes once, in the order of its number, whatever happens to the connection: keep the number of the last
// one that you are done with, and go on behind it. After a crash the one that you were at comes again, with the same ID.
package events
