package identity

import (
	"context"
	"encoding/json"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// ceremonyLife is how long a person may take for a passkey or at the provider.
const ceremonyLife = 10 * time.Minute

// ceremony is what is remembered between the two halves of an exchange. The
// browser keeps it, sealed, so that beginning one writes nothing; it works once.
type ceremony struct {
	Kind    string          `json:"k"`
	Nonce   string          `json:"n"`
	Until   int64           `json:"u"` // seconds since 1970
	User    string          `json:"p,omitempty"`
	Session string          `json:"s,omitempty"`
	Data    json.RawMessage `json:"d"`
}

const ceremonyPlace = "identity_ceremony"

func (s *Service) sealCeremony(c ceremony, data any) (secret.Text, error) {
	var err error
	if c.Data, err = json.Marshal(data); err != nil {
		return secret.Text{}, problem.Internal("identity.ceremony", err)
	}
	c.Nonce, c.Until = newSecret().Reveal(), s.DB.Now().Add(ceremonyLife).Unix()
	b, err := json.Marshal(c)
	if err != nil {
		return secret.Text{}, problem.Internal("identity.ceremony", err)
	}
	return secret.New(s.Keys.Seal(secret.New(string(b)), ceremonyPlace)), nil
}

// openCeremony reads what sealCeremony made, once. Invalid `exchange_expired`.
func (s *Service) openCeremony(ctx context.Context, kind, sealed string) (ceremony, error) {
	over := problem.Invalid("exchange_expired", "This took too long or was answered before. Begin again.")
	var c ceremony
	if len(sealed) > 8192 {
		return c, over
	}
	text, err := s.Keys.Open(sealed, ceremonyPlace)
	if err != nil {
		return c, over // what a browser sends is its own affair, not a fault of ours
	}
	if err := json.Unmarshal([]byte(text.Reveal()), &c); err != nil {
		return c, over
	}
	until := time.Unix(c.Until, 0)
	if c.Kind != kind || !s.DB.Now().Before(until) {
		return c, over
	}
	err = s.DB.Batch(ctx, func(tx *store.Tx) error {
		won, err := spendOnce(tx, c.Nonce, until)
		if err == nil && !won {
			return over
		}
		return err
	})
	return c, err
}
