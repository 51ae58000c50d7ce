package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/secret"
)

const (
	secretPrefix = "whsec_"
	secretBytes  = 32 // Standard Webhooks ask for 24 to 64
)

// newSecret makes a signing secret in the form that receivers' libraries take.
func newSecret() secret.Text {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:])
	return secret.New(secretPrefix + base64.StdEncoding.EncodeToString(b[:]))
}

// keyOf is the key of HMAC that a secret stands for.
func keyOf(s secret.Text) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Reveal(), secretPrefix))
}

// message is what is signed and sent.
type message struct {
	id   string
	at   time.Time
	body []byte
}

// sign sets the headers of Standard Webhooks, with one signature for each key,
// so that a receiver may change its secret at leisure.
func (m message) sign(h http.Header, keys [][]byte) {
	stamp := strconv.FormatInt(m.at.Unix(), 10)
	text := make([]byte, 0, len(m.id)+len(stamp)+2+len(m.body))
	text = append(append(append(append(text, m.id...), '.'), stamp...), '.')
	text = append(text, m.body...)
	signatures := make([]byte, 0, 48*len(keys))
	for i, k := range keys {
		mac := hmac.New(sha256.New, k)
		mac.Write(text)
		if i > 0 {
			signatures = append(signatures, ' ')
		}
		signatures = append(signatures, "v1,"...)
		signatures = base64.StdEncoding.AppendEncode(signatures, mac.Sum(nil))
	}
	h["Webhook-Id"] = []string{m.id}
	h["Webhook-Timestamp"] = []string{stamp}
	h["Webhook-Signature"] = []string{string(signatures)}
}
