package identity

import (
	"slices"
	"time"
)

const (
	// Header is the name of the request header that carries the signed identity.
	Header = "Guestright-Identity"
	// Type is the JOSE "typ" of the identity (RFC 8725 section 3.11: explicit typing keeps other tokens of the same
	// issuer from being taken for it).
	Type = "gr-identity+jwt"
	// Lifetime is the longest time between "iat" and "exp" that is accepted.
	Lifetime = 60 * time.Second
)

// Identity is what Guestright vouches for about one request. Fields that don't apply to the kind of grant are empty:
// a private integration has no Application, a personal token neither Application nor Installation.
type Identity struct {
	// Account is the product's own key of the account that the call may touch.
	Account string
	// AccountID is Guestright's id of the same account.
	AccountID string
	// Application is the id of the third party's application.
	Application string
	// Installation is the id of the application's installation in the account.
	Installation string
	// Grant is the id of the grant under which the call was allowed.
	Grant string
	// Subject is the product's key of the integration user, or of the user on whose behalf the call is made.
	Subject string
	// Actor is the kind of Subject, such as "integration" or "user".
	Actor string
	// Scopes are the scopes of the grant, sorted as Guestright sent them.
	Scopes []string
	// Decision is the id under which Guestright recorded why the call was allowed.
	Decision string
	// ID is unique for each signed identity.
	ID string
	// Issued and Expires are in UTC and whole seconds.
	Issued, Expires time.Time
}

// Has reports whether the grant carries the scope.
func (i Identity) Has(scope string) bool { return slices.Contains(i.Scopes, scope) }
