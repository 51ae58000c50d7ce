package console

import (
	"context"

	"github.com/guestright/guestright/kit/secret"
)

// People is what the console asks of identity.
type People struct {
	// Session reads who holds the secret. Errors: Unauthenticated.
	Session func(ctx context.Context, held secret.Text) (Session, error)
	// SignIn begins a new session. Errors: Unauthenticated `sign_in_failed`, Limited.
	SignIn func(ctx context.Context, email string, password secret.Text) (secret.Text, error)
	// SignOut ends the session of the secret.
	SignOut func(ctx context.Context, held secret.Text) error
}
