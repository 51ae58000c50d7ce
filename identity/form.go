package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// A form token belongs to one session and one form and works once. Making one
// writes nothing: it is a random part, an end and a MAC; only spending it leaves
// a row, until the end. It comes besides the check of the request's origin.
const (
	formLife  = 4 * time.Hour
	formNonce = 16
	formLen   = formNonce + 8 + sha256.Size
)

// FormToken makes a token for one form, such as "token.rotate:tok_…", of one
// session. Internal when there is no session.
func (s *Service) FormToken(at Session, form string) (string, error) {
	if at.ID.IsZero() {
		return "", problem.Internal("identity.form_token", errForm)
	}
	b := make([]byte, formNonce, formLen)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	b = binary.BigEndian.AppendUint64(b, uint64(s.DB.Now().Add(formLife).Unix()))
	mac, err := s.formMAC(b, at, form)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(b, mac...)), nil
}

// SpendForm takes a token back. Forbidden `form_expired` when it belongs to
// another session or form, is too old, or was spent before.
func (s *Service) SpendForm(ctx context.Context, at Session, form, token string) error {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != formLen || at.ID.IsZero() {
		return errForm
	}
	body, mac := b[:formNonce+8], b[formNonce+8:]
	want, err := s.formMAC(body, at, form)
	if err != nil {
		return err
	}
	end := time.Unix(int64(binary.BigEndian.Uint64(body[formNonce:])), 0)
	if !hmac.Equal(mac, want) || !s.DB.Now().Before(end) {
		return errForm
	}
	return s.DB.Batch(ctx, func(tx *store.Tx) error {
		won, err := spendOnce(tx, base64.RawURLEncoding.EncodeToString(body[:formNonce]), end)
		if err == nil && !won {
			return errForm
		}
		return err
	})
}

func (s *Service) formMAC(body []byte, at Session, form string) ([]byte, error) {
	key, err := s.Keys.Key("identity form v1")
	if err != nil {
		return nil, problem.Internal("identity.form_mac", err)
	}
	m := hmac.New(sha256.New, key)
	m.Write(body)
	m.Write([]byte(at.ID.String() + "\x00" + form))
	return m.Sum(nil), nil
}
