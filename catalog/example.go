package catalog

import "strings"

// exampleDeep bounds how deep an example goes.
const exampleDeep = 8

// Example makes data after a JSON Schema: what the schema itself gives as an example, or the plainest value of each type.
// It is for people to begin with, and need not fit every rule. No schema: {}.
func Example(schema map[string]any) map[string]any {
	if out, ok := example(schema, 0).(map[string]any); ok {
		return out
	}
	return map[string]any{}
}

func example(schema map[string]any, deep int) any {
	for _, k := range []string{"const", "example", "default"} {
		if v, ok := schema[k]; ok {
			return v
		}
	}
	for _, k := range []string{"examples", "enum"} {
		if list, ok := schema[k].([]any); ok && len(list) > 0 {
			return list[0]
		}
	}
	kind, _ := schema["type"].(string)
	if list, ok := schema["type"].([]any); ok && len(list) > 0 {
		kind, _ = list[0].(string)
	}
	switch kind {
	case "string":
		return exampleText(schema)
	case "integer", "number":
		if least, ok := schema["minimum"]; ok {
			return least
		}
		return 1
	case "boolean":
		return true
	case "null":
		return nil
	case "array":
		items, _ := schema["items"].(map[string]any)
		if items == nil || deep >= exampleDeep {
			return []any{}
		}
		return []any{example(items, deep+1)}
	}
	out := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	for name, p := range properties {
		if part, ok := p.(map[string]any); ok && deep < exampleDeep {
			out[name] = example(part, deep+1)
		}
	}
	return out
}

func exampleText(schema map[string]any) string {
	switch schema["format"] {
	case "date-time":
		return "2026-01-31T12:00:00Z"
	case "date":
		return "2026-01-31"
	case "email":
		return "ada@example.com"
	case "uri":
		return "https://example.com"
	case "uuid":
		return "00000000-0000-4000-8000-000000000000"
	}
	text := "example"
	if most, ok := size(schema["maxLength"]); ok && most < len(text) {
		return text[:most]
	}
	if least, ok := size(schema["minLength"]); ok && least > len(text) {
		return text + strings.Repeat("x", min(least, 1000)-len(text))
	}
	return text
}

// size is a length of a schema, as YAML and JSON give it.
func size(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, n >= 0
	case float64:
		return int(n), n >= 0
	}
	return 0, false
}
