package identity

import "github.com/guestright/guestright/kit/problem"

// The answers that do not depend on the case, so that cases cannot be told apart.
var (
	errSignIn     = problem.Unauthenticated("sign_in_failed", "Address or password is wrong.")
	errUnverified = problem.Forbidden("email_unverified", "Prove your address first: open the link that we mailed you, or ask for a new one.")
	errSecond     = problem.Unauthenticated("second_factor_required", "Enter the code from your authenticator app, or a recovery code.")
	errCode       = problem.Unauthenticated("second_factor_wrong", "This code is wrong or has been used already. Wait for the next one.")
	errLink       = problem.Invalid("link_invalid", "This link has been used or has expired. Ask for a new one.")
	errSession    = problem.Unauthenticated("unauthenticated", "Sign in first.")
	errFresh      = problem.Forbidden("fresh_sign_in_required", "This needs a recent sign-in. Confirm that it is you, then try again.")
	errForm       = problem.Forbidden("form_expired", "This form has been sent already or is too old. Load the page again.")
)

// Declared lists the codes of this package.
func Declared() []problem.Declared {
	inv, con := problem.KindInvalid, problem.KindConflict
	return []problem.Declared{
		{Code: "sign_in_failed", Kind: problem.KindUnauthenticated, Cause: "The address or the password is wrong, or nobody has that address.", Remedy: "Check both, or reset the password."},
		{Code: "email_unverified", Kind: problem.KindForbidden, Cause: "The address of the person has not been proven.", Remedy: "Open the link in the mail, or ask for a new one."},
		{Code: "second_factor_required", Kind: problem.KindUnauthenticated, Cause: "The person uses an authenticator app and gave no code.", Remedy: "Send the code along."},
		{Code: "second_factor_wrong", Kind: problem.KindUnauthenticated, Cause: "The code is wrong or was used before.", Remedy: "Wait for the next code."},
		{Code: "too_many_attempts", Kind: problem.KindLimited, Cause: "Too many attempts for one person or from one network.", Remedy: "Wait as long as Retry-After says."},
		{Code: "busy", Kind: problem.KindUnavailable, Cause: "Too many people sign in at this moment.", Remedy: "Try again after the time in Retry-After."},
		{Code: "link_invalid", Kind: inv, Cause: "The link was used, replaced by a newer one, or has expired.", Remedy: "Ask for a new one."},
		{Code: "sign_up_invalid", Kind: inv, Cause: "The sign-up breaks rules; errors lists each part.", Remedy: "Correct the parts that errors names."},
		{Code: "terms_outdated", Kind: con, Cause: "Another version of the terms is in force.", Remedy: "Read and accept the present version."},
		{Code: "password_invalid", Kind: inv, Cause: "The new password breaks a rule.", Remedy: "Choose another."},
		{Code: "profile_invalid", Kind: inv, Cause: "Name or company breaks a rule.", Remedy: "Correct the parts that errors names."},
		{Code: "email_invalid", Kind: inv, Cause: "The new address cannot be used.", Remedy: "Give another address."},
		{Code: "user_changed", Kind: con, Cause: "The person's data changed at the same time.", Remedy: "Load it again and repeat the change."},
		{Code: "session_required", Kind: problem.KindForbidden, Cause: "Only the person in a signed-in browser may do this.", Remedy: "Sign in with a browser."},
		{Code: "fresh_sign_in_required", Kind: problem.KindForbidden, Cause: "The sign-in is too long ago for this change.", Remedy: "Confirm the password or a passkey, then repeat."},
		{Code: "totp_enrolled", Kind: con, Cause: "An authenticator app is in use already.", Remedy: "Remove it first."},
		{Code: "totp_not_begun", Kind: con, Cause: "No secret was taken into an app yet.", Remedy: "Begin first."},
		{Code: "totp_absent", Kind: con, Cause: "No authenticator app is in use.", Remedy: "Add one first."},
		{Code: "last_credential", Kind: con, Cause: "It is the only way to sign in.", Remedy: "Add a password, a passkey or the provider first."},
		{Code: "exchange_expired", Kind: inv, Cause: "A passkey or provider exchange took too long or was answered before.", Remedy: "Begin again."},
		{Code: "passkey_invalid", Kind: inv, Cause: "The browser's answer could not be verified.", Remedy: "Begin again in a browser on the platform's own address."},
		{Code: "passkey_known", Kind: con, Cause: "The passkey is in use already.", Remedy: "Make another."},
		{Code: "passkey_refused", Kind: problem.KindUnauthenticated, Cause: "The passkey opens nothing here.", Remedy: "Sign in another way."},
		{Code: "too_many_passkeys", Kind: con, Cause: "The person has 20 passkeys.", Remedy: "Remove one first."},
		{Code: "provider_refused", Kind: problem.KindUnauthenticated, Cause: "The sign-in at the operator's provider was not completed or its answer is not valid.", Remedy: "Begin again."},
		{Code: "provider_unavailable", Kind: problem.KindUnavailable, Cause: "The operator's provider can't be reached.", Remedy: "Try again, or sign in another way."},
		{Code: "provider_email_unverified", Kind: problem.KindForbidden, Cause: "The provider gives no proven address for somebody new.", Remedy: "Sign up first, then link the provider."},
		{Code: "identity_not_linked", Kind: con, Cause: "The provider's address belongs to somebody here who has not linked the provider.", Remedy: "Sign in as before and link the provider."},
		{Code: "identity_linked_elsewhere", Kind: con, Cause: "The provider's account belongs to another person here.", Remedy: "Use the account of the provider that is yours."},
		{Code: "deletion_obstructed", Kind: con, Cause: "Something has to be settled before the account can be deleted; obstacles lists it.", Remedy: "Settle it, then ask again."},
		{Code: "deletion_impossible", Kind: con, Cause: "The deletion was asked for already.", Remedy: "Nothing; sign in to keep the account."},
		{Code: "setup_closed", Kind: problem.KindForbidden, Cause: "The set-up secret is wrong, used or too old, or there is an operator already.", Remedy: "Start the program again for a new secret."},
		{Code: "email_taken", Kind: con, Cause: "Somebody has the address already.", Remedy: "Use another."},
		{Code: "user_closed", Kind: con, Cause: "The person has no active account.", Remedy: "Choose another person."},
		{Code: "last_operator", Kind: con, Cause: "It is the only operator.", Remedy: "Name another first."},
		{Code: "person_invalid", Kind: inv, Cause: "What the product tells about a person breaks a rule.", Remedy: "Correct the parts that errors names."},
		{Code: "person_ambiguous", Kind: con, Cause: "The address belongs to somebody with another key of the product.", Remedy: "Correct the address or the key in the product."},
		{Code: "form_expired", Kind: problem.KindForbidden, Cause: "The form was sent already or is too old.", Remedy: "Load the page again."},
	}
}
