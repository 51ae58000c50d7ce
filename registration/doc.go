// Package registration lets clients register themselves, where the operator has
// switched it on: by a request (RFC 7591), or by publishing a document at the
// https address that is their client_id (OAuth client ID metadata documents). Both
// are off by default, and held to the domains that the operator lists.
//
// A client that registered itself is an ordinary application of the group that
// the operator names: unverified, with all that follows from it. Nothing that a
// request names is fetched; a document is fetched through kit/outbound only, and
// looked at again after an hour.
//
// It has no tables of its own.
package registration
