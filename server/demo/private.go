package demo

import (
	"context"
	"net/netip"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/private"
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
	return used(ctx, app, export)
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
