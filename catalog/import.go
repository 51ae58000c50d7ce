package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// Import makes a catalog of the documents and the operator's file. Operations that no rule maps are part of it, refuse
// every call, and stand in the coverage report, whose Err says so; the error of Import itself is for input that cannot be
// used at all.
func Import(set Set, file File) (*Catalog, Coverage, error) {
	ops, err := set.operations(file)
	if err != nil {
		return nil, Coverage{}, err
	}
	rules, err := file.ruleset()
	if err != nil {
		return nil, Coverage{}, err
	}
	b := &builder{set: set, rules: rules, used: map[string]bool{}, overrides: map[string]bool{}}
	b.catalog = &Catalog{file: file, root: &node{}, operations: map[string]*Operation{}, byKey: map[string]*Route{}}
	b.coverage = Coverage{Product: file.Product.Name, Documents: len(set.Documents), Operations: len(ops), BySource: map[Source]int{}, Notes: set.Notes, Gaps: []Gap{}}
	for _, op := range ops {
		if err := b.operation(op); err != nil {
			return nil, Coverage{}, err
		}
	}
	if err := b.unknownOverrides(ops); err != nil {
		return nil, Coverage{}, err
	}
	if err := b.changes(); err != nil {
		return nil, Coverage{}, err
	}
	if err := b.retired(); err != nil {
		return nil, Coverage{}, err
	}
	b.registry()
	b.compile()
	b.catalog.schemas = map[string][]byte{}
	for _, d := range set.Documents {
		schemasOf(d, b.catalog.schemas)
	}
	b.catalog.events = file.events()
	version, err := contentVersion(set, file)
	if err != nil {
		return nil, Coverage{}, err
	}
	b.catalog.version, b.coverage.Version = version, version
	return b.catalog, b.coverage, nil
}

func contentVersion(set Set, file File) (string, error) {
	text, err := json.Marshal(file)
	if err != nil {
		return "", problem.Internal("catalog.version", err)
	}
	h := sha256.New()
	h.Write(text)
	h.Write([]byte(set.digest))
	return hex.EncodeToString(h.Sum(nil))[:32], nil
}

type builder struct {
	set       Set
	rules     *ruleset
	catalog   *Catalog
	coverage  Coverage
	used      map[string]bool // scopes that operations ask for
	overrides map[string]bool // keys of the file's operations that were found
}

func (b *builder) override(op raw) Override {
	for _, key := range []string{op.key, op.id} {
		if o, ok := b.rules.file.Operations[key]; ok {
			b.overrides[key] = true
			return o
		}
	}
	return Override{}
}

func (b *builder) operation(op raw) error {
	fail := func(err error) error {
		return problem.Invalid("catalog.operation", op.key+" in "+op.doc.Name+": "+reason(err)).Because(err)
	}
	e, err := readExtensions(op.op)
	if err != nil {
		return fail(err)
	}
	o := b.override(op)
	segments, err := parsePath(op.path)
	if err != nil {
		return fail(err)
	}
	var params []string
	for _, s := range segments {
		params = append(params, s.params...)
	}
	named := o.Resource
	if named == "" {
		named = e.resource
	}
	kind, template, err := b.rules.kindOf(op, named, params)
	if err != nil {
		return fail(err)
	}
	v, err := b.rules.decide(op, o, e, kind)
	if err != nil {
		return fail(err)
	}
	b.report(op, v)
	if len(template.steps) > 0 {
		b.coverage.WithResource++
	}
	r := Route{
		Operation: op.id, Method: op.method, Needs: v.needs, Source: v.source, Public: v.public, Internal: v.internal, Preview: o.Preview,
		Cost: first(o.Cost, e.cost, 1), Upstream: first(o.Upstream, e.upstream, "default"),
		Kind: kind, Resource: template, resource: template.bind(params), params: params, Account: -1, Deprecated: b.deprecation(op, o), RemovedIn: o.RemovedIn,
	}
	if _, ok := b.rules.file.Product.Upstreams[e.upstream]; e.upstream != "" && !ok {
		return fail(problem.Invalid("catalog.extension", "There is no upstream of the name that x-guestright-upstream gives."))
	}
	for _, k := range b.rules.file.Product.Account.Keys() {
		if i := slices.Index(params, k.Name); k.In == "path" && i >= 0 && r.Account < 0 {
			r.Account = i
		}
	}
	b.catalog.operations[op.id] = describe(op, v)
	for _, base := range op.bases {
		if err := b.add(op, r, base); err != nil {
			return fail(err)
		}
	}
	return nil
}

func first[T comparable](values ...T) T {
	var zero T
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}

func (b *builder) add(op raw, r Route, base string) error {
	r.Template = base + op.path
	all, err := parsePath(r.Template)
	if err != nil {
		return err
	}
	if err := b.catalog.root.add(all, &r); err != nil {
		return err
	}
	b.catalog.routes = append(b.catalog.routes, &r)
	for _, key := range []string{op.id, op.key, op.method + " " + r.Template} {
		if _, ok := b.catalog.byKey[key]; !ok {
			b.catalog.byKey[key] = &r
		}
	}
	return nil
}

// report counts an operation.
func (b *builder) report(op raw, v verdict) {
	c := &b.coverage
	c.BySource[v.source]++
	if v.public {
		c.Public++
	}
	if v.internal {
		c.Internal++
	}
	scoped := false
	for _, alt := range op.security {
		for _, scopes := range alt {
			scoped = scoped || len(scopes) > 0
		}
	}
	switch {
	case len(op.security) == 0:
		c.NoSecurity++
	case !scoped:
		c.SchemeOnly++
	}
	if v.source == SourceNone {
		c.Gaps = append(c.Gaps, Gap{Operation: op.id, Method: op.method, Path: op.path, Document: op.doc.Name, Reason: first(v.gap, "no_rule"), Detail: v.detail, Names: v.names})
	}
	if len(v.aside) > 0 {
		c.Asides = append(c.Asides, Aside{Operation: op.id, Names: v.aside})
	}
}

// unknownOverrides refuses entries for operations that the documents do not have: most likely a misspelt key, which would
// otherwise leave the real operation to another rule.
func (b *builder) unknownOverrides(ops []raw) error {
	var known []string
	for _, op := range ops {
		known = append(known, op.id, op.key)
	}
	var fields []problem.Field
	for key := range b.rules.file.Operations {
		if b.overrides[key] || slices.Contains(known, key) {
			continue
		}
		detail := "The documents have no such operation."
		if near := nearest(key, known); near != "" {
			detail += " Did you mean " + near + "?"
		}
		fields = append(fields, problem.Field{Pointer: "/operations/" + key, Code: "catalog.unknown_operation", Detail: detail})
	}
	if len(fields) == 0 {
		return nil
	}
	slices.SortFunc(fields, func(a, b problem.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return problem.Invalid("catalog.unknown_operation", "The catalog file declares operations that do not exist.", fields...)
}

// changes attaches announced changes of requirements to their routes.
func (b *builder) changes() error {
	for _, ch := range b.rules.file.Changes {
		r, ok := b.catalog.byKey[ch.Operation]
		if !ok {
			return problem.Invalid("catalog.unknown_operation", "A change names an operation that does not exist: "+ch.Operation+".")
		}
		was, err := access.ParseNeeds(ch.Was)
		if err != nil {
			return err
		}
		for _, each := range b.catalog.routes {
			if each.Operation != r.Operation || !each.Needs.Mapped() {
				continue
			}
			each.Interim = &Interim{Was: was, Starts: ch.Starts, Until: ch.Starts.Add(ch.Grace.span()), Notice: ch.Notice,
				Needs: simplify(access.Any(each.Needs, was))}
		}
	}
	return nil
}

// compile numbers the atoms and compiles every requirement.
func (b *builder) compile() {
	c := b.catalog
	slices.SortFunc(c.routes, func(x, y *Route) int {
		return strings.Compare(x.Template+"\x00"+x.Method, y.Template+"\x00"+y.Method)
	})
	c.bits = map[access.Atom]int{}
	for _, r := range c.routes {
		for _, a := range r.asked() {
			if _, ok := c.bits[a]; !ok {
				c.bits[a] = len(c.bits)
			}
		}
	}
	for _, r := range c.routes {
		r.Program = r.Needs.Compile(c.Bit)
		if r.Interim != nil {
			r.Interim.Program = r.Interim.Needs.Compile(c.Bit)
		}
	}
}
