package hook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/secret"
)

const (
	// Prefix is how a signing secret begins.
	Prefix      = "whsec_"
	secretBytes = 32 // Standard Webhooks ask for 24 to 64
)

// NewSecret makes a signing secret in the form that receivers' libraries take.
func NewSecret() secret.Text {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return secret.New(Prefix + base64.StdEncoding.EncodeToString(b[:]))
}

// Key is the key of HMAC that a secret stands for, with or without its prefix.
func Key(s secret.Text) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Reveal(), Prefix))
}

// Stamp is the time of a message as its header has it.
func Stamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// Content is what is signed of a message.
func Content(id, stamp string, body []byte) []byte {
	text := make([]byte, 0, len(id)+len(stamp)+2+len(body))
	text = append(append(append(append(text, id...), '.'), stamp...), '.')
	return append(text, body...)
}

// AppendV1 adds the signature of content under a key: "v1,…".
func AppendV1(dst, key, content []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(content)
	return base64.StdEncoding.AppendEncode(append(dst, "v1,"...), mac.Sum(nil))
}
