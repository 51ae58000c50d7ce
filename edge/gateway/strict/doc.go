// Package strict judges a request before anything is decided about it, and
// cleans the header before it is forwarded.
//
// A gateway is broken when it decides on one path and the product serves
// another. So ambiguous requests are refused, not repaired: dot segments in
// any encoding, empty segments, encoded slashes, backslashes, path parameters
// (";"), fragments, control bytes, malformed or double percent-encoding,
// overlong UTF-8. What passes has one canonical form (RFC 3986 6.2.2), and
// that form is both decided on and forwarded.
//
// The cases are those of published bypasses in other gateways, among them
// CVE-2026-33494 (Oathkeeper), CVE-2021-29492 (Envoy), CVE-2026-48020
// (Traefik) and GO-2026-4538 (Caddy).
package strict
