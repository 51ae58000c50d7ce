package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Gap is an operation that nobody has said anything clear about. It is refused until it is declared.
type Gap struct {
	Operation string   `json:"operation"`
	Method    string   `json:"method"`
	Path      string   `json:"path"`
	Document  string   `json:"document"`
	Reason    string   `json:"reason" doc:"no_security, scheme_without_scope, security_ambiguous, prose_names_none or prose_ambiguous"`
	Detail    string   `json:"detail"`
	Names     []string `json:"names,omitempty" doc:"What the description names, where it can be read in two ways"`
}

// Aside is an entitlement that a text mentions without asking every call for it.
type Aside struct {
	Operation string   `json:"operation"`
	Names     []string `json:"names"`
}

// Coverage reports where the requirements came from and what is left open.
type Coverage struct {
	Product      string         `json:"product"`
	Version      string         `json:"version"`
	Documents    int            `json:"documents"`
	Operations   int            `json:"operations"`
	BySource     map[Source]int `json:"by_source"`
	Public       int            `json:"public"`
	Internal     int            `json:"internal"`
	SchemeOnly   int            `json:"scheme_without_scope" doc:"Operations whose security names a scheme but no scope, however they are mapped"`
	NoSecurity   int            `json:"no_security" doc:"Operations without any security, however they are mapped"`
	Gaps         []Gap          `json:"gaps"`
	ScopesUsed   []string       `json:"scopes_used"`
	Undescribed  []string       `json:"scopes_used_but_not_described"`
	Unused       []string       `json:"scopes_described_but_not_used"`
	Entitlements []string       `json:"entitlements_used"`
	Implicit     []string       `json:"implicit_scopes" doc:"Entitlements that no scope covers; each can be asked for under its own name"`
	Asides       []Aside        `json:"mentioned_only,omitempty"`
	WithResource int            `json:"with_resource"`
	Notes        []string       `json:"notes,omitempty" doc:"What had to be mended to read the documents"`
}

// Reasons counts the gaps by reason.
func (c Coverage) Reasons() map[string]int {
	out := map[string]int{}
	for _, g := range c.Gaps {
		out[g.Reason]++
	}
	return out
}

// Err is nil when every operation is mapped, public or internal; otherwise it lists those that are not.
func (c Coverage) Err() error {
	if len(c.Gaps) == 0 {
		return nil
	}
	var fields []problem.Field
	for _, g := range c.Gaps {
		fields = append(fields, problem.Field{Pointer: g.Operation, Code: g.Reason, Detail: g.Detail})
	}
	return problem.Invalid("catalog.unmapped", fmt.Sprintf("%d of %d operations have no requirement. They are refused until you declare them under `operations`: with needs, public or internal.", len(c.Gaps), c.Operations), fields...)
}

// JSON gives the report as a document.
func (c Coverage) JSON() ([]byte, error) { return json.MarshalIndent(c, "", "  ") }

// Text gives the report for a terminal.
func (c Coverage) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s\n\n", c.Product, count(c.Documents, "document"), count(c.Operations, "operation"))
	b.WriteString("Requirements come from\n")
	for _, s := range []Source{SourceExplicit, SourceExtension, SourceSecurity, SourceProse, SourceDefault, SourceNone} {
		if n := c.BySource[s]; n > 0 {
			fmt.Fprintf(&b, "  %-10s %5d\n", s, n)
		}
	}
	fmt.Fprintf(&b, "\nDeclared public %d, internal %d. With a resource: %d.\n", c.Public, c.Internal, c.WithResource)
	fmt.Fprintf(&b, "The description names a scheme but no scope for %s, and no security for %s.\n", count(c.SchemeOnly, "operation"), count(c.NoSecurity, "operation"))
	list(&b, "Scopes used but not described", c.Undescribed)
	list(&b, "Scopes described but not used", c.Unused)
	list(&b, "Entitlements that no scope covers (each can be asked for under its own name)", c.Implicit)
	list(&b, "Mended to read the documents", c.Notes)
	if len(c.Gaps) == 0 {
		b.WriteString("\nEvery operation has a requirement or is declared public or internal.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "\n%s without a requirement; each is refused until you declare it:\n", count(len(c.Gaps), "operation"))
	reason := ""
	gaps := slices.Clone(c.Gaps)
	slices.SortStableFunc(gaps, func(a, b Gap) int { return strings.Compare(a.Reason, b.Reason) })
	for _, g := range gaps {
		if g.Reason != reason {
			reason = g.Reason
			fmt.Fprintf(&b, "\n  %s (%d)\n", reason, c.Reasons()[reason])
		}
		fmt.Fprintf(&b, "    %-7s %s\n", g.Method, g.Path)
		if len(g.Names) > 0 {
			fmt.Fprintf(&b, "            %s\n            names: %s\n", g.Detail, strings.Join(g.Names, ", "))
		}
	}
	return b.String()
}

func list(b *strings.Builder, title string, names []string) {
	if len(names) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s (%d)\n", title, len(names))
	for _, n := range names {
		fmt.Fprintf(b, "  %s\n", n)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
