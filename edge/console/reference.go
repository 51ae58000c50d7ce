package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) referenceRoutes() []route {
	return []route{
		{"GET /reference", c.page(referencePage)},
		{"GET /reference/scopes", c.page(scopesPage)},
		{"GET /reference/{operation...}", c.page(operationPage)},
	}
}

// referencePath is where an operation is explained; refusals of the gateway link to it.
func referencePath(operation string) string { return "/reference/" + url.PathEscape(operation) }

// referenceLine is an operation as the list shows it.
type referenceLine struct {
	ID, Method, Path, Summary string
	Deprecated, Public        bool
	Unmapped                  bool
	Needs                     string
}

// referenceGroup is the operations of one tag.
type referenceGroup struct {
	Title string
	Lines []referenceLine
}

type referenceView struct {
	Product string
	About   string
	Version string
	Query   string
	Groups  []referenceGroup
	Found   int
	All     int
	More    int // operations that are not shown; zero: all are
}

// referenceMost bounds how many operations one page lists; who has more of them searches.
const referenceMost = 250

func referencePage(v *visit) error {
	d := v.reference(v.query("q"))
	if v.r.Header.Get("HX-Target") == "operations" { // typing into the search box
		return v.fragment(operationGroups(d))
	}
	return v.show(sheet{title: "API reference", current: "/reference", trail: []page.Link{{Text: "API reference"}}, body: referenceList(d)})
}

// reference lists the operations whose text holds every word of the query.
func (v *visit) reference(query string) referenceView {
	cat := v.Catalog.Get()
	d := referenceView{Product: cat.File().Product.Name, About: cat.File().Product.Description, Version: cat.Version(), Query: query}
	words := strings.Fields(strings.ToLower(query))
	at := map[string]int{}
	for _, id := range cat.Operations() {
		o, ok := cat.Operation(id)
		if !ok {
			continue
		}
		r, ok := cat.Route(id)
		if !ok {
			continue
		}
		d.All++
		needs := r.Needs.String()
		text := strings.ToLower(strings.Join([]string{id, o.Method, o.Path, o.Summary, strings.Join(o.Tags, " "), needs}, " "))
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			continue
		}
		d.Found++
		if d.Found > referenceMost {
			d.More++
			continue
		}
		tag := tagOf(o)
		i, there := at[tag]
		if !there {
			i = len(d.Groups)
			at[tag] = i
			d.Groups = append(d.Groups, referenceGroup{Title: tag})
		}
		d.Groups[i].Lines = append(d.Groups[i].Lines, referenceLine{ID: id, Method: o.Method, Path: o.Path, Summary: o.Summary,
			Deprecated: o.Deprecated || r.Deprecated != nil, Public: r.Public, Unmapped: r.Unmapped(), Needs: needs})
	}
	slices.SortStableFunc(d.Groups, func(a, b referenceGroup) int { return cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return d
}

func tagOf(o *catalog.Operation) string {
	if len(o.Tags) > 0 && o.Tags[0] != "" {
		return o.Tags[0]
	}
	return "Other"
}

// operationView explains one operation.
type operationView struct {
	Operation *catalog.Operation
	Needs     catalog.Shown
	Curl      string
	Name      string
	Product   string
	Ask       []string // how to ask for it, each a set of scopes that is enough
	Schemas   []schemaView
	scalar    func(name string) (rawSchema, bool)
}

// schemaView is a schema that the operation's bodies refer to.
type schemaView struct {
	Name   string
	Fields []schemaField
}

func operationPage(v *visit) error {
	cat := v.Catalog.Get()
	name := v.r.PathValue("operation")
	shown, err := cat.ShowOperation(name)
	if err != nil {
		return err
	}
	if r, ok := cat.Route(shown.Operation); ok && r.Internal {
		return problem.NotFound("operation")
	}
	o, ok := cat.Operation(shown.Operation)
	if !ok {
		return problem.NotFound("operation")
	}
	d := operationView{Operation: o, Needs: shown, Curl: o.Curl(v.Gateway), Name: o.Summary, Product: cat.File().Product.Name}
	if d.Name == "" {
		d.Name = o.Method + " " + o.Path
	}
	d.Ask, d.scalar = asks(cat, shown), scalarsIn(cat, o.Document)
	var refs []string
	for _, b := range o.Bodies {
		refs = append(refs, refsIn(b.Schema)...)
	}
	for _, a := range o.Answers {
		refs = append(refs, refsIn(a.Schema)...)
	}
	d.Schemas = schemasOf(cat, o.Document, refs)
	return v.show(sheet{title: d.Name, current: "/reference", trail: []page.Link{{Text: "API reference", URL: "/reference"}, {Text: tagOf(o), URL: "/reference?q=" + url.QueryEscape(tagOf(o))}, {Text: d.Name}},
		body: operationDetail(v, d)})
}

// asks lists the scopes with which a call passes, one set per line, the smallest first.
func asks(cat *catalog.Catalog, s catalog.Shown) []string {
	var out []string
	for _, set := range s.Alternatives {
		var words []string
		for _, atom := range set {
			if atom.Kind == access.KindScope && !slices.Contains(words, atom.Name) {
				words = append(words, atom.Name)
			}
		}
		for _, atom := range set {
			gives := func(scope string) bool { return slices.Contains(cat.Entitlements(scope), atom.Name) }
			if atom.Kind == access.KindScope || slices.ContainsFunc(words, gives) {
				continue // a scope that is asked for anyway gives it
			}
			var any []string
			for _, sc := range s.Scopes {
				if gives(sc.Name) {
					any = append(any, sc.Name)
				}
			}
			words = append(words, strings.Join(any, " or "))
		}
		if line := strings.Join(words, " and "); !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// schemaField is one member of an object.
type schemaField struct {
	Name, Type, Text string
	Ref              string // name of the schema that it is, if it is one
	Required         bool
	Values           []string
}

type rawSchema struct {
	Ref         string                     `json:"$ref"`
	Type        any                        `json:"type"`
	Format      string                     `json:"format"`
	Description string                     `json:"description"`
	Enum        []any                      `json:"enum"`
	Items       json.RawMessage            `json:"items"`
	Properties  map[string]json.RawMessage `json:"properties"`
	Required    []string                   `json:"required"`
	AllOf       []json.RawMessage          `json:"allOf"`
	OneOf       []json.RawMessage          `json:"oneOf"`
	AnyOf       []json.RawMessage          `json:"anyOf"`
}

func readSchema(b json.RawMessage) rawSchema {
	var s rawSchema
	_ = json.Unmarshal(b, &s) // what cannot be read is shown without detail
	return s
}

func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// refsIn finds the named schemas that a schema leads to at once.
func refsIn(b json.RawMessage) []string {
	if len(b) == 0 {
		return nil
	}
	s := readSchema(b)
	var out []string
	if s.Ref != "" {
		out = append(out, refName(s.Ref))
	}
	for _, part := range slices.Concat([]json.RawMessage{s.Items}, s.AllOf, s.OneOf, s.AnyOf) {
		out = append(out, refsIn(part)...)
	}
	for _, name := range sortedKeys(s.Properties) {
		out = append(out, refsIn(s.Properties[name])...)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

const schemasMost = 30

// schemasOf follows references breadth first.
func schemasOf(cat *catalog.Catalog, document string, refs []string) []schemaView {
	var out []schemaView
	seen := map[string]bool{}
	for len(refs) > 0 && len(out) < schemasMost {
		name := refs[0]
		refs = refs[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		b, ok := cat.Schema(document, name)
		if !ok {
			continue
		}
		if s := readSchema(b); len(s.Properties)+len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) > 0 {
			out = append(out, schemaView{Name: name, Fields: fieldsOf(b, scalarsIn(cat, document))})
		}
		refs = append(refs, refsIn(b)...)
	}
	return out
}

// fieldsOf lists the members of an object, those of its parts included.
func fieldsOf(b json.RawMessage, scalar func(name string) (rawSchema, bool)) []schemaField {
	s := readSchema(b)
	var out []schemaField
	for _, part := range s.AllOf {
		out = append(out, fieldsOf(part, scalar)...)
	}
	for _, name := range sortedKeys(s.Properties) {
		p := readSchema(s.Properties[name])
		f := schemaField{Name: name, Text: firstSentence(p.Description), Required: slices.Contains(s.Required, name)}
		f.Type, f.Ref = typeOf(s.Properties[name])
		if is, ok := scalar(f.Ref); ok {
			plain, _ := typeOf(asSchema(is))
			f.Type = strings.Replace(f.Type, f.Ref, plain, 1)
			f.Text, f.Ref = cmp.Or(f.Text, firstSentence(is.Description)), ""
			p.Enum = is.Enum
		}
		for _, v := range p.Enum {
			if text, ok := v.(string); ok {
				f.Values = append(f.Values, text)
			}
		}
		out = append(out, f)
	}
	if len(out) == 0 && (len(s.Enum)+len(s.OneOf)+len(s.AnyOf) > 0 || s.Type != nil) {
		f := schemaField{Text: firstSentence(s.Description)}
		f.Type, f.Ref = typeOf(b)
		for _, v := range s.Enum {
			if text, ok := v.(string); ok {
				f.Values = append(f.Values, text)
			}
		}
		out = append(out, f)
	}
	return out
}

// scalarsIn finds named schemas of a document that are plain values: a page of their own would say nothing.
func scalarsIn(cat *catalog.Catalog, document string) func(string) (rawSchema, bool) {
	return func(name string) (rawSchema, bool) {
		b, ok := cat.Schema(document, name)
		if name == "" || !ok {
			return rawSchema{}, false
		}
		s := readSchema(b)
		return s, len(s.Properties)+len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) == 0
	}
}

func asSchema(s rawSchema) json.RawMessage {
	plain := map[string]any{"type": s.Type, "format": s.Format}
	if len(s.Items) > 0 {
		plain["items"] = s.Items
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return nil
	}
	return b
}

// typeOf says what a value is, in words, and which named schema it is of.
func typeOf(b json.RawMessage) (string, string) {
	if len(b) == 0 {
		return "anything", ""
	}
	s := readSchema(b)
	switch {
	case s.Ref != "":
		return refName(s.Ref), refName(s.Ref)
	case len(s.Items) > 0:
		of, ref := typeOf(s.Items)
		return "list of " + of, ref
	case len(s.OneOf)+len(s.AnyOf) > 0:
		var words []string
		ref := ""
		for _, part := range slices.Concat(s.OneOf, s.AnyOf) {
			w, r := typeOf(part)
			words = append(words, w)
			ref = cmp.Or(ref, r)
		}
		return strings.Join(words, " or "), ref
	case len(s.AllOf) == 1:
		return typeOf(s.AllOf[0])
	}
	kind := "object"
	switch t := s.Type.(type) {
	case string:
		kind = t
	case []any:
		var words []string
		for _, one := range t {
			if w, ok := one.(string); ok {
				words = append(words, w)
			}
		}
		kind = strings.Join(words, " or ")
	}
	if s.Format != "" {
		kind += ", " + s.Format
	}
	return kind, ""
}

// firstSentence keeps lists short; the rest stands in the product's own documentation.
func firstSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if i := strings.Index(text, ". "); i > 0 {
		text = text[:i+1]
	}
	if r := []rune(text); len(r) > 220 {
		return string(r[:219]) + "…"
	}
	if text != "" && !strings.ContainsAny(text[len(text)-1:], ".!?:") {
		text += "."
	}
	return text
}

// scopesView is all scopes that developers may ask for.
type scopesView struct {
	Product string
	Lines   []scopeEntry
}

type scopeEntry struct {
	catalog.Scope
	Name       string
	Privileges []integration.OfferedPrivilege
	Operations int
}

func scopesPage(v *visit) error {
	cat := v.Catalog.Get()
	d := scopesView{Product: cat.File().Product.Name}
	uses := map[string]int{}
	for _, id := range cat.Operations() {
		shown, err := cat.ShowOperation(id)
		if err != nil {
			continue // gone between the two reads
		}
		for _, s := range shown.Scopes {
			uses[s.Name]++
		}
	}
	for _, name := range cat.Scopes() {
		s, _ := cat.Scope(name)
		e := scopeEntry{Scope: s, Name: name, Operations: uses[name]}
		for _, ent := range cat.Entitlements(name) {
			for _, p := range cat.Privileges(ent) {
				if o := (integration.OfferedPrivilege{Label: p.Label, Screen: p.Screen}); !slices.Contains(e.Privileges, o) {
					e.Privileges = append(e.Privileges, o)
				}
			}
		}
		d.Lines = append(d.Lines, e)
	}
	return v.show(sheet{title: "Scopes", status: http.StatusOK, current: "/reference", trail: []page.Link{{Text: "API reference", URL: "/reference"}, {Text: "Scopes"}}, body: scopeReference(d)})
}

// indented writes JSON for reading; what is no JSON stays as it is.
func indented(b []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, b, "", "  ") != nil {
		return string(b)
	}
	return out.String()
}
