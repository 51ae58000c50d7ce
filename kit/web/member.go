package web

import (
	"bytes"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/guestright/guestright/kit/problem"
)

// checkNames refuses members that differ from a known one in case only. The
// decoder would take them for it while the validator has looked at the other.
func (a *API) checkNames(op *huma.Operation, body []byte) error {
	if len(body) == 0 || op.RequestBody == nil || op.RequestBody.Content[jsonType] == nil {
		return nil
	}
	w := nameWalk{registry: a.huma.OpenAPI().Components.Schemas,
		text: jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))} // CheckJSON has judged both
	if err := w.value(op.RequestBody.Content[jsonType].Schema, ""); err != nil {
		return problem.Invalid("body_unparseable", "The body is not valid JSON.").Because(err)
	}
	if len(w.found) == 0 {
		return nil
	}
	return problem.Invalid("invalid", "Some parts of the request are not valid; see errors.", w.found...)
}

// nameWalk reads a body along its schema. What the schema does not describe is
// passed over.
type nameWalk struct {
	registry huma.Registry
	text     *jsontext.Decoder
	found    []problem.Field
}

func (w *nameWalk) value(s *huma.Schema, at string) error {
	for s != nil && s.Ref != "" {
		s = w.registry.SchemaFromRef(s.Ref)
	}
	kind := w.text.PeekKind()
	if s == nil || kind != '{' && kind != '[' {
		return w.text.SkipValue()
	}
	if _, err := w.text.ReadToken(); err != nil {
		return err
	}
	for w.text.PeekKind() != '}' && w.text.PeekKind() != ']' {
		next := func() error { return w.value(s.Items, at+"/-") }
		if kind == '{' {
			name, err := w.text.ReadToken()
			if err != nil {
				return err
			}
			next = func() error { return w.member(s, name.String(), at) }
		}
		if err := next(); err != nil {
			return err
		}
	}
	_, err := w.text.ReadToken()
	return err
}

// member judges a name and reads what stands under it.
func (w *nameWalk) member(s *huma.Schema, name, at string) error {
	if known, ok := s.Properties[name]; ok {
		return w.value(known, at+"/"+name)
	}
	for known := range s.Properties {
		if strings.EqualFold(known, name) {
			w.found = append(w.found, problem.Field{Pointer: at + "/" + known, Code: "unknown",
				Detail: "A member differs from this name in upper and lower case."})
		}
	}
	more, _ := s.AdditionalProperties.(*huma.Schema)
	return w.value(more, at+"/*")
}
