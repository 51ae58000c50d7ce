package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/ident"
)

// authenticator is a software passkey: one ES256 key, written after the
// specification (https://www.w3.org/TR/webauthn-3/ sections 6.1 and 6.5).
type authenticator struct {
	h        *house
	key      *ecdsa.PrivateKey
	id       []byte
	user     []byte
	count    uint32
	unproven bool   // does not verify its user
	origin   string // "" for the right one
}

func newAuthenticator(h *house) *authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.ok(err)
	a := &authenticator{h: h, key: key, id: make([]byte, 16)}
	_, _ = rand.Read(a.id)
	return a
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *authenticator) client(kind, challenge string) []byte {
	origin := a.origin
	if origin == "" {
		origin = testBase
	}
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
	a.h.ok(err)
	return b
}

func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte("hub.example.com"))
	flags |= 0x01 // user present
	if !a.unproven {
		flags |= 0x04 // user verified
	}
	return binary.BigEndian.AppendUint32(append(rp[:], flags), a.count)
}

type creationOptions struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
		User struct {
			ID string `json:"id"`
		} `json:"user"`
		AuthenticatorSelection struct {
			ResidentKey      string `json:"residentKey"`
			UserVerification string `json:"userVerification"`
		} `json:"authenticatorSelection"`
		ExcludeCredentials []struct {
			ID string `json:"id"`
		} `json:"excludeCredentials"`
	} `json:"publicKey"`
}

// create answers navigator.credentials.create.
func (a *authenticator) create(c identity.Challenge) identity.Answer {
	var o creationOptions
	a.h.ok(json.Unmarshal(c.Options, &o))
	if s := o.PublicKey.AuthenticatorSelection; s.ResidentKey != "required" || s.UserVerification != "required" || o.PublicKey.RP.ID != "hub.example.com" {
		a.h.t.Errorf("options: %+v", o)
	}
	var err error
	a.user, err = base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID)
	a.h.ok(err)
	pub, err := a.key.PublicKey.ECDH()
	a.h.ok(err)
	point := pub.Bytes() // 4, x, y
	// COSE_Key (RFC 9053): kty EC2, alg ES256, crv P-256, x, y.
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), point[33:65]...)
	data := append(a.data(0x40|0x08|0x10), make([]byte, 16)...) // attested, backed up; AAGUID zero
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), cose...)
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(append(object, 0x67), "attStmt"...), 0xa0)
	object = append(append(append(object, 0x68), "authData"...), 0x58, byte(len(data)))
	object = append(object, data...)
	raw, err := json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(a.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"}}})
	a.h.ok(err)
	return identity.Answer{Exchange: c.Exchange, Credential: raw, Name: "My laptop"}
}

// get answers navigator.credentials.get.
func (a *authenticator) get(c identity.Challenge) identity.Answer {
	var o struct {
		PublicKey struct {
			Challenge        string `json:"challenge"`
			UserVerification string `json:"userVerification"`
			Allow            []any  `json:"allowCredentials"`
		} `json:"publicKey"`
	}
	a.h.ok(json.Unmarshal(c.Options, &o))
	if o.PublicKey.UserVerification != "required" || len(o.PublicKey.Allow) != 0 {
		a.h.t.Errorf("options: %+v", o)
	}
	client, data := a.client("webauthn.get", o.PublicKey.Challenge), a.data(0x08|0x10)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	a.h.ok(err)
	raw, err := json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(sig), "userHandle": b64(a.user)}})
	a.h.ok(err)
	return identity.Answer{Exchange: c.Exchange, Credential: raw}
}

// passkey registers one for a session.
func (h *house) passkey(st identity.Started) (*authenticator, identity.Passkey) {
	h.t.Helper()
	by, at := h.enter(st)
	c, err := h.BeginPasskey(ctx, by, at)
	h.ok(err)
	a := newAuthenticator(h)
	k, err := h.AddPasskey(ctx, by, at, a.create(c))
	h.ok(err)
	return a, k
}

func (h *house) begin() identity.Challenge {
	h.t.Helper()
	c, err := h.BeginPasskeySignIn(ctx)
	h.ok(err)
	return c
}

func TestPasskeysSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		a, k := h.passkey(h.newcomer(ada))
		if k.Name != "My laptop" || !k.Synced {
			h.t.Errorf("passkey: %+v", k)
		}
		a.count = 1
		answer := a.get(h.begin())
		st, err := h.PasskeySignIn(ctx, answer, visit)
		h.ok(err)
		by, at := h.enter(st)
		if st.User.Email != ada || at.Method != "passkey" {
			h.t.Errorf("signed in as %s by %s", st.User.Email, at.Method)
		}
		_, err = h.PasskeySignIn(ctx, answer, visit)
		h.refuses(err, "exchange_expired") // the same answer again
		list, err := h.Passkeys(ctx, by, at)
		h.ok(err)
		if len(list) != 1 || list[0].Used.IsZero() {
			h.t.Errorf("passkeys: %+v", list)
		}
		// A counter that goes back means a copy (section 6.1.1).
		_, err = h.PasskeySignIn(ctx, a.get(h.begin()), visit)
		h.refuses(err, "passkey_refused")
		a.count = 2
		_, err = h.PasskeySignIn(ctx, a.get(h.begin()), visit)
		h.ok(err)
	})
}

func TestPasskeysAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		st := h.newcomer(ada)
		a, _ := h.passkey(st)
		refuse := func(name, code string, answer identity.Answer) {
			h.t.Helper()
			if _, err := h.PasskeySignIn(ctx, answer, visit); err == nil {
				h.t.Errorf("%s: accepted", name)
			} else {
				h.refuses(err, code)
			}
		}
		a.unproven = true
		refuse("without verification of the user", "passkey_refused", a.get(h.begin()))
		a.unproven = false
		a.origin = "https://hub.example.com.evil.example"
		refuse("of another site", "passkey_refused", a.get(h.begin()))
		a.origin = ""
		stranger := newAuthenticator(h)
		stranger.id, stranger.user = a.id, a.user
		refuse("signed by another key", "passkey_refused", stranger.get(h.begin()))
		for _, handle := range [][]byte{[]byte("usr_00000000000000000000000000"), {0xff, 0xfe, 0x00}, nil} {
			other := *a
			other.user = handle
			refuse("for nobody", "passkey_refused", other.get(h.begin()))
		}
		mixed := a.get(h.begin())
		mixed.Exchange = h.begin().Exchange
		refuse("for another challenge", "passkey_refused", mixed)
		refuse("not JSON", "passkey_refused", identity.Answer{Exchange: h.begin().Exchange, Credential: []byte(`"x"`)})
		refuse("without exchange", "exchange_expired", identity.Answer{Credential: mixed.Credential})
		late := a.get(h.begin())
		h.clock.Advance(10 * time.Minute)
		refuse("late", "exchange_expired", late)

		by, at := h.enter(st)
		c, err := h.BeginPasskey(ctx, by, at)
		h.ok(err)
		refuse("an exchange of another kind", "exchange_expired", identity.Answer{Exchange: c.Exchange, Credential: mixed.Credential})
		bob := h.newcomer("bob@harbour.example")
		bobBy, bobAt := h.enter(bob)
		_, err = h.AddPasskey(ctx, bobBy, bobAt, newAuthenticator(h).create(c))
		h.refuses(err, "passkey_invalid") // another person's exchange
		if c, err = h.BeginPasskey(ctx, bobBy, bobAt); err != nil {
			h.t.Fatal(err)
		}
		_, err = h.AddPasskey(ctx, bobBy, bobAt, a.create(c))
		h.refuses(err, "passkey_known")
		if c, err = h.BeginPasskey(ctx, bobBy, bobAt); err != nil {
			h.t.Fatal(err)
		}
		weak := newAuthenticator(h)
		weak.unproven = true
		_, err = h.AddPasskey(ctx, bobBy, bobAt, weak.create(c))
		h.refuses(err, "passkey_invalid")
		h.clock.Advance(6 * time.Minute)
		by, at = h.enter(st)
		_, err = h.BeginPasskey(ctx, by, at)
		h.refuses(err, "fresh_sign_in_required")
	})
}

func TestPasskeysAreKept(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		st := h.newcomer(ada)
		a, k := h.passkey(st)
		by, at := h.enter(st)
		named, err := h.RenamePasskey(ctx, by, at, k.ID, " Kitchen tablet ")
		h.ok(err)
		if named.Name != "Kitchen tablet" {
			h.t.Errorf("name %q", named.Name)
		}
		_, err = h.RenamePasskey(ctx, by, at, k.ID, " ")
		h.refuses(err, "profile_invalid")
		bobBy, bobAt := h.enter(h.newcomer("bob@harbour.example"))
		_, err = h.RenamePasskey(ctx, bobBy, bobAt, k.ID, "Mine")
		h.refuses(err, "not_found")
		h.refuses(h.RemovePasskey(ctx, bobBy, bobAt, k.ID), "not_found")
		h.refuses(h.RemovePasskey(ctx, by, at, ident.New[identity.Passkey](h.clock.Now())), "not_found")
		c, err := h.BeginPasskey(ctx, by, at)
		h.ok(err)
		var o creationOptions
		h.ok(json.Unmarshal(c.Options, &o))
		if len(o.PublicKey.ExcludeCredentials) != 1 || o.PublicKey.ExcludeCredentials[0].ID != b64(a.id) {
			h.t.Errorf("excluded: %+v", o.PublicKey.ExcludeCredentials)
		}
		h.ok(h.RemovePasskey(ctx, by, at, k.ID))
		_, err = h.PasskeySignIn(ctx, a.get(h.begin()), visit)
		h.refuses(err, "passkey_refused")
	})
}
