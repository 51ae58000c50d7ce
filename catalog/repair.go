package catalog

import (
	"encoding/json"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// repairer mends what real descriptions get wrong without touching anything that a requirement is read from: paths,
// operations, parameters and security stay as they are.
type repairer struct {
	root  any
	notes []string
}

// names are the members of a description whose own keys are free names.
var nameMaps = []string{"properties", "patternProperties", "schemas", "responses", "parameters", "headers", "examples", "links",
	"requestBodies", "callbacks", "paths", "webhooks", "content", "encoding", "variables", "mapping", "$defs", "definitions", "dependentSchemas"}

// dispensable are the parts that a reference may miss: they only describe.
var dispensable = []string{"#/components/schemas/", "#/components/responses/", "#/components/examples/", "#/components/headers/", "#/components/links/"}

// repair drops `examples` of schemas that are not a list, and references to parts of the same file that it does not have.
// It gives the mended file as JSON and says what it did; no notes mean that there was nothing to mend.
func repair(data []byte) ([]byte, []string) {
	var root any
	if json.Unmarshal(data, &root) != nil && yaml.Unmarshal(data, &root) != nil {
		return nil, nil
	}
	r := &repairer{root: root}
	r.root = r.walk(root, false)
	if len(r.notes) == 0 {
		return nil, nil
	}
	out, err := json.Marshal(r.root)
	if err != nil {
		return nil, nil
	}
	slices.Sort(r.notes)
	return out, slices.Compact(r.notes)
}

func (r *repairer) walk(v any, names bool) any {
	switch x := v.(type) {
	case []any:
		for i := range x {
			x[i] = r.walk(x[i], false)
		}
	case map[string]any:
		if ref, ok := x["$ref"].(string); ok && !names && r.dangling(ref) {
			r.notes = append(r.notes, "a reference to "+ref+", which the file does not have, is left out")
			return map[string]any{"description": "The description refers to " + ref + ", which it does not contain."}
		}
		if _, wrong := x["examples"].(map[string]any); wrong && !names && isSchema(x) {
			delete(x, "examples")
			r.notes = append(r.notes, "`examples` of a schema that are not a list are left out")
		}
		for key, child := range x {
			if !names && (key == "example" || key == "default" || key == "enum" || key == "const") {
				continue
			}
			x[key] = r.walk(child, !names && slices.Contains(nameMaps, key))
		}
	}
	return v
}

// isSchema tells a schema from the parameters, headers and media types that may have a map of examples.
func isSchema(x map[string]any) bool {
	for _, key := range []string{"schema", "content", "in", "openapi"} {
		if _, ok := x[key]; ok {
			return false
		}
	}
	return true
}

func (r *repairer) dangling(ref string) bool {
	if !slices.ContainsFunc(dispensable, func(p string) bool { return strings.HasPrefix(ref, p) }) {
		return false
	}
	at := r.root
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := at.(map[string]any)
		if !ok {
			return false
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if at, ok = m[step]; !ok {
			return true
		}
	}
	return false
}
