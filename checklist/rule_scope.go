package checklist

import (
	"fmt"
	"slices"
	"strings"

	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/usage"
)

const asksNothing = "The version asks for no scope."

// passed are the operations that uses let through.
func passed(uses []usage.Use) []string {
	var out []string
	for _, u := range uses {
		if u.Passed > 0 && u.Operation != "" && !slices.Contains(out, u.Operation) {
			out = append(out, u.Operation)
		}
	}
	slices.Sort(out)
	return out
}

// needed are the scopes, of those that the version asks for, without which the
// operations would not pass or its events would not come.
func (f *facts) needed(operations []string) []string {
	asked := f.version.Scopes()
	out, _ := f.catalog.Covering(operations, asked)
	for _, name := range f.version.Events {
		t, ok := f.catalog.Event(name)
		if !ok || f.catalog.Opens(t.EventType, out) {
			continue
		}
		for _, s := range asked {
			if f.catalog.Opens(t.EventType, []string{s}) {
				out = append(out, s)
				break
			}
		}
	}
	return out
}

// unexplained are the scopes that need a sentence and have none.
func (f *facts) unexplained() (unused, risky []string) {
	need := f.needed(passed(f.uses))
	for _, s := range f.version.Scopes() {
		if strings.TrimSpace(f.reasons[s]) != "" {
			continue
		}
		if !slices.Contains(need, s) {
			unused = append(unused, s)
		}
		if f.risky(s) {
			risky = append(risky, s)
		}
	}
	return unused, risky
}

// risky reports whether a scope needs a reason whatever was called; one that the
// catalog does not know does.
func (f *facts) risky(scope string) bool {
	sc, ok := f.catalog.Scope(scope)
	return !ok || sc.Risk == "high"
}

func (f *facts) unused() Item {
	if !f.calls() {
		return skipped(CodeUnused, asksNothing)
	}
	if len(passed(f.uses)) == 0 {
		return item(CodeUnused, Failed, "Nothing has been called in a sandbox of your group in the last 90 days.",
			"Let it work in a sandbox: with the token of a recording, or installed there.")
	}
	unused, _ := f.unexplained()
	if unused != nil {
		return item(CodeUnused, Failed, counted(len(unused), "scope was", "scopes were")+" not needed by any call in your sandboxes, and nobody has said why.",
			"Ask for less, use it in a sandbox, or say in a sentence why it is needed all the same.", unused...)
	}
	need := f.needed(passed(f.uses))
	var evidence []string
	for _, s := range f.version.Scopes() {
		if slices.Contains(need, s) {
			evidence = append(evidence, s+": needed by what was called")
			continue
		}
		evidence = append(evidence, s+": not needed in the sandbox; "+f.reasons[s])
	}
	if len(need) < len(f.version.Scopes()) {
		return item(CodeUnused, Look, "Some scopes were not needed in your sandboxes; you have said why they are asked for.", "", evidence...)
	}
	return item(CodeUnused, Passed, "Every scope was needed by what was called in your sandboxes.", "", evidence...)
}

func (f *facts) explained() Item {
	if !f.calls() {
		return skipped(CodeReasons, asksNothing)
	}
	if _, risky := f.unexplained(); risky != nil {
		return item(CodeReasons, Failed, "Nobody has said why it needs scopes with a high risk.", "Say in a sentence what goes wrong without each of them.", risky...)
	}
	var said []string
	for _, s := range f.version.Scopes() {
		if f.risky(s) {
			said = append(said, s+": "+f.reasons[s])
		}
	}
	if said == nil {
		return item(CodeReasons, Passed, "None of its scopes has a high risk.", "")
	}
	return item(CodeReasons, Look, "It asks for scopes with a high risk. Are the reasons good enough?", "", said...)
}

// least are the calls that were made without more than the version asks for: as an
// integration user without an administrator's role, or as a person who agreed.
func (f *facts) least() (uses []usage.Use, evidence []string) {
	asked := f.version.Scopes()
	within := func(scopes []string) bool {
		return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(asked, s) })
	}
	grants := map[string]string{}
	for _, t := range f.tried {
		if !t.Broad && within(t.Scopes) {
			grants[t.Grant] = "installation " + t.ID.String()
		}
	}
	for _, g := range f.consents {
		if within(g.Scopes) {
			grants[g.ID.String()] = "acting for a person, " + g.Holder
		}
	}
	for _, u := range f.uses {
		if by, ok := grants[u.Grant]; ok && u.Passed > 0 {
			uses = append(uses, u)
			if len(evidence) < evidenceMost {
				evidence = append(evidence, fmt.Sprintf("%s: %s passed %s, last in the hour of %s", by, u.Operation, counted(int(u.Passed), "time", "times"), u.LastPassed.UTC().Format("2 January 2006, 15:04 UTC")))
			}
		}
	}
	return uses, evidence
}

func (f *facts) leastRole() Item {
	if !f.calls() {
		return skipped(CodeRole, asksNothing)
	}
	uses, evidence := f.least()
	if len(uses) == 0 {
		text, why := "No call has passed in a sandbox with what the version asks for, and no more.", []string{}
		for _, t := range f.tried {
			if t.Broad {
				why = append(why, "installation "+t.ID.String()+" does not count: its role is an administrator's. "+t.Why)
			}
		}
		return item(CodeRole, Failed, text, "Install it in a sandbox of your group, with the role that Guestright makes, and let it work. The token of a recording does not count: it may do everything.", why...)
	}
	installed := slices.ContainsFunc(uses, func(u usage.Use) bool {
		return slices.ContainsFunc(f.tried, func(t integration.Tried) bool { return t.Grant == u.Grant })
	})
	if !installed {
		return item(CodeRole, Look, "It worked for people only, whose own rights are not known here.", "Say for the reviewer which rights that person had.", evidence...)
	}
	need := f.needed(passed(uses))
	var untried []string
	for _, r := range f.version.Required {
		if !slices.Contains(need, r.Scope) {
			untried = append(untried, "not exercised: "+r.Scope)
		}
	}
	if untried != nil {
		return item(CodeRole, Look, "It worked with the least role, but not everything that it needs was tried like that.",
			"Let it do everything once that it does for customers.", append(untried, evidence...)...)
	}
	return item(CodeRole, Passed, "It worked with exactly what it asks for.", "", evidence...)
}

func (f *facts) broad() Item {
	if !f.calls() {
		return skipped(CodeBroad, asksNothing)
	}
	var bad []string
	for _, s := range f.version.Scopes() {
		for _, e := range f.catalog.Entitlements(s) {
			if f.catalog.AdministratorClass([]string{e}) {
				bad = append(bad, s+" ("+e+")")
			}
		}
	}
	if bad != nil {
		return item(CodeBroad, Failed, "It asks for rights that belong to administrators: whoever has them can give themselves others.", "Do without them. If it cannot, hand it in all the same: a reviewer may let it pass, with a reason.", bad...)
	}
	return item(CodeBroad, Passed, "Nothing that it asks for belongs to administrators.", "")
}
