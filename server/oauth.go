package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/edge/console"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/edge/oauth"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/registration"
)

// TokensCfg sets the lifetimes of what is issued.
type TokensCfg struct {
	Access      Duration `yaml:"access_life" doc:"Lifetime of access tokens"`
	Refresh     Duration `yaml:"refresh_life" doc:"Lifetime of a refresh token that is not used; each use begins it anew"`
	RefreshMost Duration `yaml:"refresh_most" doc:"After this time a person has to approve again, however often the tokens were refreshed"`
	Grace       Duration `yaml:"refresh_grace" doc:"How long a used refresh token gets the same successor again, for clients of several processes; 0s: never"`
	Reuse       string   `yaml:"refresh_reuse" doc:"What a used refresh token does after that: end (everything that came of the approval ends) or refuse; the developers are told either way"`
	Code        Duration `yaml:"code_life" doc:"Lifetime of authorization codes"`
	Pushed      Duration `yaml:"pushed_life" doc:"Lifetime of pushed authorization requests (RFC 9126)"`
	Consent     Duration `yaml:"consent_life" doc:"How long a person may take to sign in and decide"`
	Device      Duration `yaml:"device_life" doc:"Lifetime of device codes (RFC 8628)"`
	DevicePoll  Duration `yaml:"device_poll" doc:"Least time between two polls of a device"`
	Identity    Duration `yaml:"id_token_life" doc:"Lifetime of id tokens"`
	Proof       Duration `yaml:"dpop_window" doc:"How far the time in a DPoP proof (RFC 9449) may be from ours"`
	Most        int      `yaml:"account_limit" doc:"How many personal and service tokens one account may have"`
	Nonce       bool     `yaml:"dpop_nonce" doc:"DPoP proofs have to carry a nonce of ours (RFC 9449 section 8), so that none can be made ahead of time"`
	MinIdle     int      `yaml:"min_idle_days" doc:"The shortest idle expiry, in days, that an account may set for its static tokens"`
	Signing     Duration `yaml:"signing_key_life" doc:"How long a key signs id tokens and JWT access tokens before the next takes over"`
}

const day = 24 * time.Hour

func defaultTokens() TokensCfg {
	return TokensCfg{Access: Duration(time.Hour), Refresh: Duration(90 * day), RefreshMost: Duration(365 * day), Grace: Duration(30 * time.Second), Reuse: "end",
		Code: Duration(time.Minute), Pushed: Duration(time.Minute), Consent: Duration(30 * time.Minute), Device: Duration(10 * time.Minute),
		DevicePoll: Duration(5 * time.Second), Identity: Duration(time.Hour), Proof: Duration(time.Minute), Signing: Duration(90 * day), MinIdle: 30, Most: 500}
}

func (c *configCheck) lives() {
	t := c.Tokens
	for _, l := range []struct {
		key         string
		is          Duration
		least, most time.Duration
		text        string
	}{
		{"access_life", t.Access, time.Second, day, "Between 1s and 24h."},
		{"refresh_life", t.Refresh, time.Second, 2 * 365 * day, "Between 1s and 17520h (two years)."},
		{"refresh_most", t.RefreshMost, time.Second, 10 * 365 * day, "Between 1s and 87600h (ten years)."},
		{"refresh_grace", t.Grace, 0, 5 * time.Minute, "Between 0s and 5m."},
		{"code_life", t.Code, time.Second, 10 * time.Minute, "Between 1s and 10m (RFC 6749)."},
		{"pushed_life", t.Pushed, time.Second, 10 * time.Minute, "Between 1s and 10m (RFC 9126)."},
		{"consent_life", t.Consent, time.Second, day, "Between 1s and 24h."},
		{"device_life", t.Device, time.Second, time.Hour, "Between 1s and 1h."},
		{"device_poll", t.DevicePoll, time.Second, time.Minute, "Between 1s and 1m."},
		{"id_token_life", t.Identity, time.Second, day, "Between 1s and 24h."},
		{"dpop_window", t.Proof, 10 * time.Second, 5 * time.Minute, "Between 10s and 5m."},
		{"signing_key_life", t.Signing, day, 2 * 365 * day, "Between 24h and 17520h (two years)."},
	} {
		c.say(time.Duration(l.is) < l.least || time.Duration(l.is) > l.most, "tokens."+l.key, l.text)
	}
	c.say(t.Reuse != "end" && t.Reuse != "refuse", "tokens.refresh_reuse", "end or refuse.")
}

func (t TokensCfg) lives() authorization.Lives {
	d := func(v Duration) time.Duration { return time.Duration(v) }
	return authorization.Lives{Request: d(t.Consent), Pushed: d(t.Pushed), Code: d(t.Code), Device: d(t.Device), DevicePoll: d(t.DevicePoll),
		Access: d(t.Access), Refresh: d(t.Refresh), RefreshMost: d(t.RefreshMost), Grace: d(t.Grace), ForgiveReuse: t.Reuse == "refuse",
		Identity: d(t.Identity), ProofWindow: d(t.Proof)}
}

// issuer is our name in tokens and metadata.
func (c Config) issuer() string { return strings.TrimSuffix(c.URL, "/") }

// resource is the gateway's name as a protected resource (RFC 9728).
func (c Config) resource() string { return strings.TrimSuffix(c.Gateway.URL, "/") }

// authority builds the authorization server's slice.
func (s *Slices) authority(b base, cfg Config) error {
	s.Authority = &authorization.Service{DB: b.db, Audit: s.Audit, Keys: b.keys, Applications: s.Applications, Releases: s.Releases,
		Accounts: s.Accounts, Held: integration.NewGrants(s.Integrations), Consents: s.Consents, Integrations: s.Integrations, Grants: s.Grants, Tokens: s.Tokens, Notices: s.Notices, Catalog: b.cat,
		Issuer: cfg.issuer(), Resource: cfg.resource(), Lives: cfg.Tokens.lives()}
	s.Clients = &authorization.Clients{DB: b.db, Secrets: application.NewAuthenticator(s.Applications), Apps: s.Applications,
		Audiences: []string{cfg.issuer(), cfg.issuer() + oauth.TokenPath}, Outbound: s.Outbound, Once: s.Authority.Once}
	r := cfg.Register
	s.Registry = &registration.Service{DB: b.db, Applications: s.Applications, Releases: s.Releases, Catalog: b.cat, Outbound: s.Outbound,
		Rules: registration.Rules{Dynamic: r.Dynamic, Documents: r.Documents, Domains: r.Domains, Group: r.Group}}
	s.Authority.Registry, s.Clients.Registry = s.Registry, s.Registry
	var err error
	s.Signing, err = authorization.NewSigner(context.Background(), authorization.SignerConfig{DB: b.db, Keys: b.keys, Period: time.Duration(cfg.Tokens.Signing)})
	s.Authority.Signer, s.Authority.Bearers, s.Bearers.Signed = s.Signing, s.Bearers, s.Authority.Readable
	return err
}

// oauth is the authorization server's door.
func (a *App) oauth(pages *console.Console) *oauth.Server {
	return &oauth.Server{Issuer: a.Config.issuer(), Resource: a.Config.resource(), Authorizations: a.Authority, Registry: a.Registry, Clients: a.Clients, Signer: a.Signing,
		Bearers: a.Bearers, Tokens: a.Tokens, Products: a.Products, Identity: a.Identity, Catalog: a.Catalog, Usage: a.Usage.Recorder, Nonces: a.Nonces, Now: a.DB.Now,
		Page: pages.Fault,
		Session: func(ctx context.Context, r *http.Request) (access.Principal, identity.Session, error) {
			raw := a.Identity.FromRequest(r)
			if raw == "" {
				return access.Principal{}, identity.Session{}, nil
			}
			by, at, err := a.People.Principal(ctx, raw)
			if problem.Of(err) != nil && problem.Of(err).Kind == problem.KindUnauthenticated {
				return access.Principal{}, identity.Session{}, nil
			}
			return by, at, err
		}}
}

// noncePeriod is how long a nonce is given out; it is good for as long again.
const noncePeriod = 2 * time.Minute

// nonces are those that DPoP proofs have to carry, nil for none: the same on every
// node and at both doors.
func (a *App) nonces() (*dpop.Nonces, error) {
	if !a.Config.Tokens.Nonce {
		return nil, nil
	}
	key, err := a.Keys.Key("dpop nonce v1")
	return &dpop.Nonces{Key: key, Period: noncePeriod}, err
}

// proofs is how the gateway checks that a caller holds the key its token is bound
// to. On one node what was seen is kept in memory; nodes that share PostgreSQL
// share it there, so that a proof passes one of them only.
func (a *App) proofs() gateway.Proofs {
	p := gateway.Proofs{Base: a.Config.resource(), Window: time.Duration(a.Config.Tokens.Proof), Nonces: a.Nonces}
	if !a.DB.Postgres() {
		seen := &dpop.Memory{}
		p.Once = func(_ context.Context, proof dpop.Proof, now, until time.Time) (bool, error) {
			return seen.Once(proof, now, until), nil
		}
		return p
	}
	p.Once = func(ctx context.Context, proof dpop.Proof, _, until time.Time) (bool, error) {
		err := a.Authority.Once(ctx, proof.Name(), until)
		if problem.CodeOf(err) == "invalid_dpop_proof" {
			return false, nil
		}
		return err == nil, err
	}
	return p
}
