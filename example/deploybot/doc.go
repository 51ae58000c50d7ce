// Package deploybot is a small integration for Pennant, written as a third party would write one: after a deployment
// it turns a feature flag on, in staging first and then in production.
//
// It shows what a well-behaved client of an API behind Guestright does. It gets its token with client credentials
// (RFC 6749 section 4.4) for one account, asks for a new one once when a token is refused, waits when Retry-After or
// the RateLimit header (draft-ietf-httpapi-ratelimit-headers) say so, changes a flag only in the version it has read,
// and turns a refusal into words that tell the account's administrator what is missing.
package deploybot
