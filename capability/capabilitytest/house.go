package capabilitytest

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// House is a platform with a customer, a developer and a partner outside.
type House struct {
	*servertest.House
	*Partner
	Clock     *storetest.Clock
	Developer access.Principal
	Team      group.Group
	Admin     access.Principal
	Account   account.Account
}

// Start starts one; db may be nil for SQLite. change is what its configuration has
// besides.
func Start(t testing.TB, db *store.DB, clock *storetest.Clock, change ...func(*server.Config)) *House {
	t.Helper()
	p := NewPartner(t)
	h := &House{Partner: p, Clock: clock, House: servertest.Start(t, servertest.Options{DB: db, Clock: clock, Outbound: p.Client, Change: func(c *server.Config) {
		for _, f := range change {
			f(c)
		}
	}})}
	h.Admin, h.Account = h.Customer("harbour", account.Production)
	h.Developer, h.Team = h.House.Developer("dev@example.com")
	return h
}

// Published installs a published integration of the corpus, by its key, with the
// scopes that its events need.
func (h *House) Published(key string) integration.Installation {
	h.T.Helper()
	return h.Package(key, servertest.Corpus(h.T, "../..", "launchdarkly/integrations/"+key))
}

// Package releases the package in a folder and installs it. The published ones come
// without their icons.
func (h *House) Package(key, dir string) integration.Installation {
	h.T.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		h.T.Fatal(err)
	}
	var icons struct{ Icons map[string]string }
	if err := json.Unmarshal(files["manifest.json"].Data, &icons); err != nil {
		h.T.Fatal(err)
	}
	for _, path := range icons.Icons {
		files[path] = &fstest.MapFile{Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8z"/></svg>`)}
	}
	b, _, err := bundle.Folder(files)
	if err != nil {
		h.T.Fatal(err)
	}
	return h.Archive(key, b.Bytes())
}

// Archive releases a package and installs it.
func (h *House) Archive(key string, archive []byte) integration.Installation {
	h.T.Helper()
	ctx := h.T.Context()
	app, err := h.Applications.Register(ctx, h.Developer, h.Team.ID.String(), application.Draft{Name: key, Description: "An integration with a package."})
	if err != nil {
		h.T.Fatal(err)
	}
	h.Version(app, key, "1.0.0", archive)
	return h.Install(h.Admin, h.Account, app)
}

// Version publishes a version with a package.
func (h *House) Version(app application.Application, key, number string, archive []byte) release.Version {
	h.T.Helper()
	ctx := h.T.Context()
	v, err := h.Releases.Draft(ctx, h.Developer, app.ID, release.Content{Number: number, Notes: "New in " + number + ".", Required: []release.Request{{Scope: "flags.read", Purpose: "It tells of changes of flags."}}})
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := h.Releases.PutPackage(ctx, h.Developer, v.ID, release.Archive{Key: key, Data: archive}); err != nil {
		h.T.Fatal(err)
	}
	if v, err = h.Releases.Publish(ctx, h.Developer, v.ID); err != nil {
		h.T.Fatal(err)
	}
	return v
}

// Configure fills in the form.
func (h *House) Configure(i integration.Installation, values map[string]any) configuration.Configuration {
	h.T.Helper()
	c, err := h.Configurations.Create(h.T.Context(), h.Admin, i.ID, configuration.Draft{Values: values})
	if err != nil {
		h.T.Fatal(err)
	}
	return c
}

// Say lets the product publish events.
func (h *House) Say(drafts ...event.Draft) {
	h.T.Helper()
	for i := range drafts {
		if drafts[i].Account == "" {
			drafts[i].Account = "harbour"
		}
		if drafts[i].Data == nil {
			drafts[i].Data = []byte("{}")
		}
	}
	if _, err := h.Events.Publish(h.T.Context(), access.System("test"), drafts, func(int) string { return "" }); err != nil {
		h.T.Fatal(err)
	}
}

// Until waits for what happens in the background.
func (h *House) Until(what string, f func() bool) {
	h.T.Helper()
	limit, tick := time.After(time.Minute), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-limit:
			h.T.Fatalf("%s: still not", what)
		case <-tick.C:
		}
	}
}
