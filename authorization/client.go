package authorization

import (
	"context"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/registration"
)

// Client is an application that has shown who it is.
type Client struct {
	ID       string // the client_id that it used
	App      application.Application
	Settings application.Client
	Key      application.Key // zero when it came without a secret
}

// Credentials are what a client shows at our endpoints.
type Credentials struct {
	ClientID  string
	Secret    secret.Text // zero: none
	Assertion string      // private_key_jwt, "" for none
}

// Clients authenticates clients.
type Clients struct {
	DB        *store.DB
	Secrets   *application.Authenticator
	Apps      *application.Service
	Registry  *registration.Service
	Audiences []string         // what an assertion may be for
	Outbound  *outbound.Client // for key sets of clients; nil: none is fetched
	// Once notes that something was shown; an error when it was before.
	Once func(ctx context.Context, what string, until time.Time) error

	sets keySets
}

var errClient = problem.Unauthenticated("invalid_client", "The client id or secret is wrong, or the key has ended.")

// Authenticate finds the client that the credentials name: by its secret, by an
// assertion, or a public client by its name. Each client has one way of its own.
// Errors: Unauthenticated `invalid_client`; Forbidden when the application is
// stopped; Unavailable when it cannot be told.
func (c *Clients) Authenticate(ctx context.Context, k Credentials) (*Client, error) {
	switch {
	case k.Assertion != "":
		return c.assert(ctx, k)
	case k.Secret.IsZero():
		return c.public(ctx, k.ClientID)
	}
	known, err := c.Secrets.Authenticate(ctx, k.ClientID, k.Secret)
	if err != nil {
		return nil, err
	}
	switch known.Client.AuthMethod {
	case application.AuthJWT:
		return nil, problem.Unauthenticated("invalid_client", "This client authenticates with private_key_jwt.")
	case application.AuthNone:
		return nil, problem.Unauthenticated("invalid_client", "This client is public: it has no secret.")
	}
	return &Client{ID: k.ClientID, App: known.Application, Settings: known.Client, Key: known.Key}, nil
}

// named finds a client by its name, without authenticating.
func (c *Clients) named(ctx context.Context, id string) (*Client, error) {
	out := &Client{ID: id}
	if c.Registry != nil {
		err := c.Registry.Known(ctx, id)
		if problem.CodeOf(err) == "client_unknown" {
			err = errClient.Because(err)
		}
		if err != nil {
			return nil, err
		}
	}
	err := c.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out.App, out.Settings, err = c.Apps.ClientOf(tx, id)
		return err
	})
	return out, err
}

func (c *Clients) public(ctx context.Context, id string) (*Client, error) {
	got, err := c.named(ctx, id)
	if err != nil {
		return nil, err
	}
	if !got.Settings.Public {
		return nil, problem.Unauthenticated("invalid_client", "This client is not public: it has to authenticate.")
	}
	return got, nil
}
