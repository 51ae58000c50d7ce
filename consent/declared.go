package consent

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	forbidden, con := problem.KindForbidden, problem.KindConflict
	return []problem.Declared{
		{Code: "delegation_off", Kind: forbidden, Cause: "The account's administrator has not allowed the application to act for people.", Remedy: "Ask them to set end-user access of the installation to consent or trusted."},
		{Code: "scope_too_small", Kind: problem.KindInvalid, Cause: "Fewer scopes are asked for than the version requires; missing lists them.", Remedy: "Add them to the authorization request."},
		{Code: "role_required", Kind: forbidden, Cause: "The person's roles in the product do not let them approve the application or one of its scopes; roles lists those that do.", Remedy: "Ask an administrator of the account."},
		{Code: "consent_over", Kind: con, Cause: "The consent was revoked or has ended.", Remedy: "Nothing needs to be done."},
		{Code: "consent_changed", Kind: con, Cause: "The consent changed meanwhile.", Remedy: "Read it again and repeat the change."},
	}
}
