package private

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "private_integration_invalid", Kind: inv, Cause: "A field of the private integration breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "private_integration_changed", Kind: con, Cause: "Somebody else changed the private integration meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "private_integration_deleted", Kind: con, Cause: "The private integration was deleted.", Remedy: "Undo the deletion within 30 days, or create it anew."},
		{Code: "private_integration_not_deleted", Kind: con, Cause: "The private integration is there.", Remedy: "Nothing needs to be done."},
		{Code: "private_integration_not_blocked", Kind: con, Cause: "The operator has not stopped the private integration.", Remedy: "Nothing needs to be done."},
		{Code: "private_integration_limit", Kind: con, Cause: "The account has as many private integrations as it may have.", Remedy: "Delete those that are not needed any more."},
		{Code: "token_still_live", Kind: con, Cause: "The private integration has a token that works.", Remedy: "Rotate that token."},
		{Code: "own_permission", Kind: problem.KindForbidden, Cause: "You tried to change what you yourself may do.", Remedy: "Ask another administrator."},
		{Code: "permission_not_held", Kind: problem.KindForbidden, Cause: "You tried to give a right that you do not have.", Remedy: "Ask somebody who has it."},
		{Code: "permission_invalid", Kind: inv, Cause: "The account has no child accounts.", Remedy: "Set manage_children in the parent account."},
	}
}
