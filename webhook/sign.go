package webhook

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/hook"
)

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
	stamp := hook.Stamp(m.at)
	text := hook.Content(m.id, stamp, m.body)
	signatures := make([]byte, 0, 48*len(keys)+93*len(platform))
	next := func() {
		if len(signatures) > 0 {
			signatures = append(signatures, ' ')
		}
	}
	for _, k := range keys {
		next()
		signatures = hook.AppendV1(signatures, k, text)
	}
	var ids []string
	for _, k := range platform {
		next()
		signatures = base64.StdEncoding.AppendEncode(append(signatures, "v1a,"...), ed25519.Sign(k.private, text))
		ids = append(ids, k.id)
	}
	if len(ids) > 0 {
		h["Webhook-Key-Id"] = []string{strings.Join(ids, " ")}
	}
	h["Webhook-Id"] = []string{m.id}
	h["Webhook-Timestamp"] = []string{stamp}
	h["Webhook-Signature"] = []string{string(signatures)}
}
