// Package token owns tokens: secrets that open a grant.
//
//	active → retiring → expired;  active | retiring → revoked
//
// The secret is shown once; the keyed digest is its only trace. Authenticate is
// the hot path: checksum first, so that garbage never reaches a lookup, then a
// bounded map in memory, filled from one read. Every change of a token, grant,
// application, group, account or key drops what depends on it, on this node in
// the commit and on all nodes within a second.
//
// Tables: token_token.
package token
