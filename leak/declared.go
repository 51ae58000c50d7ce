package leak

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "leak_reports_many", Kind: problem.KindLimited, Cause: "Many reports of leaked credentials came from one network.", Remedy: "Put several credentials into one report, or wait as long as Retry-After says."},
		{Code: "leak_signature_invalid", Kind: problem.KindUnauthenticated, Cause: "The message is not signed by a key of GitHub's secret scanning.", Remedy: "Report leaked credentials without a signature at reportLeak."},
		{Code: "leak_message_invalid", Kind: problem.KindInvalid, Cause: "The message is not a list of matches, or a very long one.", Remedy: "Send what GitHub's partner programme describes, 10,000 matches at most."},
		{Code: "leak_keys_unavailable", Kind: problem.KindUnavailable, Cause: "GitHub's public keys could not be fetched.", Remedy: "Send the message again later; the operator lets the platform call api.github.com."},
	}
}
