package admission

import "github.com/guestright/guestright/kit/problem"

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv, forb := problem.KindConflict, problem.KindInvalid, problem.KindForbidden
	return []problem.Declared{
		{Code: "application_blocked", Kind: forb, Cause: "The account, or its parent, has blocked the application; rule_of_name says which, and reason why.", Remedy: "An administrator of that account takes it off the block-list."},
		{Code: "application_not_allowed", Kind: forb, Cause: "The account, or its parent, lets in only what is on its list; rule_of_name says which.", Remedy: "An administrator of that account puts the application on the list."},
		{Code: "approval_needed", Kind: forb, Cause: "The account, or its parent, lets the application in only after an approval; rule_of_name says which.", Remedy: "Ask for it: POST /v1/accounts/{account}/installation-requests. To give more to what is installed, ask the administrators of that account to list it."},
		{Code: "approval_not_needed", Kind: con, Cause: "Whoever asked may install the application.", Remedy: "Install it."},
		{Code: "already_asked", Kind: con, Cause: "The same person has asked for the application, and nobody has answered yet; request names it.", Remedy: "Wait for the answer."},
		{Code: "installation_requests_many", Kind: con, Cause: "Twenty requests of one person are open in the account.", Remedy: "Wait for answers, or take some back."},
		{Code: "installation_request_closed", Kind: con, Cause: "The request was answered or taken back.", Remedy: "Ask again if it is still wanted."},
		{Code: "own_request", Kind: con, Cause: "Whoever asked wants to approve, and there are other administrators.", Remedy: "Another administrator approves it."},
		{Code: "not_your_request", Kind: forb, Cause: "Only whoever asked takes a request back.", Remedy: "Deny it instead."},
		{Code: "admission_invalid", Kind: inv, Cause: "A part of the rules is not known; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "admission_changed", Kind: con, Cause: "Somebody else changed the rules or the request meanwhile.", Remedy: "Read them again and repeat the change."},
		{Code: "ends_invalid", Kind: inv, Cause: "The end of an installation has passed.", Remedy: "Choose a time to come, or none."},
		{Code: "admission_full", Kind: con, Cause: "The account lists 500 applications.", Remedy: "Take some off the lists."},
	}
}
