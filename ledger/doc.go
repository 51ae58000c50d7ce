// Package ledger tells an account's administrators what integrations did there, so
// that they can show it to an auditor:
//
//	calls       how often each operation was called in a day or an hour, with which
//	            outcome, and by day on which resources
//	change      what changed an integration's rights, tokens and settings, and what it
//	            did in Guestright itself
//	delivery    requests that brought it events, at an address of its own in the account
//
// It counts and stores nothing: calls are those that package usage recorded, changes
// the entries of package audit and the stops of package suspension, deliveries the
// numbers of package webhook. So its figures are what passed through the gateway, and
// each is kept as long as there, no longer; every answer says how long.
//
// Who reads the account's audit log reads its ledger. An export leaves an audit entry.
//
// Calls without a token that is known belong to nobody and are not in it; nor are
// events that an application gets for all of its customers at one address. What was
// sent to an endpoint, and changes of it, go with the endpoint; the audit log keeps
// that it was deleted.
//
// Tables: none.
package ledger
