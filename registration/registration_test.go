package registration_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/registration"
	"github.com/guestright/guestright/release"
)

const (
	callback = "https://assistant.example.com/cb"
	document = "https://assistant.example.com/client.json"
)

// good is a client that acts for people and has a secret.
func good() registration.Metadata {
	return registration.Metadata{RedirectURIs: []string{callback}, Name: "Assistant", GrantTypes: []string{"authorization_code", "refresh_token"}, Scope: "openid flags.read"}
}

// described is a client that publishes a document.
func described() registration.Metadata {
	return registration.Metadata{ClientID: document, RedirectURIs: []string{callback}, Name: "Assistant"}
}

// RFC 7591 sections 2 and 3.2.2: each rule about what a client says of itself, by
// changing one thing of what is accepted.
func TestMetadataThatIsRefused(t *testing.T) {
	each(t, func(h *house) {
		const metadata, redirect = "invalid_client_metadata", "invalid_redirect_uri"
		for name, tc := range map[string]struct {
			want   string
			change func(*registration.Metadata)
		}{
			"no redirect URI":              {redirect, func(m *registration.Metadata) { m.RedirectURIs = nil }},
			"another's domain":             {redirect, func(m *registration.Metadata) { m.RedirectURIs = []string{callback, "https://evil.example.org/cb"} }},
			"a domain that ends alike":     {redirect, func(m *registration.Metadata) { m.RedirectURIs = []string{"https://notexample.com/cb"} }},
			"not an address":               {redirect, func(m *registration.Metadata) { m.RedirectURIs = []string{"https://%zz"} }},
			"plain http":                   {redirect, func(m *registration.Metadata) { m.RedirectURIs = []string{"http://assistant.example.com/cb"} }},
			"a fragment":                   {redirect, func(m *registration.Metadata) { m.RedirectURIs = []string{callback + "#x"} }},
			"the implicit flow":            {metadata, func(m *registration.Metadata) { m.ResponseTypes = []string{"token"} }},
			"the hybrid flow":              {metadata, func(m *registration.Metadata) { m.ResponseTypes = []string{"code", "token"} }},
			"acting as itself":             {metadata, func(m *registration.Metadata) { m.GrantTypes = append(m.GrantTypes, "client_credentials") }},
			"passwords":                    {metadata, func(m *registration.Metadata) { m.GrantTypes = append(m.GrantTypes, "password") }},
			"no code":                      {metadata, func(m *registration.Metadata) { m.GrantTypes = []string{"refresh_token"} }},
			"a kind that there is not":     {metadata, func(m *registration.Metadata) { m.ApplicationType = "desktop" }},
			"an authentication of its own": {metadata, func(m *registration.Metadata) { m.AuthMethod = "tls_client_auth" }},
			"a key set at another's": {metadata, func(m *registration.Metadata) {
				m.AuthMethod, m.KeysURI = "private_key_jwt", "https://evil.example.org/keys"
			}},
			"a logo over plain http":    {metadata, func(m *registration.Metadata) { m.Logo = "http://assistant.example.com/logo.png" }},
			"terms at another's":        {metadata, func(m *registration.Metadata) { m.Terms = "https://evil.example.org/terms" }},
			"a scope that there is not": {metadata, func(m *registration.Metadata) { m.Scope = "flags.read everything" }},
			"a name beyond all length":  {metadata, func(m *registration.Metadata) { m.Name = strings.Repeat("n", 1000) }},
			"a software statement":      {"invalid_software_statement", func(m *registration.Metadata) { m.Statement = "eyJhbGciOiJub25lIn0.e30." }},
		} {
			m := good()
			tc.change(&m)
			_, err := h.Register(h.ctx, m)
			h.code(name, err, tc.want)
			h.clock.Advance(10 * time.Minute) // attempts are counted
		}
		all, err := h.Applications.List(h.ctx, h.dev, h.group.ID.String())
		h.ok(err)
		if len(all) != 0 {
			t.Errorf("what was refused left %d applications", len(all))
		}
	})
}

// What is registered is an application of the operator's group, with a version that
// requires nothing; only a client that can keep a secret gets one.
func TestRegister(t *testing.T) {
	each(t, func(h *house) {
		m := good()
		m.ClientID, m.Secret = "mine", "chosen-by-me" // nobody chooses these
		got, err := h.Register(h.ctx, m)
		h.ok(err)
		if got.ClientID == "mine" || !strings.HasPrefix(got.Secret.Reveal(), "grcs_") || !got.Issued.Equal(h.clock.Now()) {
			t.Errorf("%+v", got)
		}
		app, c, err := h.client(got.ClientID)
		h.ok(err)
		if app.Group != h.group.ID.String() || app.Name != "Assistant" || !slices.Equal(c.RedirectURIs, []string{callback}) || c.Public || c.AuthMethod != application.AuthBasic {
			t.Errorf("%+v %+v", app, c)
		}
		versions, err := h.Releases.List(h.ctx, h.dev, app.ID)
		h.ok(err)
		if len(versions) != 1 || versions[0].State != release.Live || len(versions[0].Required) != 0 || !slices.Equal(versions[0].Scopes(), []string{"flags.read"}) || versions[0].Delegation != "consent" {
			t.Errorf("its versions: %+v", versions)
		}

		public := registration.Metadata{RedirectURIs: []string{callback}, AuthMethod: "none"}
		got, err = h.Register(h.ctx, public)
		h.ok(err)
		if got.Secret.Reveal() != "" || got.Metadata.Name != "assistant.example.com" {
			t.Errorf("a public client: %+v", got)
		}
		app, c, err = h.client(got.ClientID)
		h.ok(err)
		if versions, err = h.Releases.List(h.ctx, h.dev, app.ID); err != nil || !slices.Equal(versions[0].Scopes(), []string{"flags.read", "flags.write"}) {
			t.Errorf("without scopes it may ask for all: %v %v", versions, err)
		}
		if !c.Public || len(h.keys(app)) != 0 {
			t.Errorf("a public client has settings %+v and keys %v", c, h.keys(app))
		}
	})
}

func (h *house) keys(a application.Application) []application.Key {
	h.t.Helper()
	k, err := h.Applications.ListKeys(h.ctx, h.dev, a.ID)
	h.ok(err)
	return k
}

// Off, it is not there; too often from one place, it waits; without the operator's
// group it is not possible at present.
func TestRegistrationIsSwitchedOnAndBounded(t *testing.T) {
	each(t, func(h *house) {
		h.Rules.Dynamic = false
		_, err := h.Register(h.ctx, good())
		h.code("off", err, "not_found")
		h.Rules.Dynamic, h.Rules.Domains = true, nil
		_, err = h.Register(h.ctx, good())
		h.code("without domains", err, "invalid_redirect_uri")
		h.Rules.Domains = []string{"example.com"}
		for name, group := range map[string]string{"none named": "", "one that is not there": "grp_00000000000000000000000000"} {
			h.Rules.Group = group
			_, err = h.Register(h.ctx, good())
			h.code(name, err, "registration_group_missing")
		}
		h.Rules.Group = h.group.ID.String()
		limited := false
		for range 500 {
			if _, err = h.Register(h.ctx, registration.Metadata{}); err != nil && strings.Contains(err.Error(), "too_many_attempts") {
				limited = true
				break
			}
		}
		if !limited {
			t.Error("one place registers without end")
		}
	})
}

// The address that is a client_id has one spelling and names nothing but a document.
func TestDocumentURL(t *testing.T) {
	t.Parallel()
	for id, host := range map[string]string{
		document: "assistant.example.com", "https://example.com/c": "example.com",
		"http://example.com/c": "", "https://example.com": "", "https://example.com/": "", "https://example.com:8443/c": "", "https://EXAMPLE.com/c": "",
		"https://example.com/c?x=1": "", "https://example.com/c#x": "", "https://a@example.com/c": "", "https://example.com/../c": "", "https://example.com/./c": "",
		"https://example.com//c": "", "https://example.com/%63": "", `https://example.com\c`: "", "https://example.com/a b": "", "https://example.com/" + strings.Repeat("c", 500): "", "7f1c": "",
	} {
		if got, ok := registration.DocumentURL(id); got != host && ok || ok != (host != "") {
			t.Errorf("%s: %q %t", id, got, ok)
		}
	}
}

// A document is fetched when its client is met, looked at again after an hour, and
// followed in what changes; what does not fit is a client that is not known.
func TestKnown(t *testing.T) {
	each(t, func(h *house) {
		h.serves(described())
		h.ok(h.Known(h.ctx, "7f1c0a3e")) // a client_id of ours is none of its business
		for name, id := range map[string]string{"another's domain": "https://evil.example.org/client.json", "another spelling": "https://assistant.example.com//client.json"} {
			h.code(name, h.Known(h.ctx, id), "client_unknown")
		}
		h.Rules.Documents = false
		h.code("off", h.Known(h.ctx, document), "client_unknown")
		h.Rules.Documents = true
		if h.fetched != 0 {
			t.Errorf("%d requests left although none was allowed", h.fetched)
		}
		for range 3 {
			h.ok(h.Known(h.ctx, document))
		}
		app, c, err := h.client(document)
		h.ok(err)
		if h.fetched != 1 || app.PublicID != document || !c.Public || app.Group != h.group.ID.String() {
			t.Errorf("fetched %d times: %+v %+v", h.fetched, app, c)
		}
		moved := described()
		moved.Name, moved.RedirectURIs = "Assistant 2", []string{"https://two.example.com/cb"}
		h.serves(moved)
		h.clock.Advance(59 * time.Minute)
		h.ok(h.Known(h.ctx, document))
		if _, c, _ = h.client(document); c.RedirectURIs[0] != callback {
			t.Error("it was fetched again within the hour")
		}
		h.clock.Advance(2 * time.Minute)
		h.ok(h.Known(h.ctx, document))
		again, c, err := h.client(document)
		h.ok(err)
		if again.ID != app.ID || again.Name != "Assistant 2" || !slices.Equal(c.RedirectURIs, moved.RedirectURIs) {
			t.Errorf("after the change: %+v %+v", again, c)
		}
		h.clock.Advance(2 * time.Hour)
		h.web = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		h.code("its server fails", h.Known(h.ctx, document), "client_document_unreachable")
	})
}

func TestDocumentsThatAreRefused(t *testing.T) {
	each(t, func(h *house) {
		answer := func(status int, kind, body string) {
			h.web = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", kind)
				if status/100 == 3 {
					w.Header().Set("Location", "/other.json")
				}
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			}
		}
		text := func(change func(*registration.Metadata)) string {
			m := described()
			change(&m)
			raw, err := json.Marshal(m)
			h.ok(err)
			return string(raw)
		}
		plain := text(func(*registration.Metadata) {})
		for name, tc := range map[string]struct {
			status     int
			kind, body string
		}{
			"not there":               {404, "application/json", plain},
			"somewhere else":          {302, "application/json", plain},
			"a page":                  {200, "text/html", plain},
			"not JSON":                {200, "application/json", "{"},
			"too long":                {200, "application/json", plain + strings.Repeat(" ", 17<<10)},
			"another's":               {200, "application/json", text(func(m *registration.Metadata) { m.ClientID = "https://assistant.example.com/other.json" })},
			"nobody's":                {200, "application/json", text(func(m *registration.Metadata) { m.ClientID = "" })},
			"with a secret":           {200, "application/json", text(func(m *registration.Metadata) { m.Secret = "s3cret" })},
			"that wants a secret":     {200, "application/json", text(func(m *registration.Metadata) { m.AuthMethod = "client_secret_basic" })},
			"back to another's":       {200, "application/json", text(func(m *registration.Metadata) { m.RedirectURIs = []string{"https://evil.example.org/cb"} })},
			"a JWT client, no keys":   {200, "application/json", text(func(m *registration.Metadata) { m.AuthMethod = "private_key_jwt" })},
			"a scope that is nowhere": {200, "application/json", text(func(m *registration.Metadata) { m.Scope = "everything" })},
		} {
			answer(tc.status, tc.kind, tc.body)
			h.code(name, h.Known(h.ctx, document), "client_unknown")
			if _, _, err := h.client(document); err == nil {
				t.Fatalf("%s: it was registered", name)
			}
			h.clock.Advance(10 * time.Minute)
		}
		answer(200, "application/vnd.client+json; charset=utf-8", plain) // any kind of JSON will do
		h.ok(h.Known(h.ctx, document))
	})
}
