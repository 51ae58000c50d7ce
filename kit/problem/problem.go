package problem

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the broad class of a failure. Only kit/web maps it to a status.
type Kind uint8

// The eight kinds.
const (
	KindInternal Kind = iota
	KindInvalid
	KindUnauthenticated
	KindForbidden
	KindNotFound
	KindConflict
	KindLimited
	KindUnavailable
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not_found", "conflict", "limited", "unavailable"}

// String returns the kind's stable lower-case name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Field is one finding about one part of the input.
type Field struct {
	Pointer string `json:"pointer" doc:"JSON pointer (RFC 6901) or parameter name of the part at fault"`
	Code    string `json:"code" doc:"Stable code of the rule that failed"`
	Detail  string `json:"detail" doc:"What is wrong and what would be right, without the value itself"`
}

// Error is the failure of an operation. Code is stable and documented; Detail
// is for people and never holds the caller's value; Cause is for the log only.
type Error struct {
	Kind   Kind
	Code   string
	Detail string
	Fields []Field
	After  time.Duration  // when a retry makes sense; zero: not said
	Extra  map[string]any // further members of the problem document
	Cause  error
}

// Error returns code, detail and cause; it is meant for logs.
func (e *Error) Error() string {
	s := e.Code
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	for _, f := range e.Fields {
		s += "; " + f.Pointer + " " + f.Code
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether target is a *Error with the same code, or with the same
// kind when target has no code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	if !ok {
		return false
	}
	if t.Code == "" {
		return t.Kind == e.Kind
	}
	return t.Code == e.Code
}

// With returns a copy that carries one more member of the problem document.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Extra = make(map[string]any, len(e.Extra)+1)
	for k, v := range e.Extra {
		c.Extra[k] = v
	}
	c.Extra[name] = value
	return &c
}

// Because returns a copy with a cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Invalid: the input parses but breaks a rule.
func Invalid(code, detail string, fields ...Field) *Error {
	return &Error{Kind: KindInvalid, Code: code, Detail: detail, Fields: fields}
}

// Unauthenticated: no valid credential.
func Unauthenticated(code, detail string) *Error {
	return &Error{Kind: KindUnauthenticated, Code: code, Detail: detail}
}

// Forbidden: a valid credential without the right.
func Forbidden(code, detail string) *Error {
	return &Error{Kind: KindForbidden, Code: code, Detail: detail}
}

// NotFound: absent, or the caller may not know that it exists. The answer
// depends on the noun only, so that the two cannot be told apart.
func NotFound(noun string) *Error {
	return &Error{Kind: KindNotFound, Code: "not_found", Detail: "There is no such " + noun + ", or you may not see it."}
}

// Conflict: the request is sound but the object's state forbids it.
func Conflict(code, detail string) *Error {
	return &Error{Kind: KindConflict, Code: code, Detail: detail}
}

// Limited: too many requests; after says when to come back.
func Limited(code, detail string, after time.Duration) *Error {
	return &Error{Kind: KindLimited, Code: code, Detail: detail, After: after}
}

// Unavailable: a check or a store could not be reached; nothing was decided.
func Unavailable(code, detail string, cause error) *Error {
	return &Error{Kind: KindUnavailable, Code: code, Detail: detail, After: time.Second, Cause: cause}
}

// Internal wraps an unexpected cause under the name of the operation.
func Internal(op string, cause error) *Error {
	return &Error{Kind: KindInternal, Code: "internal", Detail: "Something went wrong on our side.", Cause: fmt.Errorf("%s: %w", op, cause)}
}

// Of returns err as *Error, making foreign errors Internal; nil stays nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Internal("unexpected", err)
}

// CodeOf returns the stable code of err, "" for nil.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	return Of(err).Code
}

// Declared is a code that a slice can produce, for the error catalogue.
type Declared struct {
	Code   string
	Kind   Kind
	Cause  string // when it happens, in words
	Remedy string // what the reader can do
}
