package lint

import (
	"regexp"

	"github.com/guestright/guestright/manifest"
)

func (l *linter) membership() {
	m := l.p.MembershipSync
	if m == nil || m.Parser == nil {
		return
	}
	at, a := "/membershipSync/parser/members", m.Parser.Members
	list, add, remove := l.name("memberArrayPath", "list"), l.name("addMemberArrayPath", "add"), l.name("removeMemberArrayPath", "remove")
	broken := func(at, message, mend string) { l.rule("membership.arrays", at, message, mend) }
	has := struct{ list, add, remove, action, flag bool }{a.List.Present(), a.Add.Present(), a.Remove.Present(), a.Action != nil, a.Item != nil && a.Item.Flag.Present()}
	switch {
	case has.add != has.remove:
		broken(at, "Only one of the two arrays is named.", "Name both, "+add+" and "+remove+".")
	case has.add && has.list:
		broken(at+"/list", "Members come both in one array and in two.", "Keep "+add+" and "+remove+", or "+list+".")
	case has.add && has.action:
		broken(at+"/action", "An action decides for one array, and there are two.", "Leave it out.")
	case has.action && !has.list:
		broken(at+"/action", "There is no array for the action.", "Add "+list+".")
	case has.flag && !has.list:
		broken(at+"/item/flag", "There is no array whose members say whether they belong.", "Add "+list+".")
	case !has.add && !has.list:
		l.lint(manifest.Error, "membership.none", at, "Nothing says where the members are.", "Add "+list+", or "+add+" and "+remove+".")
	case has.list && !has.action && !has.flag:
		l.lint(manifest.Warning, "membership.no-flag", at, "Nothing says whether a member joins or leaves.", "Add "+l.name("booleanMembershipPath", "item.flag")+" or "+l.name("arrayInclusion", "action")+".")
	case has.action && has.flag:
		l.lint(manifest.Warning, "membership.two-ways", at+"/item/flag", "Both the batch and each member say who belongs; the batch counts.", "Keep one.")
	}
	if !has.action {
		return
	}
	matcher, err := regexp.Compile(a.Action.Matcher)
	if err != nil {
		return
	}
	for _, word := range []string{"remove", "removed", "remove_members", "delete", "deleted", "exit", "exited", "leave", "left", "unsubscribe", "unadd"} {
		if matcher.MatchString(word) {
			l.lint(manifest.Warning, "membership.matches-remove", at+"/action/matcher", "The pattern also finds "+word+", so a removal would add.", "Anchor it, for example ^add$.")
			return
		}
	}
}
