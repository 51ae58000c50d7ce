package strict

import (
	"net/http"
	"strconv"

	"github.com/guestright/guestright/kit/problem"
)

// Refusal is why a request is not looked at any further. Close asks for the
// connection to be closed, because its framing cannot be trusted any more.
type Refusal struct {
	Status int
	Code   string
	Detail string
	Close  bool
}

// Error returns the stable code.
func (f *Refusal) Error() string { return f.Code }

// Problem is the refusal as the platform's error type. The status is the
// refusal's own: problem.Invalid alone would not say 400 or 421.
func (f *Refusal) Problem() *problem.Error { return problem.Invalid(f.Code, f.Detail) }

// Write prepares an answer's header for the refusal and returns its status.
func (f *Refusal) Write(h http.Header) int {
	if f.Close {
		h.Set("Connection", "close")
	}
	if f.Status == http.StatusMethodNotAllowed {
		h.Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	}
	return f.Status
}

// Codes lists every refusal, for the error catalogue.
func Codes() []problem.Declared {
	var list []problem.Declared
	for _, f := range []*Refusal{errMethod, errHost, errForm, errLong, errDots, errEmpty, errSlash, errBackslash, errSemicolon, errFragment,
		errControl, errPercent, errDouble, errText, errQuery, errParams, errHeaders, errCookies, errHeader, errAuth, errFamilies, errConnect, errFraming} {
		list = append(list, problem.Declared{Code: f.Code, Kind: problem.KindInvalid,
			Cause: "The request could be read in more than one way, or exceeds a limit (" + strconv.Itoa(f.Status) + ").", Remedy: f.Detail})
	}
	return list
}

func refuse(code, detail string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: code, Detail: detail}
}

// The refusals. They are shared and must not be changed.
var (
	errMethod    = &Refusal{Status: http.StatusMethodNotAllowed, Code: "request.method_not_allowed", Detail: "This method is not offered."}
	errHost      = &Refusal{Status: http.StatusMisdirectedRequest, Code: "request.wrong_host", Detail: "This server does not answer for the host that was asked for."}
	errForm      = refuse("request.target_form", "Send the path alone as the request target.")
	errLong      = &Refusal{Status: http.StatusRequestURITooLong, Code: "request.target_too_long", Detail: "The request target is too long."}
	errDots      = refuse("request.path_dot_segment", "The path must not contain the segments '.' or '..', in any encoding.")
	errEmpty     = refuse("request.path_empty_segment", "The path must not contain an empty segment.")
	errSlash     = refuse("request.path_encoded_slash", "The path must not contain an encoded slash.")
	errBackslash = refuse("request.path_backslash", "The path must not contain a backslash.")
	errSemicolon = refuse("request.path_semicolon", "The path must not contain a semicolon.")
	errFragment  = refuse("request.target_fragment", "The request target must not contain a fragment.")
	errControl   = refuse("request.target_control_byte", "The request target must not contain control bytes.")
	errPercent   = refuse("request.target_percent_form", "A percent sign must be followed by two hexadecimal digits.")
	errDouble    = refuse("request.path_double_encoding", "The path must not be percent-encoded twice.")
	errText      = refuse("request.path_not_utf8", "The path must be valid UTF-8.")
	errQuery     = refuse("request.query_ambiguous", "The query must not contain raw semicolons, control bytes or bytes beyond ASCII.")
	errParams    = refuse("request.too_many_parameters", "There are too many query parameters.")
	errHeaders   = &Refusal{Status: http.StatusRequestHeaderFieldsTooLarge, Code: "request.too_many_headers", Detail: "There are too many header fields."}
	errCookies   = &Refusal{Status: http.StatusRequestHeaderFieldsTooLarge, Code: "request.too_many_cookies", Detail: "There are too many cookies."}
	errHeader    = refuse("request.header_malformed", "A header field is malformed.")
	errAuth      = refuse("request.authorization_malformed", "Send exactly one Authorization header, with a scheme, one space and the credential.")
	errFamilies  = refuse("request.forwarded_twice", "Send either Forwarded or X-Forwarded-* headers, not both.")
	errConnect   = refuse("request.connection_header", "The Connection header must not name that header.")
	errFraming   = &Refusal{Status: http.StatusBadRequest, Code: "request.framing_ambiguous", Detail: "Send either Content-Length or Transfer-Encoding: chunked, once.", Close: true}
)
