// Package schema holds the JSON Schemas of manifests and says in plain words
// what a manifest breaks of them.
package schema

import (
	"bytes"
	_ "embed" // the two schemas
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed manifest.json
var native []byte

//go:embed launchdarkly.json
var launchDarkly []byte

// Native gives the schema of our own form, for editors.
func Native() []byte { return bytes.Clone(native) }

// LaunchDarkly gives the schema of the compatible form.
func LaunchDarkly() []byte { return bytes.Clone(launchDarkly) }

var compiledNative = sync.OnceValue(func() *jsonschema.Schema { return compile(native) })

var compiledLaunchDarkly = sync.OnceValue(func() *jsonschema.Schema { return compile(launchDarkly) })

// compile panics on a broken schema: it is part of the program.
func compile(text []byte) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("urn:guestright:schema", doc); err != nil {
		panic(err)
	}
	return c.MustCompile("urn:guestright:schema")
}

// Fault is one thing that breaks the schema.
type Fault struct {
	Path    []string // steps to the place
	Keyword string   // of JSON Schema
	Keys    []string // required: those that are missing; additionalProperties: those that are unknown
	Message string
	Mend    string
}

// CheckNative checks a tree against the schema of our own form.
func CheckNative(tree any) []Fault { return check(compiledNative(), tree) }

// CheckLaunchDarkly checks a tree against the schema of the compatible form.
func CheckLaunchDarkly(tree any) []Fault { return check(compiledLaunchDarkly(), tree) }

func check(s *jsonschema.Schema, tree any) []Fault {
	err := s.Validate(tree)
	if err == nil {
		return nil
	}
	bad, ok := err.(*jsonschema.ValidationError) //nolint:errorlint // Validate documents the type
	if !ok {
		return []Fault{{Keyword: "schema", Message: "This cannot be checked.", Mend: "Make the manifest plain JSON."}}
	}
	return leaves(bad, nil)
}

func leaves(e *jsonschema.ValidationError, out []Fault) []Fault {
	if len(e.Causes) == 0 {
		return append(out, fault(e))
	}
	for _, c := range e.Causes {
		out = leaves(c, out)
	}
	return out
}

// fault says in words what a keyword means. The author's own text is not repeated.
func fault(e *jsonschema.ValidationError) Fault {
	f := Fault{Path: e.InstanceLocation, Keyword: strings.Join(e.ErrorKind.KeywordPath(), "/")}
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		f.Keyword, f.Message, f.Mend = "type", "This is "+article(k.Got)+".", "Make it "+articles(k.Want)+"."
	case *kind.Required:
		f.Keys = k.Missing
		f.Message, f.Mend = "There is no "+strings.Join(k.Missing, ", no ")+".", "Add "+strings.Join(k.Missing, " and ")+"."
	case *kind.AdditionalProperties:
		f.Keyword, f.Keys = "additionalProperties", k.Properties
		f.Message, f.Mend = "Nothing here is called "+short(k.Properties)+".", "Take it out, or mend its name."
	case *kind.Enum:
		f.Keyword, f.Message, f.Mend = "enum", "This word is not known here.", "Use one of "+words(k.Want)+"."
	case *kind.Pattern:
		f.Keyword, f.Message, f.Mend = "pattern", "This has another form than expected.", patternMend(k.Want)
	case *kind.Format:
		f.Keyword, f.Message, f.Mend = "format", "This is no "+k.Want+".", "Write a valid "+k.Want+"."
	case *kind.MinLength:
		f.Message, f.Mend = fmt.Sprintf("This has %d characters.", k.Got), fmt.Sprintf("Write at least %d.", k.Want)
	case *kind.MaxLength:
		f.Message, f.Mend = fmt.Sprintf("This has %d characters.", k.Got), fmt.Sprintf("Write at most %d.", k.Want)
	case *kind.MinItems:
		f.Message, f.Mend = fmt.Sprintf("This has %d items.", k.Got), fmt.Sprintf("Give at least %d.", k.Want)
	case *kind.MaxItems:
		f.Message, f.Mend = fmt.Sprintf("This has %d items.", k.Got), fmt.Sprintf("Give at most %d.", k.Want)
	case *kind.UniqueItems:
		f.Message, f.Mend = fmt.Sprintf("Items %d and %d are the same.", k.Duplicates[0], k.Duplicates[1]), "Keep one of them."
	default:
		f.Message, f.Mend = "This breaks the rule "+f.Keyword+" of the schema.", "See the schema."
	}
	return f
}

func article(t string) string {
	switch t {
	case "null":
		return "null"
	case "object", "array", "integer":
		return "an " + t
	}
	return "a " + t
}

func articles(all []string) string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = article(t)
	}
	return strings.Join(out, " or ")
}

func words(all []any) string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = fmt.Sprint(v)
	}
	return strings.Join(out, ", ")
}

// short keeps names that somebody gave from filling a page.
func short(names []string) string {
	out := make([]string, 0, len(names))
	for _, n := range names[:min(len(names), 5)] {
		if len(n) > 40 {
			n = n[:40] + "…"
		}
		out = append(out, strings.ToValidUTF8(n, "?"))
	}
	return strings.Join(out, ", ")
}

// patternMend says what a pattern asks for.
func patternMend(pattern string) string {
	switch {
	case strings.HasPrefix(pattern, "^[Hh][Tt]"):
		return "Begin with https://."
	case strings.HasPrefix(pattern, "^[^\\n"):
		return "Keep it on one line."
	case strings.HasPrefix(pattern, "^[^\\s"):
		return "Write it without spaces."
	case strings.HasPrefix(pattern, "^(0|"):
		return "Write a version such as 1.0.0."
	case strings.HasPrefix(pattern, "\\."):
		return "Name a file that ends in .svg" + map[bool]string{true: " or .png"}[strings.Contains(pattern, "png")] + "."
	case strings.HasPrefix(pattern, "^(/("):
		return "Write a JSON pointer such as /result/id."
	case strings.HasPrefix(pattern, "^/?"):
		return "Write a path such as settings/here, not an address."
	}
	return "Letters, digits and dashes are safe."
}
