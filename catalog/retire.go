package catalog

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// deprecation finds what is said about the end of an operation: its own entry in the file, a rule for its path, or the
// document, where `deprecated: true` and, in the convention of oasdiff, `x-sunset` with a day say so.
func (b *builder) deprecation(op raw, o Override) *Deprecation {
	if o.Deprecated != nil {
		return o.Deprecated
	}
	for _, d := range b.rules.file.Deprecations {
		for _, base := range op.bases {
			if slices.ContainsFunc(d.Under, func(p string) bool { return under(p, base+op.path) || under(p, op.path) }) {
				return d.deprecation()
			}
		}
	}
	if !op.op.Deprecated {
		return nil
	}
	d := &Deprecation{}
	if day, ok := op.op.Extensions["x-sunset"].(string); ok {
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if t, err := time.Parse(layout, day); err == nil {
				d.Sunset = t.UTC()
			}
		}
	}
	return d
}

// retired adds the operations that the documents have no longer, and checks that every successor exists.
func (b *builder) retired() error {
	file := b.rules.file
	for _, key := range slices.Sorted(maps.Keys(file.Removed)) {
		gone := file.Removed[key]
		method, path, _ := strings.Cut(key, " ")
		r := &Route{Operation: key, Method: method, Template: path, Source: SourceExplicit, Cost: 1, Account: -1, Removed: &gone}
		segments, err := parsePath(path)
		if err != nil {
			return problem.Invalid("catalog.operation", "removed "+key+": "+reason(err)).Because(err)
		}
		for _, s := range segments {
			r.params = append(r.params, s.params...)
		}
		for _, k := range file.Product.Account.Keys() {
			if i := slices.Index(r.params, k.Name); k.In == "path" && i >= 0 && r.Account < 0 {
				r.Account = i
			}
		}
		if err := b.catalog.root.add(segments, r); err != nil {
			return problem.Invalid("catalog.duplicate_route", "The file says that "+key+" was removed, and the documents have it. Give it `deprecated` with `removed` under `operations` instead, or take it out of the documents.").Because(err)
		}
		b.catalog.removed = append(b.catalog.removed, r)
	}
	var fields []problem.Field
	check := func(at, use string) {
		if _, ok := b.catalog.Successor(use); use == "" || ok {
			return
		}
		detail := "`use` names an operation that the documents do not have, or an internal one."
		if near := nearest(use, slices.Sorted(maps.Keys(b.catalog.byKey))); near != "" {
			detail += " Did you mean " + near + "?"
		}
		fields = append(fields, problem.Field{Pointer: at, Code: "catalog.unknown_operation", Detail: detail})
	}
	for _, r := range b.catalog.Retiring() {
		switch {
		case r.Removed != nil:
			check("/removed/"+r.Operation, r.Removed.Use)
			continue
		case r.Deprecated != nil:
			check("/operations/"+r.Operation+"/deprecated", r.Deprecated.Use)
		}
		for v, gone := range r.RemovedIn {
			check("/operations/"+r.Operation+"/removed_in/"+v, gone.Use)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	slices.SortFunc(fields, func(a, b problem.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return problem.Invalid("catalog.unknown_operation", "The catalog file leads callers to operations that do not exist.", slices.Compact(fields)...)
}
