package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// policyText writes a policy as people edit it: a line for each list.
func policyText(p access.Policy) string {
	if len(p) == 0 {
		return "[]"
	}
	var b strings.Builder
	b.WriteString("[")
	for i, s := range p {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n  {\n    \"effect\": %s", listText(string(s.Effect)))
		for _, l := range []struct {
			key  string
			list []string
		}{{"actions", s.Actions}, {"notActions", s.NotActions}, {"resources", s.Resources}, {"notResources", s.NotResources}} {
			if l.list != nil {
				fmt.Fprintf(&b, ",\n    %q: %s", l.key, listText(l.list))
			}
		}
		b.WriteString("\n  }")
	}
	b.WriteString("\n]")
	return b.String()
}

func listText(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return "[]"
	}
	return strings.ReplaceAll(strings.TrimSpace(b.String()), `","`, `", "`)
}

// lineFault is a finding about a line of a text.
type lineFault struct {
	Line int // from 1; 0: the whole
	Text string
}

func (f lineFault) String() string {
	if f.Line == 0 {
		return f.Text
	}
	return fmt.Sprintf("Line %d: %s", f.Line, f.Text)
}

// policyOf reads a policy out of a text field; no text is a policy that says nothing.
func policyOf(text string) (access.Policy, []lineFault) {
	if strings.TrimSpace(text) == "" {
		return access.Policy{}, nil
	}
	p, err := access.ParsePolicy([]byte(text))
	if err == nil {
		return p, nil
	}
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal([]byte(text), new(any)), &syntax) {
		return nil, []lineFault{{lineOf(text, syntax.Offset), "This is not JSON: " + syntaxWords(syntax.Error()) + "."}}
	}
	return nil, locate(text, problem.Of(err).Fields, "")
}

func syntaxWords(s string) string {
	if strings.HasPrefix(s, "unexpected end") {
		return "it ends too early; a bracket or a quotation mark is missing"
	}
	return s
}

// locate finds the lines of findings; base is the pointer of the text in whatever they were found in.
func locate(text string, fields []problem.Field, base string) []lineFault {
	lines := pointerLines(text)
	out := make([]lineFault, 0, len(fields))
	for _, f := range fields {
		at := strings.TrimPrefix(f.Pointer, base)
		line, ok := lines[at]
		for !ok && at != "" {
			at = at[:strings.LastIndexByte(at, '/')]
			line, ok = lines[at]
		}
		if at == "" {
			line = 0
		}
		out = append(out, lineFault{line, f.Detail})
	}
	return out
}

func lineOf(text string, offset int64) int {
	return 1 + strings.Count(text[:min(max(offset-1, 0), int64(len(text)))], "\n")
}

// pointerLines gives for each value of a JSON text the line on which it begins, by JSON pointer.
func pointerLines(text string) map[string]int {
	out := map[string]int{}
	dec := json.NewDecoder(strings.NewReader(text))
	var walk func(at string) bool
	walk = func(at string) bool {
		t, err := dec.Token()
		if err != nil {
			return false
		}
		out[at] = lineOf(text, dec.InputOffset())
		open, ok := t.(json.Delim)
		if !ok {
			return true
		}
		for i := 0; dec.More(); i++ {
			next := fmt.Sprintf("%s/%d", at, i)
			if open == '{' {
				key, err := dec.Token()
				if err != nil {
					return false
				}
				next = at + "/" + fmt.Sprint(key)
			}
			if !walk(next) {
				return false
			}
		}
		_, err = dec.Token()
		return err == nil
	}
	walk("")
	return out
}
