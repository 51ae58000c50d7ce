package console_test

import (
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/importer"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/capability/resourcelink"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/capability/storesync"
	"github.com/guestright/guestright/capability/useraction"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/job"
)

// hub is a console in which an integration with many capabilities is installed; its
// partner answers under every name.
type hub struct {
	board
	*capabilitytest.Partner
	stores *storesync.Service
	asked  *host.Service
}

func newHub(t *testing.T) hub {
	t.Helper()
	out := hub{Partner: capabilitytest.NewPartner(t)}
	p := newPost(t, func(h *house) {
		h.Webhooks.Client = out.Client
		h.Configurations = &configuration.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Releases: h.Releases, Integrations: h.Integrations, Client: out.Client}
		asked := &host.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts}
		h.Memberships = &membership.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Integrations: h.Integrations, Configurations: h.Configurations, Host: asked, Catalog: h.Catalog,
			Facts: h.Webhooks.Facts, Bearers: h.Webhooks.Bearers, Base: "https://guestright.example"}
		out.stores = storesync.New(storesync.Service{DB: h.db, Configurations: h.Configurations, Memberships: h.Memberships, Client: out.Client})
		h.Snapshots = &snapshotpush.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Configurations: h.Configurations, Catalog: h.Catalog, Client: out.Client}
		h.Imports = importer.New(importer.Service{DB: h.db, Audit: h.Audit, Configurations: h.Configurations, Host: asked, Client: out.Client})
		h.Links = &resourcelink.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Configurations: h.Configurations}
		h.Actions = &useraction.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Configurations: h.Configurations, Client: out.Client}
		h.Approvals = approval.New(approval.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Accounts: h.Accounts, Configurations: h.Configurations, Host: asked, Notices: h.Notices, Catalog: h.Catalog, Client: out.Client})
		h.Configurations.Capabilities = capability.Set{h.Memberships, out.stores, h.Approvals, h.Snapshots, h.Imports, h.Links, h.Actions}
		out.asked = asked
		h.Integrations.Followed = h.Configurations.Follow
	})
	files := fstest.MapFS{}
	must(t, fs.WalkDir(os.DirFS("testdata/hub"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile("testdata/hub/" + path)
		files[path] = &fstest.MapFile{Data: data}
		return err
	}))
	out.board = board{p, p.release(t, "hub", files)}
	return out
}

// set fills the form in and gives the configuration's address.
func (h hub) set(t *testing.T) string {
	t.Helper()
	form := []string{"name", "The office hub", "v.url", "https://hub.example.com", "v.token", "s3cr3t-t0ken", "v.host", "redis.example.com", "v.workspaceApiKey", "imp0rt-k3y", "v.workspaceId", "w-1", "v.environmentId", "e-1"}
	for _, k := range h.Configurations.Capabilities {
		form = append(form, "on."+k.Name(), "on")
	}
	return configurationAddress.FindString(h.admin.submit(h.base+"/new", h.base+"/new", form...).led(t, "/configurations/"))
}

// works does what waits in the background.
func (h hub) works(t *testing.T) {
	t.Helper()
	r := &job.Runner{DB: h.db}
	h.stores.Jobs(r)
	h.Snapshots.Jobs(r)
	must(t, r.Drain(t.Context()))
}
