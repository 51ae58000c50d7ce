package upstream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
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
