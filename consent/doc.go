// Package consent owns consents: this application acts as this signed-in person
// in this account, within these scopes. What its tokens may do is bounded three
// times: by the scopes, by what the account's administrator approved for the
// installation, and by the roles that the person holds at the time of each call.
//
//	active → revoked (by the person or the account's administrator)
//	active → ended (the application was removed from the account)
//
// Every consent has one grant of kind consent. An installation that does not let
// people be represented (delegation off), that is switched off or blocked,
// suspends it; one that trusts the application spares people the question, and
// leaves an audit entry instead.
//
// Tables: consent_consent.
package consent
