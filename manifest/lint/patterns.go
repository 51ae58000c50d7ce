package lint

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest"
)

// text is a member that is a pointer or a pattern, with its place.
type text struct{ at, text string }

type texts []text

func (t *texts) add(at, s string) { *t = append(*t, text{at, s}) }

func (t *texts) opt(at string, s manifest.Opt[string]) {
	if s.Present() {
		t.add(at, s.Get())
	}
}

// pointers: all of them are JSON pointers.
func (l *linter) pointers() {
	for _, p := range l.allPointers() {
		switch {
		case p.text != "" && p.text[0] != '/':
			l.lint(manifest.Error, "pointer.syntax", p.at, "This is no JSON pointer.", "Begin with a slash: "+guess(p.text)+".")
		case badEscape(p.text):
			l.lint(manifest.Error, "pointer.syntax", p.at, "A tilde in a JSON pointer stands before 0 or 1.", "Write ~0 for a tilde and ~1 for a slash.")
		case strings.ContainsAny(p.text, "[]"):
			l.lint(manifest.Warning, "pointer.brackets", p.at, "Brackets are part of a member's name here, not an index.", "Write the index as a step, such as /batch/0/id.")
		}
	}
}

// guess turns the way in which programs name members into a pointer.
func guess(s string) string {
	if len(s) > 60 {
		return "/result/id"
	}
	s = strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(strings.TrimPrefix(s, "$"))
	return "/" + strings.TrimPrefix(s, "/")
}

func badEscape(s string) bool {
	for i := range len(s) {
		if s[i] == '~' && (i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1') {
			return true
		}
	}
	return false
}

func (l *linter) allPointers() texts {
	var t texts
	for _, f := range l.p.AllForms() {
		for i, d := range f.Form {
			if d.Fetch == nil || d.Fetch.Parser == nil {
				continue
			}
			at := index(f.Pointer, i) + "/fetch/parser"
			t.add(at+"/list", d.Fetch.Parser.List)
			if item := d.Fetch.Parser.Item; item != nil {
				t.add(at+"/item/label", item.Label)
				t.add(at+"/item/value", item.Value)
			}
		}
	}
	if a := l.p.InboundTrigger; a != nil && a.Parser != nil {
		t.opt("/inboundTrigger/parser/eventName", a.Parser.EventName)
		t.opt("/inboundTrigger/parser/value", a.Parser.Value)
		t.opt("/inboundTrigger/parser/url", a.Parser.URL)
	}
	if a := l.p.ChangeApproval; a != nil {
		for _, c := range a.Calls.Deciding() {
			if p, at := c.Call.Parser, "/changeApproval/calls/"+c.Name+"/parser"; p != nil {
				t.opt(at+"/id", p.ID)
				t.add(at+"/value", p.Value)
				t.opt(at+"/label", p.Label)
			}
		}
		if d, at := a.Calls.Directory, "/changeApproval/calls/directory/parser"; d != nil && d.Parser != nil {
			t.add(at+"/list", d.Parser.List)
			if d.Parser.Item != nil {
				t.add(at+"/item/email", d.Parser.Item.Email)
				t.add(at+"/item/id", d.Parser.Item.ID)
			}
		}
	}
	if a := l.p.SnapshotPush; a != nil && a.Check != nil && a.Check.Parser != nil {
		t.add("/snapshotPush/check/parser/success", a.Check.Parser.Success)
		t.opt("/snapshotPush/check/parser/errors", a.Check.Parser.Errors)
	}
	l.membershipPointers(&t)
	return t
}

func (l *linter) membershipPointers(t *texts) {
	if l.p.MembershipSync == nil || l.p.MembershipSync.Parser == nil {
		return
	}
	at, p := "/membershipSync/parser", l.p.MembershipSync.Parser
	t.add(at+"/scopeId", p.ScopeID)
	t.opt(at+"/subjectKind", p.SubjectKind)
	t.add(at+"/collection/id", p.Collection.ID)
	t.add(at+"/collection/name", p.Collection.Name)
	t.opt(at+"/collection/url", p.Collection.URL)
	m := p.Members
	t.opt(at+"/members/list", m.List)
	t.opt(at+"/members/add", m.Add)
	t.opt(at+"/members/remove", m.Remove)
	if m.Action != nil {
		t.add(at+"/members/action/path", m.Action.Path)
	}
	if m.Item != nil {
		t.add(at+"/members/item/id", m.Item.ID)
		t.opt(at+"/members/item/flag", m.Item.Flag)
		t.opt(at+"/members/item/collectionId", m.Item.CollectionID)
		t.opt(at+"/members/item/collectionName", m.Item.CollectionName)
	}
}

// patterns: all of them compile here.
func (l *linter) patterns() {
	var t texts
	if a := l.p.InboundTrigger; a != nil {
		t.opt("/inboundTrigger/testEvent", a.TestEvent)
	}
	if a := l.p.ChangeApproval; a != nil {
		for _, c := range a.Calls.Deciding() {
			if p, at := c.Call.Parser, "/changeApproval/calls/"+c.Name+"/parser"; p != nil {
				t.add(at+"/approve", p.Approve)
				t.opt(at+"/reject", p.Reject)
			}
		}
	}
	if a := l.p.MembershipSync; a != nil && a.Parser != nil && a.Parser.Members.Action != nil {
		t.add("/membershipSync/parser/members/action/matcher", a.Parser.Members.Action.Matcher)
	}
	for _, p := range t {
		if len(p.text) > 1000 {
			l.lint(manifest.Error, "pattern.syntax", p.at, "The pattern is too long.", "Use at most "+strconv.Itoa(1000)+" bytes.")
		} else if _, err := regexp.Compile(p.text); err != nil {
			l.lint(manifest.Error, "pattern.syntax", p.at, "The pattern cannot be used.", "Write it in RE2 syntax, without look-around and back-references.")
		}
	}
}
