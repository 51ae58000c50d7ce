package catalog

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Operation gives the reference data of an operation, by id or "METHOD /path".
func (c *Catalog) Operation(id string) (*Operation, bool) {
	if o, ok := c.operations[id]; ok {
		return o, true
	}
	r, ok := c.byKey[id]
	if !ok {
		return nil, false
	}
	o, ok := c.operations[r.Operation]
	return o, ok
}

// Operations lists the ids of all operations by path and method; internal ones are left out.
func (c *Catalog) Operations() []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range c.routes {
		if !seen[r.Operation] && !r.Internal {
			seen[r.Operation] = true
			out = append(out, r.Operation)
		}
	}
	return out
}

// Schema gives a named schema of a document, as JSON with its references.
func (c *Catalog) Schema(document, name string) (json.RawMessage, bool) {
	s, ok := c.schemas[document+"#"+name]
	return s, ok
}

// schemasOf collects the named schemas of a document.
func schemasOf(d Document, into map[string][]byte) {
	if d.Spec.Components == nil {
		return
	}
	for name, ref := range d.Spec.Components.Schemas {
		if b := asJSON(ref); b != nil {
			into[d.Name+"#"+name] = b
		}
	}
}

// Curl writes a command line that calls the operation through a gateway. Required parameters stand in capital letters to
// be filled in; the token is read from a variable, so that it does not end up in the shell's history.
func (o *Operation) Curl(base string) string {
	return o.CurlWith(base, func(p Parameter) string {
		if p.In == "header" {
			return sample(p.Schema, placeholder(p.Name))
		}
		return placeholder(p.Name)
	})
}

// CurlWith is Curl with a value for each required parameter, so that the line can be run as it stands.
func (o *Operation) CurlWith(base string, value func(Parameter) string) string {
	path, query := o.Path, []string{}
	var headers []string
	for _, p := range o.Parameters {
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value(p)))
		case p.In == "query" && p.Required:
			query = append(query, url.QueryEscape(p.Name)+"="+url.QueryEscape(value(p)))
		case p.In == "header" && p.Required && !strings.EqualFold(p.Name, "Authorization"):
			headers = append(headers, p.Name+": "+value(p))
		}
	}
	target := strings.TrimSuffix(base, "/") + path
	if len(query) > 0 {
		target += "?" + strings.Join(query, "&")
	}
	var b strings.Builder
	b.WriteString("curl")
	if o.Method != "GET" {
		b.WriteString(" --request " + o.Method)
	}
	b.WriteString(" " + quote(target) + ` \` + "\n" + `  --header "Authorization: Bearer $TOKEN"`)
	for _, h := range headers {
		b.WriteString(" \\\n  --header " + quote(h))
	}
	for _, body := range o.Bodies {
		if strings.Contains(body.Type, "json") {
			b.WriteString(" \\\n  --header " + quote("Content-Type: "+body.Type) + " \\\n  --data " + quote(first(string(body.Example), "{}")))
			break
		}
	}
	return b.String()
}

// Sample is a value that a call can be tried with: the description's own example, or the only value that the schema
// allows; "" when nobody has given one.
func (p Parameter) Sample() string { return first(p.Example, sample(p.Schema, "")) }

// placeholder turns a parameter's name into capital letters: contactId → CONTACT_ID.
func placeholder(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case r >= 'A' && r <= 'Z':
			if lower {
				b.WriteByte('_')
			}
			b.WriteRune(r)
			lower = false
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteString(strings.ToUpper(string(r)))
			lower = true
		default:
			b.WriteByte('_')
			lower = false
		}
	}
	return b.String()
}

// sample is the only value that a schema allows, where there is only one.
func sample(schema json.RawMessage, otherwise string) string {
	var s openapi3.Schema
	if len(schema) == 0 || json.Unmarshal(schema, &s) != nil || len(s.Enum) != 1 {
		return otherwise
	}
	if text, ok := s.Enum[0].(string); ok {
		return text
	}
	return otherwise
}

// quote makes one argument of a POSIX shell out of any text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
