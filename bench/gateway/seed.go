package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/guestright/guestright/bench/house"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
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
	owner, team, err := house.Team(ctx, app)
	if err != nil {
		return nil, err
	}
	var scopes []string
	for i := range asked {
		scopes = append(scopes, kind(i)+".read", kind(i)+".write")
	}
	var apps []house.Sold
	for i := range s.applications {
		a, err := house.Publish(ctx, app, owner, team, fmt.Sprintf("Caller %d", i), scopes)
		if err != nil {
			return nil, err
		}
		apps = append(apps, a)
	}
	var out []held
	for i := range s.accounts {
		admin, acc, err := house.Customer(ctx, app, i)
		if err != nil {
			return nil, err
		}
		for _, a := range apps {
			ins, err := app.Integrations.Install(ctx, admin, acc.ID, integration.Order{ApplicationID: a.PublicID})
			if err != nil {
				return nil, err
			}
			g, err := grantOf(ctx, app, ins)
			if err != nil {
				return nil, err
			}
			out = append(out, held{grant: g, key: a.Key.ID.String(), path: fmt.Sprintf("/v1/accounts/%s/%ss/item-1", acc.Key, kind(asked/2))})
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

// writeCalls writes the file of requests: path and token, one line each.
func writeCalls(file string, calls []call) error {
	var b strings.Builder
	for _, c := range calls {
		fmt.Fprintf(&b, "%s %s\n", c.path, c.token)
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
