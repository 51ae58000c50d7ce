package oauth_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/registration"
)

func (h *house) register(body any) (int, map[string]any) {
	h.T.Helper()
	raw, err := json.Marshal(body)
	h.ok(err)
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.URL+"/oauth/register", strings.NewReader(string(raw)))
	h.ok(err)
	r.Header.Set("Content-Type", "application/json")
	status, _, text := h.send(r)
	out := map[string]any{}
	h.ok(json.Unmarshal([]byte(text), &out))
	return status, out
}

func (h *house) metadata() map[string]any {
	h.T.Helper()
	_, _, body := h.get(h.URL + "/.well-known/oauth-authorization-server")
	out := map[string]any{}
	h.ok(json.Unmarshal([]byte(body), &out))
	return out
}

const (
	assistant = "https://assistant.example.com/cb"
	document  = "https://assistant.example.com/client.json"
)

// outside is the public internet: every host leads to one server, whose requests
// are counted.
func (h *house) outside(handle http.HandlerFunc) *atomic.Int64 {
	h.T.Helper()
	var n atomic.Int64
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		handle(w, r)
	}))
	h.T.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	c, err := outbound.New(outbound.Config{Roots: roots, Resolver: everywhere{}, Dial: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", srv.Listener.Addr().String())
	}})
	h.ok(err)
	h.Registry.Outbound = c
	return &n
}

type everywhere struct{}

func (everywhere) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
}

func (h *house) rules(r registration.Rules) {
	r.Domains, r.Group = []string{"example.com"}, h.team.ID.String()
	h.Registry.Rules = r
}

// Both ways are off by default, and the metadata do not name them.
func TestRegistrationIsOffByDefault(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	n := h.outside(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	if status, out := h.register(map[string]any{"redirect_uris": []string{assistant}}); status/100 != 4 || text(out, "client_id") != "" {
		t.Errorf("%d %v", status, out)
	}
	status, head, _ := h.get(h.authorizeURL("client_id", document, "redirect_uri", assistant))
	if status != http.StatusBadRequest || head.Get("Location") != "" || n.Load() != 0 {
		t.Errorf("a document: %d %s, fetched %d times", status, head.Get("Location"), n.Load())
	}
	if m := h.metadata(); m["registration_endpoint"] != nil || m["client_id_metadata_document_supported"] != false {
		t.Errorf("metadata: %v %v", m["registration_endpoint"], m["client_id_metadata_document_supported"])
	}
}

// sandboxed installs a client of the team in a sandbox of the team, where an
// unverified application works.
func (h *house) sandboxed(clientID string) access.Principal {
	h.T.Helper()
	ctx := h.T.Context()
	acc, err := h.Accounts.Put(ctx, access.System("test"), account.Draft{Key: "box", Name: "Box", Kind: account.Sandbox, Group: h.team.ID.String()})
	h.ok(err)
	by := access.UserPrincipal(h.dev.User, map[string]string{h.team.ID.String(): access.GroupOwner}, map[string]string{acc.ID.String(): access.AccountAdmin})
	_, err = h.Integrations.Install(ctx, by, acc.ID, integration.Order{ApplicationID: clientID, Scopes: []string{"flags.read"}, Delegation: "consent"})
	h.ok(err)
	h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: acc.ID.String(), User: h.dev.User, Role: access.AccountAdmin})
	}))
	return by
}

// RFC 7591: a client registers itself and is an unverified application of the
// operator's group.
func TestDynamicRegistration(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	h.rules(registration.Rules{Dynamic: true})
	n := h.outside(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	if m := h.metadata(); m["registration_endpoint"] != h.URL+"/oauth/register" {
		t.Errorf("metadata: %v", m["registration_endpoint"])
	}
	status, got := h.register(map[string]any{"redirect_uris": []string{assistant}, "client_name": "Assistant", "token_endpoint_auth_method": "none",
		"scope": "openid flags.read", "logo_uri": "https://assistant.example.com/logo.png", "unknown_member": 1})
	id := text(got, "client_id")
	if status != http.StatusCreated || id == "" || got["client_secret"] != nil || got["client_name"] != "Assistant" || got["unknown_member"] != nil {
		t.Fatalf("%d %v", status, got)
	}
	req := h.request(h.authorizeURL("client_id", id, "redirect_uri", assistant, "scope", "flags.read"))
	asked, err := h.Authority.Ask(t.Context(), h.person, req, h.DB.Now())
	if err != nil || asked.Offer.Verified || len(asked.Offer.Choices) == 0 || asked.Offer.Choices[0].Usable() {
		t.Errorf("a stranger's account: %v %+v", err, asked.Offer)
	}
	apps, err := h.Applications.List(t.Context(), h.dev, h.team.ID.String())
	h.ok(err)
	if len(apps) != 2 {
		t.Errorf("the operator's group has %d applications", len(apps))
	}
	status, got = h.register(map[string]any{"redirect_uris": []string{assistant}})
	if status != http.StatusCreated || !strings.HasPrefix(text(got, "client_secret"), "grcs_") || got["client_secret_expires_at"] != 0.0 || got["token_endpoint_auth_method"] != "client_secret_basic" {
		t.Errorf("a confidential client: %d %v", status, got)
	}
	if status, _, out := h.post("/oauth/token", url.Values{"grant_type": {"client_credentials"}}, text(got, "client_id"), text(got, "client_secret")); status/100 != 4 || text(out, "code") != "app_not_installed" {
		t.Errorf("its secret: %d %v", status, out)
	}
	if n.Load() != 0 {
		t.Errorf("O-45: %d addresses of a registration were fetched", n.Load())
	}
}

// O-45, RFC 7591 section 3.2.2: what is refused, and that nothing is fetched for it.
func TestO45_RefusedRegistrations(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	h.rules(registration.Rules{Dynamic: true})
	n := h.outside(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	good := map[string]any{"redirect_uris": []string{assistant}, "client_name": "Assistant"}
	for name, tc := range map[string]struct {
		member string
		value  any
		want   string
	}{
		"no redirect":                  {"redirect_uris", nil, "invalid_redirect_uri"},
		"another domain":               {"redirect_uris", []string{"https://evil.example/cb"}, "invalid_redirect_uri"},
		"a domain that ends like it":   {"redirect_uris", []string{"https://evilexample.com/cb"}, "invalid_redirect_uri"},
		"userinfo":                     {"redirect_uris", []string{"https://example.com@evil.example/cb"}, "invalid_redirect_uri"},
		"a script":                     {"redirect_uris", []string{"javascript:alert(1)"}, "invalid_redirect_uri"},
		"plain http":                   {"redirect_uris", []string{"http://assistant.example.com/cb"}, "invalid_redirect_uri"},
		"a fragment":                   {"redirect_uris", []string{assistant + "#x"}, "invalid_redirect_uri"},
		"one good, one bad":            {"redirect_uris", []string{assistant, "https://evil.example/cb"}, "invalid_redirect_uri"},
		"O-45: a private jwks_uri":     {"jwks_uri", "https://169.254.169.254/keys", "invalid_client_metadata"},
		"O-45: a private logo":         {"logo_uri", "https://127.0.0.1/logo.png", "invalid_client_metadata"},
		"a logo elsewhere":             {"logo_uri", "https://evil.example/logo.png", "invalid_client_metadata"},
		"a policy that is a script":    {"policy_uri", "javascript:alert(1)", "invalid_client_metadata"},
		"implicit":                     {"grant_types", []string{"implicit"}, "invalid_client_metadata"},
		"acting for itself":            {"grant_types", []string{"authorization_code", "client_credentials"}, "invalid_client_metadata"},
		"response_type token":          {"response_types", []string{"token"}, "invalid_client_metadata"},
		"a method that is not there":   {"token_endpoint_auth_method", "client_secret_jwt", "invalid_client_metadata"},
		"private_key_jwt without keys": {"token_endpoint_auth_method", "private_key_jwt", "invalid_client_metadata"},
		"a software statement":         {"software_statement", "e30.e30.x", "invalid_software_statement"},
		"a scope of nobody":            {"scope", "moon.walk", "invalid_client_metadata"},
		"a long name":                  {"client_name", strings.Repeat("n", 101), "invalid_client_metadata"},
		"a name with a line break":     {"client_name", "A\nB", "invalid_client_metadata"},
		"redirects that are no list":   {"redirect_uris", assistant, "invalid_client_metadata"},
		"two key sets":                 {"jwks_uri", "https://example.com/keys", "invalid_client_metadata"},
	} {
		body := maps.Clone(good)
		body[tc.member] = tc.value
		if name == "two key sets" {
			body["jwks"] = map[string]any{"keys": []any{}}
		}
		if status, out := h.register(body); status != http.StatusBadRequest || text(out, "error") != tc.want || text(out, "client_id") != "" {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	if n.Load() != 0 {
		t.Errorf("%d addresses were fetched", n.Load())
	}
	// Nobody fills the house with clients.
	limited := false
	for range 60 {
		if status, _ := h.register(map[string]any{}); status == http.StatusTooManyRequests {
			limited = true
		}
	}
	if !limited {
		t.Error("registration has no limit")
	}
	h.Registry.Rules.Group = "grp_00000000000000000000000000"
	h.clock.Advance(24 * time.Hour)
	if status, out := h.register(good); status != http.StatusServiceUnavailable {
		t.Errorf("without the group: %d %v", status, out)
	}
}

// A client whose id is the address of its document: fetched once, through the
// guarded client, and looked at again after an hour.
func TestClientDocuments(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	h.rules(registration.Rules{Documents: true})
	var doc atomic.Value
	doc.Store(map[string]any{"client_id": document, "client_name": "Assistant", "redirect_uris": []string{assistant}, "scope": "flags.read"})
	n := h.outside(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(doc.Load())
	})
	if m := h.metadata(); m["client_id_metadata_document_supported"] != true {
		t.Errorf("metadata: %v", m)
	}
	ask := func(redirect string) int {
		status, _, _ := h.get(h.authorizeURL("client_id", document, "redirect_uri", redirect, "scope", "flags.read"))
		return status
	}
	if a, b := ask(assistant), ask(assistant); a != http.StatusSeeOther || b != http.StatusSeeOther || n.Load() != 1 {
		t.Errorf("%d, then %d, fetched %d times", a, b, n.Load())
	}
	req := h.request(h.authorizeURL("client_id", document, "redirect_uri", assistant, "scope", "flags.read"))
	asked, err := h.Authority.Ask(t.Context(), h.person, req, h.DB.Now())
	if err != nil || asked.Offer.Verified || len(asked.Offer.Choices) == 0 || asked.Offer.Choices[0].Usable() {
		t.Errorf("a stranger's account: %v %+v", err, asked.Offer)
	}
	// In a sandbox of its group it goes the whole way.
	dev := h.sandboxed(document)
	asking, err := h.Authority.Ask(t.Context(), dev, req, h.DB.Now())
	h.ok(err)
	verifier := oauth2.GenerateVerifier()
	req = h.request(h.authorizeURL("client_id", document, "redirect_uri", assistant, "scope", "flags.read", "code_challenge", oauth2.S256ChallengeFromVerifier(verifier)))
	to, err := h.Authority.Decide(t.Context(), dev, req, authorization.Decision{Approve: true, Account: asking.Offer.Account, Scopes: []string{"flags.read"}, Authenticated: h.DB.Now()})
	h.ok(err)
	back, err := url.Parse(to)
	h.ok(err)
	status, _, got := h.post("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {document}, "code": {back.Query().Get("code")}, "redirect_uri": {assistant}, "code_verifier": {verifier}})
	if status != http.StatusOK || text(got, "access_token") == "" {
		t.Errorf("%d %v", status, got)
	}
	// The document changes: seen after an hour.
	moved := "https://assistant.example.com/new"
	doc.Store(map[string]any{"client_id": document, "client_name": "Assistant", "redirect_uris": []string{moved}, "scope": "flags.read"})
	if ask(moved) != http.StatusBadRequest {
		t.Error("a change is seen at once")
	}
	h.clock.Advance(61 * time.Minute)
	if ask(moved) != http.StatusSeeOther || ask(assistant) != http.StatusBadRequest {
		t.Error("a change is not seen after an hour")
	}
	for name, bad := range map[string]map[string]any{
		"another client_id":    {"client_id": document + "2", "redirect_uris": []string{assistant}},
		"no client_id":         {"redirect_uris": []string{assistant}},
		"a secret":             {"client_id": document, "redirect_uris": []string{assistant}, "client_secret": "x"},
		"a secret method":      {"client_id": document, "redirect_uris": []string{assistant}, "token_endpoint_auth_method": "client_secret_basic"},
		"a redirect elsewhere": {"client_id": document, "redirect_uris": []string{"https://evil.example/cb"}},
		"no redirect":          {"client_id": document},
	} {
		doc.Store(bad)
		h.clock.Advance(61 * time.Minute)
		if ask(assistant) != http.StatusBadRequest {
			t.Errorf("a document with %s passes", name)
		}
	}
	n.Store(0)
	for _, id := range []string{"https://evil.example/client.json", "http://assistant.example.com/client.json", "https://assistant.example.com", "https://assistant.example.com/",
		document + "?x=1", document + "#x", "https://assistant.example.com/a/../client.json", "https://a@assistant.example.com/client.json",
		"https://assistant.example.com:8443/client.json", "https://ASSISTANT.example.com/client.json", "https://assistant.example.com//client.json", "https://127.0.0.1/client.json"} {
		if status, _, _ := h.get(h.authorizeURL("client_id", id, "redirect_uri", assistant)); status != http.StatusBadRequest {
			t.Errorf("%s: %d", id, status)
		}
		if status, _, out := h.post("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {id}, "code": {"x"}}); status != http.StatusUnauthorized || text(out, "error") != "invalid_client" {
			t.Errorf("%s at the token endpoint: %d %v", id, status, out)
		}
	}
	if n.Load() != 0 {
		t.Errorf("%d of them were fetched", n.Load())
	}
}
