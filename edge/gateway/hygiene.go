package gateway

import "github.com/guestright/guestright/edge/gateway/strict"

// hygiene: the product must see neither the client's credential nor any header
// by which it could be made to believe something that we did not say.
var hygiene = &strict.Hygiene{Credentials: true}
