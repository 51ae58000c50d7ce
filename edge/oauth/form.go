package oauth

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// bodyMost bounds a request's form, in bytes: a pushed request may carry 8 KiB of
// state, each byte of it escaped.
const bodyMost = 48 << 10

// assertionType is the client_assertion_type of a JWT (RFC 7523 section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// request is a form of a client, with what it shows to prove who it is.
type request struct {
	*http.Request
	form  url.Values
	cred  authorization.Credentials
	begun time.Time // when it arrived
	basic bool      // it came with HTTP Basic, so a refusal answers with a challenge
}

func malformed(code, detail string) error {
	return &problem.Error{Kind: problem.KindInvalid, Code: code, Detail: detail}
}

// readForm reads a form: from the body only, each parameter once (RFC 6749
// section 3.2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mt != "application/x-www-form-urlencoded" {
		return nil, malformed("invalid_request", "Send a form: Content-Type application/x-www-form-urlencoded.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	if err != nil {
		return nil, malformed("invalid_request", "The request is too long or broke off.")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed("invalid_request", "The form cannot be read.")
	}
	return form, nil
}

// read reads the form of a client.
func read(w http.ResponseWriter, r *http.Request) (*request, error) {
	q := &request{Request: r}
	_, _, q.basic = r.BasicAuth()
	form, err := readForm(w, r)
	if err != nil {
		return q, err
	}
	q.form = form
	if err := authorization.Once(form); err != nil {
		return q, err
	}
	return q, q.credentials()
}

// credentials finds how the client authenticates: in one way only (RFC 6749
// section 2.3).
func (q *request) credentials() error {
	user, pass, basic := q.BasicAuth()
	// Section 2.3.1: both parts are form-encoded before they go into Basic.
	id, err1 := url.QueryUnescape(user)
	pw, err2 := url.QueryUnescape(pass)
	assertion := q.form.Has("client_assertion") || q.form.Has("client_assertion_type")
	switch {
	case basic && (q.form.Has("client_secret") || assertion || q.form.Has("client_id") && q.form.Get("client_id") != id):
		return malformed("invalid_request", "Authenticate in one way: HTTP Basic or the form, not both.")
	case assertion && q.form.Has("client_secret"):
		return malformed("invalid_request", "Authenticate in one way: with a secret or with an assertion, not both.")
	case basic:
		if err1 != nil || err2 != nil {
			return malformed("invalid_request", "The Authorization header cannot be read.")
		}
		q.cred = authorization.Credentials{ClientID: id, Secret: secret.New(pw)}
		if pw == "" {
			return problem.Unauthenticated("invalid_client", "Send the client secret.")
		}
		return nil
	case q.Header.Get("Authorization") != "":
		return malformed("invalid_request", "Authenticate with HTTP Basic or in the form.")
	case assertion:
		if q.form.Get("client_assertion_type") != assertionType || q.form.Get("client_assertion") == "" {
			return malformed("invalid_request", "An assertion is a JWT: client_assertion_type="+assertionType+".")
		}
		q.cred = authorization.Credentials{ClientID: q.form.Get("client_id"), Assertion: q.form.Get("client_assertion")}
		return nil
	case q.form.Get("client_id") == "" || q.form.Has("client_secret") && q.form.Get("client_secret") == "":
		return problem.Unauthenticated("invalid_client", "Send the client id and secret, with HTTP Basic or in the form.")
	}
	q.cred = authorization.Credentials{ClientID: q.form.Get("client_id"), Secret: secret.New(q.form.Get("client_secret"))}
	return nil
}

// words splits a list of words with blanks between.
func words(s string) []string { return strings.Fields(s) }
