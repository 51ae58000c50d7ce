package upstream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"

	"github.com/guestright/guestright/kit/problem"
)

// Reason is why a call could not be forwarded or finished.
type Reason uint8

// The reasons, in the order in which they can occur.
const (
	Misused     Reason = iota + 1 // Outgoing holds something that cannot be sent
	ClientBody                    // the request body could not be read or is malformed
	ClientGone                    // the client went away or its context was cancelled
	Unreachable                   // no connection, or TLS refused
	TimedOut                      // no answer within the allowed time
	BadAnswer                     // the answer breaks HTTP/1.1 framing or a limit
	Broken                        // the connection ended before the answer was complete
)

// Fault is the only error type of this package.
//
// Started says that the answer's status was already passed to the client.
// Nothing else can be said to the client then, and the handler must end the
// exchange with panic(http.ErrAbortHandler), which is net/http's way to cut
// the connection, so that a truncated answer is never taken for a whole one.
type Fault struct {
	Reason  Reason
	Started bool
	Cause   error
}

// Error is for logs; it may name upstream addresses.
func (f *Fault) Error() string {
	if f.Cause == nil {
		return f.Code()
	}
	return f.Code() + ": " + f.Cause.Error()
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// Code is the stable problem code to show.
func (f *Fault) Code() string {
	switch f.Reason {
	case ClientBody:
		return "request.body_unreadable"
	case ClientGone:
		return "request.client_gone"
	case Unreachable:
		return "upstream.unreachable"
	case TimedOut:
		return "upstream.timeout"
	case BadAnswer:
		return "upstream.bad_answer"
	case Broken:
		return "upstream.broken"
	}
	return "internal"
}

// Status is the HTTP status for the problem document (RFC 9110 15): 400 or 413
// for the client's body, 504 for a timeout, 502 for every other upstream
// failure, 499 (never seen by anybody, but recorded) for a client that left.
func (f *Fault) Status() int {
	switch f.Reason {
	case ClientBody:
		if _, ok := errors.AsType[*http.MaxBytesError](f.Cause); ok {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	case ClientGone:
		return 499
	case TimedOut:
		return http.StatusGatewayTimeout
	case Unreachable, BadAnswer, Broken:
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

// Problem is the fault as the platform's error type, for the problem document
// of a call that was not answered. The status is Status, not the kind's own.
func (f *Fault) Problem() *problem.Error {
	kind, detail := problem.KindUnavailable, "The product behind this gateway did not answer properly."
	switch f.Reason {
	case ClientBody, ClientGone:
		kind, detail = problem.KindInvalid, "The request body could not be read to its end."
	case TimedOut:
		detail = "The product behind this gateway did not answer in time."
	case Unreachable:
		detail = "The product behind this gateway cannot be reached."
	case Misused:
		kind, detail = problem.KindInternal, "Something went wrong on our side."
	}
	return &problem.Error{Kind: kind, Code: f.Code(), Detail: detail, Cause: f.Cause}
}

// Codes lists what callers may see, for the error catalogue.
func Codes() []problem.Declared {
	return []problem.Declared{
		{Code: "request.body_unreadable", Kind: problem.KindInvalid, Cause: "The request body ended early, broke its framing or was larger than allowed (400 or 413).",
			Remedy: "Send the whole body, with a correct Content-Length or chunked, within the size limit."},
		{Code: "upstream.unreachable", Kind: problem.KindUnavailable, Cause: "The gateway got no connection to the product (502).", Remedy: "Try again later."},
		{Code: "upstream.timeout", Kind: problem.KindUnavailable, Cause: "The product did not answer within the allowed time (504). The call may have had its effect.",
			Remedy: "Check whether it did before trying again."},
		{Code: "upstream.bad_answer", Kind: problem.KindUnavailable, Cause: "The product's answer was not sound HTTP/1.1 or its head was too large (502).",
			Remedy: "Tell the operator; trying again will hardly help."},
		{Code: "upstream.broken", Kind: problem.KindUnavailable, Cause: "The product closed the connection before it had answered (502). The call may have had its effect.",
			Remedy: "Check whether it did before trying again."},
	}
}

// classify turns a failed read or write on the upstream connection into a
// fault. The context is asked first, because cancelling it closes the
// connection and everything after that is an echo.
func classify(ctx context.Context, err error, otherwise Reason) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if cause := ctx.Err(); cause != nil {
		if errors.Is(cause, context.DeadlineExceeded) {
			return &Fault{Reason: TimedOut, Cause: cause}
		}
		return &Fault{Reason: ClientGone, Cause: cause}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		return &Fault{Reason: TimedOut, Cause: err}
	}
	return &Fault{Reason: otherwise, Cause: err}
}
