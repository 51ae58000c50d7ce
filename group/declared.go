package group

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "group_name_invalid", Kind: problem.KindInvalid, Cause: "The name breaks a rule; errors says which.", Remedy: "Choose another name."},
		{Code: "group_not_active", Kind: problem.KindConflict, Cause: "The group is archived or suspended.", Remedy: "Restore it first, or wait until the operator reinstates it."},
		{Code: "group_not_archived", Kind: problem.KindConflict, Cause: "The group is not archived.", Remedy: "Nothing needs to be done."},
		{Code: "group_not_suspended", Kind: problem.KindConflict, Cause: "The group is not suspended.", Remedy: "Nothing needs to be done."},
		{Code: "group_in_use", Kind: problem.KindConflict, Cause: "The group still owns what owns lists.", Remedy: "Move or delete it first."},
		{Code: "group_changed", Kind: problem.KindConflict, Cause: "Somebody else changed the group meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "group_suspended", Kind: problem.KindForbidden, Cause: "The operator suspended the group that owns the application.", Remedy: "The group's owner asks the operator."},
		{Code: "group_archived", Kind: problem.KindConflict, Cause: "The group is archived.", Remedy: "Restore it first."},
		{Code: "group_role_invalid", Kind: problem.KindInvalid, Cause: "Members are admin or member.", Remedy: "Choose one of the two; ownership moves by transfer."},
		{Code: "last_administrator", Kind: problem.KindConflict, Cause: "The owner would leave or lose the role, and a group never loses its last administrator.", Remedy: "Transfer the ownership first."},
		{Code: "own_role", Kind: problem.KindForbidden, Cause: "Nobody changes their own role.", Remedy: "Ask another administrator of the group."},
		{Code: "user_unknown", Kind: problem.KindInvalid, Cause: "Nobody has signed up with this address.", Remedy: "Ask the person to sign up first."},
		{Code: "already_member", Kind: problem.KindConflict, Cause: "The person is in the group already.", Remedy: "Change the role instead."},
		{Code: "second_person_missing", Kind: problem.KindConflict, Cause: "The group has one administrator only, so that nobody else could confirm.", Remedy: "Make another member an administrator first."},
		{Code: "already_owner", Kind: problem.KindConflict, Cause: "The person owns the group already.", Remedy: "Nothing needs to be done."},
	}
}
