// Package private owns private integrations: an account's own programs that call
// the product with a static token, without an application of a developer. One
// may also act in chosen child accounts of its account.
//
//	active ⇄ paused (by the account);  active ⇄ blocked (by the operator)
//	any → deleted → (undo within 30 days) as before;  deleted → gone
//
// The integration holds one grant, and its tokens open that grant. So editing
// never touches a token, and a change counts from the next call on. Two rights
// tell who may change one: manage_own in its account, manage_children in the
// parent account; a switch for each member can give or take either.
//
// Its webhooks are endpoints of its grant in package webhook; whoever may change
// the integration may change them.
//
// Tables: private_integration, private_permission.
package private
