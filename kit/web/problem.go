package web

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// ErrorDocs is where the catalogue of errors is served; a problem's type is
// this path with the code as fragment.
const ErrorDocs = "/docs/errors"

const problemType = "application/problem+json"

// transport gives the statuses of failures that belong to HTTP itself, where
// the kind alone would say less than the protocol can (RFC 9110 section 15.5).
var transport = map[string]int{
	"body_unparseable":         http.StatusBadRequest,
	"body_missing":             http.StatusBadRequest,
	"body_duplicate_key":       http.StatusBadRequest,
	"body_too_deep":            http.StatusBadRequest,
	"body_not_utf8":            http.StatusBadRequest,
	"cursor_invalid":           http.StatusBadRequest,
	"membership_unreadable":    http.StatusBadRequest,
	"package_unreadable":       http.StatusBadRequest,
	"request_malformed":        http.StatusBadRequest,
	"body_too_large":           http.StatusRequestEntityTooLarge,
	"body_timeout":             http.StatusRequestTimeout,
	"content_type_unsupported": http.StatusUnsupportedMediaType,
	"not_acceptable":           http.StatusNotAcceptable,
	"method_not_allowed":       http.StatusMethodNotAllowed,
	"operation_removed":        http.StatusGone,
	"api_version_removed":      http.StatusGone,
	"api_version_unknown":      http.StatusBadRequest,
	"host_unknown":             http.StatusMisdirectedRequest,
	"headers_too_large":        http.StatusRequestHeaderFieldsTooLarge,
	"precondition_failed":      http.StatusPreconditionFailed,
	"precondition_required":    http.StatusPreconditionRequired,
}

// Status returns the HTTP status of a failure.
func Status(e *problem.Error) int {
	if e.Kind != problem.KindInternal {
		if s, ok := transport[e.Code]; ok {
			return s
		}
	}
	return statusOf(e.Kind)
}

func statusOf(k problem.Kind) int {
	switch k {
	case problem.KindInvalid:
		return http.StatusUnprocessableEntity
	case problem.KindUnauthenticated:
		return http.StatusUnauthorized
	case problem.KindForbidden:
		return http.StatusForbidden
	case problem.KindNotFound:
		return http.StatusNotFound
	case problem.KindConflict:
		return http.StatusConflict
	case problem.KindLimited:
		return http.StatusTooManyRequests
	case problem.KindUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// document is the RFC 9457 body of one failure.
type document struct {
	err      *problem.Error
	instance string
	status   int // 0: the one that belongs to err
}

// Error implements error.
func (d *document) Error() string { return d.err.Error() }

// GetStatus lets huma answer with our status.
func (d *document) GetStatus() int {
	if d.status != 0 {
		return d.status
	}
	return Status(d.err)
}

// ContentType lets huma answer with our media type.
func (d *document) ContentType(string) string { return problemType }

// GetHeaders lets huma send the headers that belong to the failure.
func (d *document) GetHeaders() http.Header {
	h := http.Header{}
	switch status := d.GetStatus(); status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer") // RFC 6750 section 3
		if d.err.After > 0 {
			h.Set("Retry-After", retryAfter(d.err.After))
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", retryAfter(d.err.After))
	default:
		if d.err.After > 0 {
			h.Set("Retry-After", retryAfter(d.err.After))
		}
	}
	h.Set("Cache-Control", "no-store")
	return h
}

func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

// MarshalJSON writes the standard members first, then the extra ones, which
// cannot replace them.
func (d *document) MarshalJSON() ([]byte, error) {
	e := d.err
	status := d.GetStatus()
	b, err := json.Marshal(struct {
		Type     string          `json:"type"`
		Title    string          `json:"title"`
		Status   int             `json:"status"`
		Detail   string          `json:"detail,omitempty"`
		Instance string          `json:"instance,omitempty"`
		Code     string          `json:"code"`
		Errors   []problem.Field `json:"errors,omitempty"`
	}{ErrorDocs + "#" + e.Code, http.StatusText(status), status, e.Detail, d.instance, e.Code, e.Fields})
	if err != nil || len(e.Extra) == 0 {
		return b, err
	}
	extra := make(map[string]any, len(e.Extra))
	for k, v := range e.Extra {
		switch k {
		case "type", "title", "status", "detail", "instance", "code", "errors":
		default:
			extra[k] = v
		}
	}
	more, err := json.Marshal(extra)
	if err != nil || len(extra) == 0 {
		return b, err
	}
	return append(append(b[:len(b)-1], ','), more[1:]...), nil
}

// describe turns any error into a document for this request and leaves its
// cause in the request's log line.
func describe(ctx context.Context, err error) *document {
	line := From(ctx)
	if _, ok := errors.AsType[*problem.Error](err); !ok {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			err = problem.Unavailable("timeout", "The request took too long and was given up.", err)
		case errors.Is(err, context.Canceled):
			err = problem.Unavailable("canceled", "The caller went away before the answer was ready.", err)
		}
	}
	e := problem.Of(err)
	line.fail(err)
	if e.Kind == problem.KindInternal {
		e = &problem.Error{Kind: problem.KindInternal, Code: "internal",
			Detail: "Something went wrong on our side. Quote the request id when you report it."}
	}
	line.Add("code", e.Code)
	return &document{err: e, instance: line.ID()}
}

// WriteProblem answers a request with a failure. It does nothing useful when the
// answer has already begun.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	WriteProblemStatus(w, r, err, 0)
}

// WriteProblemStatus is WriteProblem for doors that know better than the kind,
// such as a gateway's 502; 0 means the status of the kind. Headers that the
// caller has set already stay.
func WriteProblemStatus(w http.ResponseWriter, r *http.Request, err error, status int) {
	d := describe(r.Context(), err)
	d.status = status
	b, jerr := json.Marshal(d)
	if jerr != nil {
		d = describe(r.Context(), jerr)
		b, _ = json.Marshal(d)
	}
	h := w.Header()
	for k, v := range d.GetHeaders() {
		if _, set := h[k]; !set {
			h[k] = v
		}
	}
	h.Set("Content-Type", problemType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Del("Content-Length")
	h.Del("Content-Encoding")
	h.Del("ETag")
	w.WriteHeader(d.GetStatus())
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(b, '\n'))
	}
}
