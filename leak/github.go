package leak

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// The message of GitHub's secret scanning partner programme and its signature:
// https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partnership-program/secret-scanning-partner-program
const (
	// GitHubKeyHeader names the key that signed.
	GitHubKeyHeader = "Github-Public-Key-Identifier"
	// GitHubSignatureHeader is the signature over the body: ECDSA over P-256 with
	// SHA-256, ASN.1, base64.
	GitHubSignatureHeader = "Github-Public-Key-Signature"
	// GitHubKeys is where GitHub publishes its keys.
	GitHubKeys = "https://api.github.com/meta/public_keys/secret_scanning"

	matchesMost = 10_000 // of one message
)

// Match is one credential that GitHub found. Members that we do not know may be
// there: the form is GitHub's.
type Match struct {
	Token  string   `json:"token" doc:"What was found"`
	Type   string   `json:"type,omitempty" doc:"What the programme calls its form"`
	URL    string   `json:"url,omitempty" doc:"Where it was found; may be empty"`
	Source string   `json:"source,omitempty" doc:"In what, such as content, commit or npm"`
	_      struct{} `json:"-" additionalProperties:"true"`
}

// Signed is a message of GitHub as it came.
type Signed struct {
	Key       string // that is said to have signed it
	Signature string
	Body      []byte
}

var errSignature = problem.Unauthenticated("leak_signature_invalid", "The signature is not GitHub's over exactly this body.")

// check verifies the signature.
func (m Signed) check(key *ecdsa.PublicKey) error {
	sig, err := base64.StdEncoding.Strict().DecodeString(m.Signature)
	if err != nil {
		return errSignature
	}
	sum := sha256.Sum256(m.Body)
	if !ecdsa.VerifyASN1(key, sum[:], sig) {
		return errSignature
	}
	return nil
}

// reports reads the message.
func (m Signed) reports() ([]Report, error) {
	var all []Match
	if err := json.Unmarshal(m.Body, &all); err != nil {
		return nil, problem.Invalid("leak_message_invalid", "The message is not a list of matches.")
	}
	if len(all) > matchesMost {
		return nil, problem.Invalid("leak_message_invalid", "The message has more than 10,000 matches.")
	}
	out := make([]Report, 0, len(all))
	for _, one := range all {
		where := one.URL
		if where == "" {
			where = one.Source
		}
		out = append(out, Report{Text: secret.New(one.Token), Where: where, Source: GitHub})
	}
	return out, nil
}

// parseKeys reads GitHub's list of keys. Keys of another kind are left out.
func parseKeys(b []byte) (map[string]*ecdsa.PublicKey, error) {
	var list struct {
		Keys []struct {
			ID  string `json:"key_identifier"`
			Key string `json:"key"`
		} `json:"public_keys"`
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, errors.New("leak: GitHub's list of keys cannot be read")
	}
	out := map[string]*ecdsa.PublicKey{}
	for _, k := range list.Keys {
		block, _ := pem.Decode([]byte(k.Key))
		if block == nil {
			continue
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			continue
		}
		if key, ok := parsed.(*ecdsa.PublicKey); ok && key.Curve == elliptic.P256() && k.ID != "" {
			out[k.ID] = key
		}
	}
	if len(out) == 0 {
		return nil, errors.New("leak: GitHub's list holds no key that can be used")
	}
	return out, nil
}
