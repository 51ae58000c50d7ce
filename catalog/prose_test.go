package catalog_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
)

func learnRule(t testing.TB) catalog.Prose {
	t.Helper()
	return *profileFile(t, "blackboard").Rules.Prose
}

// TestProse tells the words apart that decide between and and or. "?" stands for text that is refused until somebody
// declares the operation, "" for text that names nothing.
func TestProse(t *testing.T) {
	t.Parallel()
	rule := learnRule(t)
	cases := []struct{ text, want string }{
		{"Gets a thing.", ""},
		{"The 'a.VIEW' entitlement is needed.", "a.VIEW"},
		{`The "a.b-c.VIEW" entitlement is required to view it.`, "a.b-c.VIEW"},
		{"Entitlement a.VIEW required", "a.VIEW"},
		{"Requires entitlement 'a.MODIFY'", "a.MODIFY"},
		{"Users must have the entitlement 'a.VIEW' to access this endpoint.", "a.VIEW"},
		// or
		{"The 'a.VIEW' or 'b.VIEW' or 'c.VIEW' entitlement is needed.", "a.VIEW or b.VIEW or c.VIEW"},
		{"Either 'a.VIEW' or 'b.VIEW' entitlement is needed to view.", "a.VIEW or b.VIEW"},
		{"At least one of the entitlements 'a.VIEW' or 'b.VIEW' are needed.", "a.VIEW or b.VIEW"},
		{"At least one of 'a.VIEW', 'b.VIEW' and 'c.VIEW' is needed.", "a.VIEW or b.VIEW or c.VIEW"},
		{"Callers must have at least one of the following entitlements:\n\n- a.VIEW\n- b.VIEW", "a.VIEW or b.VIEW"},
		{"Users calling this end point should meet at least one of these entitlement checks.\n\n- a.VIEW\n- b.VIEW", "a.VIEW or b.VIEW"},
		{"Users with the 'a.VIEW' entitlement can view available ones. Users with the 'b.VIEW' entitlement can view available & unavailable ones.", "a.VIEW or b.VIEW"},
		{"Users with 'a.VIEW' can view. Users with 'a.VIEW' & 'b.MODIFY' entitlement can view all.", "a.VIEW"},
		{"All properties are provided to callers with one of the entitlements 'a.VIEW', 'b.VIEW', or 'c.VIEW'.", "a.VIEW or b.VIEW or c.VIEW"},
		{"Users with entitlements 'a.VIEW' or 'b.VIEW', or users enrolled in the course can retrieve it.", "a.VIEW or b.VIEW"},
		{"The caller must be enrolled, or must have at least one of the entitlements 'a.VIEW' or 'b.VIEW'.", "a.VIEW or b.VIEW"},
		// and
		{"Users with the 'a.CREATE' and 'b.VIEW' entitlements can create it.", "a.CREATE and b.VIEW"},
		{"Entitlements a.MODIFY and b.MODIFY are required", "a.MODIFY and b.MODIFY"},
		{"Both 'a.VIEW' and 'b.VIEW' are required.", "a.VIEW and b.VIEW"},
		{"Required entitlements:\n\n- a.VIEW\n- b.VIEW\n", "a.VIEW and b.VIEW"},
		{"The following entitlements are required to create it:\n\n- a.CREATE\n- b.MODIFY\n- c.MODIFY, if files are specified", "a.CREATE and b.MODIFY"},
		{"User required both of the entitlements below. If the user does not have them, nothing is done.  Entitlement | Access ---|---  a.CREATE | Create b.MODIFY | Change", "a.CREATE and b.MODIFY"},
		{`The "a.MODIFY" entitlement is required to update a meeting. The "a.VIEW" entitlement is required to view a meeting.`, "a.MODIFY and a.VIEW"},
		{"Users with entitlement 'a.EXECUTE' can copy a course. Users with entitlement 'b.EXECUTE' can copy an organization. All users must also have 'c.EXECUTE' entitlement.", "(a.EXECUTE or b.EXECUTE) and c.EXECUTE"},
		{"Required entitlements: 'a.VIEW', 'b.VIEW'.", "a.VIEW and b.VIEW"},
		{"'a.VIEW' is required. 'b.VIEW' is required. c.VIEW is needed.", "a.VIEW and b.VIEW and c.VIEW"},
		{"The 'a.VIEW' entitlement is required; the 'b.VIEW' entitlement is required.", "a.VIEW and b.VIEW"},
		// both at once
		{"The 'a.VIEW' entitlement and either the 'b.VIEW' or the 'c.VIEW' entitlement are required.", "a.VIEW and (b.VIEW or c.VIEW)"},
		{"One of 'a.VIEW', or both 'b.VIEW' and 'c.VIEW' is required.", "a.VIEW or (b.VIEW and c.VIEW)"},
		{"'a.VIEW' and 'b.VIEW', or 'c.VIEW' is required.", "(a.VIEW and b.VIEW) or c.VIEW"},
		{"'a.VIEW' and 'b.VIEW' or 'c.VIEW' is required.", "?"},
		{"Either 'a.VIEW' or 'b.VIEW' and 'c.VIEW' are required.", "?"},
		// cases that exclude each other
		{"The 'a.CREATE' entitlement is needed to create a course, while 'b.CREATE' is needed for an organization.", "a.CREATE or b.CREATE"},
		{"Entitlement a.course.MODIFY required to create course categories Entitlement b.org.MODIFY required to create organization categories", "a.course.MODIFY or b.org.MODIFY"},
		{"Minimal entitlements required:\n\n- For courses: 'a.VIEW'\n- For organizations: 'b.VIEW'", "a.VIEW or b.VIEW"},
		{"Required entitlements:\n\n- For courses: 'a.DELETE' or 'b.DELETE'\n- For organizations: 'a.DELETE' or 'c.DELETE'", "a.DELETE or b.DELETE or c.DELETE"},
		{"To update a course, the user must have either 'x.course|org.y.MODIFY' or 'z.EXECUTE' entitlements.", "x.course.y.MODIFY or x.org.y.MODIFY or z.EXECUTE"},
		// mentioned, not asked for
		{"The entitlement 'a.MODIFY' is needed. Users without entitlement 'b.MODIFY' see less.", "a.MODIFY"},
		{"The entitlement 'a.MODIFY' is needed. If the caller has the b.EXECUTE entitlement, then the text is left out.", "a.MODIFY"},
		{"Entitlement a.VIEW required\n\nUsers with entitlement 'b.MODIFY' can view all fields.", "a.VIEW"},
		{"If somebody is there, 'a.VIEW' matters.", "?"},
		// refused until declared
		{"Callers must have the following entitlement:\n\n- a.VIEW\n- b.VIEW", "?"},
		{"The following must be true:\n\n- All users can view public items\n- The user must have the 'a.VIEW' entitlement", "?"},
		{"If the setting is on, the 'a.VIEW' entitlement is required.", "?"},
		{"Minimal entitlements required:\n\n- For courses: 'a.EXECUTE', 'b.CREATE'\n- For organizations: 'a.EXECUTE', 'c.CREATE'", "?"},
		{"See also 'a.VIEW'.", "?"},
		{"The 'a.VIEW' entitlement is needed. The 'b.VIEW' entitlement is needed, unless it is yours.", "?"},
		{"Callers must have the following:\n\n- a.VIEW\n- or\n- b.VIEW", "a.VIEW or b.VIEW"},
		{"Callers must have the following:\n\n- a.VIEW, and\n- b.VIEW", "a.VIEW and b.VIEW"},
		{"Callers must have a.VIEW and one of 'b.VIEW' or 'c.VIEW'.", "a.VIEW and (b.VIEW or c.VIEW)"},
		{"Callers must have a.VIEW and/or b.VIEW.", "?"},
		{"Callers must have all the following entitlements:\n\n1. a.VIEW\n2. b.VIEW", "a.VIEW and b.VIEW"},
		{"The entitlement 'a.VIEW' is needed. Alternatively, callers with 'b.VIEW' can view their own.", "a.VIEW or b.VIEW"},
		{"Required entitlement: 'a.VIEW', 'b.VIEW'.", "?"},
		{"The 'a.VIEW', 'b.VIEW' entitlement is needed.", "?"},
		// tables
		{"Updates it. \n\n | Field | Entitlements Required |\n |---|---|\n | one | 'a.MODIFY' or 'b.MODIFY' |\n | two | 'c.MODIFY' |\n", "a.MODIFY or b.MODIFY or c.MODIFY"},
	}
	for _, tc := range cases {
		got, err := rule.Read(tc.text)
		if err != nil {
			t.Fatal(err)
		}
		is := got.Needs.String()
		if got.Ambiguous != "" {
			is = "?"
		}
		if is != tc.want {
			t.Errorf("%s\n got  %s (%s)\n want %s", tc.text, is, got.Ambiguous, tc.want)
		}
	}
}

// TestProseOfOneExpression shows how little a rule needs for a description that always says it the same way.
func TestProseOfOneExpression(t *testing.T) {
	t.Parallel()
	rule := catalog.Prose{Entitlement: `\[perm: (?P<entitlement>[a-z:]+)\]`, Unjoined: "all"}
	for text, want := range map[string]string{
		"Reads it. [perm: a:read]":                     "a:read",
		"Reads it. [perm: a:read] [perm: b:read]":      "a:read and b:read",
		"Reads it. [perm: a:read] or [perm: b:read]":   "a:read or b:read",
		"Reads it. [perm: a:read]. Also [perm: c:red]": "a:read and c:red",
		"Reads it.": "",
	} {
		got, err := rule.Read(text)
		if err != nil || got.Needs.String() != want || got.Ambiguous != "" {
			t.Errorf("%s: %s %s %v", text, got.Needs, got.Ambiguous, err)
		}
	}
}

// FuzzProse: whatever the text, an expression names only what the text names, and a text that names something is either
// understood or reported.
func FuzzProse(f *testing.F) {
	rule := learnRule(f)
	for _, s := range []string{"The 'a.VIEW' entitlement is needed.", "Either 'a.VIEW' or 'b.VIEW', and 'c.VIEW'\n- x\n|a|b.VIEW|", "Required entitlements:\n- a.b|c.VIEW  Then more <p> both"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4_000 {
			return
		}
		got, err := rule.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Names) > 0 && got.Ambiguous == "" && !got.Needs.Mapped() {
			t.Fatalf("%q names %v, but neither is there an expression nor a reason", text, got.Names)
		}
		if got.Ambiguous != "" && got.Needs.Mapped() {
			t.Fatal("an ambiguous text has an expression")
		}
		for _, a := range got.Needs.Atoms() {
			if a.Kind != access.KindEntitlement || !strings.Contains(strings.Join(got.Names, " "), a.Name) {
				t.Fatalf("%q is not named", a.Name)
			}
		}
	})
}
