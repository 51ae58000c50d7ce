package catalog

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/guestright/guestright/kit/problem"
)

const (
	maxFile  = 8 << 20 // bytes of a catalog file
	maxNodes = 500_000 // YAML nodes of a catalog file
)

// ParseFile reads and checks a catalog file. Keys are strict: an unknown one is an error that gives the line and the
// nearest known key. Anchors and aliases are refused, so that the file says what it means where it says it.
func ParseFile(data []byte) (File, error) {
	if len(data) > maxFile {
		return File{}, fileError(0, "", "The file is larger than 8 MiB.")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return File{}, yamlError(err)
	}
	if len(doc.Content) == 0 {
		return File{}, fileError(1, "", "The file is empty.")
	}
	w := keyWalker{}
	w.walk(doc.Content[0], reflect.TypeFor[File](), "")
	if len(w.found) > 0 {
		return File{}, problem.Invalid("catalog.invalid", "The catalog file cannot be read.", w.found...)
	}
	var f File
	if err := doc.Content[0].Decode(&f); err != nil {
		return File{}, yamlError(err)
	}
	f = f.withDefaults()
	if found := f.check(); len(found) > 0 {
		lines := map[string]int{}
		nodeLines(doc.Content[0], "", lines)
		for i := range found {
			found[i].Pointer = located(lines, found[i].Pointer)
		}
		return File{}, problem.Invalid("catalog.invalid", "The catalog file contradicts itself or the rules.", found...)
	}
	return f, nil
}

func (f File) withDefaults() File {
	plans := map[string]Plan{"development": Development()}
	for name, p := range f.Plans {
		plans[name] = p
	}
	f.Plans = plans
	if f.Product.Account.In == "" {
		f.Product.Account.In = "none"
	}
	if f.Product.Account.Missing == "" {
		f.Product.Account.Missing = "grant"
	}
	return f
}

func fileError(line int, where, detail string) error {
	if line > 0 {
		where = strings.TrimSpace(fmt.Sprintf("line %d %s", line, where))
	}
	return problem.Invalid("catalog.invalid", "The catalog file cannot be read.",
		problem.Field{Pointer: where, Code: "catalog.syntax", Detail: detail})
}

// yamlError keeps the parser's line number and its words, which name types and keys but no values of ours.
func yamlError(err error) error {
	if e, ok := err.(*problem.Error); ok {
		return problem.Invalid("catalog.invalid", "The catalog file cannot be read.", problem.Field{Code: e.Code, Detail: e.Detail})
	}
	return fileError(0, "", strings.TrimPrefix(err.Error(), "yaml: "))
}

// keyWalker compares a document with the shape of File.
type keyWalker struct {
	found []problem.Field
	nodes int
}

func (w *keyWalker) report(n *yaml.Node, at, code, detail string) {
	if len(w.found) < 50 {
		w.found = append(w.found, problem.Field{Pointer: fmt.Sprintf("line %d %s", n.Line, at), Code: code, Detail: detail})
	}
}

func (w *keyWalker) walk(n *yaml.Node, t reflect.Type, at string) {
	if w.nodes++; w.nodes > maxNodes {
		return
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		w.report(n, at, "catalog.alias", "Anchors and aliases are not supported here; write the value out.")
	case t.Kind() == reflect.Interface: // a JSON Schema, which is judged as a whole
		for _, m := range n.Content {
			w.walk(m, t, at)
		}
	case n.Kind == yaml.MappingNode:
		w.mapping(n, t, at)
	case n.Kind == yaml.SequenceNode:
		if t.Kind() != reflect.Slice {
			w.report(n, at, "catalog.type", "A list is not expected here.")
			return
		}
		for i, m := range n.Content {
			w.walk(m, t.Elem(), fmt.Sprintf("%s/%d", at, i))
		}
	case n.Tag != "!!null" && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]()):
		w.report(n, at, "catalog.type", "A "+shape(t)+" is expected here.")
	}
}

func shape(t reflect.Type) string {
	if t.Kind() == reflect.Slice {
		return "list"
	}
	return "block of keys"
}

func (w *keyWalker) mapping(n *yaml.Node, t reflect.Type, at string) {
	keys := map[string]reflect.Type{}
	var names []string
	switch {
	case t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]():
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("yaml")
			keys[name] = t.Field(i).Type
			names = append(names, name)
		}
	case t.Kind() != reflect.Map:
		w.report(n, at, "catalog.type", "A block of keys is not expected here.")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		name := k.Value
		if seen[name] {
			w.report(k, at+"/"+name, "catalog.repeated_key", "This key stands here twice.")
		}
		seen[name] = true
		of := keys[name]
		if t.Kind() == reflect.Map {
			of = t.Elem()
		}
		if of == nil {
			w.report(k, at+"/"+name, "catalog.unknown_key", unknownKey(name, names))
			continue
		}
		w.walk(v, of, at+"/"+name)
	}
}

func unknownKey(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("There is no key %q here; did you mean %q?", name, near)
	}
	return fmt.Sprintf("There is no key %q here; the keys are %s.", name, strings.Join(known, ", "))
}

// nodeLines notes the line of every path, for findings that are made after parsing.
func nodeLines(n *yaml.Node, at string, lines map[string]int) {
	lines[at] = n.Line
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			nodeLines(n.Content[i+1], at+"/"+n.Content[i].Value, lines)
			lines[at+"/"+n.Content[i].Value] = n.Content[i].Line
		}
	case yaml.SequenceNode:
		for i, m := range n.Content {
			nodeLines(m, fmt.Sprintf("%s/%d", at, i), lines)
		}
	}
}

// located puts the line of the nearest enclosing path that the file has in front of a path.
func located(lines map[string]int, at string) string {
	for p := at; p != ""; p = p[:strings.LastIndexByte(p, '/')] {
		if line, ok := lines[p]; ok {
			return fmt.Sprintf("line %d %s", line, at)
		}
	}
	return at
}
