package legacy

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	inv := problem.KindInvalid
	return []problem.Declared{
		{Code: "legacy_import_invalid", Kind: inv, Cause: "Some rows of an import break a rule; errors names row and column. Nothing was imported.", Remedy: "Correct the rows and send all of them again."},
		{Code: "legacy_import_unreadable", Kind: inv, Cause: "The file is neither CSV with column names nor JSON lines.", Remedy: "Correct the line that errors names."},
		{Code: "legacy_key_ended", Kind: problem.KindConflict, Cause: "The legacy key has ended or was revoked.", Remedy: "Make a private integration; what ended does not come back."},
		{Code: "legacy_key_turned", Kind: problem.KindConflict, Cause: "A private integration takes the place of the key already; private_integration names it.", Remedy: "Change that one."},
		{Code: "legacy_key_unused", Kind: problem.KindConflict, Cause: "No call of the key has passed in the last 90 days.", Remedy: "Wait for calls, or make a private integration by choosing permissions."},
		{Code: "legacy_key_end_invalid", Kind: inv, Cause: "The end is not within the next two years.", Remedy: "Choose another moment."},
		{Code: "legacy_key_attempts", Kind: problem.KindLimited, Cause: "Too many different wrong keys came from one network.", Remedy: "Wait as long as Retry-After says, and look which program sends wrong keys."},
	}
}
