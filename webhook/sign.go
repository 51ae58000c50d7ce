package webhook

import (
	"crypto/ed25519"
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

// sign sets the headers of Standard Webhooks, with one signature for each secret
// of the endpoint and each key of the platform, so that a receiver may change to
// another at leisure. Webhook-Key-Id names the platform's keys in the order of
// their signatures.
func (m message) sign(h http.Header, keys [][]byte, platform []platformKey) {
	stamp := strconv.FormatInt(m.at.Unix(), 10)
	text := make([]byte, 0, len(m.id)+len(stamp)+2+len(m.body))
	text = append(append(append(append(text, m.id...), '.'), stamp...), '.')
	text = append(text, m.body...)
	signatures := make([]byte, 0, 48*len(keys)+93*len(platform))
	add := func(version string, value []byte) {
		if len(signatures) > 0 {
			signatures = append(signatures, ' ')
		}
		signatures = base64.StdEncoding.AppendEncode(append(append(signatures, version...), ','), value)
	}
	for _, k := range keys {
		mac := hmac.New(sha256.New, k)
		mac.Write(text)
		add("v1", mac.Sum(nil))
	}
	var ids []string
	for _, k := range platform {
		add("v1a", ed25519.Sign(k.private, text))
		ids = append(ids, k.id)
	}
	if len(ids) > 0 {
		h["Webhook-Key-Id"] = []string{strings.Join(ids, " ")}
	}
	h["Webhook-Id"] = []string{m.id}
	h["Webhook-Timestamp"] = []string{stamp}
	h["Webhook-Signature"] = []string{string(signatures)}
}
