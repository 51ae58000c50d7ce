package gateway

import "github.com/guestright/guestright/edge/gateway/strict"

// Hygiene: the product must see neither the client's credential nor any header
// by which it could be made to believe something that we did not say. X-Simulate
// and DPoP are words between caller and gateway.
var Hygiene = &strict.Hygiene{Credentials: true, Also: []string{"x-simulate", "dpop"}}
