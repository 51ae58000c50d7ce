package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/edge/api"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/quota"
)

// App is the house, wired. Run serves it; Close gives everything back.
type App struct {
	*Slices
	Config  Config
	Log     *slog.Logger
	Proxy   *gateway.Proxy
	Nonces  *dpop.Nonces // that DPoP proofs have to carry; nil: none
	Signer  *gateway.Signer
	Engine  *gateway.Engine
	Public  http.Handler // console, API, token endpoint
	API     *api.API
	proxies web.Proxies
	now     func() time.Time // nil: the real clock
}

// Options are what tests and the demo give instead of the outside world.
type Options struct {
	Log *slog.Logger
	// Now is the clock; nil: the real one.
	Now func() time.Time
	// DB, when given, is used instead of opening Config.Database, and not closed.
	DB *store.DB
	// Keys, when given, is used instead of the master key file.
	Keys *secret.Keyring
	// Catalog, when given, is used instead of the catalog file.
	Catalog *catalog.Catalog
	// Outbound, when given, calls the addresses that strangers gave, instead of the
	// client that the configuration describes.
	Outbound *outbound.Client
	// TXT, when given, is asked for the records that prove domains, instead of the
	// system's resolver.
	TXT domain.TXT
}

// Open builds the house: database (migrated when it is SQLite), keys, catalog,
// slices, doors. Nothing listens yet.
func Open(ctx context.Context, cfg Config, o Options) (*App, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	a := &App{Config: cfg, Log: o.Log, now: o.Now}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	if a.proxies, err = web.ParseProxies(cfg.Proxy.Trusted); err != nil {
		return nil, err
	}
	b := base{db: o.DB, keys: o.Keys, cat: &catalog.Current{}, log: a.Log, out: o.Outbound, txt: o.TXT}
	if b.db == nil {
		if b.db, err = openDatabase(ctx, cfg, a.Log, o.Now); err != nil {
			return nil, err
		}
	}
	if b.keys == nil {
		if b.keys, err = openKeys(ctx, cfg, b.db); err != nil {
			return nil, errors.Join(err, b.db.Close())
		}
	}
	if err := sameKey(ctx, b.db, b.keys); err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	cat := o.Catalog
	if cat == nil {
		if cat, _, err = LoadCatalog(cfg.path(cfg.Catalog)); err != nil {
			return nil, errors.Join(err, b.db.Close())
		}
	}
	if a.Slices, err = newSlices(b, cfg); err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	if err := a.Swap(cat); err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	if err := a.doors(); err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	return a, nil
}

// LoadCatalog reads a catalog file and the OpenAPI documents that it names.
func LoadCatalog(path string) (*catalog.Catalog, catalog.Coverage, error) {
	cat, coverage, _, err := ReadCatalog(path)
	return cat, coverage, err
}

// Swap puts another catalog in force without a restart; plans follow.
func (a *App) Swap(cat *catalog.Catalog) error {
	if err := a.Quota.SetPlans(quota.FromCatalog(cat.File().Plans)); err != nil {
		return err
	}
	if err := a.Legacy.Notice(context.Background(), cat); err != nil {
		return err
	}
	a.Catalog.Swap(cat)
	a.Bearers.Forget()
	return nil
}

func (a *App) doors() error {
	seed, err := a.Keys.Key("identity header v1")
	if err != nil {
		return err
	}
	if a.Signer, err = gateway.NewSigner(a.Config.URL, a.Config.Gateway.Audience, seed); err != nil {
		return err
	}
	if a.Nonces, err = a.nonces(); err != nil {
		return err
	}
	a.Engine = &gateway.Engine{Now: a.now, Tokens: a.Bearers, Legacy: a.LegacyKeys, Noticed: a.Legacy.Noticed, Catalog: a.Catalog, Quota: a.Quota, Usage: a.Usage.Recorder, Facts: a.Facts.Fill, Docs: a.Config.URL,
		Proofs: a.proofs(), Preview: a.Gate.Preview, Agreed: a.Gate.Agreed, Simulated: a.Sandboxes.Due}
	a.Proxy = &gateway.Proxy{Engine: a.Engine, Signer: a.Signer, Rules: &strict.Rules{Hosts: hostsOf(a.Config.Gateway.Hosts, a.Config.Gateway.URL), Forwarded: true, Hygiene: gateway.Hygiene},
		Client: &upstream.Client{HeadTimeout: time.Duration(a.Config.Gateway.Timeout)},
		Issuer: a.Config.issuer(), Proxies: a.proxies, Log: a.Log, Style: a.Config.Gateway.Headers, LogAll: a.Config.Gateway.LogAll}
	if a.Config.Hook.URL != "" {
		raw, err := os.ReadFile(a.Config.path(a.Config.Hook.Secret))
		if err != nil {
			return fmt.Errorf("provisioning_hook: %w", err)
		}
		a.Integrations.Hook = NewHook(a.Config.Hook.URL, secret.New(strings.TrimSpace(string(raw))))
	}
	if a.Config.Host.URL != "" {
		raw, err := os.ReadFile(a.Config.path(a.Config.Host.Secret))
		if err != nil {
			return fmt.Errorf("host: %w", err)
		}
		if a.Host.Caller, err = NewCaller(a.Config.Host.URL, secret.New(strings.TrimSpace(string(raw)))); err != nil {
			return fmt.Errorf("host.tasks_secret_file: %w", err)
		}
	}
	a.Public = a.public()
	return nil
}

// NewCaller calls the operator's own product with tasks.
func NewCaller(url string, s secret.Text) (*host.Caller, error) {
	key, err := hook.Key(s)
	if err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("the secret is not whsec_ and Base64 of 24 to 64 bytes; one comes of: openssl rand -base64 32")
	}
	return &host.Caller{URL: url, Secret: s, Client: productClient()}, nil
}

// productClient calls the operator's own product. Redirects are not followed, since
// secrets and data would follow them.
func productClient() *http.Client {
	return &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// NewHook calls the operator's own product.
func NewHook(url string, s secret.Text) *integration.Hook {
	return &integration.Hook{URL: url, Secret: s, Client: productClient()}
}

// Close gives the database back.
func (a *App) Close() error {
	a.Proxy.Client.Close()
	return a.DB.Close()
}
