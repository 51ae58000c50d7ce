package identity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// PasskeyID identifies a Passkey.
type PasskeyID = ident.ID[Passkey]

// Passkey is a WebAuthn credential (https://www.w3.org/TR/webauthn-3/). It is
// made discoverable and with user verification, so it stands for two factors.
type Passkey struct {
	ID      PasskeyID `json:"id"`
	Name    string    `json:"name"`
	Synced  bool      `json:"synced" doc:"Kept by a password manager, not by one device only"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used,omitzero"`

	user       ID
	credential webauthn.Credential
}

// IDPrefix implements ident.Named.
func (Passkey) IDPrefix() string { return "pky" }

const passkeysMost = 20

// Challenge is what the browser needs for navigator.credentials, and what it
// must send back with the answer.
type Challenge struct {
	Options  json.RawMessage `json:"options" doc:"For navigator.credentials.create or get"`
	Exchange string          `json:"exchange" doc:"To be sent back with the answer"`
}

// Answer is what navigator.credentials gave, as JSON.
type Answer struct {
	Exchange   string          `json:"exchange" maxLength:"8192"`
	Name       string          `json:"name,omitempty" maxLength:"120" doc:"What to call the passkey"`
	Credential json.RawMessage `json:"credential" doc:"PublicKeyCredential.toJSON()"`
}

// relying describes this site to authenticators.
func (s *Service) relying() (*webauthn.WebAuthn, error) {
	origin, _ := s.PasskeyOrigin()
	at, err := url.Parse(origin)
	if err != nil {
		return nil, problem.Internal("identity.passkey", err)
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: at.Hostname(), RPDisplayName: s.name(), RPOrigins: []string{origin},
		AttestationPreference:  protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
	})
	if err != nil {
		return nil, problem.Internal("identity.passkey", err)
	}
	return w, nil
}

// holder is a person as the WebAuthn library sees them.
type holder struct {
	user User
	keys []Passkey
}

// WebAuthnID implements webauthn.User.
func (h holder) WebAuthnID() []byte { return []byte(h.user.ID.String()) }

// WebAuthnName implements webauthn.User.
func (h holder) WebAuthnName() string { return h.user.Email }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string { return h.user.Name }

// WebAuthnCredentials implements webauthn.User.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(h.keys))
	for i, k := range h.keys {
		out[i] = k.credential
	}
	return out
}

func (h holder) find(id []byte) (Passkey, bool) {
	for _, k := range h.keys {
		if string(k.credential.ID) == string(id) {
			return k, true
		}
	}
	return Passkey{}, false
}

// BeginPasskey asks for a new passkey.
func (s *Service) BeginPasskey(ctx context.Context, by access.Principal, at Session) (Challenge, error) {
	var h holder
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if h.user, err = s.fresh(tx, by, at); err != nil {
			return err
		}
		h.keys, err = passkeys(tx, h.user.ID)
		return err
	})
	if err != nil {
		return Challenge{}, err
	}
	if len(h.keys) >= passkeysMost {
		return Challenge{}, problem.Conflict("too_many_passkeys", "You have 20 passkeys. Remove one first.")
	}
	w, err := s.relying()
	if err != nil {
		return Challenge{}, err
	}
	known := make([]protocol.CredentialDescriptor, len(h.keys))
	for i, k := range h.keys {
		known[i] = k.credential.Descriptor()
	}
	options, data, err := w.BeginRegistration(h, webauthn.WithExclusions(known))
	if err != nil {
		return Challenge{}, problem.Internal("identity.passkey", err)
	}
	return s.challenge(ceremony{Kind: "passkey.add", User: by.User, Session: at.ID.String()}, options, data)
}

func (s *Service) challenge(c ceremony, options, data any) (Challenge, error) {
	sealed, err := s.sealCeremony(c, data)
	if err != nil {
		return Challenge{}, err
	}
	b, err := json.Marshal(options)
	if err != nil {
		return Challenge{}, problem.Internal("identity.passkey", err)
	}
	return Challenge{Options: b, Exchange: sealed.Reveal()}, nil
}

// AddPasskey takes the new passkey. Errors: Invalid `exchange_expired`,
// `passkey_invalid`.
func (s *Service) AddPasskey(ctx context.Context, by access.Principal, at Session, in Answer) (Passkey, error) {
	if err := needSession(by, at); err != nil {
		return Passkey{}, err
	}
	if f := checkName(in.Name, "/name", false); len(f) > 0 {
		return Passkey{}, problem.Invalid("profile_invalid", "Give the passkey another name.", f...)
	}
	c, err := s.openCeremony(ctx, "passkey.add", in.Exchange)
	if err != nil {
		return Passkey{}, err
	}
	k := Passkey{Name: strings.TrimSpace(in.Name)}
	if k.Name == "" {
		k.Name = "Passkey"
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		if c.User != by.User || c.Session != at.ID.String() {
			return errPasskey(nil)
		}
		made, err := s.registered(u, c, in.Credential)
		if err != nil {
			return err
		}
		k.ID, k.user, k.Created, k.credential, k.Synced = ident.New[Passkey](tx.Now()), u.ID, tx.Now(), *made, made.Flags.BackupEligible
		if err := putPasskey(tx, k); err != nil {
			return err
		}
		if err := s.tell(tx, u, "A passkey was added", "The passkey “"+k.Name+"” was added; it can be used to sign in."); err != nil {
			return err
		}
		return s.record(tx, by, "user.passkey_add", u, audit.Change{After: k})
	})
	return k, err
}

func (s *Service) registered(u User, c ceremony, raw []byte) (*webauthn.Credential, error) {
	var data webauthn.SessionData
	if err := json.Unmarshal(c.Data, &data); err != nil {
		return nil, problem.Internal("identity.passkey", err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(raw)
	if err != nil {
		return nil, errPasskey(err)
	}
	w, err := s.relying()
	if err != nil {
		return nil, err
	}
	made, err := w.CreateCredential(holder{user: u}, data, parsed)
	if err != nil {
		return nil, errPasskey(err)
	}
	return made, nil
}

func errPasskey(cause error) error {
	return problem.Invalid("passkey_invalid", "The browser's answer could not be verified. Begin again.").Because(cause)
}

// BeginPasskeySignIn asks for any passkey of this site. It writes nothing and
// says nothing about anybody.
func (s *Service) BeginPasskeySignIn(_ context.Context) (Challenge, error) {
	w, err := s.relying()
	if err != nil {
		return Challenge{}, err
	}
	options, data, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Challenge{}, problem.Internal("identity.passkey", err)
	}
	return s.challenge(ceremony{Kind: "passkey.sign_in"}, options, data)
}

// PasskeySignIn opens a session for the person whose passkey answered. Errors:
// Unauthenticated `passkey_refused`; Invalid `exchange_expired`; Limited.
func (s *Service) PasskeySignIn(ctx context.Context, in Answer, v Visit) (Started, error) {
	if err := s.take(ctx, onNetwork(ctx, "passkey")); err != nil {
		return Started{}, err
	}
	refused := problem.Unauthenticated("passkey_refused", "This passkey does not open anything here.")
	c, err := s.openCeremony(ctx, "passkey.sign_in", in.Exchange)
	if err != nil {
		return Started{}, err
	}
	var data webauthn.SessionData
	if err := json.Unmarshal(c.Data, &data); err != nil {
		return Started{}, problem.Internal("identity.passkey", err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(in.Credential)
	if err != nil {
		return Started{}, refused.Because(err)
	}
	w, err := s.relying()
	if err != nil {
		return Started{}, err
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		var h holder
		var fault error
		_, cred, err := w.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
			id, err := ident.Parse[User](string(handle))
			if err != nil {
				return nil, err
			}
			if h.user, fault = find(tx, "id = ?", id); fault != nil {
				return nil, fault
			}
			h.keys, fault = passkeys(tx, id)
			return h, fault
		}, data, parsed)
		if fault != nil && !absent(fault) {
			return fault
		}
		if err != nil {
			return refused.Because(err)
		}
		k, ok := h.find(cred.ID)
		if !ok || cred.Authenticator.CloneWarning || h.user.maySignIn() != nil {
			return refused
		}
		k.credential, k.Used = *cred, tx.Now()
		if err := savePasskey(tx, k); err != nil {
			return err
		}
		if err := s.giveBack(tx, onNetwork(ctx, "passkey")); err != nil {
			return err
		}
		back := h.user.State == DeletionRequested
		if out, err = s.begin(tx, &h.user, "passkey", v); err != nil {
			return err
		}
		return s.recordStart(tx, out, back)
	})
	return out, err
}

// Passkeys lists the person's passkeys.
func (s *Service) Passkeys(ctx context.Context, by access.Principal, at Session) ([]Passkey, error) {
	var out []Passkey
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		out, err = passkeys(tx, u.ID)
		return err
	})
	return out, err
}

// RenamePasskey gives a passkey another name.
func (s *Service) RenamePasskey(ctx context.Context, by access.Principal, at Session, id PasskeyID, name string) (Passkey, error) {
	if f := checkName(name, "/name", true); len(f) > 0 {
		return Passkey{}, problem.Invalid("profile_invalid", "Give the passkey another name.", f...)
	}
	var out Passkey
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		k, err := passkey(tx, u.ID, id)
		if err != nil {
			return err
		}
		was := k
		k.Name = strings.TrimSpace(name)
		if err := savePasskey(tx, k); err != nil {
			return err
		}
		out = k
		return s.record(tx, by, "user.passkey_rename", u, audit.Change{Before: was, After: k})
	})
	return out, err
}

// RemovePasskey removes one. Conflict `last_credential` when the person could
// not sign in any more.
func (s *Service) RemovePasskey(ctx context.Context, by access.Principal, at Session, id PasskeyID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		k, err := passkey(tx, u.ID, id)
		if err != nil {
			return err
		}
		w, err := s.ways(tx, u)
		if err != nil {
			return err
		}
		if w.primary() < 2 {
			return errLast()
		}
		if err := dropPasskey(tx, k); err != nil {
			return err
		}
		if err := s.tell(tx, u, "A passkey was removed", "The passkey “"+k.Name+"” was removed; it can't be used to sign in any more."); err != nil {
			return err
		}
		return s.record(tx, by, "user.passkey_remove", u, audit.Change{Before: k})
	})
}

func credentialKey(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }
