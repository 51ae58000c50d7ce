// Package legacy owns what comes to its end: imported keys from before
// Guestright, and the question who still calls deprecated operations and API
// versions.
//
// A legacy key is an opaque key that the product handed out itself. The operator
// imports it, by its SHA-256 or in plain, and it keeps working at the gateway:
// it gets a grant of kind legacy and a token that is known by the key's digest
// only. So it is counted, limited, revoked and audited like any other, and what
// it was seen to use becomes the scopes of a private integration.
//
//	active → ending (with an end date) → ended;  active | ending → revoked
//
// Tables: legacy_key, legacy_noticed.
package legacy
