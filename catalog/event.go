package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	keyword "github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// Event is a type of event with its schemas, ready to judge data.
type Event struct {
	EventType
	Name   string
	Latest int // the newest version; 0 without schemas

	schemas map[int]*jsonschema.Schema
}

// OwnEvents is the prefix of the types that Guestright itself publishes; a catalog does not use it.
const OwnEvents = "guestright."

// eventName is how types are called: words of lower-case letters with dots between, the newest CloudEvents advice
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type) without its reverse domain.
var eventName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

func (c *checker) event(at, name string, e EventType) {
	if !eventName.MatchString(name) || len(name) > 100 {
		c.say(at, "catalog.name", "A type of event is written like order.created: lower-case words with dots between, at most 100 characters.")
	}
	if strings.HasPrefix(name, OwnEvents) {
		c.say(at, "catalog.name", "Types that begin with guestright. are Guestright's own.")
	}
	if e.Entitlement != "" {
		c.name(at+"/entitlement", e.Entitlement)
	}
	if e.Scope != "" {
		c.name(at+"/scope", e.Scope)
	}
	if e.Resource != "" && !slices.ContainsFunc(c.file.Resources, func(k Kind) bool { return k.Kind == e.Resource }) {
		c.say(at+"/resource", "catalog.unknown_name", "There is no kind of this name in resources.")
	}
	for v, s := range e.Schemas {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 1000 || strconv.Itoa(n) != v {
			c.say(at+"/schemas/"+v, "catalog.value", "Versions are numbered 1, 2 and so on.")
		}
		if _, err := compileSchema(s); err != nil {
			c.say(at+"/schemas/"+v, "catalog.schema", "This is not a JSON Schema that stands by itself: "+err.Error())
		}
	}
}

// nowhere keeps a schema from fetching others.
type nowhere struct{}

func (nowhere) Load(string) (any, error) {
	return nil, errors.New("it refers to another document")
}

func compileSchema(s map[string]any) (*jsonschema.Schema, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.AssertFormat()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("guestright:event", doc); err != nil {
		return nil, err
	}
	return c.Compile("guestright:event")
}

// events compiles what check has passed.
func (f File) events() map[string]*Event {
	out := make(map[string]*Event, len(f.Events))
	for name, t := range f.Events {
		e := &Event{EventType: t, Name: name, schemas: map[int]*jsonschema.Schema{}}
		for v, s := range t.Schemas {
			n, _ := strconv.Atoi(v)
			e.Latest = max(e.Latest, n)
			if compiled, err := compileSchema(s); err == nil {
				e.schemas[n] = compiled
			}
		}
		out[name] = e
	}
	return out
}

// Event finds a type of event that the product publishes.
func (c *Catalog) Event(name string) (*Event, bool) {
	e, ok := c.events[name]
	return e, ok
}

// Has reports whether the type has a version; a type without schemas has version 0 only.
func (e *Event) Has(version int) bool {
	_, ok := e.schemas[version]
	return ok || version == 0 && e.Latest == 0
}

// Check judges the data of an event by a version's schema; at is the pointer of the data. What is found names the place
// and the rule, never the value.
func (e *Event) Check(version int, data []byte, at string) []problem.Field {
	v, err := decoded(data)
	if err != nil {
		return []problem.Field{{Pointer: at, Code: "malformed", Detail: "This is not JSON."}}
	}
	if _, ok := v.(map[string]any); !ok {
		return []problem.Field{{Pointer: at, Code: "malformed", Detail: "The data of an event is a JSON object."}}
	}
	s := e.schemas[version]
	if s == nil {
		return nil
	}
	err = s.Validate(v)
	if err == nil {
		return nil
	}
	bad, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []problem.Field{{Pointer: at, Code: "schema", Detail: "This does not fit the schema."}}
	}
	var out []problem.Field
	findings(bad, at, &out)
	return out
}

// findingsMost bounds what one event is told.
const findingsMost = 20

func findings(e *jsonschema.ValidationError, at string, out *[]problem.Field) {
	if len(*out) >= findingsMost {
		return
	}
	for _, c := range e.Causes {
		findings(c, at, out)
	}
	if len(e.Causes) > 0 {
		return
	}
	for _, step := range e.InstanceLocation {
		at += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
	}
	switch k := e.ErrorKind.(type) {
	case *keyword.Required:
		for _, name := range k.Missing {
			*out = append(*out, problem.Field{Pointer: at + "/" + name, Code: "required", Detail: "The schema requires this."})
		}
	case *keyword.Type:
		*out = append(*out, problem.Field{Pointer: at, Code: "schema", Detail: "The schema asks for another type: " + strings.Join(k.Want, " or ") + "."})
	case *keyword.AdditionalProperties:
		for _, name := range k.Properties {
			*out = append(*out, problem.Field{Pointer: at + "/" + name, Code: "unknown", Detail: "The schema has no such member."})
		}
	default:
		broken := "a rule"
		if path := e.ErrorKind.KeywordPath(); len(path) > 0 {
			broken = "the rule " + path[len(path)-1]
		}
		*out = append(*out, problem.Field{Pointer: at, Code: "schema", Detail: "This breaks " + broken + " of the schema."})
	}
}

// Opens reports whether scopes let an integration receive the type at all; which single events is up to its layers.
func (c *Catalog) Opens(t EventType, scopes []string) bool {
	if t.Scope != "" && !slices.Contains(scopes, t.Scope) {
		return false
	}
	return t.Entitlement == "" || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(c.gives[s], t.Entitlement) })
}

// Openers lists the scopes of which any would open the type; none when it is open anyway.
func (c *Catalog) Openers(t EventType) []string {
	out := []string{}
	if t.Scope != "" {
		return append(out, t.Scope)
	}
	if t.Entitlement == "" {
		return out
	}
	for _, s := range c.Scopes() {
		if slices.Contains(c.gives[s], t.Entitlement) {
			out = append(out, s)
		}
	}
	return out
}

// Receivable decides about one event: the scope is held and every layer allows the entitlement on the subject.
func (t EventType) Receivable(scopes []string, layers []access.Layer, on *access.Resource) bool {
	if t.Scope != "" && !slices.Contains(scopes, t.Scope) {
		return false
	}
	return t.Entitlement == "" || access.Permits(layers, t.Entitlement, on)
}
