package console_test

import (
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/capability/eventhook"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/release"
)

// board is a console in which an integration with a package is installed.
type board struct {
	*post
	base string // of the installation's configurations
}

func newBoard(t *testing.T) board {
	t.Helper()
	p := newPost(t, func(h *house) {
		h.Configurations = &configuration.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Releases: h.Releases, Integrations: h.Integrations, Client: h.Webhooks.Client}
		h.Configurations.Capabilities = capability.Set{eventhook.New(eventhook.Hook{Webhooks: h.Webhooks, Configurations: h.Configurations, Grants: h.Integrations.Grants, Facts: h.Webhooks.Facts,
			Catalog: h.Catalog, Client: h.Webhooks.Client})}
		h.Triggers = trigger.New(trigger.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Accounts: h.Accounts, Integrations: h.Integrations, Configurations: h.Configurations,
			Host: &host.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts}, Catalog: h.Catalog, Base: "https://guestright.example"})
		h.Approvals = approval.New(approval.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Accounts: h.Accounts, Configurations: h.Configurations,
			Host: &host.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts}, Notices: h.Notices, Catalog: h.Catalog, Client: h.Webhooks.Client})
		h.Configurations.Capabilities = append(h.Configurations.Capabilities, h.Triggers, h.Approvals)
		h.Integrations.Followed = h.Configurations.Follow
	})
	manifest, err := os.ReadFile("testdata/board/manifest.json")
	must(t, err)
	files := fstest.MapFS{"manifest.json": &fstest.MapFile{Data: manifest}, "default.json.hbs": &fstest.MapFile{Data: []byte(`{"text": "{{{event.title}}}", "room": "{{config.room}}"}`)},
		"icon.svg": &fstest.MapFile{Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8z"/></svg>`)}}
	return board{p, p.release(t, "board", files)}
}

// release publishes a version with a package, which the first customer takes, and
// gives the address of its configurations.
func (p *post) release(t *testing.T, key string, files fs.FS) string {
	t.Helper()
	b, found, err := bundle.Folder(files)
	must(t, err)
	v, err := p.Releases.Draft(t.Context(), p.dev.by(), p.x.app.ID, release.Content{Number: "2.0.0", Notes: "Can be configured.", Required: p.x.live.Required, Optional: p.x.live.Optional})
	must(t, err)
	if _, err := p.Releases.PutPackage(t.Context(), p.dev.by(), v.ID, release.Archive{Key: key, Data: b.Bytes()}); err != nil {
		t.Fatal(err, found)
	}
	v, err = p.Releases.Publish(t.Context(), p.dev.by(), v.ID)
	must(t, err)
	in := p.x.in[0]
	if now, err := p.Integrations.Get(t.Context(), p.admin.by(), in.ID); err != nil || now.Version != v.ID.String() {
		_, err = p.Integrations.Take(t.Context(), p.admin.by(), in.ID, integration.Taking{Version: v.ID.String(), Scopes: v.Scopes()})
		must(t, err)
	}
	return "/installations/" + in.ID.String() + "/configurations"
}

// filled are the fields of the form.
func (b board) filled(more ...string) []string {
	return append([]string{"name", "The office board", "v.url", strings.TrimSuffix(b.url, "/events"), "v.token", "s3cr3t-t0ken", "v.level", "high", "v.room", "lobby", "v.tags", "a", "v.tags", "b",
		"on.eventHook", "on", "on.inboundTrigger", "on", "on.changeApproval", "on", "filter", `[{"effect": "allow", "actions": ["*"], "resources": ["proj/*:env/*:flag/*"]}]`}, more...)
}

var configurationAddress = regexp.MustCompile(`/configurations/cfg_[0-9a-z]{26}`)

// An administrator sets an integration up, is told what is wrong beside each field,
// tries the connection, sees what was delivered, and takes it away.
func TestAnAdministratorSetsAnIntegrationUp(t *testing.T) {
	b := newBoard(t)
	b.admin.get(strings.TrimSuffix(b.base, "/configurations")).has(t, "Set up")
	b.admin.get(b.base).has(t, "Not set up yet", "Fill in what Board needs from you")
	b.admin.submit(b.base+"/new", b.base+"/new", "v.url", "nowhere", "v.level", "higher", "filter", "[]").
		has(t, "Write a whole address", "Choose one of the values.", "Fill this in.")
	one := configurationAddress.FindString(b.admin.submit(b.base+"/new", b.base+"/new", b.filled()...).led(t, "/configurations/"))
	got := b.admin.get(one).has(t, "The office board", "External ID", "Tells of changes", "Arrived")
	if strings.Contains(got.body, "s3cr3t") || !strings.Contains(got.body, "Stored. Leave empty to keep it.") {
		t.Error("the page shows a secret, or does not say that there is one")
	}
	b.admin.submit(one, one+"/try", "capability", "eventHook").has(t, "The connection works.")
	b.status.Store(http.StatusForbidden)
	b.admin.submit(one, one+"/try", "capability", "eventHook").has(t, "The connection does not work.", "403 Forbidden")
	b.status.Store(http.StatusOK)
	before := b.got.Load()
	b.happens(3, "flag.turned_on")
	b.until("all arrive", func() bool { return b.got.Load() == before+3 })
	b.until("it is told", func() bool { return strings.Contains(b.admin.get(one).text(), "Arrived 3") })
	b.admin.submit(one, one, b.filled("v.token", "")[2:]...).led(t, one)
	b.admin.submit(one, one+"/switch").led(t, one)
	b.admin.get(one).has(t, "The configuration is switched off.")
	b.admin.get(b.base).has(t, "The office board", "Off")
	b.admin.submit(one+"/delete", one+"/delete").led(t, b.base)
	if a := b.admin.get(one); a.StatusCode != http.StatusNotFound {
		t.Error(a.StatusCode)
	}
	if a := b.dev.get(b.base); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer reads the customer's configurations: %d", a.StatusCode)
	}
}

func TestConfigurationPagesAreSound(t *testing.T) {
	b := newBoard(t)
	at := b.browser(b.admin)
	at.Goto(b.URL + b.base)
	at.Look("configurations-empty")
	at.Goto(b.URL + b.base + "/new")
	at.Look("configuration-new")
	one := configurationAddress.FindString(b.admin.submit(b.base+"/new", b.base+"/new", b.filled()...).led(t, "/configurations/"))
	b.happens(3, "flag.turned_on")
	b.status.Store(http.StatusBadGateway)
	b.happens(1, "flag.turned_off")
	b.until("it is told", func() bool { return strings.Contains(b.admin.get(one).text(), "502 Bad Gateway") })
	for name, path := range map[string]string{"configurations": b.base, "configuration": one, "configuration-delete": one + "/delete"} {
		at.Goto(b.URL + path)
		at.Look(name)
	}
}
