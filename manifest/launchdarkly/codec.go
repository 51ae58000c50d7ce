package launchdarkly

import (
	"slices"
	"strconv"
	"strings"
)

// tree is a JSON object.
type tree = map[string]any

// codec translates one value. What has another type than expected goes through
// as it is: the schema is the one to complain.
type codec interface {
	read(r *reader, v any, from, to string) any
	write(v any) any
}

// same leaves a value as it is.
type same struct{}

func (same) read(r *reader, v any, from, to string) any { r.note(to, from, true); return v }
func (same) write(v any) any                            { return v }

// word changes words; others stay.
type word map[any]any

func (w word) read(r *reader, v any, from, to string) any {
	r.note(to, from, true)
	switch v.(type) {
	case string, bool:
		if out, ok := w[v]; ok {
			return out
		}
	}
	return v
}

func (w word) write(v any) any {
	for theirs, ours := range w {
		if ours == v {
			return theirs
		}
	}
	return v
}

// driver is the custom delivery: ours is named for the integration.
type driver struct{}

func (driver) read(r *reader, v any, from, to string) any {
	r.note(to, from, true)
	if v == "custom" {
		return r.key
	}
	return v
}

func (driver) write(any) any { return "custom" }

// list translates each element.
type list struct{ each codec }

func (l list) read(r *reader, v any, from, to string) any {
	items, ok := v.([]any)
	if !ok {
		return same{}.read(r, v, from, to)
	}
	r.note(to, from, false)
	out := make([]any, len(items))
	for i, item := range items {
		n := "/" + strconv.Itoa(i)
		out[i] = l.each.read(r, item, from+n, to+n)
	}
	return out
}

func (l list) write(v any) any {
	items, ok := v.([]any)
	if !ok {
		return v
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = l.each.write(item)
	}
	return out
}

// field says that a member of theirs is a member of ours. Dots go deeper.
type field struct {
	theirs, ours string
	via          codec  // nil: as it is
	source       string // the element of ours with this source; ours is a list
}

// object translates a member at a time.
type object struct {
	fields []field
	always tree   // members that only ours has
	named  string // member that only ours has: the integration's key
	rest   string // where members that no field names go
}

func (f field) codec() codec {
	if f.via == nil {
		return same{}
	}
	return f.via
}

func (o object) read(r *reader, v any, from, to string) any {
	m, ok := v.(tree)
	if !ok {
		return same{}.read(r, v, from, to)
	}
	r.note(to, from, false)
	out := tree{}
	for k, v := range o.always {
		out[k] = v
	}
	if o.named != "" {
		out[o.named] = r.key
	}
	for _, f := range o.fields {
		v, ok := dig(m, f.theirs)
		if !ok {
			continue
		}
		at := to + "/" + strings.ReplaceAll(f.ours, ".", "/")
		if f.source != "" {
			items, _ := out[f.ours].([]any)
			element := f.codec().read(r, v, from+"/"+strings.ReplaceAll(f.theirs, ".", "/"), at+"/"+strconv.Itoa(len(items)))
			if e, ok := element.(tree); ok {
				e["source"] = f.source
			}
			out[f.ours] = append(items, element)
			continue
		}
		put(out, f.ours, f.codec().read(r, v, from+"/"+strings.ReplaceAll(f.theirs, ".", "/"), at))
	}
	for _, k := range keys(m) {
		if o.rest != "" && !slices.ContainsFunc(o.fields, func(f field) bool { return f.theirs == k }) {
			extra, ok := out[o.rest].(tree)
			if !ok {
				extra = tree{}
				out[o.rest] = extra
			}
			extra[k] = same{}.read(r, m[k], from+"/"+escape(k), to+"/"+o.rest+"/"+escape(k))
		}
	}
	return out
}

func (o object) write(v any) any {
	m, ok := v.(tree)
	if !ok {
		return v
	}
	out := tree{}
	for _, f := range o.fields {
		if f.source != "" {
			items, _ := m[f.ours].([]any)
			for _, item := range items {
				if e, ok := item.(tree); ok && e["source"] == f.source {
					put(out, f.theirs, f.codec().write(item))
					break
				}
			}
			continue
		}
		if v, ok := dig(m, f.ours); ok {
			put(out, f.theirs, f.codec().write(v))
		}
	}
	if extra, ok := m[o.rest].(tree); ok && o.rest != "" {
		for k, v := range extra {
			out[k] = v
		}
	}
	return out
}

// dig gives a member by its dotted path.
func dig(m tree, path string) (any, bool) {
	for {
		first, rest, deeper := strings.Cut(path, ".")
		v, ok := m[first]
		if !ok || !deeper {
			return v, ok
		}
		if m, ok = v.(tree); !ok {
			return nil, false
		}
		path = rest
	}
}

// put sets a member by its dotted path.
func put(m tree, path string, v any) {
	for {
		first, rest, deeper := strings.Cut(path, ".")
		if !deeper {
			m[first] = v
			return
		}
		next, ok := m[first].(tree)
		if !ok {
			next = tree{}
			m[first] = next
		}
		m, path = next, rest
	}
}

func keys(m tree) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// escape writes a member's name for a JSON pointer.
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
