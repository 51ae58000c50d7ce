// Package authorization owns what happens between a client's question and its
// tokens: the OAuth 2 side of the house (RFC 6749, RFC 9700). The door
// edge/oauth speaks the protocol; what is granted belongs to consent and
// integration.
//
//	request:  pushed → pending → approved | denied;  any → expired by the clock
//	device:   pending → approved | denied → redeemed
//	code:     issued → redeemed → reused
//	family:   live → ended (reused, revoked, recovered)
//
// A request is kept on the server from the first redirect until somebody
// decides, so that it survives any way of signing in. A code is redeemed once;
// its second use ends what the first produced. A family is a line of refresh
// tokens: each use exchanges the token for its successor. For a grace time the
// used token gets the same successor again, so that a client of several
// processes keeps its grant; after it, reuse ends the family. A duplicate that
// was under way before the first use had happened is refused and ends nothing.
//
// Every save names the state it expects: of parallel attempts one wins.
//
// Tables: authorization_request, authorization_code, authorization_family,
// authorization_rotation, authorization_replay, authorization_signing.
package authorization
