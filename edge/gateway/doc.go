// Package gateway is the door for third-party calls. One Engine decides: route,
// token, account, scopes and entitlements, limits, in memory. The doors around
// it differ only in what they do with the answer: Proxy forwards to the product,
// Forward answers nginx, Caddy and Traefik, Check answers Envoy.
//
// Ambiguous requests are refused, not cleaned (package strict). What was decided
// on is what is forwarded.
package gateway
