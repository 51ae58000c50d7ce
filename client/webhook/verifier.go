package webhook

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/client/internal/jwks"
)

// The headers of a delivery.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// tolerance is how far the time of a delivery may be from ours, as Standard Webhooks recommends.
const tolerance = 5 * time.Minute

// signaturesMost bounds how many signatures of one delivery are looked at.
const signaturesMost = 20

var (
	// ErrInvalid says that the delivery proves nothing. The wrapped text names the reason for the receiver's log; it
	// isn't meant for the sender.
	ErrInvalid = errors.New("webhook: the delivery is not valid")
	// ErrUnavailable says that the delivery could not be judged: no secret is set, or the published keys could not be
	// had. Answer with 503, so that it comes again.
	ErrUnavailable = errors.New("webhook: the delivery could not be verified")
)

// Message is a delivery that was verified.
type Message struct {
	// ID is the same in every attempt to deliver the same message.
	ID string
	// Time is when this attempt was sent, in whole seconds, UTC.
	Time time.Time
	// Body is what was signed, byte for byte.
	Body []byte
}

// Verifier checks deliveries. It is safe for concurrent use and must not be copied after first use.
type Verifier struct {
	// Secrets are the endpoint's own, "whsec_…". During a rotation name the old and the new one.
	Secrets []string
	// JWKSURL is where Guestright publishes the keys of "v1a" signatures (RFC 7517). Empty: only Secrets count.
	JWKSURL string
	// HTTP fetches the keys. Nil: a client with a five second limit that follows no redirects.
	HTTP *http.Client
	// Tolerance is how old or early a delivery may be. Zero: five minutes.
	Tolerance time.Duration
	// Now is the clock. Nil: the system's.
	Now func() time.Time

	begin   sync.Once
	secrets [][]byte
	keys    *jwks.Source
	wrong   error
}

// Verify tells whether Guestright sent the body with these headers, now. The error wraps ErrInvalid or ErrUnavailable;
// with either of them nothing may be done. Give it the body as it arrived: JSON that was parsed and written again has
// another signature.
func (v *Verifier) Verify(ctx context.Context, header http.Header, body []byte) (Message, error) {
	v.begin.Do(v.prepare)
	if v.wrong != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrUnavailable, v.wrong)
	}
	m, stamp, signatures, err := v.read(header, body)
	if err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	for _, mine := range v.secrets {
		want := sum(mine, m.ID, stamp, m.Body)
		for _, s := range signatures {
			if s.version == "v1" && hmac.Equal(s.value, want) {
				return m, nil
			}
		}
	}
	if v.keys == nil {
		return Message{}, fmt.Errorf("%w: no signature fits", ErrInvalid)
	}
	if err := v.published(ctx, content(m.ID, stamp, body), signatures); err != nil {
		return Message{}, err
	}
	return m, nil
}

func (v *Verifier) prepare() {
	for _, s := range v.Secrets {
		raw, err := keyOf(s)
		if err != nil {
			v.wrong = err
			return
		}
		v.secrets = append(v.secrets, raw)
	}
	if v.JWKSURL != "" {
		v.keys = &jwks.Source{URL: v.JWKSURL, HTTP: v.HTTP, Now: v.Now}
	}
	if len(v.secrets) == 0 && v.keys == nil {
		v.wrong = errors.New("the verifier needs Secrets or JWKSURL")
	}
}

// signature is one of a delivery's, such as "v1,bm9…".
type signature struct {
	version string
	value   []byte
}

func (v *Verifier) read(header http.Header, body []byte) (Message, string, []signature, error) {
	bad := func(text string) (Message, string, []signature, error) { return Message{}, "", nil, errors.New(text) }
	for _, name := range []string{HeaderID, HeaderTimestamp, HeaderSignature} {
		if n := len(header.Values(name)); n != 1 || header.Get(name) == "" {
			return bad(fmt.Sprintf("%s is there %d times", name, n))
		}
	}
	stamp := header.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return bad(HeaderTimestamp + " is no number of seconds")
	}
	sent, now, within := time.Unix(seconds, 0).UTC(), time.Now(), tolerance
	if v.Now != nil {
		now = v.Now()
	}
	if v.Tolerance > 0 {
		within = v.Tolerance
	}
	if sent.Before(now.Add(-within)) || sent.After(now.Add(within)) {
		return bad(fmt.Sprintf("sent at %s, which is too far from now", sent.Format(time.RFC3339)))
	}
	var signatures []signature
	for i, part := range strings.Fields(header.Get(HeaderSignature)) {
		if i == signaturesMost {
			return bad("too many signatures")
		}
		version, text, _ := strings.Cut(part, ",")
		// A version that is not known yet, or a value that is not base64, is no reason to refuse the others.
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil && len(raw) > 0 {
			signatures = append(signatures, signature{version: version, value: raw})
		}
	}
	return Message{ID: header.Get(HeaderID), Time: sent, Body: body}, stamp, signatures, nil
}

// published holds the "v1a" signatures against the published keys, and asks for newer keys once when none fits.
func (v *Verifier) published(ctx context.Context, signed []byte, signatures []signature) error {
	set, err := v.keys.All(ctx)
	for try := 0; err == nil; try++ {
		for _, k := range set.Keys {
			public, ok := k.Public.(ed25519.PublicKey)
			for _, s := range signatures {
				if ok && k.Algorithm == jose.EdDSA && s.version == "v1a" && ed25519.Verify(public, signed, s.value) {
					return nil
				}
			}
		}
		var newer *jwks.Set
		if newer, err = v.keys.Newer(ctx, set); err == nil && (newer == set || try > 0) {
			return fmt.Errorf("%w: no signature fits", ErrInvalid)
		}
		set = newer
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
