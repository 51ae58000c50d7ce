package console_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/connection"
	"github.com/guestright/guestright/host"
)

const bridgeManifest = `{"contextView":"native-1","listing":{"name":"Bridge","version":"1.0.0","tagline":"Bridges what is apart.","description":"Connects what you have here with what you have there, so that neither is alone.","author":"Northwind Labs",
 "supportEmail":"help@northwind.example","links":{"site":"https://northwind.example","privacy":"https://northwind.example/privacy"},"categories":["messaging"],"icons":{"square":"icon.svg","horizontal":"icon.svg"}},
 "connection":{"oauth":{"required":true}},"forms":{"installation":[{"key":"room","label":"Room","type":"string","optional":true,"default":"","help":"Where."}]},
 "inboundTrigger":{"docsUrl":"https://northwind.example/docs","parser":{"eventName":"/event","value":"/value"}}}`

// bridge is a console with an integration whose customers connect with a service.
type bridge struct {
	board
	*capabilitytest.Partner
	app string // path of the application
}

func newBridge(t *testing.T) bridge {
	t.Helper()
	out := bridge{Partner: capabilitytest.NewPartner(t)}
	p := newPost(t, func(h *house) {
		h.Webhooks.Client = out.Client
		h.Configurations = &configuration.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Releases: h.Releases, Integrations: h.Integrations, Client: out.Client}
		h.Connections = connection.New(connection.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Applications: h.Applications, Configurations: h.Configurations, Notices: h.Notices, Client: out.Client, Base: h.URL})
		h.Triggers = trigger.New(trigger.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Accounts: h.Accounts, Integrations: h.Integrations, Configurations: h.Configurations,
			Host: &host.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts}, Catalog: h.Catalog, Base: "https://guestright.example"})
		h.Configurations.Capabilities = capability.Set{h.Triggers}
		h.Integrations.Followed = h.Configurations.Follow
	})
	out.board = board{p, p.release(t, "bridge", fstest.MapFS{"manifest.json": {Data: []byte(bridgeManifest)}, "icon.svg": {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8z"/></svg>`)}})}
	out.app = "/applications/" + p.x.app.ID.String()
	return out
}

var partnerForm = []string{"authorization_endpoint", "/oauth/authorize", "token_endpoint", "/oauth/token", "client_id", "us", "client_secret", "s3cr3t-own", "client_auth", "post", "scopes", "read\nwrite", "base_hosts", "*.bridge.example.com"}

// A developer enters the OAuth server; an administrator goes there, comes back
// connected, and disconnects.
func TestAnAdministratorConnects(t *testing.T) {
	h := newBridge(t)
	one := configurationAddress.FindString(h.admin.submit(h.base+"/new", h.base+"/new", "v.room", "lobby", "on.inboundTrigger", "on").led(t, "/configurations/"))
	h.admin.get(one).has(t, "It rests until it is connected.", "Connect them once.", "The developer has not said yet where the service's server is")

	in, err := h.Integrations.Get(t.Context(), h.admin.by(), h.x.in[0].ID)
	must(t, err)
	h.dev.get("/versions/"+in.Version).has(t, "Customers cannot connect yet.", "OAuth server")
	h.dev.get(h.app+"/settings").has(t, "OAuth server")
	at := h.app + "/partner"
	h.dev.get(at).has(t, "For packages that require OAuth", h.URL+"/connections/return")
	wrong := h.dev.submit(at, at, "authorization_endpoint", "nowhere", "token_endpoint", "/oauth/token", "client_id", "us", "client_secret", "", "base_hosts", "Bridge").has(t,
		"An https address of the partner's, or a path", "The hosts of the partner's instances in small letters", "Printable characters.")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="nowhere"`) {
		t.Errorf("%d, or what was typed is lost", wrong.StatusCode)
	}
	h.dev.submit(at, at, partnerForm...).led(t, at)
	got := h.dev.get(at)
	if strings.Contains(got.body, "s3cr3t") || !strings.Contains(got.body, "Stored. Leave empty to keep it.") || !strings.Contains(got.body, `value="post" selected`) {
		t.Error("the page shows the secret, or does not say what is stored")
	}
	if a := h.admin.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("a customer reads the developer's server: %d", a.StatusCode)
	}

	h.admin.get(one).has(t, "Address of your instance", "Connect")
	h.admin.submit(one, one+"/connect", "base_uri", "https://evil.example.org").has(t, "It has to be at *.bridge.example.com.")
	way := h.admin.submit(one, one+"/connect", "base_uri", "https://lake.bridge.example.com").has(t, "Go on at lake.bridge.example.com", "Go to lake.bridge.example.com", "Connect Bridge")
	state := between(way.body, "state=", "&")
	if state == "" || !strings.Contains(way.body, `href="https://lake.bridge.example.com/oauth/authorize?`) {
		t.Fatalf("the page does not lead to the partner: %s", way.body)
	}
	h.admin.get("/connections/return?error=access_denied&state="+state).has(t, "The partner did not agree: access_denied")
	way = h.admin.submit(one, one+"/connect", "base_uri", "https://lake.bridge.example.com")
	h.Answers(http.StatusOK, `{"access_token":"acc3ss-t0ken","token_type":"Bearer","scope":"read write"}`)
	h.admin.get("/connections/return?code=c&state="+between(way.body, "state=", "&")).led(t, one)
	got = h.admin.get(one).has(t, "lake.bridge.example.com", "Connect again", "read write")
	if strings.Contains(got.body, "acc3ss") {
		t.Error("the page shows a token")
	}
	h.admin.submit(one, one+"/disconnect").led(t, one)
	h.admin.get(one).has(t, "Connect them once.")
	h.dev.submit(at+"/delete", at+"/delete").led(t, at)
	h.dev.get(at).has(t, "For packages that require OAuth")
}

// between is what stands between two marks.
func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	out, _, _ := strings.Cut(rest, to)
	out, _, _ = strings.Cut(out, `"`)
	return out
}

func TestConnectionPagesAreSound(t *testing.T) {
	h := newBridge(t)
	one := configurationAddress.FindString(h.admin.submit(h.base+"/new", h.base+"/new", "v.room", "lobby", "on.inboundTrigger", "on").led(t, "/configurations/"))
	dev := h.browser(h.dev)
	dev.Goto(h.URL + h.app + "/partner")
	dev.Look("partner-new")
	h.dev.submit(h.app+"/partner", h.app+"/partner", partnerForm...)
	dev.Goto(h.URL + h.app + "/partner")
	dev.Look("partner")
	at := h.browser(h.admin)
	at.Goto(h.URL + one)
	at.Look("connection-none")
	at.Fill("#f-base_uri", "https://lake.bridge.example.com")
	at.Follow(`form[action$="/connect"] .btn[type=submit]`)
	at.Look("connect-out")
	way := h.admin.submit(one, one+"/connect", "base_uri", "https://lake.bridge.example.com")
	h.Answers(http.StatusOK, `{"access_token":"acc3ss-t0ken","token_type":"Bearer","scope":"read write"}`)
	h.admin.get("/connections/return?code=c&state="+between(way.body, "state=", "&")).led(t, one)
	at.Goto(h.URL + one)
	at.Look("connected")
}
