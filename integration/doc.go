// Package integration owns installations: this application, installed in this
// account by that account's administrator, with this grant.
//
//	pending → failed (the product did not create the integration user) → pending
//	pending → active ⇄ unavailable (the administrator's switch, with an end)
//	active ⇄ blocked_by_developer;  active ⇄ blocked_by_operator
//	active ⇄ blocked_by_account (a rule of the account or of its parent)
//	any → removed → (restore within 30 days) active
//
// Several of these can hold at once; the state shown is the strongest: removed,
// then blocked by the operator, by the developer, by the account's rules, unavailable,
// failed, pending. Whatever it is, the installation's grant says the same to callers.
//
// Tables: integration_installation.
package integration
