package checklist

import (
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sheet"
	"github.com/guestright/guestright/usage"
	"github.com/guestright/guestright/webhook"
)

// facts are what the items are drawn from.
type facts struct {
	now         time.Time
	catalog     *catalog.Catalog
	version     release.Version
	application application.Application
	client      application.Client
	keys        []application.Key
	links       sheet.Links // for customers
	docs        string
	packed      *release.Packed // nil: without a package
	findings    []manifest.Finding
	faulty      []string // requests of the package that no made-up event makes
	requests    int
	owned       []string // proven domains of the group
	answers     []answer
	sandboxes   []string    // ids of the group's own
	uses        []usage.Use // by the application in its group's sandboxes
	tried       []integration.Tried
	consents    []grant.Grant // of people in these sandboxes
	reasons     map[string]string
	proofs      map[string]Proof
	endpoints   []webhook.Endpoint // web servers that get its events
	probed      []webhook.Probed
	keyAge      time.Duration
}

// items are all of them, in order.
func (f *facts) items() []Item {
	return []Item{f.sound(), f.previews(), f.pictures(), f.contact(), f.addresses(), f.redirects(), f.site(), f.unused(), f.explained(),
		f.leastRole(), f.broad(), f.throttled(), f.revoked(), f.signatures(), f.removed(), f.keyed()}
}

// calls reports whether the version asks for anything at the API.
func (f *facts) calls() bool { return len(f.version.Required)+len(f.version.Optional) > 0 }
