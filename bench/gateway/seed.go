package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/token"
)

// call is one request of the load.
type call struct{ token, path string }

// asked is how many kinds an application may read and write.
const asked = 10

// seed fills the house through its own operations and loads every token.
func (s scale) seed(ctx context.Context, app *server.App) ([]call, error) {
	grants, err := s.install(ctx, app)
	if err != nil {
		return nil, err
	}
	var calls []call
	for len(calls) < s.tokens {
		more, err := issue(ctx, app, grants, min(10_000, s.tokens-len(calls)))
		if err != nil {
			return nil, err
		}
		calls = append(calls, more...)
	}
	for _, c := range calls {
		if _, err := app.Bearers.Authenticate(ctx, c.token); err != nil {
			return nil, err
		}
	}
	return calls[:min(s.used, len(calls))], nil
}

// held is a grant and where its calls go.
type held struct {
	grant grant.Grant
	key   string // application key
	path  string
}

func (s scale) install(ctx context.Context, app *server.App) ([]held, error) {
	dev, err := person(ctx, app, "dev@example.com")
	if err != nil {
		return nil, err
	}
	team, err := app.Groups.Create(ctx, access.UserPrincipal(dev, nil, nil), "Load")
	if err != nil {
		return nil, err
	}
	owner := access.UserPrincipal(dev, map[string]string{team.ID.String(): access.GroupOwner}, nil)
	type sold struct {
		public string
		key    string
	}
	var apps []sold
	for i := range s.applications {
		public, key, err := publish(ctx, app, owner, team.ID.String(), i)
		if err != nil {
			return nil, err
		}
		apps = append(apps, sold{public, key})
	}
	var out []held
	for i := range s.accounts {
		admin, acc, err := customer(ctx, app, i)
		if err != nil {
			return nil, err
		}
		for _, a := range apps {
			ins, err := app.Integrations.Install(ctx, admin, acc.ID, integration.Order{ApplicationID: a.public})
			if err != nil {
				return nil, err
			}
			g, err := grantOf(ctx, app, ins)
			if err != nil {
				return nil, err
			}
			out = append(out, held{grant: g, key: a.key, path: fmt.Sprintf("/v1/accounts/%s/%ss/item-1", acc.Key, kind(asked/2))})
		}
	}
	return out, nil
}

func grantOf(ctx context.Context, app *server.App, i integration.Installation) (grant.Grant, error) {
	var g grant.Grant
	err := app.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		g, err = app.Grants.Load(tx, i.Grant)
		return err
	})
	return g, err
}

// publish registers an application with a live version and a key.
func publish(ctx context.Context, app *server.App, by access.Principal, group string, n int) (public, key string, _ error) {
	a, err := app.Applications.Register(ctx, by, group, application.Draft{Name: fmt.Sprintf("Caller %d", n), Description: "Calls."})
	if err != nil {
		return "", "", err
	}
	c := release.Content{Number: "1.0.0"}
	for i := range asked {
		for _, verb := range []string{".read", ".write"} {
			c.Required = append(c.Required, release.Request{Scope: kind(i) + verb, Purpose: "To do its work."})
		}
	}
	v, err := app.Releases.Draft(ctx, by, a.ID, c)
	if err != nil {
		return "", "", err
	}
	if _, err := app.Releases.Publish(ctx, by, v.ID); err != nil {
		return "", "", err
	}
	k, err := app.Applications.CreateKey(ctx, by, a.ID, application.KeyDraft{Label: "load"})
	return a.PublicID, k.ID.String(), err
}

func customer(ctx context.Context, app *server.App, n int) (access.Principal, account.Account, error) {
	var nobody access.Principal
	system := access.System("bench")
	key := fmt.Sprintf("account-%d", n)
	a, err := app.Accounts.Put(ctx, system, account.Draft{Key: key, Name: key, Kind: account.Production})
	if err != nil {
		return nobody, a, err
	}
	user, err := person(ctx, app, key+"@example.com")
	if err != nil {
		return nobody, a, err
	}
	err = app.DB.Write(ctx, func(tx *store.Tx) error {
		return app.Accounts.SetMember(tx, system, account.Member{Account: a.ID.String(), User: user, Role: access.AccountAdmin})
	})
	return access.UserPrincipal(user, nil, map[string]string{a.ID.String(): access.AccountAdmin}), a, err
}

// issue writes n tokens in one transaction.
func issue(ctx context.Context, app *server.App, grants []held, n int) ([]call, error) {
	calls := make([]call, 0, n)
	err := app.DB.Write(ctx, func(tx *store.Tx) error {
		calls = calls[:0]
		for i := range n {
			h := grants[i%len(grants)]
			t, err := app.Tokens.Issue(tx, token.Order{Grant: h.grant, Kind: token.Access, Life: 30 * 24 * time.Hour, Key: h.key})
			if err != nil {
				return err
			}
			calls = append(calls, call{token: t.Secret.Reveal(), path: h.path})
		}
		return nil
	})
	return calls, err
}

// user is the name space of user ids.
type user struct{}

// IDPrefix implements ident.Named.
func (user) IDPrefix() string { return "usr" }

func person(ctx context.Context, app *server.App, email string) (string, error) {
	id := ident.New[user](app.DB.Now()).String()
	return id, app.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0)`, id, email, email)
		return err
	})
}

// writeCalls writes the file of requests: path and token, one line each.
func writeCalls(file string, calls []call) error {
	var b strings.Builder
	for _, c := range calls {
		fmt.Fprintf(&b, "%s %s\n", c.path, c.token)
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
