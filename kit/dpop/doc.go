// Package dpop reads proofs of possession (RFC 9449): JWTs with which a caller
// shows, for one request, that it holds a key. It knows none of our nouns and
// keeps nothing; whether an id was seen before is the caller's business, and
// Memory is one way to know.
package dpop
