package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
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
	Signer  *gateway.Signer
	Engine  *gateway.Engine
	Public  http.Handler // console, API, token endpoint
	proxies web.Proxies
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
}

// Open builds the house: database (migrated when it is SQLite), keys, catalog,
// slices, doors. Nothing listens yet.
func Open(ctx context.Context, cfg Config, o Options) (*App, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	a := &App{Config: cfg, Log: o.Log}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	if a.proxies, err = web.ParseProxies(cfg.Proxy.Trusted); err != nil {
		return nil, err
	}
	b := base{db: o.DB, keys: o.Keys, cat: &catalog.Current{}, log: a.Log}
	if b.keys == nil {
		if b.keys, err = openKeys(cfg); err != nil {
			return nil, err
		}
	}
	if b.db == nil {
		if b.db, err = openDatabase(ctx, cfg, a.Log, o.Now); err != nil {
			return nil, err
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
	a.Slices = newSlices(b, cfg)
	if err := a.Swap(cat); err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	if err := a.doors(); err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	return a, nil
}

func openKeys(cfg Config) (*secret.Keyring, error) {
	path := cfg.path(cfg.MasterKey)
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := secret.WriteKeyFile(path); err != nil {
			return nil, err
		}
	}
	return secret.ReadKeyFile(path)
}

func openDatabase(ctx context.Context, cfg Config, log *slog.Logger, now func() time.Time) (*store.DB, error) {
	where := cfg.Database
	if !strings.Contains(where, "://") {
		where = cfg.path(where)
	}
	db, err := store.Open(store.Config{URL: where, Log: log, Now: now})
	if err != nil {
		return nil, err
	}
	if db.Postgres() {
		err = db.Migrated(ctx) // guestright migrate, with its own role, does it
	} else {
		_, err = db.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// sameKey refuses to start on a database that was made with another master key:
// every secret in it would be unreadable, and new ones would be mixed in (G-07).
func sameKey(ctx context.Context, db *store.DB, keys *secret.Keyring) error {
	const name, phrase = "master_key_check", "guestright"
	return db.Write(ctx, func(tx *store.Tx) error {
		var sealed string
		err := tx.NewRaw("SELECT value FROM store_fact WHERE name = ?", name).Scan(tx.Ctx, &sealed)
		if store.IsNone(err) {
			_, err = tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, keys.Seal(secret.New(phrase), name))
			return err
		}
		if err != nil {
			return err
		}
		got, err := keys.Open(sealed, name)
		if err != nil || got.Reveal() != phrase {
			return problem.Unavailable("master_key_wrong", "This database was made with another master key. Put the right file in place; nothing was changed.", err)
		}
		return nil
	})
}

// LoadCatalog reads a catalog file and the OpenAPI documents that it names.
func LoadCatalog(path string) (*catalog.Catalog, catalog.Coverage, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, catalog.Coverage{}, fmt.Errorf("catalog: %w", err)
	}
	file, err := catalog.ParseFile(raw)
	if err != nil {
		return nil, catalog.Coverage{}, err
	}
	set, err := catalog.Load(os.DirFS(filepath.Dir(path)), file.Product.Documents...)
	if err != nil {
		return nil, catalog.Coverage{}, err
	}
	return catalog.Import(set, file)
}

// Swap puts another catalog in force without a restart; plans follow.
func (a *App) Swap(cat *catalog.Catalog) error {
	if err := a.Quota.SetPlans(quota.FromCatalog(cat.File().Plans)); err != nil {
		return err
	}
	a.Catalog.Swap(cat)
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
	a.Engine = &gateway.Engine{Tokens: a.Bearers, Catalog: a.Catalog, Quota: a.Quota, Usage: a.Usage.Recorder, Docs: a.Config.URL}
	a.Proxy = &gateway.Proxy{Engine: a.Engine, Signer: a.Signer, Rules: &strict.Rules{Hosts: hostsOf(a.Config.Gateway.Hosts, a.Config.Gateway.URL), Hygiene: gateway.Hygiene},
		Client:  &upstream.Client{HeadTimeout: time.Duration(a.Config.Gateway.Timeout)},
		Proxies: a.proxies, Log: a.Log, Style: a.Config.Gateway.Headers, LogAll: a.Config.Gateway.LogAll}
	if a.Config.Hook.URL != "" {
		raw, err := os.ReadFile(a.Config.path(a.Config.Hook.Secret))
		if err != nil {
			return fmt.Errorf("provisioning_hook: %w", err)
		}
		a.Integrations.Hook = NewHook(a.Config.Hook.URL, secret.New(strings.TrimSpace(string(raw))))
	}
	a.Public = a.public()
	return nil
}

// NewHook calls the operator's own product; redirects are not followed, since
// the secret would follow them.
func NewHook(url string, s secret.Text) *integration.Hook {
	return &integration.Hook{URL: url, Secret: s, Client: &http.Client{Timeout: 15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Close gives the database back.
func (a *App) Close() error {
	a.Proxy.Client.Close()
	return a.DB.Close()
}
