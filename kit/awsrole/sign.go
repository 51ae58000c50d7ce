package awsrole

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Target is a service of a region.
type Target struct {
	Service   string // as signatures name it
	Partition string // aws, aws-cn, aws-us-gov
	Region    string
}

// Host is where the service answers.
func (t Target) Host() string {
	suffix := ".amazonaws.com"
	if t.Partition == "aws-cn" {
		suffix += ".cn"
	}
	return t.Service + "." + t.Region + suffix
}

// Post signs a call of a service as the operator (Signature Version 4) and gives its
// header. path and query are escaped.
func (o *Operator) Post(t Target, pathAndQuery string, body []byte, now time.Time) (string, http.Header, error) {
	if err := o.Ready(); err != nil {
		return "", nil, err
	}
	at := "https://" + t.Host() + pathAndQuery
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, at, strings.NewReader(string(body)))
	if err != nil {
		return "", nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	sum := sha256.Sum256(body)
	own := aws.Credentials{AccessKeyID: o.ID, SecretAccessKey: o.Secret.Reveal()}
	if err := signer.NewSigner().SignHTTP(context.Background(), own, r, hex.EncodeToString(sum[:]), t.Service, t.Region, now); err != nil {
		return "", nil, err
	}
	return at, r.Header, nil
}
