package oauth

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// failure is an error response (RFC 6749 section 5.2).
type failure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Code        string `json:"code"`
	Request     string `json:"request_id,omitempty"`
}

// status gives the status of an error that is answered in JSON.
func status(name string, e *problem.Error) int {
	switch {
	case e.Code == "method_not_allowed":
		return http.StatusMethodNotAllowed
	case name == "invalid_client" || name == "invalid_token":
		return http.StatusUnauthorized
	case e.Kind == problem.KindUnauthenticated && (name == "invalid_dpop_proof" || name == "use_dpop_nonce"):
		return http.StatusUnauthorized // beside a token (RFC 9449 section 9)
	case name == "server_error":
		return http.StatusInternalServerError
	case e.Kind == problem.KindLimited:
		return http.StatusTooManyRequests
	case e.Kind == problem.KindUnavailable:
		return http.StatusServiceUnavailable
	case e.Kind == problem.KindForbidden && (name == "access_denied" || name == "insufficient_scope"):
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

// fail answers with an error; basic says that the client authenticated so.
func fail(w http.ResponseWriter, r *http.Request, basic bool, err error) {
	e := problem.Of(err)
	line := web.From(r.Context())
	line.Add("code", e.Code)
	if e.Cause != nil {
		line.Add("cause", e.Cause.Error())
	}
	name := authorization.Name(e)
	code := status(name, e)
	f := failure{Error: name, Description: e.Detail, Code: e.Code, Request: line.ID()}
	if code == http.StatusInternalServerError {
		f.Description, f.Code = "Something went wrong on our side.", "internal"
	}
	if code == http.StatusUnauthorized && basic {
		w.Header().Set("WWW-Authenticate", `Basic realm="guestright"`)
	}
	if e.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(e.After.Seconds()))))
	}
	write(w, code, f)
}

// write answers in JSON; nothing of it may be kept (RFC 6749 section 5.1).
func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
