package demo

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/server"
)

// shelves are the categories of the examples in the directory.
var shelves = map[string][]string{"Release Notes": {"reporting"}, "Deploybot": {"developer-tools", "automation"}, "Notice Board": {"collaboration"}, "Sign-off": {"people-and-access"}, "Flag Board": {"monitoring"}, "Guest List": {"data-and-storage"}}

// fill puts what the team has released into the directory, as its developers would
// in the console.
func fill(ctx context.Context, app *server.App, w world, team group.Group) error {
	dev := access.UserPrincipal(w.ids["developer"], map[string]string{team.ID.String(): access.GroupOwner}, nil)
	all, err := app.Applications.List(ctx, dev, team.ID.String())
	if err != nil {
		return err
	}
	for _, a := range all {
		categories := shelves[a.Name]
		if categories == nil {
			categories = []string{"other"}
		}
		text := "# Setting " + a.Name + " up\n\n1. Choose **Install** on its page in the directory.\n2. Look at what it asks for, and leave out what you do not want.\n3. Install it. There is nothing to send to its developers.\n\n" +
			"# Taking it away\n\nRemove it under *Integrations*. It stops at once.\n"
		s, err := app.Listings.Update(ctx, dev, a.ID, listing.Edit{Categories: &categories, Links: &listing.Links{Privacy: "https://acme.example/privacy"}, Documentation: &text})
		if err != nil {
			return err
		}
		if len(s.Missing) > 0 {
			continue // it has no version that everybody can get
		}
		if _, err := app.Listings.Show(ctx, dev, a.ID, listing.Public); err != nil {
			return err
		}
	}
	return nil
}
