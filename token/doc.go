// Package token owns tokens: secrets that open a grant.
//
//	active → retiring → expired;  retiring → active (cancelled)
//	active | retiring → disabled (for disuse) → active | expired
//	active | retiring | disabled → revoked
//
// The secret is shown once; the keyed digest is its only trace. Authenticate is
// the hot path: checksum first, so that garbage never reaches a lookup, then a
// bounded map in memory, filled from one read. Every change of a token, grant,
// application, group, account or key drops what depends on it, on this node in
// the commit and on all nodes within a second.
//
// Static tokens, which live for long, are rotated with overlap, watched for
// disuse and age by their account's policy, and have their own last use and
// counts of calls.
//
// Tables: token_token, token_policy, token_product.
package token
