package integration

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "already_installed", Kind: con, Cause: "The application is installed in the account; installation names it.", Remedy: "Use that installation, or remove it first."},
		{Code: "installation_changed", Kind: con, Cause: "Somebody else changed the installation meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "installation_removed", Kind: con, Cause: "The installation was removed.", Remedy: "Restore it within 30 days, or install anew."},
		{Code: "installation_not_removed", Kind: con, Cause: "The installation is there.", Remedy: "Nothing needs to be done."},
		{Code: "installation_not_blocked", Kind: con, Cause: "It is not blocked from this side.", Remedy: "Look at its state: another side may block it."},
		{Code: "installation_not_failed", Kind: con, Cause: "Setting it up has not failed.", Remedy: "Nothing needs to be tried again."},
		{Code: "nothing_newer", Kind: con, Cause: "The newest version is installed.", Remedy: "Nothing needs to be done."},
		{Code: "application_unverified_many", Kind: problem.KindConflict, Cause: "Nobody has verified the application, and as many customers have it as the operator allows without.", Remedy: "Its developers ask the operator for verification; they were told."},
		{Code: "application_unverified", Kind: problem.KindForbidden, Cause: "The application, or what it asks for, has not been verified: only members of its own developer group may use it, in the group's sandbox accounts.", Remedy: "Its developers ask the operator for verification."},
		{Code: "restore_too_late", Kind: con, Cause: "It was removed more than 30 days ago.", Remedy: "Install the application anew."},
		{Code: "until_invalid", Kind: inv, Cause: "The end of the unavailability has passed.", Remedy: "Choose a time to come."},
		{Code: "delegation_invalid", Kind: inv, Cause: "End-user access is off, consent or trusted.", Remedy: "Choose one of the three."},
		{Code: "updates_invalid", Kind: inv, Cause: "New versions ask, or are taken when they add nothing but low risk.", Remedy: "Choose ask or low_risk."},
		{Code: "role_too_broad", Kind: inv, Cause: "The role can give rights to others or may do everything in the account.", Remedy: "Let a role with exactly what is needed be made, or ask the operator for an exception."},
		{Code: "user_name_invalid", Kind: inv, Cause: "The name of the integration user is too long.", Remedy: "Use at most 200 characters."},
		{Code: "app_not_installed", Kind: problem.KindForbidden, Cause: "The application is not installed in this account.", Remedy: "Its administrator installs it with the application ID."},
		{Code: "account_required", Kind: inv, Cause: "The application is installed in several accounts.", Remedy: "Say which one with account_id."},
		{Code: "product_unreachable", Kind: problem.KindUnavailable, Cause: "The product's provisioning hook does not answer.", Remedy: "It is tried again; look at the product."},
		{Code: "product_refused", Kind: problem.KindUnavailable, Cause: "The product's provisioning hook refused or gave no user.", Remedy: "It is tried again; look at the product's log."},
	}
}
