package configuration_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/eventhook"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/manifest/bundle"

	"testing/fstest"
)

// courses is a package of our own with a field of most kinds.
const courses = `{"contextView": "native-1",
  "listing": {"name": "Register", "version": "1.0.0", "tagline": "Keep registers.", "description": "Keeps registers of who came, in a system of your own that stands somewhere else.",
    "author": "Example", "supportEmail": "help@example.com", "links": {"site": "https://example.com", "privacy": "https://example.com/privacy"}, "categories": ["attendance"], "icons": {"square": "icon.svg", "horizontal": "icon.svg"}},
  "forms": {"installation": [
    {"key": "url", "label": "Address", "type": "uri", "help": "Where it is."},
    {"key": "token", "label": "Token", "type": "string", "secret": true, "help": "From your settings."},
    {"key": "level", "label": "Level", "type": "enum", "choices": ["low", "high"], "optional": true, "default": "low", "help": "How much."},
    {"key": "extra", "label": "Say more", "type": "boolean", "help": "Shows a field."},
    {"key": "note", "label": "Note", "type": "string", "hidden": true, "optional": true, "default": "", "help": "For us.", "dependsOn": [{"variable": "extra", "form": "installation", "action": "show", "conditions": [{"operator": "equalTo", "value": "true"}]}]},
    {"key": "external", "label": "External ID", "type": "generated", "help": "Copy it."},
    {"key": "pub", "label": "Public key", "type": "publicKey", "help": "Copy it."},
    {"key": "room", "label": "Room", "type": "dynamicEnum", "optional": true, "default": "", "help": "Which.", "fetch": {"endpoint": {"url": "{{{config.url}}}/rooms", "method": "GET", "headers": [{"name": "Authorization", "value": "Bearer {{config.token}}"}]},
       "parser": {"list": "/rooms", "item": {"label": "/name", "value": "/id"}}}},
    {"key": "once", "label": "Team", "type": "string", "fixed": true, "optional": true, "default": "", "help": "Stays."}
  ]},
  "eventHooks": [{"source": "audit", "filter": [{"effect": "allow", "actions": ["*"], "resources": ["*"]}], "templates": {"default": "default.json.hbs"},
    "endpoint": {"url": "{{{config.url}}}/{{config.external}}/{{config.level}}/{{config.room}}/{{config.once}}/{{config.note}}{{config.extra}}", "method": "POST", "headers": [{"name": "Authorization", "value": "Bearer {{config.token}}"}]}}]}`

func archive(t *testing.T, text string) []byte {
	t.Helper()
	b, found, err := bundle.Folder(fstest.MapFS{"manifest.json": &fstest.MapFile{Data: []byte(text)}, "default.json.hbs": &fstest.MapFile{Data: []byte(`{"text":"{{{event.title}}}"}`)},
		"icon.svg": &fstest.MapFile{Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8z"/></svg>`)}})
	if err != nil {
		t.Fatal(err, found)
	}
	return b.Bytes()
}

var filled = map[string]any{"url": "https://register.example", "token": "s3cr3t-t0ken"}

// What is filled in is stored as the form says: secrets sealed and never shown
// again, what we make ourselves made once, defaults in their place.
func TestFormsAreFilledIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := capabilitytest.Start(t, open(clock), clock)
		i := h.Archive("register", archive(t, courses))
		c := h.Configure(i, filled)
		external, _ := c.Values["external"].(string)
		pub, _ := c.Values["pub"].(string)
		if c.Name != "Register" || c.Values["token"] != configuration.Mask || c.Values["level"] != "low" || len(external) != 32 || !strings.HasPrefix(pub, "-----BEGIN PUBLIC KEY-----") || len(c.Needs) > 0 {
			t.Fatalf("%+v", c)
		}
		if _, there := c.Values["pub.private"]; there {
			t.Error("the private half is shown")
		}
		var plain, sealed string
		if err := h.DB.Read(t.Context(), func(tx *store.Tx) error {
			return tx.NewRaw("SELECT plain, sealed FROM configuration_configuration").Scan(tx.Ctx, &plain, &sealed)
		}); err != nil || strings.Contains(plain+sealed, "s3cr3t") || strings.Contains(plain+sealed, "BEGIN PRIVATE") || !strings.Contains(sealed, "pub.private") {
			t.Errorf("%s %s %v", plain, sealed, err)
		}
		// Written back as it was read, nothing changes; the secret still works.
		got, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Values: c.Values})
		if err != nil || got.Values["external"] != external || got.Values["pub"] != pub || got.Values["token"] != configuration.Mask {
			t.Fatalf("%+v %v", got, err)
		}
		h.Answers(http.StatusOK, `{"rooms":[{"id":7,"name":"Seven"},{"id":"7","name":"Again"},{"id":"8","name":"Eight"}]}`)
		rooms, err := h.Configurations.Choices(t.Context(), h.Admin, i.ID, configuration.Asked{Field: "room", Configuration: c.ID.String()})
		if err != nil || rooms.Free || len(rooms.Items) != 2 || rooms.Items[0].Value != "7" || rooms.Items[1].Label != "Eight" {
			t.Fatalf("%+v %v", rooms, err)
		}
		if r := h.Next(t); r.URI != "/rooms" || r.Header.Get("Authorization") != "Bearer s3cr3t-t0ken" {
			t.Errorf("%+v", r)
		}
		if _, err := h.Configurations.Choices(t.Context(), h.Admin, i.ID, configuration.Asked{Field: "room", Configuration: c.ID.String()}); err != nil {
			t.Error(err)
		}
		h.Quiet(t) // the answer is remembered for a minute
	})
}

// Findings stand beside the field; nothing is stored then.
func TestFormsAreJudged(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Archive("register", archive(t, courses))
	for name, c := range map[string]struct {
		values  map[string]any
		pointer string
		code    string
	}{
		"nothing":         {map[string]any{}, "/values/url", "field.required"},
		"no address":      {map[string]any{"url": "register", "token": "x"}, "/values/url", "field.uri"},
		"no choice":       {map[string]any{"url": "https://register.example", "token": "x", "level": "higher"}, "/values/level", "field.choice"},
		"wrong kind":      {map[string]any{"url": "https://register.example", "token": "x", "extra": "perhaps"}, "/values/extra", "field.type"},
		"unknown field":   {map[string]any{"url": "https://register.example", "token": "x", "a/b": 1}, "/values/a~1b", "field.unknown"},
		"mask, no secret": {map[string]any{"url": "https://register.example", "token": configuration.Mask}, "/values/token", "field.required"},
	} {
		_, err := h.Configurations.Create(t.Context(), h.Admin, i.ID, configuration.Draft{Values: c.values})
		p := problem.Of(err)
		if problem.CodeOf(err) != "configuration_invalid" || !slices.ContainsFunc(p.Fields, func(f problem.Field) bool { return f.Pointer == c.pointer && f.Code == c.code }) {
			t.Errorf("%s: %v %+v", name, err, p)
		}
	}
	if got, err := h.Configurations.List(t.Context(), h.Admin, i.ID); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	c := h.Configure(i, map[string]any{"url": "https://register.example", "token": "x", "once": "a", "note": "unseen"})
	if c.Values["note"] != "" {
		t.Error("a hidden field keeps what was sent")
	}
	if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Values: map[string]any{"once": "b"}}); problem.CodeOf(err) != "configuration_invalid" {
		t.Error(err)
	}
	shown, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Values: map[string]any{"extra": true, "note": "seen", "level": nil}})
	if err != nil || shown.Values["note"] != "seen" || shown.Values["level"] != "low" {
		t.Errorf("%+v %v", shown, err)
	}
	stale := int64(0)
	if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Revision: &stale}); problem.CodeOf(err) != "configuration_changed" {
		t.Error(err)
	}
	name := c.Name
	if _, err := h.Configurations.Create(t.Context(), h.Admin, i.ID, configuration.Draft{Name: &name, Values: filled}); problem.CodeOf(err) != "configuration_exists" {
		t.Error(err)
	}
}

// Whoever may not see the installation finds nothing; who may only look changes
// nothing; the integration itself, with its own token, may.
func TestWhoConfigures(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Archive("register", archive(t, courses))
	c := h.Configure(i, filled)
	other, _ := h.Customer("elsewhere", account.Production)
	reader := access.UserPrincipal(h.Person("reader@harbour.example"), nil, map[string]string{h.Account.ID.String(): access.AccountReader})
	itself := access.Principal{Kind: access.KindIntegration, Grant: i.Grant, Installation: i.ID.String(), Account: h.Account.ID.String()}
	for who, s := range map[string]struct {
		by           access.Principal
		look, change string
	}{
		"another account":      {other, "not_found", "not_found"},
		"a developer":          {h.Developer, "not_found", "not_found"},
		"nobody":               {access.Principal{}, "not_found", "not_found"},
		"a reader":             {reader, "", "forbidden"},
		"the integration":      {itself, "", ""},
		"the administrator":    {h.Admin, "", ""},
		"another integration":  {access.Principal{Kind: access.KindIntegration, Grant: "grt_other"}, "not_found", "not_found"},
		"the platform's owner": {access.Operator("op"), "", ""},
	} {
		_, err := h.Configurations.Get(t.Context(), s.by, c.ID)
		if got := problem.CodeOf(err); got != s.look {
			t.Errorf("%s reads: %q, want %q", who, got, s.look)
		}
		_, err = h.Configurations.Update(t.Context(), s.by, c.ID, configuration.Draft{})
		if got := problem.CodeOf(err); got != s.change {
			t.Errorf("%s changes: %q, want %q", who, got, s.change)
		}
		_, err = h.Configurations.List(t.Context(), s.by, i.ID)
		if got := problem.CodeOf(err); got != s.look {
			t.Errorf("%s lists: %q, want %q", who, got, s.look)
		}
	}
}

// A new version that asks for more stops what works until it is filled in; one that
// has no package stops it for good.
func TestVersionsAreFollowed(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Archive("register", archive(t, courses))
	c := h.Configure(i, filled)
	apps, err := h.Applications.List(t.Context(), h.Developer, h.Team.ID.String())
	if err != nil || len(apps) != 1 {
		t.Fatal(apps, err)
	}
	more := strings.Replace(courses, `{"key": "once"`, `{"key": "site", "label": "Site", "type": "string", "help": "Which."}, {"key": "once"`, 1)
	more = strings.Replace(more, "{{config.once}}", "{{config.once}}/{{config.site}}", 1)
	v := h.Version(apps[0], "register", "1.1.0", archive(t, more))
	// It needs something more, so it waits, and what is there goes on working.
	got, err := h.Configurations.Get(t.Context(), h.Admin, c.ID)
	if err != nil || len(got.Needs) != 0 || !got.Capabilities[0].Working {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := h.Integrations.Take(t.Context(), h.Admin, i.ID, integration.Taking{Version: v.ID.String(), Scopes: v.Scopes()}); err != nil {
		t.Fatal(err)
	}
	got, err = h.Configurations.Get(t.Context(), h.Admin, c.ID)
	if err != nil || len(got.Needs) != 1 || got.Needs[0].Pointer != "/values/site" || got.Capabilities[0].Working || got.Values["token"] != configuration.Mask {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := h.Configurations.Try(t.Context(), h.Admin, c.ID, eventhook.Name); problem.CodeOf(err) != "configuration_incomplete" {
		t.Error(err)
	}
	if got, err = h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Values: map[string]any{"site": "north"}}); err != nil || len(got.Needs) > 0 || !got.Capabilities[0].Working {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := h.Configurations.Try(t.Context(), h.Admin, c.ID, eventhook.Name); problem.CodeOf(err) != "capability_untried" {
		t.Error(err)
	}
}

// The operations over HTTP: created with its address, masked, changed, deleted.
func TestConfigurationsOverHTTP(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Archive("register", archive(t, courses))
	offer, err := h.Configurations.Offer(t.Context(), h.Admin, i.ID)
	if err != nil || offer.Name != "Register" || len(offer.Form) != 9 || !slices.Contains(offer.Capabilities, eventhook.Name) || len(offer.Filter) != 1 {
		t.Fatalf("%+v %v", offer, err)
	}
	c := h.Configure(i, filled)
	text, err := json.Marshal(c)
	if err != nil || strings.Contains(string(text), "s3cr3t") || strings.Contains(string(text), "PRIVATE") {
		t.Errorf("%s %v", text, err)
	}
	if err := h.Configurations.Delete(t.Context(), h.Admin, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Configurations.Get(t.Context(), h.Admin, c.ID); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
}
