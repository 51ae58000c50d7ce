package web

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/guestright/guestright/kit/problem"
)

// Catalogue holds every code that the program can answer with. The zero value
// is empty and ready.
type Catalogue struct {
	mu    sync.RWMutex
	codes map[string]problem.Declared
}

// Declare adds codes. A code declared again must mean the same; otherwise the
// program is wrong and Declare panics while it starts.
func (c *Catalogue) Declare(ds ...problem.Declared) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		c.codes = map[string]problem.Declared{}
	}
	for _, d := range ds {
		if was, ok := c.codes[d.Code]; ok && was != d {
			panic(fmt.Sprintf("web: code %s is declared twice with different meanings", d.Code))
		}
		c.codes[d.Code] = d
	}
}

// Lookup finds a code.
func (c *Catalogue) Lookup(code string) (problem.Declared, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	d, ok := c.codes[code]
	return d, ok
}

// All returns every code in alphabetical order.
func (c *Catalogue) All() []problem.Declared {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make([]problem.Declared, 0, len(c.codes))
	for _, d := range c.codes {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b problem.Declared) int { return strings.Compare(a.Code, b.Code) })
	return out
}

type catalogueRow struct {
	problem.Declared
	Status int
}

// ServeHTTP renders the catalogue as a page; each code is a fragment.
func (c *Catalogue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var rows []catalogueRow
	for _, d := range c.All() {
		rows = append(rows, catalogueRow{d, Status(&problem.Error{Kind: d.Kind, Code: d.Code})})
	}
	var b strings.Builder
	page, err := template.New("errors").Parse(cataloguePage)
	if err == nil {
		err = page.Execute(&b, rows)
	}
	if err != nil {
		WriteProblem(w, r, problem.Internal("render the catalogue of errors", err))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	ServeTagged(w, r, []byte(b.String()))
}

const cataloguePage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Errors</title></head>
<body><main><h1>Errors</h1>
<p>Every failure is a problem document (RFC 9457). Programs should look at <code>code</code>; it does not change.</p>
{{range .}}<section id="{{.Code}}"><h2><code>{{.Code}}</code></h2>
<dl><dt>Status</dt><dd>{{.Status}}</dd><dt>When</dt><dd>{{.Cause}}</dd><dt>What to do</dt><dd>{{.Remedy}}</dd></dl></section>
{{end}}</main></body></html>
`

// describeErrors writes the codes of an operation into its description, grouped
// by status.
func (a *API) describeErrors(reg registered) error {
	codes := slices.Clone(reg.op.Errors)
	codes = append(codes, "internal")
	if !reg.op.Public {
		codes = append(codes, "unauthenticated")
	}
	if reg.huma.RequestBody != nil || len(reg.huma.Parameters) > 0 {
		codes = append(codes, "invalid")
	}
	if reg.huma.RequestBody != nil {
		codes = append(codes, "body_unparseable", "body_too_large", "content_type_unsupported")
	}
	if reg.op.Creates {
		codes = append(codes, "idempotency_key_reused", "idempotency_in_progress", "idempotency_outcome_unknown")
	}
	for _, p := range reg.huma.Parameters {
		if p.In == "path" {
			codes = append(codes, "not_found")
		}
		if p.In == "query" && p.Name == "cursor" {
			codes = append(codes, "cursor_invalid")
		}
	}
	slices.Sort(codes)
	byStatus := map[string][]string{}
	for _, code := range slices.Compact(codes) {
		d, ok := a.cfg.Catalogue.Lookup(code)
		if !ok {
			return problem.Internal("describe the api", fmt.Errorf("operation %s lists the undeclared code %s", reg.op.ID, code))
		}
		s := strconv.Itoa(Status(&problem.Error{Kind: d.Kind, Code: d.Code}))
		byStatus[s] = append(byStatus[s], code)
	}
	for status, codes := range byStatus {
		n, _ := strconv.Atoi(status)
		res := problemResponse(http.StatusText(n) + ": " + strings.Join(codes, ", "))
		res.Extensions = map[string]any{"x-codes": codes}
		if n == http.StatusTooManyRequests || n == http.StatusServiceUnavailable {
			res.Headers = map[string]*huma.Param{"Retry-After": {Schema: &huma.Schema{Type: "integer", Description: "Seconds to wait."}}}
		}
		reg.huma.Responses[status] = res
	}
	return nil
}

// Declared returns the codes of this package: those of HTTP itself and those
// that every operation shares.
func Declared() []problem.Declared {
	inv := problem.KindInvalid
	return []problem.Declared{
		{Code: "internal", Kind: problem.KindInternal, Cause: "Something failed on our side.", Remedy: "Try again later; quote the request id when you report it."},
		{Code: "unauthenticated", Kind: problem.KindUnauthenticated, Cause: "The request has no credential, or one that is not valid.", Remedy: "Send a valid token in the Authorization header, or sign in."},
		{Code: "forbidden", Kind: problem.KindForbidden, Cause: "The credential is valid but lacks the right.", Remedy: "Ask an administrator for the right that the answer names."},
		{Code: "not_found", Kind: problem.KindNotFound, Cause: "The object does not exist or you may not see it.", Remedy: "Check the id and the account you act in."},
		{Code: "invalid", Kind: inv, Cause: "The request can be read but breaks rules; errors lists each part.", Remedy: "Correct the parts that errors names."},
		{Code: "reason_required", Kind: inv, Cause: "The change needs a reason, in at most 500 characters: the other side is told.", Remedy: "Say why."},
		{Code: "not_a_person", Kind: problem.KindForbidden, Cause: "Only a person who signed in may do this; the credential stands for a program.", Remedy: "Sign in, or use a personal token."},
		{Code: "timeout", Kind: problem.KindUnavailable, Cause: "The request took too long.", Remedy: "Try again after the time in Retry-After."},
		{Code: "canceled", Kind: problem.KindUnavailable, Cause: "The caller went away before the answer was ready.", Remedy: "Send the request again."},
		{Code: "request_malformed", Kind: inv, Cause: "The request line or its parameters cannot be read.", Remedy: "Encode the address as RFC 3986 asks and send at most 200 parameters and 50 cookies."},
		{Code: "body_unparseable", Kind: inv, Cause: "The body is not valid JSON.", Remedy: "Send one JSON value."},
		{Code: "body_missing", Kind: inv, Cause: "The operation needs a body.", Remedy: "Send the body that the reference describes."},
		{Code: "body_duplicate_key", Kind: inv, Cause: "An object in the body names a member twice.", Remedy: "Name each member once."},
		{Code: "body_too_deep", Kind: inv, Cause: "The body nests deeper than 32 levels.", Remedy: "Flatten it."},
		{Code: "body_not_utf8", Kind: inv, Cause: "The body is not UTF-8.", Remedy: "Encode it as UTF-8."},
		{Code: "body_too_large", Kind: inv, Cause: "The body exceeds the limit.", Remedy: "Send less at once."},
		{Code: "body_timeout", Kind: inv, Cause: "The body did not arrive in time.", Remedy: "Send it without pauses."},
		{Code: "content_type_unsupported", Kind: inv, Cause: "The body is not declared as JSON in UTF-8.", Remedy: "Set Content-Type to application/json."},
		{Code: "not_acceptable", Kind: inv, Cause: "The Accept header excludes what we can send.", Remedy: "Accept application/json."},
		{Code: "method_not_allowed", Kind: inv, Cause: "The address does not answer to that method.", Remedy: "Use a method from the Allow header."},
		{Code: "host_unknown", Kind: inv, Cause: "The Host header names a host that is not ours.", Remedy: "Call the public address of this service."},
		{Code: "headers_too_large", Kind: inv, Cause: "The headers exceed the limit.", Remedy: "Send fewer or shorter headers."},
		{Code: "precondition_failed", Kind: problem.KindConflict, Cause: "The object changed since you read it.", Remedy: "Read it again and repeat the change."},
		{Code: "precondition_required", Kind: inv, Cause: "The change needs an If-Match header.", Remedy: "Send the ETag that you read."},
		{Code: "cursor_invalid", Kind: inv, Cause: "The cursor is damaged or belongs to another list.", Remedy: "Start the list again without a cursor."},
		{Code: "idempotency_key_invalid", Kind: inv, Cause: "The Idempotency-Key is empty, too long or has odd characters.", Remedy: "Send 1 to 255 printable ASCII characters, such as a UUID."},
		{Code: "idempotency_key_reused", Kind: inv, Cause: "The key was used with another request.", Remedy: "Use a new key for a new request."},
		{Code: "idempotency_in_progress", Kind: problem.KindConflict, Cause: "The first request with this key still runs.", Remedy: "Repeat after the time in Retry-After."},
		{Code: "idempotency_outcome_unknown", Kind: problem.KindConflict, Cause: "The first request with this key ended without an answer; it may have taken effect.", Remedy: "Look whether the object exists, then use a new key if it does not."},
	}
}
