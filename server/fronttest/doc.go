// Package fronttest starts what stands around the house in a deployment: a
// product that records what reaches it, byte for byte, and real nginx and Caddy
// with the configurations of docs/examples in front of the forward-auth
// endpoint. Requests are sent over raw connections, since clients tidy up what
// an attacker would not.
package fronttest
