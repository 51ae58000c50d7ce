package web

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/guestright/guestright/kit/problem"
)

// translate turns huma's error model into our problem document. It drops what
// huma repeats of the input.
func translate(hc huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	d := describe(hc.Context(), refusalOf(m))
	for k, values := range d.GetHeaders() {
		for _, value := range values {
			hc.SetHeader(k, value)
		}
	}
	if door, ok := hc.(*doorway); ok {
		door.status = d.GetStatus()
	}
	return d, nil
}

func refusalOf(m *huma.ErrorModel) *problem.Error {
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		return problem.Of(tooLarge())
	case http.StatusUnsupportedMediaType:
		return problem.Of(unsupported())
	case http.StatusNotAcceptable:
		return problem.Invalid("not_acceptable", "The Accept header rules out what this operation answers with.")
	case http.StatusBadRequest:
		if len(m.Errors) == 0 {
			return problem.Invalid("body_missing", "This operation needs a body.")
		}
	case http.StatusInternalServerError:
		return problem.Internal("answer", m)
	}
	var fields []problem.Field
	for _, e := range m.Errors {
		where, rest, _ := strings.Cut(e.Location, ".")
		if where == "path" {
			// A malformed id and one of somebody else's look alike.
			if said, ok := strings.CutPrefix(e.Message, "not_found: "); ok {
				return &problem.Error{Kind: problem.KindNotFound, Code: "not_found", Detail: said}
			}
			return problem.NotFound(objectOf(rest))
		}
		fields = append(fields, fieldOf(e))
	}
	if len(fields) == 0 {
		return problem.Invalid("request_malformed", "The request cannot be read.")
	}
	return problem.Invalid("invalid", "Some parts of the request are not valid; see errors.", fields...)
}

func objectOf(parameter string) string {
	if name := strings.TrimSuffix(parameter, "_id"); parameter != "id" && plainName(name) {
		return name
	}
	return "object"
}

// fieldOf keeps a finding's place and the words that we know to be ours.
func fieldOf(e *huma.ErrorDetail) problem.Field {
	if missing, ok := strings.CutPrefix(e.Message, "expected required property "); ok {
		name, _, _ := strings.Cut(missing, " ") // the schema's word, not the caller's
		return problem.Field{Pointer: pointer(e.Location) + "/" + name, Code: "required", Detail: "This is required."}
	}
	f := problem.Field{Pointer: pointer(e.Location), Code: "malformed", Detail: "This is not in the expected form."}
	for _, p := range phrases {
		if !strings.HasPrefix(e.Message, p.begins) {
			continue
		}
		f.Code, f.Detail = p.code, p.says
		if p.says == "" { // the message holds only words and numbers of the schema
			f.Detail = strings.ToUpper(e.Message[:1]) + e.Message[1:] + "."
		}
		break
	}
	return f
}

// phrase recognises one of huma's messages. Messages that are not listed may
// hold what the caller sent and are replaced.
type phrase struct{ begins, code, says string }

var phrases = []phrase{
	{begins: "unexpected property", code: "unknown", says: "There is no member of this name."},
	{begins: "unknown query parameter", code: "unknown", says: "There is no parameter of this name."},
	{begins: "required ", code: "required", says: "This parameter is required."},
	{begins: "expected value to be one of", code: "not_allowed"},
	{begins: "expected length", code: "length"},
	{begins: "expected array length", code: "length"},
	{begins: "expected array items to be unique", code: "not_unique"},
	{begins: "expected object with", code: "length"},
	{begins: "expected number >=", code: "range"},
	{begins: "expected number >", code: "range"},
	{begins: "expected number <=", code: "range"},
	{begins: "expected number <", code: "range"},
	{begins: "expected number to be a multiple", code: "range"},
	{begins: "expected number", code: "type", says: "Expected a number."},
	{begins: "expected integer", code: "type", says: "Expected an integer."},
	{begins: "invalid integer", code: "type", says: "Expected an integer."},
	{begins: "invalid float", code: "type", says: "Expected a number."},
	{begins: "invalid boolean", code: "type", says: "Expected true or false."},
	{begins: "expected boolean", code: "type", says: "Expected true or false."},
	{begins: "expected array", code: "type", says: "Expected an array."},
	{begins: "expected object", code: "type", says: "Expected an object."},
	{begins: "expected string to match pattern", code: "format"},
	{begins: "expected string to be RFC 3339 date-time", code: "format", says: "Expected a date and time as in RFC 3339."},
	{begins: "expected string to be RFC 3339 date", code: "format", says: "Expected a date as in RFC 3339."},
	{begins: "expected string to be RFC 5322 email", code: "format", says: "Expected an e-mail address."},
	{begins: "expected string to be RFC 3986 uri", code: "format", says: "Expected a URI."},
	{begins: "expected string to be RFC 5890 hostname", code: "format", says: "Expected a host name."},
	{begins: "expected string to be RFC 4122 uuid", code: "format", says: "Expected a UUID."},
	{begins: "expected string to be base64", code: "format", says: "Expected base64."},
	{begins: "expected string to be", code: "format", says: "This is not in the expected format."},
	{begins: "expected string", code: "type", says: "Expected a string."},
}

var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)

func plainName(s string) bool { return plain.MatchString(s) }

// pointer turns huma's "body.items[3].name" into "/items/3/name", and a place
// outside the body into "query/limit". The walk stops at a name that does not
// look like one: whatever a caller put there is not repeated.
func pointer(location string) string {
	where, rest, _ := strings.Cut(location, ".")
	var b strings.Builder
	if where != "body" {
		b.WriteString(where)
	}
	for part := range strings.SplitSeq(rest, ".") {
		name, indexes, _ := strings.Cut(part, "[")
		if name != "" {
			if !plainName(name) {
				break
			}
			b.WriteString("/" + name)
		}
		if indexes != "" && !writeIndexes(&b, indexes) {
			break
		}
	}
	return b.String()
}

func writeIndexes(b *strings.Builder, s string) bool {
	for part := range strings.SplitSeq(s, "[") {
		n := strings.TrimSuffix(part, "]")
		if n == "" || strings.Trim(n, "0123456789") != "" || len(n) > 7 {
			return false
		}
		b.WriteString("/" + n)
	}
	return true
}
