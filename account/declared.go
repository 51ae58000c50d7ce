package account

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	inv := problem.KindInvalid
	return []problem.Declared{
		{Code: "account_invalid", Kind: inv, Cause: "The account breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "account_unknown", Kind: inv, Cause: "No account has this key.", Remedy: "Send the account first."},
		{Code: "account_already_closed", Kind: problem.KindConflict, Cause: "The account is closed.", Remedy: "Nothing needs to be done."},
		{Code: "account_role_invalid", Kind: inv, Cause: "People of an account are admin, member or reader.", Remedy: "Choose one of the three."},
		{Code: "account_is_sandbox", Kind: inv, Cause: "Developers made this account as a sandbox of theirs; it never becomes a customer's.", Remedy: "Leave out kind and group, or choose another key."},
		{Code: "parent_unknown", Kind: inv, Cause: "No account has the parent's key.", Remedy: "Send the parent first."},
		{Code: "parent_is_child", Kind: inv, Cause: "Accounts have two levels only: parents and children.", Remedy: "Choose a parent without a parent, for an account without children."},
		{Code: "sync_person_invalid", Kind: inv, Cause: "The person's key, address or name breaks a rule.", Remedy: "Correct the parts that errors names."},
		{Code: "people_unavailable", Kind: problem.KindUnavailable, Cause: "People cannot be kept at the moment.", Remedy: "Try again later."},
		{Code: "member_invalid", Kind: inv, Cause: "The person or one of the roles is not known here.", Remedy: "Send people and roles before members."},
		{Code: "role_invalid", Kind: inv, Cause: "A role's key, name or policy breaks a rule.", Remedy: "Correct the parts that errors names."},
		{Code: "policy_invalid", Kind: inv, Cause: "The policy has faults.", Remedy: "Correct the statements that errors names."},
		{Code: "sync_invalid", Kind: inv, Cause: "The call has no items or more than 1,000.", Remedy: "Send it in parts."},
		{Code: "resources_invalid", Kind: inv, Cause: "A resource cannot be read, or there are more than 1,000.", Remedy: "Correct the parts that errors names."},
	}
}
