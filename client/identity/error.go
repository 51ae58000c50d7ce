package identity

import "errors"

var (
	// ErrMissing says that the request has no identity header: it did not come through Guestright.
	ErrMissing = errors.New("identity: the request carries no " + Header + " header")
	// ErrInvalid says that the header is there and proves nothing. The wrapped text names the reason for the
	// product's log; it isn't meant for the caller.
	ErrInvalid = errors.New("identity: the " + Header + " header is not valid")
	// ErrUnavailable says that no signing keys could be had, so that nothing can be verified.
	ErrUnavailable = errors.New("identity: the signing keys are unavailable")
)
