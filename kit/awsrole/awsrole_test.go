package awsrole_test

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/guestright/guestright/kit/awsrole"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

func TestRolesAreJudged(t *testing.T) {
	t.Parallel()
	good := awsrole.Role{ARN: "arn:aws:iam::123456789012:role/path/name", External: "x", Region: "eu-central-1"}
	for name, one := range map[string]struct {
		change func(*awsrole.Role)
		ok     bool
	}{
		"good":           {func(*awsrole.Role) {}, true},
		"China":          {func(r *awsrole.Role) { r.ARN, r.Region = "arn:aws-cn:iam::123456789012:role/x", "cn-north-1" }, true},
		"government":     {func(r *awsrole.Role) { r.Region = "us-gov-west-1" }, true},
		"no external id": {func(r *awsrole.Role) { r.External = "" }, false},
		"a host":         {func(r *awsrole.Role) { r.Region = "x.example.com/" }, false},
		"a user":         {func(r *awsrole.Role) { r.ARN = "arn:aws:iam::123456789012:user/x" }, false},
		"a line":         {func(r *awsrole.Role) { r.ARN += "\n" }, false},
	} {
		r := good
		if one.change(&r); (r.Check() == "") != one.ok {
			t.Errorf("%s: %q", name, r.Check())
		}
	}
}

// Without a key nothing is opened, and it is said why.
func TestReady(t *testing.T) {
	t.Parallel()
	var none *awsrole.Operator
	for _, o := range []*awsrole.Operator{none, {}, {ID: "AKIA"}, {Secret: secret.New("x")}} {
		if err := o.Ready(); problem.CodeOf(err) != "aws_missing" {
			t.Error(err)
		}
	}
	if err := (&awsrole.Operator{ID: "AKIA", Secret: secret.New("x")}).Ready(); err != nil {
		t.Error(err)
	}
}

// A session is opened once for each role.
func TestSessionsAreKept(t *testing.T) {
	t.Parallel()
	c, err := outbound.New(outbound.Config{})
	if err != nil {
		t.Fatal(err)
	}
	o := &awsrole.Operator{ID: "AKIA", Secret: secret.New("x"), Client: c}
	one := awsrole.Role{ARN: "arn:aws:iam::123456789012:role/a", External: "x", Region: "eu-central-1"}
	other := one
	other.External = "y"
	if o.As(one).Credentials != o.As(one).Credentials || o.As(one).Credentials == o.As(other).Credentials {
		t.Error("sessions are not kept by role")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for code, err := range map[string]error{
		"aws_refused":     &smithy.GenericAPIError{Code: "AccessDenied", Message: "No."},
		"aws_unreachable": errors.New("something with an address in it"),
		"aws_missing":     (*awsrole.Operator)(nil).Ready(),
		"":                nil,
	} {
		if got := problem.CodeOf(awsrole.Fault(t.Context(), err)); err != nil && got != code {
			t.Errorf("%v: %s", err, got)
		}
	}
	if got := awsrole.Answer(&smithy.GenericAPIError{Code: "AccessDenied", Message: "No."}); got != "AccessDenied: No." {
		t.Error(got)
	}
}
