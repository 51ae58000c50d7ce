package identity

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// PathProvider is where the operator's provider sends people back to.
const PathProvider = "/sign-in/provider"

// Provider is the operator's own OpenID Connect provider
// (https://openid.net/specs/openid-connect-core-1_0.html). Its description is
// fetched on first use and kept.
type Provider struct {
	Issuer   string
	ClientID string
	Secret   secret.Text // zero for a public client
	Name     string      // on the button
	Scopes   []string    // besides openid; none: profile email
	// KeyClaim names the claim that holds the product's own key of the person.
	// Somebody whom the product has named by that key is recognised by it; leave
	// it empty unless nobody but the operator can set that claim.
	KeyClaim string
	// TrustEmail takes the provider's addresses as proven when it does not say
	// email_verified.
	TrustEmail bool
	Client     *http.Client // nil: one with a time-out of 10 s

	mu    sync.Mutex
	found *oidc.Provider
}

// Redirect is where the browser goes, and what it keeps meanwhile.
type Redirect struct {
	URL  string
	Kept secret.Text // for StateCookie
}

// Callback is what came back.
type Callback struct {
	Code  string
	State string
	Iss   string // RFC 9207
	Error string // RFC 6749 section 4.1.2.1
	Kept  string // the state cookie
}

// Entered is how a sign-in through the provider ended.
type Entered struct {
	Started
	Return string // local path to go on to
	Linked bool   // the provider was linked to the person who was signed in; Started is zero
}

type providerData struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Return   string `json:"r"`
}

// BeginProvider sends the browser to the provider, to sign in.
func (s *Service) BeginProvider(ctx context.Context, back string) (Redirect, error) {
	return s.beginProvider(ctx, ceremony{Kind: "provider.sign_in"}, back)
}

// BeginLink sends a signed-in person to the provider, to link them.
func (s *Service) BeginLink(ctx context.Context, by access.Principal, at Session, back string) (Redirect, error) {
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		_, err := s.fresh(tx, by, at)
		return err
	})
	if err != nil {
		return Redirect{}, err
	}
	return s.beginProvider(ctx, ceremony{Kind: "provider.link", User: by.User, Session: at.ID.String()}, back)
}

func (s *Service) beginProvider(ctx context.Context, c ceremony, back string) (Redirect, error) {
	cfg, _, err := s.providerConfig(ctx)
	if err != nil {
		return Redirect{}, err
	}
	d := providerData{State: newSecret().Reveal(), Nonce: newSecret().Reveal(), Verifier: oauth2.GenerateVerifier(), Return: localPath(back)}
	kept, err := s.sealCeremony(c, d)
	if err != nil {
		return Redirect{}, err
	}
	return Redirect{URL: cfg.AuthCodeURL(d.State, oidc.Nonce(d.Nonce), oauth2.S256ChallengeOption(d.Verifier)), Kept: kept}, nil
}

// CompleteProvider ends what BeginProvider or BeginLink began. A person is known
// by issuer and subject only; an address never links anything. Errors: Invalid
// `exchange_expired`; Unauthenticated `provider_refused`; Conflict
// `identity_not_linked` when the address belongs to somebody who has not linked
// the provider, `identity_linked_elsewhere`; Forbidden
// `provider_email_unverified`; Unavailable `provider_unavailable`.
func (s *Service) CompleteProvider(ctx context.Context, by access.Principal, at Session, in Callback, v Visit) (Entered, error) {
	if err := s.take(ctx, onNetwork(ctx, "provider")); err != nil {
		return Entered{}, err
	}
	kind := "provider.sign_in"
	c, err := s.openCeremony(ctx, kind, in.Kept)
	if err != nil {
		kind = "provider.link"
		if c, err = s.openCeremony(ctx, kind, in.Kept); err != nil {
			return Entered{}, err
		}
	}
	var d providerData
	if err := json.Unmarshal(c.Data, &d); err != nil {
		return Entered{}, problem.Internal("identity.provider", err)
	}
	if subtle.ConstantTimeCompare([]byte(d.State), []byte(in.State)) != 1 {
		return Entered{}, problem.Invalid("exchange_expired", "This answer belongs to another sign-in. Begin again.")
	}
	subject, claims, err := s.redeem(ctx, in, d)
	if err != nil {
		return Entered{}, err
	}
	out := Entered{Return: d.Return}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if kind == "provider.link" {
			out.Linked = true
			return s.linkSubject(tx, by, at, c, subject)
		}
		var err error
		out.Started, err = s.enterBy(tx, subject, claims, v)
		return err
	})
	return out, err
}

// redeem exchanges the code and verifies the ID token.
func (s *Service) redeem(ctx context.Context, in Callback, d providerData) (string, map[string]any, error) {
	refused := problem.Unauthenticated("provider_refused", "The sign-in at the provider was not completed.")
	if in.Error != "" || in.Code == "" {
		return "", nil, refused
	}
	if in.Iss != "" && in.Iss != s.Provider.Issuer {
		return "", nil, refused.Because(errors.New("another issuer answered"))
	}
	cfg, provider, err := s.providerConfig(ctx)
	if err != nil {
		return "", nil, err
	}
	t, err := cfg.Exchange(oidc.ClientContext(ctx, s.Provider.client()), in.Code, oauth2.VerifierOption(d.Verifier))
	if err != nil {
		return "", nil, refused.Because(err)
	}
	raw, ok := t.Extra("id_token").(string)
	if !ok {
		return "", nil, refused.Because(errors.New("no ID token"))
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: s.Provider.ClientID, Now: s.DB.Now}).Verify(ctx, raw)
	if err != nil {
		return "", nil, refused.Because(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(d.Nonce)) != 1 || id.Subject == "" || len(id.Subject) > 255 {
		return "", nil, refused.Because(errors.New("nonce or subject"))
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return "", nil, refused.Because(err)
	}
	return id.Subject, claims, nil
}

// enterBy finds or makes the person whom the provider vouched for.
func (s *Service) enterBy(tx *store.Tx, subject string, claims map[string]any, v Visit) (Started, error) {
	u, known, err := s.bySubject(tx, subject)
	if err != nil {
		return Started{}, err
	}
	if !known {
		if u, err = s.admit(tx, claims); err != nil {
			return Started{}, err
		}
		if err := putSubject(tx, s.Provider.Issuer, subject, u.ID); err != nil {
			return Started{}, err
		}
	}
	if s.Claimed != nil {
		if err := s.Claimed(tx, principal(u), u, claims); err != nil {
			return Started{}, err
		}
	}
	if err := useSubject(tx, s.Provider.Issuer, subject); err != nil {
		return Started{}, err
	}
	if err := s.giveBack(tx, onNetwork(tx.Ctx, "provider")); err != nil {
		return Started{}, err
	}
	back := u.State == DeletionRequested
	out, err := s.begin(tx, &u, "oidc", v)
	if err != nil {
		return out, err
	}
	return out, s.recordStart(tx, out, back)
}

// admit makes a person of somebody new: whom the product has named by the key
// that the provider gives, or an address that nobody has proven before.
func (s *Service) admit(tx *store.Tx, claims map[string]any) (User, error) {
	if key, _ := claims[s.Provider.KeyClaim].(string); key != "" && s.Provider.KeyClaim != "" {
		u, known, err := findMaybe(tx, "product_key = ?", key)
		if err != nil {
			return u, err
		}
		if known {
			if has, err := hasSubject(tx, s.Provider.Issuer, u.ID); err != nil || has {
				if err == nil {
					err = problem.Conflict("identity_linked_elsewhere", "This person is known here under another account of the provider.")
				}
				return u, err
			}
			was := u
			if u.State == Invited {
				u.State = Active
			}
			return u, save(tx, u, was)
		}
	}
	email, proven := s.claimedEmail(claims)
	if !proven {
		return User{}, problem.Forbidden("provider_email_unverified", "The provider gives no proven address. Sign up here first, then link the provider.")
	}
	name, _ := claims["name"].(string)
	if len(checkName(name, "", true)) > 0 {
		name, _, _ = strings.Cut(email, "@")
	}
	u, taken, err := findMaybe(tx, "email = ?", email)
	if err != nil {
		return u, err
	}
	if taken && u.State != Unverified {
		return User{}, problem.Conflict("identity_not_linked", "Somebody has this address here. If it is you, sign in as before and link the provider in your settings.")
	}
	if taken { // a sign-up that was never finished gives way
		if err := s.free(tx, email); err != nil {
			return u, err
		}
	}
	u = User{ID: ident.New[User](tx.Now()), Email: email, Name: strings.TrimSpace(name), State: Active, Verified: tx.Now(), Created: tx.Now()}
	return u, insert(tx, u)
}

func (s *Service) claimedEmail(claims map[string]any) (string, bool) {
	raw, _ := claims["email"].(string)
	email, ok := Canonical(raw)
	verified, said := claims["email_verified"].(bool)
	if !said {
		if text, isText := claims["email_verified"].(string); isText { // some providers send "true"
			verified, said = text == "true", true
		}
	}
	return email, ok && (verified || !said && s.Provider.TrustEmail)
}

func (s *Service) linkSubject(tx *store.Tx, by access.Principal, at Session, c ceremony, subject string) error {
	u, err := s.fresh(tx, by, at)
	if err != nil {
		return err
	}
	if c.User != by.User || c.Session != at.ID.String() {
		return problem.Invalid("exchange_expired", "This answer belongs to another sign-in. Begin again.")
	}
	other, known, err := s.bySubject(tx, subject)
	if err != nil {
		return err
	}
	if known && other.ID != u.ID {
		return problem.Conflict("identity_linked_elsewhere", "This account of the provider belongs to another person here.")
	}
	if !known {
		if err := putSubject(tx, s.Provider.Issuer, subject, u.ID); err != nil {
			return err
		}
		if err := s.tell(tx, u, "A provider was linked", "You can now sign in through "+s.Provider.label()+"."); err != nil {
			return err
		}
	}
	return s.record(tx, by, "user.provider_link", u, audit.Change{After: map[string]string{"issuer": s.Provider.Issuer}})
}

// Unlink forgets whom the provider knows the person as. Conflict
// `last_credential`.
func (s *Service) Unlink(ctx context.Context, by access.Principal, at Session) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		w, err := s.ways(tx, u)
		if err != nil {
			return err
		}
		if w.subjects == 0 {
			return problem.NotFound("link")
		}
		if w.primary()-w.subjects < 1 {
			return errLast()
		}
		if err := dropSubjects(tx, u.ID); err != nil {
			return err
		}
		return s.record(tx, by, "user.provider_unlink", u, audit.Change{})
	})
}

func (p *Provider) client() *http.Client {
	if p.Client != nil {
		return p.Client
	}
	return &http.Client{Timeout: providerTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (p *Provider) label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Issuer
}

func (s *Service) providerConfig(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	if s.Provider == nil {
		return nil, nil, problem.NotFound("provider")
	}
	p := s.Provider
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		// The provider keeps the context for its keys: it must outlive this call.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client()), p.Issuer)
		if err != nil {
			return nil, nil, problem.Unavailable("provider_unavailable", "The sign-in provider can't be reached. Try again, or sign in another way.", err)
		}
		p.found = found
	}
	scopes := p.Scopes
	if len(scopes) == 0 {
		scopes = []string{"profile", "email"}
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret.Reveal(), Endpoint: p.found.Endpoint(),
		RedirectURL: strings.TrimSuffix(s.Base, "/") + PathProvider, Scopes: append([]string{oidc.ScopeOpenID}, scopes...)}, p.found, nil
}
