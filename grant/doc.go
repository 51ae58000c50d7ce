// Package grant owns grants: who (holder) may do what (scopes, layers of
// policies) in which account, and whose limits pay for it. A token is only a
// key to a grant, so rotating never touches authority, editing scopes never
// touches tokens, and suspending a grant stops every token at once.
//
//	active ⇄ suspended;  active | suspended → ended
//
// Tables: grant_grant.
package grant
