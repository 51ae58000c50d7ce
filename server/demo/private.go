package demo

import (
	"context"
	"net/netip"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/usage"
)

// privates makes two private integrations of Harbour Books: one that works every
// hour, and one that nobody has put to use yet.
func privates(ctx context.Context, app *server.App, admin access.Principal, w world) error {
	export, err := app.Private.Create(ctx, admin, w.harbour.ID, private.Draft{Name: "Nightly flag export", Contact: "data@harbour-books.example",
		Description: "Copies flags and projects into the data warehouse, so that reports can tell which variation an order saw.", Scopes: []string{"flags.read", "projects.read"}})
	if err != nil {
		return err
	}
	_, err = app.Private.Create(ctx, admin, w.harbour.ID, private.Draft{Name: "Shop window lights", Scopes: []string{"flags.write"}, Networks: []string{"203.0.113.0/24"},
		Description: "Turns the lights of the shop window on with the evening flag.", Expiry: private.Expiry{LifeDays: 180}})
	if err != nil {
		return err
	}
	if err := used(ctx, app, export); err != nil {
		return err
	}
	return apiTokens(ctx, app, admin, w)
}

// apiTokens makes a personal token of the administrator and a service token of
// the account.
func apiTokens(ctx context.Context, app *server.App, admin access.Principal, w world) error {
	if _, err := app.APITokens.Create(ctx, admin, w.harbour.ID, apitoken.Personal, apitoken.Draft{Name: "Laptop", Description: "For trying things out in a shell.", Roles: []string{role.Reader}, Days: 90}); err != nil {
		return err
	}
	board, err := app.APITokens.Create(ctx, admin, w.harbour.ID, apitoken.Service, apitoken.Draft{Name: "Status board", Description: "The screen in the office that shows which flags are on.",
		Policy: access.Policy{{Effect: access.Allow, Actions: []string{"flag:view", "project:view"}, Resources: []string{"*"}}}})
	if err != nil {
		return err
	}
	now, from := app.DB.Now(), netip.MustParseAddr("198.51.100.17")
	app.Usage.Recorder.Record(now, usage.Key{Grant: board.Grant, Account: board.Account, Key: board.Token.ID.String(), Operation: "listFlags", Entitlement: "flag:view"}, 12)
	for _, s := range []usage.Subject{{Kind: "grant", ID: board.Grant}, {Kind: "token", ID: board.Token.ID.String()}} {
		app.Usage.Recorder.Touch(s, now.Add(-4*time.Minute), usage.Call{Operation: "listFlags", From: from})
	}
	return app.Usage.Flush(ctx)
}

// used records a day of calls as the gateway would have.
func used(ctx context.Context, app *server.App, c private.Created) error {
	now := app.DB.Now()
	from := netip.MustParseAddr("203.0.113.24")
	for hour := 23; hour >= 0; hour-- {
		at := now.Add(-time.Duration(hour) * time.Hour)
		for operation, n := range map[string]uint32{"listProjects": 1, "listFlags": 2} {
			entitlement := map[string]string{"listProjects": "project:view", "listFlags": "flag:view"}[operation]
			app.Usage.Recorder.Record(at, usage.Key{Grant: c.Grant, Account: c.Account, Key: c.Token.ID.String(), Operation: operation, Entitlement: entitlement}, n)
			for _, s := range []usage.Subject{{Kind: "grant", ID: c.Grant}, {Kind: "token", ID: c.Token.ID.String()}} {
				app.Usage.Recorder.Touch(s, at, usage.Call{Operation: operation, From: from})
			}
		}
		if err := app.Usage.Flush(ctx); err != nil { // each hour by itself: a counter holds few minutes
			return err
		}
	}
	return nil
}
