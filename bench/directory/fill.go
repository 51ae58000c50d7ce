package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/bench/house"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

const catalogText = `product:
  name: Pennant
  documents: [pennant.json]
  upstreams: {default: "http://127.0.0.1:1"}
  account: {in: none}
operations:
  listFlags: {needs: "flag:view"}
  createFlag: {needs: "flag:create"}
scopes:
  flags.read: {label: Read flags, risk: low, entitlements: ["flag:view"]}
  flags.write: {label: Change flags, risk: high, entitlements: ["flag:view", "flag:create"]}
privileges:
  - {label: View flags, screen: Flags, entitlements: ["flag:view"]}
  - {label: Create flags, screen: Flags, entitlements: ["flag:create"]}
`

const document = `{"openapi":"3.1.0","info":{"title":"Pennant","version":"1"},"paths":{"/flags":{
"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}},"post":{"operationId":"createFlag","responses":{"201":{"description":"ok"}}}}}}`

var (
	doing   = []string{"Deploys", "Reports", "Watches", "Reviews", "Cleans up", "Announces", "Exports", "Schedules"}
	whom    = []string{"for your team", "for every release", "for auditors", "while you sleep", "in your chat", "at the press of a button"}
	shelves = []string{"analytics", "automation", "collaboration", "developer-tools", "monitoring", "reporting", "security"}
)

// fill makes a directory, and a function that changes it.
func fill(ctx context.Context, dir string, many int) (*server.App, func() error, error) {
	cfg, err := house.Lay(ctx, dir, "", map[string]string{"catalog.yaml": catalogText, "pennant.json": document})
	if err != nil {
		return nil, nil, err
	}
	app, err := server.Open(ctx, cfg, server.Options{})
	if err != nil {
		return nil, nil, err
	}
	owner, team, err := house.Team(ctx, app)
	if err != nil {
		return nil, nil, err
	}
	icon, err := icon()
	if err != nil {
		return nil, nil, err
	}
	var last application.ID
	for i := range many {
		if last, err = list(ctx, app, owner, team, i, icon); err != nil {
			return nil, nil, fmt.Errorf("listing %d: %w", i, err)
		}
	}
	return app, func() error {
		_, err := app.Listings.Update(ctx, owner, last, listing.Edit{})
		return err
	}, nil
}

func list(ctx context.Context, app *server.App, by access.Principal, team string, i int, icon []byte) (application.ID, error) {
	words := fmt.Sprintf("%s flags %s", doing[i%len(doing)], whom[i%len(whom)])
	a, err := app.Applications.Register(ctx, by, team, application.Draft{Name: fmt.Sprintf("App %04d", i), Description: words + ". It needs nothing besides, and can be taken away at any time.", Support: "help@example.com"})
	if err != nil {
		return a.ID, err
	}
	v, err := app.Releases.Draft(ctx, by, a.ID, release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "Reads your flags."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Changes them when you ask for it."}}, Listing: release.Listing{Tagline: words, Description: words + ". " + long}})
	if err != nil {
		return a.ID, err
	}
	if _, err := app.Releases.Publish(ctx, by, v.ID); err != nil {
		return a.ID, err
	}
	text := "# Set up\n\n" + long
	if _, err := app.Listings.Update(ctx, by, a.ID, listing.Edit{Categories: &[]string{shelves[i%len(shelves)]}, Links: &listing.Links{Privacy: "https://example.com/privacy"}, Documentation: &text}); err != nil {
		return a.ID, err
	}
	if _, err := app.Listings.AddPicture(ctx, by, a.ID, listing.NewPicture{Kind: listing.Icon, Data: icon}); err != nil {
		return a.ID, err
	}
	_, err = app.Listings.Show(ctx, by, a.ID, listing.Public)
	return a.ID, err
}

const long = "Install it, look at what it asks for, and leave out what you do not want. Whoever runs the account can see at any time what it read and changed, " +
	"and can take it away: it stops at once. Its developers keep nothing of your data but what the customer sheet names, for as long as it says there."

func icon() ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 {
		img.Set(i, i, color.RGBA{20, 110, 100, 255})
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}
