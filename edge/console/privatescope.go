package console

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/private"
)

// opened is an operation that a scope opens by itself.
type opened struct{ ID, Method, Path, Summary string }

// opensMost bounds how many operations stand with one scope; the reference has all of them.
const opensMost = 12

// scopeOpens is what a scope opens: operations, and the entitlements by which it does.
type scopeOpens struct {
	Scope        string
	Operations   []opened
	More         int
	Entitlements []string
}

func (v *visit) opensOf(cat *catalog.Catalog, scope string) scopeOpens {
	d := scopeOpens{Scope: scope, Entitlements: cat.Entitlements(scope)}
	for _, id := range private.Opened(cat, []string{scope}, v.now) {
		if len(d.Operations) == opensMost {
			d.More++
			continue
		}
		if o, ok := cat.Operation(id); ok {
			d.Operations = append(d.Operations, opened{ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary})
		}
	}
	return d
}

// privateScopePicks are all scopes of the catalog, each with its risk and what it opens, under the
// things that they are about. What somebody has chosen that the catalog no longer has stands first.
func (v *visit) privateScopePicks(chosen []string) []page.PickGroup {
	cat := v.Catalog.Get()
	var gone page.PickGroup
	for _, name := range chosen {
		if _, ok := cat.Scope(name); !ok {
			gone.Title = "No longer in the catalog"
			gone.Picks = append(gone.Picks, page.Pick{Value: name, Label: name, Text: "The operator has removed this scope. It gives nothing; leave it out.", Barred: true})
		}
	}
	var out []page.PickGroup
	if len(gone.Picks) > 0 {
		out = append(out, gone)
	}
	for _, name := range cat.Scopes() {
		sc, _ := cat.Scope(name)
		p := page.Pick{Value: name, Label: sc.Label, Code: name, Text: sc.Explanation, Badge: riskBadge(sc.Risk), Checked: slices.Contains(chosen, name)}
		if p.Label == "" {
			p.Label = name
		}
		p.More = opensLine(v.opensOf(cat, name))
		about := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == ':' || r == '/' })
		title := name
		if len(about) > 0 {
			title = about[0]
		}
		if n := len(out); n > 0 && out[n-1].Title == title {
			out[n-1].Picks = append(out[n-1].Picks, p)
			continue
		}
		out = append(out, page.PickGroup{Title: title, Picks: []page.Pick{p}})
	}
	return out
}

// scopeLines are granted scopes in words.
func (v *visit) scopeLines(names []string) []scopeLine {
	cat := v.Catalog.Get()
	out := make([]scopeLine, 0, len(names))
	for _, name := range names {
		sc, _ := cat.Scope(name)
		line := scopeLine{Name: name, Label: sc.Label, Explanation: sc.Explanation, Risk: sc.Risk}
		if line.Label == "" {
			line.Label = name
		}
		out = append(out, line)
	}
	return out
}
