package catalog

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/guestright/guestright/access"
)

// Operation is what a reference page shows about one operation.
type Operation struct {
	ID          string      `json:"id"`
	Method      string      `json:"method"`
	Path        string      `json:"path"`
	Document    string      `json:"document"`
	Summary     string      `json:"summary,omitempty"`
	Description string      `json:"description,omitempty"` // CommonMark, from the product's description: show it sanitised
	Tags        []string    `json:"tags,omitempty"`
	Deprecated  bool        `json:"deprecated,omitempty"`
	Parameters  []Parameter `json:"parameters,omitempty"`
	Bodies      []Body      `json:"bodies,omitempty"`
	Answers     []Answer    `json:"answers,omitempty"`
	Names       []string    `json:"named_in_text,omitempty"`
	Aside       []string    `json:"mentioned_only,omitempty"`
}

// Parameter is one parameter of an operation.
type Parameter struct {
	Name        string          `json:"name"`
	In          string          `json:"in"`
	Required    bool            `json:"required,omitempty"`
	Deprecated  bool            `json:"deprecated,omitempty"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"`
	Example     string          `json:"example,omitempty"` // from the product's description, when it is a text
}

// Body is one form of the request body. Schemas keep their references; Catalog.Schema resolves a name.
type Body struct {
	Type     string          `json:"type"` // media type
	Required bool            `json:"required,omitempty"`
	Schema   json.RawMessage `json:"schema,omitempty"`
	Example  json.RawMessage `json:"example,omitempty"`
}

// Answer is one possible answer.
type Answer struct {
	Status      string          `json:"status"`
	Description string          `json:"description,omitempty"`
	Type        string          `json:"type,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"`
}

func describe(op raw, v verdict) *Operation {
	o := &Operation{ID: op.id, Method: op.method, Path: op.path, Document: op.doc.Name, Summary: op.op.Summary, Description: op.op.Description,
		Tags: op.op.Tags, Deprecated: op.op.Deprecated, Names: v.names, Aside: v.aside}
	for _, list := range []openapi3.Parameters{op.op.Parameters, op.item.Parameters} {
		for _, ref := range list {
			if ref == nil || ref.Value == nil || slices.ContainsFunc(o.Parameters, func(p Parameter) bool { return p.Name == ref.Value.Name && p.In == ref.Value.In }) {
				continue
			}
			p := ref.Value
			example, _ := p.Example.(string)
			o.Parameters = append(o.Parameters, Parameter{Name: p.Name, In: p.In, Required: p.Required, Deprecated: p.Deprecated, Description: p.Description, Schema: asJSON(p.Schema), Example: example})
		}
	}
	if op.op.RequestBody != nil && op.op.RequestBody.Value != nil {
		body := op.op.RequestBody.Value
		for kind, m := range body.Content {
			if m != nil {
				o.Bodies = append(o.Bodies, Body{Type: kind, Required: body.Required, Schema: asJSON(m.Schema), Example: asJSON(m.Example)})
			}
		}
		slices.SortFunc(o.Bodies, func(a, b Body) int { return strings.Compare(a.Type, b.Type) })
	}
	if op.op.Responses != nil {
		for status, ref := range op.op.Responses.Map() {
			o.Answers = append(o.Answers, answer(status, ref))
		}
		slices.SortFunc(o.Answers, func(a, b Answer) int { return strings.Compare(a.Status, b.Status) })
	}
	return o
}

func answer(status string, ref *openapi3.ResponseRef) Answer {
	a := Answer{Status: status}
	if ref == nil || ref.Value == nil {
		return a
	}
	if ref.Value.Description != nil {
		a.Description = *ref.Value.Description
	}
	types := make([]string, 0, len(ref.Value.Content))
	for t := range ref.Value.Content {
		types = append(types, t)
	}
	slices.Sort(types)
	if len(types) > 0 {
		a.Type = types[0]
		if m := ref.Value.Content[types[0]]; m != nil {
			a.Schema = asJSON(m.Schema)
		}
	}
	return a
}

// asJSON writes a part of a document with its references as they stand; nothing where there is nothing to show.
func asJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil || string(b) == "null" {
		return nil
	}
	return b
}

// needsText accepts the text form of a requirement or its JSON form.
func needsText(v any) (string, bool) {
	if s, ok := v.(string); ok {
		return s, s != ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", false
	}
	var n access.Needs
	if n.UnmarshalJSON(b) != nil || !n.Mapped() {
		return "", false
	}
	return n.Text(), true
}
