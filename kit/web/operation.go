package web

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/guestright/guestright/kit/problem"
)

// Operation describes one operation of the API.
type Operation struct {
	ID          string   // unique, camelCase, stable: generated clients name methods after it
	Method      string   // GET, POST, PUT, PATCH or DELETE
	Path        string   // with {parameters}
	Summary     string   // a few words
	Description string   // sentences; Markdown
	Tag         string   // group in the reference
	Status      int      // of success; 0: 201 if Creates, else 200, or 204 without a body
	Action      string   // what the caller must be allowed to do; shown in the description
	Errors      []string // codes this operation can answer with, besides the common ones
	Creates     bool     // a creating POST: accepts Idempotency-Key
	Public      bool     // needs no credential
	Cacheable   bool     // the answer holds no secret; without it answers say no-store
	MaxBody     int64    // bytes; 0 means the API's limit
	// Takes says, by media type, how bodies look that the operation reads itself from the RawBody of its input; []byte stands
	// for bytes that are no text. What is not application/json it has to judge by CheckJSON or otherwise.
	Takes map[string]reflect.Type
	// Quick, if set, answers most requests in a shorter way.
	Quick Quick
}

// call is what the plumbing knows about the running operation.
type call struct {
	api *API
	op  Operation
	url *url.URL
}

type callKey struct{}

func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

func (a *API) caller(ctx context.Context) Caller {
	if a.cfg.Caller == nil {
		return Caller{}
	}
	return a.cfg.Caller(ctx)
}

// Op mounts a typed operation. Input and output are structs as huma reads them:
// fields tagged path, query or header, and a Body. A mistake in the types or a
// path that clashes with another panics while the program starts.
func Op[I, O any](a *API, op Operation, fn func(ctx context.Context, in *I) (*O, error)) {
	if name := hidden(reflect.TypeFor[I]()); name != "" {
		panic("web: operation " + op.ID + ": the embedded " + name + " must be exported, or its fields stay empty")
	}
	if op.Status == 0 && op.Creates {
		op.Status = http.StatusCreated
	}
	if op.Status == 0 && op.Quick != nil {
		op.Status = http.StatusOK
	}
	if op.MaxBody <= 0 {
		op.MaxBody = a.cfg.MaxBody
	}
	h := huma.Operation{
		OperationID:     op.ID,
		Method:          op.Method,
		Path:            op.Path,
		Summary:         op.Summary,
		Description:     op.Description,
		DefaultStatus:   op.Status,
		MaxBodyBytes:    op.MaxBody + 1, // ours is checked before; huma refuses the exact limit
		BodyReadTimeout: -1,             // the body is in memory by then
		Middlewares:     huma.Middlewares{a.before(op)},
		Responses:       map[string]*huma.Response{"default": problemResponse("Any other failure.")},
		Extensions:      map[string]any{},
	}
	if op.Tag != "" {
		h.Tags = []string{op.Tag}
	}
	if op.Action != "" {
		h.Extensions["x-action"] = op.Action
	}
	if !op.Public {
		h.Security = []map[string][]string{{"bearer": {}}}
		if a.cfg.Cookie != "" {
			h.Security = append(h.Security, map[string][]string{"session": {}})
		}
	}
	if op.Creates {
		h.Parameters = append(h.Parameters, idempotencyParameter())
	}
	a.owner = sliceOf(reflect.TypeFor[I](), reflect.TypeFor[O]())
	huma.Register(a.huma, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, describe(ctx, err)
		}
		return out, nil
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	item := a.huma.OpenAPI().Paths[op.Path]
	a.takes(operationOf(item, op.Method), op)
	a.ops = append(a.ops, registered{op: op, huma: operationOf(item, op.Method)})
	a.document = nil
}

// takes describes the bodies of an operation that reads them itself.
func (a *API) takes(h *huma.Operation, op Operation) {
	if len(op.Takes) == 0 {
		return
	}
	h.RequestBody.Content = map[string]*huma.MediaType{}
	for kind, t := range op.Takes {
		if t == reflect.TypeFor[[]byte]() {
			h.RequestBody.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
			continue
		}
		h.RequestBody.Content[kind] = &huma.MediaType{Schema: a.huma.OpenAPI().Components.Schemas.Schema(t, true, op.ID)}
	}
}

// hidden names an embedded struct of an input that huma would skip in silence.
func hidden(t reflect.Type) string {
	if t.Kind() != reflect.Struct {
		return ""
	}
	for f := range t.Fields() {
		if f.Anonymous && !f.IsExported() {
			return f.Type.String()
		}
		if f.Anonymous {
			if name := hidden(f.Type); name != "" {
				return name
			}
		}
	}
	return ""
}

func operationOf(item *huma.PathItem, method string) *huma.Operation {
	switch method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	case http.MethodHead:
		return item.Head
	}
	return nil
}

// before runs ahead of huma: it authenticates, then reads and judges the body,
// so that a stranger learns nothing about what a valid request looks like.
func (a *API) before(op Operation) func(huma.Context, func(huma.Context)) {
	var others []string
	var described sync.Once
	return func(hc huma.Context, next func(huma.Context)) {
		described.Do(func() { others = otherTypes(hc.Operation()) })
		r, w := humago.Unwrap(hc)
		ctx := context.WithValue(r.Context(), callKey{}, &call{api: a, op: op, url: r.URL})
		r = r.WithContext(ctx)
		if !op.Cacheable {
			w.Header().Set("Cache-Control", "no-store")
		}
		if a.cfg.Gate != nil {
			passed, err := a.cfg.Gate(r, op)
			if err != nil {
				WriteProblem(w, r, err)
				return
			}
			r = r.WithContext(passed)
		}
		if repeats(r.URL.RawQuery, hc.Operation().Parameters) {
			WriteProblem(w, r, problem.Invalid("request_malformed", "The query names a parameter twice."))
			return
		}
		if !accepts(r.Header, hc.Operation()) {
			WriteProblem(w, r, problem.Invalid("not_acceptable", "The Accept header rules out what this operation answers with."))
			return
		}
		body, err := readBody(r, op.MaxBody, others)
		if err != nil {
			WriteProblem(w, r, err)
			return
		}
		if err := a.checkNames(hc.Operation(), body); err != nil {
			WriteProblem(w, r, err)
			return
		}
		a.once(exchange{op: op, w: w, r: r, body: body}, func(w http.ResponseWriter, r *http.Request) {
			if op.quick(r, body) {
				op.answer(w, r, body)
				return
			}
			next(&doorway{inner: humago.NewContext(hc.Operation(), r, w)})
		})
	}
}

// otherTypes lists the media types besides JSON that an operation declares.
func otherTypes(op *huma.Operation) []string {
	var out []string
	if op.RequestBody == nil {
		return nil
	}
	for kind := range op.RequestBody.Content {
		if kind != jsonType {
			out = append(out, kind)
		}
	}
	return out
}

// repeats reports whether a query names a parameter twice that takes one value:
// whoever looked at it before us may have seen the other.
func repeats(raw string, params []*huma.Param) bool {
	if raw == "" {
		return false
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return true
	}
	for _, p := range params {
		if p.In == "query" && len(values[p.Name]) > 1 && (p.Explode == nil || !*p.Explode) {
			return true
		}
	}
	return false
}

// inner keeps huma.Context's method of the same name reachable.
type inner = huma.Context

// doorway is the context huma works with. A transformer cannot change the status
// of the answer, so it leaves its wish here.
type doorway struct {
	inner
	status int
}

// Unwrap lets adapters reach the request.
func (d *doorway) Unwrap() huma.Context { return d.inner }

// SetStatus implements huma.Context.
func (d *doorway) SetStatus(code int) {
	if d.status != 0 {
		code = d.status
	}
	d.inner.SetStatus(code)
}

// AppendHeader implements huma.Context. What stands there already is not said twice.
func (d *doorway) AppendHeader(name, value string) {
	if _, w := humago.Unwrap(d.inner); slices.Contains(w.Header().Values(name), value) {
		return
	}
	d.inner.AppendHeader(name, value)
}

func problemResponse(description string) *huma.Response {
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{
		problemType: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
	}}
}

func problemSchema() *huma.Schema {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: "string", Description: doc} }
	return &huma.Schema{
		Type:                 "object",
		Description:          "Why a request failed (RFC 9457). Some codes add further members.",
		Required:             []string{"type", "title", "status", "code"},
		AdditionalProperties: true,
		Properties: map[string]*huma.Schema{
			"type":     text("Where the code is explained."),
			"title":    text("The status in words."),
			"status":   {Type: "integer", Description: "The HTTP status."},
			"detail":   text("What went wrong, for people."),
			"instance": text("The request id."),
			"code":     text("Stable code for programs."),
			"errors": {Type: "array", Description: "One entry for each part of the input at fault.", Items: &huma.Schema{
				Type: "object", Required: []string{"pointer", "code", "detail"}, AdditionalProperties: false,
				Properties: map[string]*huma.Schema{
					"pointer": text("JSON pointer into the body (RFC 6901), or query/name, path/name, header/name."),
					"code":    text("Stable code of the rule."),
					"detail":  text("What would be right."),
				}}},
		},
	}
}
