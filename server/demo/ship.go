package demo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// parcel is an integration that is a package, as its developers have it.
type parcel struct {
	key, name, words string
	scopes           []release.Request
	files            func() (fs.FS, error)
}

// ship registers and releases an integration that is a package and installs it, as
// its developers and the customer's administrator would in the console.
func ship(ctx context.Context, app *server.App, w world, team group.Group, p parcel) (integration.Installation, error) {
	dev := access.UserPrincipal(w.ids["developer"], map[string]string{team.ID.String(): access.GroupOwner}, nil)
	files, err := p.files()
	if err != nil {
		return integration.Installation{}, err
	}
	packed, _, err := bundle.Folder(files)
	if err != nil {
		return integration.Installation{}, err
	}
	a, err := app.Applications.Register(ctx, dev, team.ID.String(), application.Draft{Name: p.name, Homepage: "https://acme.example/" + p.key,
		Description: p.words, Domains: []string{"acme.example"}, Support: "support@acme.example"})
	if err != nil {
		return integration.Installation{}, err
	}
	v, err := app.Releases.Draft(ctx, dev, a.ID, release.Content{Number: "1.0.0", Notes: "First release.", Required: p.scopes})
	if err != nil {
		return integration.Installation{}, err
	}
	if _, err := app.Releases.PutPackage(ctx, dev, v.ID, release.Archive{Key: p.key, Data: packed.Bytes()}); err != nil {
		return integration.Installation{}, err
	}
	if _, err := app.Releases.Publish(ctx, dev, v.ID); err != nil {
		return integration.Installation{}, err
	}
	return app.Integrations.Install(ctx, w.admin(), w.harbour.ID, integration.Order{ApplicationID: a.PublicID})
}

// admin is the administrator of Harbour Books.
func (w world) admin() access.Principal {
	return access.UserPrincipal(w.ids["account administrator"], nil, map[string]string{w.harbour.ID.String(): access.AccountAdmin})
}

// noted reads what a file of the demo's folder holds; "" in a folder from before.
func noted(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(raw)), err
}
