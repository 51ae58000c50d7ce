package upstream

import "context"

// observedKey carries an observed through net/http's proxy.
type observedKey struct{}

func with(ctx context.Context, seen *observed) context.Context {
	return context.WithValue(ctx, observedKey{}, seen)
}

func from(ctx context.Context) *observed {
	if seen, ok := ctx.Value(observedKey{}).(*observed); ok {
		return seen
	}
	return &observed{out: &Outgoing{}}
}
