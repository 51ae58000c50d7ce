package identity

import "context"

type sessionKey struct{}

// With puts the session into a context, beside the principal; for doors only.
func With(ctx context.Context, at Session) context.Context {
	return context.WithValue(ctx, sessionKey{}, at)
}

// At takes the session that a door put into the context; zero when the caller
// came by a token or not at all.
func At(ctx context.Context) Session {
	at, _ := ctx.Value(sessionKey{}).(Session)
	return at
}
