// Package awsrole opens what customers have at Amazon Web Services. The operator's
// key takes on a role that the customer names; AWS asks for the external id that
// was made for this customer, so that nobody has another's role opened. All calls
// go through the guarded client.
package awsrole

import (
	"context"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Operator is the operator's own access to AWS. nil has none.
type Operator struct {
	ID     string // of the access key
	Secret secret.Text
	Client *outbound.Client

	mu    sync.Mutex
	roles map[Role]*aws.CredentialsCache
}

// Role is a role of a customer's.
type Role struct {
	ARN      string
	External string // the id that AWS asks for
	Region   string
}

const (
	session   = "guestright"    // as what we appear in the customer's log
	early     = 5 * time.Minute // before a session ends it is opened anew
	rolesMost = 1000            // sessions that are kept
	bodyMost  = 4 << 20         // of an answer; a page of DynamoDB has 1 MiB
	codeMiss  = "aws_missing"   // code
	missing   = "The operator of this platform has given it no access key of Amazon Web Services (aws.access_key_id), so it can't open anything there."
	regionFix = "Write the region as AWS does, such as eu-central-1."
	roleFix   = "Write the ARN of a role, such as arn:aws:iam::123456789012:role/guestright."
)

var (
	regionForm = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,2}-[0-9]{1,2}$`)
	roleForm   = regexp.MustCompile(`^arn:aws[a-z-]{0,10}:iam::[0-9]{12}:role/[\x21-\x7e]{1,512}$`)
)

// Ready says whether there is an access key. Error: Unavailable `aws_missing`.
func (o *Operator) Ready() error {
	if o == nil || o.ID == "" || o.Secret.IsZero() {
		return problem.Unavailable(codeMiss, missing, nil)
	}
	return nil
}

// Check says what is wrong with a role; "" when nothing is.
func (r Role) Check() string {
	switch {
	case !regionForm.MatchString(r.Region):
		return regionFix
	case !roleForm.MatchString(r.ARN):
		return roleFix
	case r.External == "":
		return "The package has no field of the type generated, externalId, that the role can ask for."
	}
	return ""
}

// Own is how a service of a region is called as the operator. Whoever calls sets
// the service's own options.
func (o *Operator) Own(region string) aws.Config {
	own := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: o.ID, SecretAccessKey: o.Secret.Reveal()}, nil
	})
	return aws.Config{Region: region, Credentials: own, HTTPClient: &http.Client{Transport: o.Client.RoundTripper(bodyMost), CheckRedirect: stay}}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// As is how a service is called as a role. Sessions are kept while they last.
func (o *Operator) As(r Role) aws.Config {
	c := o.Own(r.Region)
	o.mu.Lock()
	defer o.mu.Unlock()
	kept, ok := o.roles[r]
	if !ok {
		if o.roles == nil || len(o.roles) >= rolesMost {
			o.roles = map[Role]*aws.CredentialsCache{}
		}
		kept = aws.NewCredentialsCache(&assumed{sts.NewFromConfig(c), r}, func(opts *aws.CredentialsCacheOptions) { opts.ExpiryWindow = early })
		o.roles[r] = kept
	}
	c.Credentials = kept
	return c
}

// assumed takes a role on.
type assumed struct {
	client *sts.Client
	role   Role
}

// Retrieve implements aws.CredentialsProvider.
func (a *assumed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := a.client.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &a.role.ARN, ExternalId: &a.role.External, RoleSessionName: aws.String(session)})
	if err != nil {
		return aws.Credentials{}, err
	}
	c := got.Credentials
	if c == nil {
		return aws.Credentials{}, problem.Unavailable("aws_refused", "AWS gave no session.", nil)
	}
	return aws.Credentials{AccessKeyID: aws.ToString(c.AccessKeyId), SecretAccessKey: aws.ToString(c.SecretAccessKey), SessionToken: aws.ToString(c.SessionToken),
		CanExpire: true, Expires: aws.ToTime(c.Expiration)}, nil
}
