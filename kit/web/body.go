package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/guestright/guestright/kit/problem"
)

// maxDepth is how deeply arrays and objects may nest in a body.
const maxDepth = 32

// readBody reads the whole body, judges it and puts it back. Nil means none.
// takes lists media types besides JSON, whose text the operation judges itself.
func readBody(r *http.Request, limit int64, takes []string) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, bodyError(err)
	}
	if int64(len(body)) > limit {
		return nil, tooLarge()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		return nil, nil
	}
	kind, err := contentType(r.Header)
	if err != nil {
		return nil, err
	}
	if kind == jsonType {
		return body, CheckJSON(body)
	}
	if !slices.Contains(takes, kind) {
		return nil, unsupported()
	}
	return body, nil
}

const jsonType = "application/json"

func unsupported() error {
	return problem.Invalid("content_type_unsupported", "Send the body as application/json, or as the reference says.")
}

func tooLarge() error {
	return problem.Invalid("body_too_large", "The body is larger than this operation takes.")
}

func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge()
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return problem.Invalid("body_timeout", "The body did not arrive in time.").Because(err)
	}
	return problem.Invalid("body_unparseable", "The body ended early.").Because(err)
}

// contentType returns the declared media type of a body in UTF-8. A body without
// a type is refused: it is what a web page on another site can send unasked.
func contentType(h http.Header) (string, error) {
	if len(h.Values("Content-Type")) != 1 || h.Get("Content-Encoding") != "" {
		return "", unsupported()
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return "", unsupported()
	}
	if cs, ok := params["charset"]; ok && !strings.EqualFold(cs, "utf-8") {
		return "", unsupported()
	}
	return kind, nil
}

// CheckJSON accepts exactly one JSON value in UTF-8 whose objects name each
// member once and that nests at most 32 deep (RFC 8259 sections 4, 8 and 9;
// RFC 7493 section 2.3). Parsers disagree about everything else.
func CheckJSON(b []byte) error {
	if !utf8.Valid(b) {
		return problem.Invalid("body_not_utf8", "The body is not valid UTF-8.")
	}
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		return problem.Invalid("body_unparseable", "The body begins with a byte order mark.")
	}
	if tooDeep(b) { // before the decoder, which would do the work first
		return problem.Invalid("body_too_deep", "The body nests too deeply.")
	}
	if jsontext.Value(b).IsValid() { // in one look; it is stricter about half of a surrogate pair
		return nil
	}
	if !json.Valid(b) {
		return problem.Invalid("body_unparseable", "The body is not valid JSON.")
	}
	if duplicateKey(b) {
		return problem.Invalid("body_duplicate_key", "An object in the body names a member twice.")
	}
	return nil
}

func tooDeep(b []byte) bool {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = endOfString(b, i+1)
		case '{', '[':
			depth++
			if depth > maxDepth {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// endOfString finds the quotation mark that ends a string which begins at a place,
// or the end of the text.
func endOfString(b []byte, from int) int {
	for i := from; ; i++ {
		next := bytes.IndexByte(b[i:], '"')
		if next < 0 {
			return len(b)
		}
		i += next
		escapes := 0
		for escapes < i-from && b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
}

// duplicateKey reports whether an object of valid JSON names a member twice.
func duplicateKey(b []byte) bool {
	var open []map[string]struct{} // names so far; nil in an array
	name := false                  // the next string is a member's name
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{':
			open, name = append(open, map[string]struct{}{}), true
		case '[':
			open, name = append(open, nil), false
		case '}', ']':
			open, name = open[:len(open)-1], false
		case ',':
			name = len(open) > 0 && open[len(open)-1] != nil
		case '"':
			from := i
			escaped := false
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					escaped = true
					i++
				}
			}
			if !name {
				continue
			}
			name = false
			text := string(b[from+1 : i])
			if escaped && json.Unmarshal(b[from:i+1], &text) != nil {
				return true // valid JSON holds nothing that is not a string here
			}
			if _, ok := open[len(open)-1][text]; ok {
				return true
			}
			open[len(open)-1][text] = struct{}{}
		}
	}
	return false
}
