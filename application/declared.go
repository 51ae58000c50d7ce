package application

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "application_invalid", Kind: inv, Cause: "A field breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "application_exists", Kind: con, Cause: "An application with this ID is there already.", Remedy: "Nothing: use that one."},
		{Code: "application_not_active", Kind: con, Cause: "The application is suspended or about to be deleted.", Remedy: "Take the deletion back, or ask the operator."},
		{Code: "application_not_pending", Kind: con, Cause: "There is no deletion to take back, or its seven days are over.", Remedy: "Register the application anew if it is gone."},
		{Code: "application_not_suspended", Kind: con, Cause: "The application is not suspended.", Remedy: "Nothing needs to be done."},
		{Code: "application_suspended", Kind: problem.KindForbidden, Cause: "The operator suspended the application.", Remedy: "Its developers ask the operator."},
		{Code: "application_deleted", Kind: problem.KindForbidden, Cause: "Its developers deleted the application.", Remedy: "Ask the developers."},
		{Code: "application_installed", Kind: con, Cause: "The application is still installed where installations says.", Remedy: "Uninstall it there, or ask the customers to."},
		{Code: "application_already_there", Kind: con, Cause: "The application is in that group already.", Remedy: "Nothing needs to be done."},
		{Code: "application_changed", Kind: con, Cause: "Somebody else changed the application meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "confirmation_mismatch", Kind: inv, Cause: "The typed name is not the application's.", Remedy: "Type the name exactly."},
		{Code: "client_invalid", Kind: inv, Cause: "A part of the OAuth settings breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "client_changed", Kind: con, Cause: "Somebody else changed the OAuth settings meanwhile.", Remedy: "Read them again and repeat the change."},
		{Code: "key_invalid", Kind: inv, Cause: "The label or the end of the key breaks a rule.", Remedy: "Correct the parts that errors names."},
		{Code: "key_already_retiring", Kind: con, Cause: "The key is being replaced already.", Remedy: "Rotate its successor."},
		{Code: "key_not_active", Kind: con, Cause: "The key has ended.", Remedy: "Make a new one."},
		{Code: "key_changed", Kind: con, Cause: "Somebody else changed the key meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "overlap_invalid", Kind: inv, Cause: "The overlap is not between 0 and 90 days.", Remedy: "Choose at most 7,776,000 seconds."},
		{Code: "invalid_client", Kind: problem.KindUnauthenticated, Cause: "The client id or secret is wrong, or the key has ended.", Remedy: "Use a key that is active."},
		{Code: "tokens_suspended", Kind: problem.KindForbidden, Cause: "The operator has suspended this kind of the application's tokens.", Remedy: "The application's developers find the reason in Guestright and can answer there."},
		{Code: "tokens_unchanged", Kind: problem.KindConflict, Cause: "These tokens are suspended, or not, already.", Remedy: "Nothing needs to be done."},
	}
}
