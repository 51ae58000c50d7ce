package access

import "context"

type contextKey struct{}

// With puts the principal into a context. It is for doors only, between authentication and the handler; operations get
// the principal as an argument.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// By takes the principal that a door put into the context; anonymous when there is none.
func By(ctx context.Context) Principal {
	if p, ok := ctx.Value(contextKey{}).(Principal); ok {
		return p
	}
	return Principal{Kind: KindAnonymous}
}
