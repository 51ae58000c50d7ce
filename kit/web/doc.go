// Package web is the house's side of HTTP. It knows none of our nouns.
//
// A slice registers typed operations with Op on a Mux; the Mux serves them,
// refuses what is malformed before the operation sees it, and describes them as
// OpenAPI 3.1 at /openapi.json. NewDoor wraps any handler with what every
// request needs: a request id, one log line, recovery from panics, the host
// allow list and the client's address. NewServer and Serve run a listener.
//
// # Errors
//
// Every failure is a problem document (RFC 9457). Kind becomes a status here
// and nowhere else. Documents never repeat what the caller sent: neither values
// nor odd member names. Errors that are not a problem.Error become Internal;
// their cause goes to the log line of the request and nowhere else.
//
// # Idempotency
//
// An operation with Creates accepts Idempotency-Key
// (draft-ietf-httpapi-idempotency-key-header-07). The key is claimed in the
// database before the operation runs and the sealed answer is stored after it.
// A repeat with the same body gets the stored answer, one with another body is
// refused, one that arrives while the first still runs is told to wait. When the
// operation fails before it commits, the key is free again. When the process
// dies between the operation's commit and the storing of the answer, or the
// operation fails in a way that leaves its outcome open, the key stays claimed
// and later repeats are told that the outcome is unknown: nothing is ever done
// twice for one key, and the client looks before it tries again with a new key.
// Keys are forgotten after a day. Callers without an identity have no keys.
package web
