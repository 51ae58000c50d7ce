package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// verdict is what the rules found out about one operation.
type verdict struct {
	needs    access.Needs
	source   Source
	public   bool
	internal bool
	gap      string // code of why nothing was found
	detail   string
	names    []string // what the text named, for ambiguous operations
	aside    []string
}

// ruleset is the file's rules ready for use.
type ruleset struct {
	file   File
	prose  *proseRule
	kinds  []kindRule
	scheme map[string]bool // schemes whose scopes do not count
}

type kindRule struct {
	Kind
	template Template
}

func (f File) ruleset() (*ruleset, error) {
	r := &ruleset{file: f, scheme: map[string]bool{}}
	if f.Rules.Prose != nil {
		p, err := compileProse(*f.Rules.Prose)
		if err != nil {
			return nil, err
		}
		r.prose = p
	}
	for _, k := range f.Resources {
		t, err := parseTemplate(k.Path)
		if err != nil {
			return nil, err
		}
		r.kinds = append(r.kinds, kindRule{Kind: k, template: t})
	}
	for _, s := range f.Rules.Security.Ignore {
		r.scheme[s] = true
	}
	return r, nil
}

// decide asks the rules in order.
func (r *ruleset) decide(op raw, o Override, e extensions, kind string) (verdict, error) {
	if v, said, err := spoken(SourceExplicit, o.Needs, o.Entitlement, o.Public, o.Internal); said || err != nil {
		return v, err
	}
	if v, said, err := spoken(SourceExtension, e.needs, e.entitlement, e.public, e.internal); said || err != nil {
		return v, err
	}
	v := r.bySecurity(op.security)
	if v.needs.Mapped() || v.gap == "security_ambiguous" {
		return v, nil
	}
	if r.prose != nil {
		p := r.byProse(op.op)
		if p.needs.Mapped() || p.gap == "prose_ambiguous" {
			return p, nil
		}
		v = p
	}
	if d := r.byDefault(op, kind); d.needs.Mapped() {
		return d, nil
	}
	v.source = SourceNone
	return v, nil
}

func spoken(source Source, needs, entitlement string, public, internal bool) (verdict, bool, error) {
	v := verdict{source: source, public: public, internal: internal}
	switch {
	case needs != "":
		n, err := access.ParseNeeds(needs)
		if err != nil {
			return v, true, err
		}
		v.needs = n
	case entitlement != "":
		v.needs = access.Entitlement(entitlement)
	case !public && !internal:
		return verdict{}, false, nil
	}
	return v, true, nil
}

// bySecurity reads the operation's security. An alternative that names a scheme but no scope asks for nothing that could
// be checked; next to alternatives that do, it would make the whole requirement void, so that nobody is let in by it.
func (r *ruleset) bySecurity(alternatives openapi3.SecurityRequirements) verdict {
	var some []access.Needs
	empty := 0
	for _, alt := range alternatives {
		n := r.alternative(alt)
		if !n.Mapped() {
			empty++
			continue
		}
		some = append(some, n)
	}
	switch {
	case len(alternatives) == 0:
		return verdict{source: SourceNone, gap: "no_security", detail: "The operation has no security at all."}
	case len(some) == 0:
		return verdict{source: SourceNone, gap: "scheme_without_scope", detail: "The operation names a security scheme but no scope."}
	case empty > 0:
		v := verdict{source: SourceNone, gap: "security_ambiguous", detail: "One alternative of the operation's security asks for scopes and another one for none."}
		for _, a := range access.Any(some...).Atoms() {
			v.names = append(v.names, a.Name)
		}
		return v
	}
	return verdict{source: SourceSecurity, needs: simplify(access.Any(some...))}
}

func (r *ruleset) alternative(alt openapi3.SecurityRequirement) access.Needs {
	var parts []access.Needs
	schemes := make([]string, 0, len(alt))
	for s := range alt {
		schemes = append(schemes, s)
	}
	slices.Sort(schemes)
	for _, s := range schemes {
		if r.scheme[s] {
			continue
		}
		if own := r.file.Rules.Security.Schemes[s]; own != "" {
			parts = append(parts, access.Scope(own))
		}
		for _, scope := range alt[s] {
			parts = append(parts, access.Scope(scope))
		}
	}
	return access.All(parts...)
}

func (r *ruleset) byProse(op *openapi3.Operation) verdict {
	var text []string
	for _, f := range r.prose.fields {
		if f == "summary" {
			text = append(text, op.Summary)
		} else {
			text = append(text, op.Description)
		}
	}
	got := r.prose.read(strings.Join(text, "\n\n"))
	switch {
	case got.Ambiguous != "":
		return verdict{source: SourceNone, gap: "prose_ambiguous", detail: "The text names entitlements, but " + got.Ambiguous + ".", names: got.Names, aside: got.Aside}
	case !got.Needs.Mapped():
		return verdict{source: SourceNone, gap: "prose_names_none", detail: "The text names no entitlement."}
	}
	return verdict{source: SourceProse, needs: got.Needs, names: got.Names, aside: got.Aside}
}

func (r *ruleset) byDefault(op raw, kind string) verdict {
	d := r.file.Rules.Default
	if d == nil || kind == "" && strings.Contains(d.Entitlement, "{kind}") {
		return verdict{source: SourceNone}
	}
	for _, v := range d.Verbs {
		if v.Method != "" && !strings.EqualFold(v.Method, op.method) || v.Path != "" && !under(v.Path, op.path) {
			continue
		}
		name := strings.NewReplacer("{kind}", kind, "{verb}", v.Verb).Replace(d.Entitlement)
		return verdict{source: SourceDefault, needs: access.Entitlement(name)}
	}
	return verdict{source: SourceNone}
}

// kindOf finds the kind of resource that an operation is about: one named outright, else the first kind whose routes
// include it, else the one that uses most of its parameters.
func (r *ruleset) kindOf(op raw, named string, params []string) (string, Template, error) {
	if named != "" {
		for _, k := range r.kinds {
			if k.Kind.Kind == named {
				return named, k.template, nil
			}
		}
		t, err := parseTemplate(named)
		return "", t, err
	}
	for _, k := range r.kinds {
		if slices.ContainsFunc(k.Under, func(p string) bool { return under(p, op.path) }) {
			return k.Kind.Kind, k.template, nil
		}
	}
	best, most := -1, -1
	for i, k := range r.kinds {
		if n, all := k.template.uses(params); len(k.Under) == 0 && all && n > most && n > 0 {
			best, most = i, n
		}
	}
	if best < 0 {
		return "", Template{}, nil
	}
	return r.kinds[best].Kind.Kind, r.kinds[best].template, nil
}

// extensions are the x-guestright-* members of an operation.
type extensions struct {
	needs, entitlement, resource, upstream string
	public, internal                       bool
	cost                                   int
}

const extensionPrefix = "x-guestright-"

func readExtensions(op *openapi3.Operation) (extensions, error) {
	var e extensions
	known := []string{"needs", "entitlement", "public", "internal", "resource", "cost", "upstream"}
	for key, value := range op.Extensions {
		name, ours := strings.CutPrefix(key, extensionPrefix)
		if !ours {
			continue
		}
		ok := false
		switch name {
		case "needs":
			e.needs, ok = needsText(value)
		case "entitlement":
			e.entitlement, ok = value.(string)
		case "resource":
			e.resource, ok = value.(string)
		case "upstream":
			e.upstream, ok = value.(string)
		case "public":
			e.public, ok = value.(bool)
		case "internal":
			e.internal, ok = value.(bool)
		case "cost":
			var n float64
			if n, ok = number(value); ok {
				e.cost, ok = int(n), n >= 1 && n <= 10_000 && n == float64(int(n))
			}
		default:
			return e, problem.Invalid("catalog.extension", fmt.Sprintf("There is no extension %q; the nearest is %q.", key, extensionPrefix+nearestOf(name, known)))
		}
		if !ok {
			return e, problem.Invalid("catalog.extension", "The value of "+key+" cannot be read.")
		}
	}
	if e.public && e.internal || (e.needs != "" || e.entitlement != "") && (e.public || e.internal) || e.needs != "" && e.entitlement != "" {
		return e, problem.Invalid("catalog.extension", "Say one of x-guestright-needs, -entitlement, -public and -internal.")
	}
	return e, nil
}

func nearestOf(name string, known []string) string {
	if n := nearest(name, known); n != "" {
		return n
	}
	return known[0]
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	}
	return 0, false
}
