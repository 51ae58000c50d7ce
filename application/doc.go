// Package application owns applications and their keys.
//
// An application is what a developer group registers once and customers install
// everywhere by its public ID, which never changes:
//
//	active ⇄ suspended (by the operator)
//	active → deletion_pending → deleted;  deletion_pending → active (undo, in the grace time)
//
// A key is a pair of client id and secret (RFC 6749 section 2.3.1). Several may
// live at once; the secret is shown once and kept only as a keyed digest:
//
//	active → retiring → expired;  active | retiring → revoked
//
// A client is the application as OAuth sees it: where people may be sent back
// to, and how the application proves who it is.
//
// Tables: application_application, application_key, application_client,
// application_hold.
package application
