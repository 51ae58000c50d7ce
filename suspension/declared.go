package suspension

import "github.com/guestright/guestright/kit/problem"

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "suspension_invalid", Kind: problem.KindInvalid, Cause: "What was asked for is not complete.", Remedy: "Mend the fields that the answer names."},
		{Code: "suspension_open", Kind: problem.KindConflict, Cause: "It is suspended already.", Remedy: "Go on with the suspension that the answer names."},
		{Code: "suspension_over", Kind: problem.KindConflict, Cause: "The suspension has been lifted.", Remedy: "Begin a new one."},
		{Code: "suspension_whole", Kind: problem.KindConflict, Cause: "A family of tokens can't thaw in steps.", Remedy: "Lift the suspension, or suspend the application instead."},
		{Code: "suspension_changed", Kind: problem.KindConflict, Cause: "Somebody changed the suspension meanwhile.", Remedy: "Load it again."},
	}
}
