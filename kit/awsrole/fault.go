package awsrole

import (
	"context"
	"errors"

	"github.com/aws/smithy-go"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
)

// Answer is what AWS said is wrong; "" when something broke on the way.
func Answer(err error) string {
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		return problem.Words(answer.ErrorCode() + ": " + answer.ErrorMessage())
	}
	return ""
}

// Fault says what went wrong, without addresses. Errors: our own as they are,
// Unavailable `aws_refused`, `aws_unreachable`.
func Fault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ours, ok := errors.AsType[*problem.Error](err); ok {
		return ours
	}
	if text := Answer(err); text != "" {
		return problem.Unavailable("aws_refused", "Amazon Web Services answered: "+text, err)
	}
	return problem.Unavailable("aws_unreachable", "Amazon Web Services could not be reached ("+string(outbound.FailureOf(ctx, err))+").", err)
}

// Declared returns the codes of this package for the catalogue of errors.
func Declared() []problem.Declared {
	una := problem.KindUnavailable
	return []problem.Declared{
		{Code: codeMiss, Kind: una, Cause: missing, Remedy: "The operator sets aws.access_key_id and aws.secret_access_key_file."},
		{Code: "aws_refused", Kind: una, Cause: "Amazon Web Services refused a request.", Remedy: "Read its answer: most often the role does not trust the platform's account with this external id, or lacks a right."},
		{Code: "aws_unreachable", Kind: una, Cause: "Amazon Web Services could not be reached.", Remedy: "Wait; it is tried again by itself."},
	}
}
