package lint

import (
	"regexp"

	"github.com/guestright/guestright/manifest"
)

func (l *linter) approval() {
	a := l.p.ChangeApproval
	if a == nil {
		return
	}
	at := "/changeApproval/calls/"
	if c := a.Calls.Open; c != nil && (c.Parser == nil || !c.Parser.ID.Present()) {
		l.lint(manifest.Warning, "approval.no-id", at+"open", "Nothing says where the answer holds the id of the approval, so later calls cannot name it.", "Add "+l.name("approvalId", "id")+" to the parser.")
	}
	for _, c := range a.Calls.Deciding() {
		p := c.Call.Parser
		if p == nil || c.Name != "open" && c.Name != "status" {
			continue
		}
		approve, err := regexp.Compile(p.Approve)
		if err != nil {
			continue // the pattern itself is reported
		}
		for _, word := range []string{"disapproved", "unapproved", "not approved", "rejected", "declined", "denied"} {
			if approve.MatchString(word) {
				l.lint(manifest.Notice, "approval.loose", at+c.Name+"/parser/approve", "The pattern also finds "+word+".", "Anchor it, for example ^approved$.")
				break
			}
		}
		if p.Reject.Present() && p.Reject.Get() == p.Approve {
			l.lint(manifest.Warning, "approval.same", at+c.Name+"/parser/reject", "The same answer approves and declines; declined wins.", "Use two patterns.")
		}
		if !p.Reject.Present() {
			l.lint(manifest.Notice, "approval.no-reject", at+c.Name+"/parser", "Nothing ever declines: the request stays open until it is withdrawn.", "Add "+l.name("rejectionMatcher", "reject")+".")
		}
	}
}
