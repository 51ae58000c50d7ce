package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// secretBytes is how long a secret of ours is; Standard Webhooks asks for 24 to 64.
const secretBytes = 24

// NewSecret makes a secret as an endpoint has one, "whsec_…", for tests and for development.
func NewSecret() string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(raw)
}

// Sign gives the headers of a delivery under a secret, as Guestright sends them: for tests of receivers.
func Sign(secret string, m Message) (http.Header, error) {
	key, err := keyOf(secret)
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(m.Time.Unix(), 10)
	h := http.Header{}
	h.Set(HeaderID, m.ID)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(sum(key, m.ID, stamp, m.Body)))
	return h, nil
}

// keyOf reads a secret.
func keyOf(secret string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(raw) < 16 {
		return nil, errors.New(`a secret is not one: copy all of it, "whsec_" and what follows`)
	}
	return raw, nil
}

// content is what Standard Webhooks signs.
func content(id, stamp string, body []byte) []byte {
	return []byte(id + "." + stamp + "." + string(body))
}

func sum(key []byte, id, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(content(id, stamp, body))
	return mac.Sum(nil)
}
