package oauth

import (
	"encoding/json"
	"net/http"
	"strconv"

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

// shape gives OAuth's error and the status for one of ours.
func shape(e *problem.Error) (string, int) {
	switch e.Code {
	case "invalid_request", "invalid_scope", "unsupported_grant_type":
		return e.Code, http.StatusBadRequest
	case "method_not_allowed":
		return "invalid_request", http.StatusMethodNotAllowed
	case "app_not_installed":
		return "invalid_grant", http.StatusBadRequest
	case "account_required":
		return "invalid_request", http.StatusBadRequest
	case "application_deleted":
		return "invalid_client", http.StatusUnauthorized
	}
	switch e.Kind {
	case problem.KindUnauthenticated:
		return "invalid_client", http.StatusUnauthorized
	case problem.KindForbidden:
		return "access_denied", http.StatusForbidden
	case problem.KindLimited:
		return "temporarily_unavailable", http.StatusTooManyRequests
	case problem.KindUnavailable:
		return "temporarily_unavailable", http.StatusServiceUnavailable
	case problem.KindInvalid, problem.KindConflict, problem.KindNotFound:
		return "invalid_request", http.StatusBadRequest
	}
	return "server_error", http.StatusInternalServerError
}

func (t *Tokens) fail(w http.ResponseWriter, r *http.Request, q request, err error) {
	e := problem.Of(err)
	line := web.From(r.Context())
	line.Add("code", e.Code)
	if e.Cause != nil {
		line.Add("cause", e.Cause.Error())
	}
	name, status := shape(e)
	f := failure{Error: name, Description: e.Detail, Code: e.Code, Request: line.ID()}
	if status == http.StatusInternalServerError {
		f.Description, f.Code = "Something went wrong on our side.", "internal"
	}
	if status == http.StatusUnauthorized && q.basic {
		w.Header().Set("WWW-Authenticate", `Basic realm="guestright"`)
	}
	if e.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(e.After.Seconds()))))
	}
	body, merr := json.Marshal(f)
	if merr != nil {
		body = []byte(`{"error":"server_error"}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
