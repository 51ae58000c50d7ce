// Package membership executes membership syncs: a partner posts who joined or left
// an audience, in a form of its own, and the product fills what it has for such
// audiences: segments, groups, contact lists.
//
//	call ──no token──▶ 401 ──no such integration──▶ 404 ──too many──▶ 429
//	  ├──cannot be read, or no place that an administrator chose──▶ 400
//	  ├──the token may not write the segment──▶ 403
//	  ├──another call writes the cohort──▶ 409
//	  └──staged in pieces, then in force at once ──▶ 204 ──▶ task membership.change of the product
//
// A cohort has a version, and each entry of a member the version with which it
// joined or left. What a call brings is written under the next version, which
// counts nothing until one small transaction raises the cohorts of the call
// together: a reader sees all of a call or nothing, however long it is. What
// members already are is not written again, so that the same batch again changes
// nothing.
//
// Tables: membership_cohort, membership_member, membership_call.
package membership
