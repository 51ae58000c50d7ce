// Package house fills a house for the programs of bench/: people, a developer
// group, applications with a live version, customers.
package house

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// Config is that of an ordinary installation whose files stand in dir: the
// master key, catalog.yaml and, unless changed, the database.
func Config(dir string) server.Config {
	cfg := server.Defaults()
	cfg.Database, cfg.MasterKey, cfg.Catalog = filepath.Join(dir, "guestright.db"), filepath.Join(dir, "master.key"), filepath.Join(dir, "catalog.yaml")
	cfg.Listen, cfg.Gateway.Listen, cfg.Watch.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	cfg.Apps.Unverified, cfg.Apps.Most = server.UnverifiedWarn, 0 // what is measured needs no review
	return cfg
}

// Lay writes files into dir and gives the configuration of an installation there,
// whose database is new: SQLite, or the one at a postgres:// URL.
func Lay(ctx context.Context, dir, database string, files map[string]string) (server.Config, error) {
	cfg := Config(dir)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return cfg, err
		}
	}
	if database == "" {
		return cfg, nil
	}
	cfg.Database = database // as guestright migrate does before the first start
	db, err := server.OpenStore(cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return cfg, err
	}
	_, err = db.Migrate(ctx)
	return cfg, errors.Join(err, db.Close())
}

// Team makes a developer group and gives its owner.
func Team(ctx context.Context, app *server.App) (owner access.Principal, group string, _ error) {
	dev, err := Person(ctx, app, "dev@example.com")
	if err != nil {
		return owner, "", err
	}
	team, err := app.Groups.Create(ctx, access.UserPrincipal(dev, nil, nil), "Load")
	group = team.ID.String()
	return access.UserPrincipal(dev, map[string]string{group: access.GroupOwner}, nil), group, err
}

// Sold is an application that customers can install.
type Sold struct {
	PublicID string
	Key      application.IssuedKey
}

// Publish registers an application with a live version and a key.
func Publish(ctx context.Context, app *server.App, by access.Principal, group, name string, scopes []string) (Sold, error) {
	a, err := app.Applications.Register(ctx, by, group, application.Draft{Name: name, Description: "Calls."})
	if err != nil {
		return Sold{}, err
	}
	c := release.Content{Number: "1.0.0"}
	for _, s := range scopes {
		c.Required = append(c.Required, release.Request{Scope: s, Purpose: "To do its work."})
	}
	v, err := app.Releases.Draft(ctx, by, a.ID, c)
	if err != nil {
		return Sold{}, err
	}
	if _, err := app.Releases.Publish(ctx, by, v.ID); err != nil {
		return Sold{}, err
	}
	k, err := app.Applications.CreateKey(ctx, by, a.ID, application.KeyDraft{Label: "load"})
	return Sold{PublicID: a.PublicID, Key: k}, err
}

// Customer makes an account with an administrator.
func Customer(ctx context.Context, app *server.App, n int) (access.Principal, account.Account, error) {
	var nobody access.Principal
	system := access.System("bench")
	key := fmt.Sprintf("account-%d", n)
	a, err := app.Accounts.Put(ctx, system, account.Draft{Key: key, Name: key, Kind: account.Production})
	if err != nil {
		return nobody, a, err
	}
	user, err := Person(ctx, app, key+"@example.com")
	if err != nil {
		return nobody, a, err
	}
	err = app.DB.Write(ctx, func(tx *store.Tx) error {
		return app.Accounts.SetMember(tx, system, account.Member{Account: a.ID.String(), User: user, Role: access.AccountAdmin})
	})
	return access.UserPrincipal(user, nil, map[string]string{a.ID.String(): access.AccountAdmin}), a, err
}

// user is the name space of user ids.
type user struct{}

// IDPrefix implements ident.Named.
func (user) IDPrefix() string { return "usr" }

func Person(ctx context.Context, app *server.App, email string) (string, error) {
	id := ident.New[user](app.DB.Now()).String()
	return id, app.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0)`, id, email, email)
		return err
	})
}
