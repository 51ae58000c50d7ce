package request

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// Connection is what an administrator's consent at the partner has brought.
type Connection struct {
	BaseURI     string
	AccessToken secret.Text
}

// Given is what calls are made of besides what has happened.
type Given struct {
	Config     manifest.Values // of the installation's form
	Scope      manifest.Values // of a capability's own form: an environment's, for example
	Request    manifest.Values // filled in with a request for approval
	Connection *Connection     // nil: there is none
	// ID, Time and Nonce are of this one call; signatures hold them.
	ID    string
	Time  time.Time
	Nonce string
}

// connection is what templates see of it; nil when there is none.
func (g Given) connection() value.Value {
	if g.Connection == nil {
		return nil
	}
	return value.Of("baseURI", g.Connection.BaseURI, "accessToken", g.Connection.AccessToken.Reveal())
}

func (g Given) signing(body []byte) *template.Signing {
	return &template.Signing{Time: g.Time, Nonce: g.Nonce, Body: body}
}

var errSecret = errors.New("the secret is not whsec_ and Base64, as Standard Webhooks write them")

// signatures are the headers that sign a body with a secret of the installation. A
// secret that was left empty signs nothing.
func (g Given) signatures(s *manifest.Sign, body []byte) ([]manifest.Header, error) {
	if s == nil {
		return nil, nil
	}
	text, _ := g.Config[s.SecretVar.Get()].(secret.Text)
	key := text.Reveal()
	if key == "" {
		return nil, nil
	}
	if s.Scheme == manifest.SchemeStandardWebhooks {
		raw, err := hook.Key(text)
		if err != nil {
			return nil, errSecret
		}
		at := hook.Stamp(g.Time)
		return []manifest.Header{{Name: "Webhook-Id", Value: g.ID}, {Name: "Webhook-Timestamp", Value: at},
			{Name: "Webhook-Signature", Value: string(hook.AppendV1(nil, raw, hook.Content(g.ID, at, body)))}}, nil
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return []manifest.Header{{Name: s.HeaderName(), Value: hex.EncodeToString(mac.Sum(nil))}}, nil
}

// options of a body: it is made before it is signed.
func (g Given) options() template.Options { return template.Options{Signing: g.signing(nil)} }
