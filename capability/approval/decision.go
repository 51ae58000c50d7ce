package approval

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

// Standing is what a partner's answer says.
type Standing struct {
	Value string // of the status
	Label string // the same for people
	State State  // Pending, Approved or Declined
}

// What is wrong with an answer, for people.
var (
	errNotJSON  = errors.New("the answer is not JSON")
	errCut      = errors.New("the answer is too long, or broke off")
	errNoStatus = errors.New("the answer does not say how the approval stands")
	errNoID     = errors.New("the answer does not name the approval, so that nobody can ask for it")
	errPattern  = errors.New("the package has a pattern that cannot be read")
)

// answered judges what came of a call: only a whole JSON document with a status
// from 200 to 299 says anything.
func answered(r outbound.Result) (value.Value, error) {
	switch {
	case r.Failure != "":
		return nil, errors.New("the partner did not answer (" + string(r.Failure) + ")")
	case r.Status/100 != 2:
		return nil, errors.New("the partner answered with status " + strconv.Itoa(r.Status))
	case r.Truncated:
		return nil, errCut
	}
	v, err := value.Decode(r.Body)
	if err != nil {
		return nil, errNotJSON
	}
	return v, nil
}

// stands reads the decision out of an answer. Where both patterns are found,
// declined wins; an empty pattern is never found.
func stands(p *manifest.DecisionParser, v value.Value) (Standing, error) {
	if p == nil {
		return Standing{}, errNoStatus
	}
	text, ok := at(v, p.Value)
	if !ok {
		return Standing{}, errNoStatus
	}
	approves, err := found(p.Approve, text)
	if err != nil {
		return Standing{}, err
	}
	declines, err := found(p.Reject.Get(), text)
	if err != nil {
		return Standing{}, err
	}
	out := Standing{Value: text, Label: text, State: Pending}
	if label, ok := at(v, p.Label.Get()); ok && p.Label.Present() {
		out.Label = label
	}
	out.Value, out.Label = problem.Words(out.Value), problem.Words(out.Label)
	switch {
	case declines:
		out.State = Declined
	case approves:
		out.State = Approved
	}
	return out, nil
}

func found(pattern, text string) (bool, error) {
	if pattern == "" {
		return false, nil
	}
	r, err := regexp.Compile(pattern)
	if err != nil {
		return false, errPattern
	}
	return r.MatchString(text), nil
}

// at is the text at a place: of a text, a number, true or false. Anything else, null
// and "" included, is not there.
func at(v value.Value, pointer string) (string, bool) {
	p, err := value.ParsePointer(pointer)
	if err != nil {
		return "", false
	}
	got, ok := p.Get(v)
	if !ok {
		return "", false
	}
	switch t := got.(type) {
	case string:
		return t, t != ""
	case json.Number:
		return t.String(), true
	case bool:
		return strconv.FormatBool(t), true
	}
	return "", false
}

// unsent reports whether a call surely has not been taken in, so that it may be made
// again: nobody was reached, or the partner asks to come later.
func unsent(r outbound.Result) bool {
	switch r.Failure {
	case outbound.DNS, outbound.Connect, outbound.TLS:
		return true
	case outbound.NoFailure:
		return r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable
	}
	return false
}

// perhaps reports whether a call that failed may have been taken in all the same.
func perhaps(r outbound.Result) bool {
	switch r.Failure {
	case outbound.Timeout, outbound.Broken, outbound.Canceled:
		return true
	case outbound.NoFailure:
		return r.Status/100 != 4 && !unsent(r)
	}
	return false
}

// hopeless reports whether a call that may be repeated would get the same answer
// again.
func hopeless(r outbound.Result) bool {
	switch r.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return r.Failure == "" && r.Status/100 == 4 || r.Failure == outbound.BadURL || r.Failure == outbound.BadRequest
}
