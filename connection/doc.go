// Package connection connects configurations with the partner's service, where a
// package asks for it: an administrator consents there, as the OAuth client of which
// we keep the tokens.
//
//	none ──Connect, at the partner's and back──▶ connected ──Disconnect──▶ none
//	connected ──the partner refuses a refresh, or a token ended without one──▶ reconnect
//	reconnect ──Connect──▶ connected
//
// The application's developer says where the partner's authorization and token
// endpoints are and what our client is there. Tokens are sealed, and refreshed before
// they end, by a job whose lane is the connection: one node does it, once. A
// configuration that needs a connection is not complete without one.
//
// Tables: connection_partner, connection_connection, connection_way.
package connection
