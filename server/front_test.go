package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/fronttest"
	"github.com/guestright/guestright/server/servertest"
)

// The product of the odd cases: a token may call /a/…, nobody may call /admin.
const oddProduct = `openapi: 3.0.3
info: {title: Odd, version: "1"}
components: {securitySchemes: {oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {a: A, b: B, admin: Admin}}}}}}
paths:
  /a/{name}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    get: {operationId: read, security: [{oauth: [a]}], responses: {"200": {description: ok}}}
    post: {operationId: write, security: [{oauth: [a]}], responses: {"200": {description: ok}}}
    delete: {operationId: remove, security: [{oauth: [b]}], responses: {"200": {description: ok}}}
  /a/{name}/{part}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}, {name: part, in: path, required: true, schema: {type: string}}]
    get: {operationId: part, security: [{oauth: [a]}], responses: {"200": {description: ok}}}
  /admin: {get: {operationId: admin, security: [{oauth: [admin]}], responses: {"200": {description: ok}}}}
  /unmapped: {get: {operationId: unmapped, responses: {"200": {description: ok}}}}
  /internal: {get: {operationId: internal, responses: {"200": {description: ok}}}}
  /fails: {get: {operationId: fails, security: [{oauth: [a]}], responses: {"200": {description: ok}}}}
  /things/{id}: {get: {operationId: thing, responses: {"200": {description: ok}}, parameters: [{name: id, in: path, required: true, schema: {type: string}}]}}
  /slow: {get: {operationId: slow, security: [{oauth: [a]}], responses: {"200": {description: ok}}}}
`

const oddCatalog = `product:
  name: Odd
  upstreams: {default: "http://127.0.0.1:1"}
  account: {in: header, name: X-Tenant}
operations:
  internal: {internal: true, reason: for the product's own pages}
  thing: {entitlement: "thing:view", resource: "thing/{id}"}
scopes:
  a: {label: A, entitlements: ["thing:view"]}
  b: {label: B, entitlements: ["thing:delete"]}
  admin: {label: Admin, entitlements: ["admin:all"]}
plans:
  development: {label: Development, sites: 50, limits: [{calls: 1000000, per: 24h}, {calls: 100000, per: 10s}]}
`

// odd builds the catalog of the odd product; plan replaces its limits.
func odd(t testing.TB, upstream string, limits ...catalog.Limit) *catalog.Catalog {
	t.Helper()
	file, err := catalog.ParseFile([]byte(oddCatalog))
	if err != nil {
		t.Fatal(err)
	}
	file.Product.Upstreams["default"] = "http://" + upstream
	if len(limits) > 0 {
		file.Plans["development"] = catalog.Plan{Label: "Development", Sites: 50, Limits: limits}
	}
	set, err := catalog.Parse("odd.yaml", []byte(oddProduct))
	if err != nil {
		t.Fatal(err)
	}
	cat, coverage, err := catalog.Import(set, file)
	if err != nil {
		t.Fatalf("%v\n%s", err, coverage.Text())
	}
	return cat
}

// stand is a house with the odd product behind it and a way in.
type stand struct {
	*servertest.House
	name    string
	addr    string // where callers connect
	product *fronttest.Product
	dev     access.Principal
	admin   access.Principal
	account account.Account
	app     application.Application
	ins     integration.Installation
	key     application.IssuedKey
	token   string
	clock   *storetest.Clock // of the house: what is decided does not hang on how fast this machine is
}

const checkKey = "0123456789abcdef0123456789abcdef"

// newStand starts a house whose checks listener believes one family.
func newStand(t *testing.T, name string, family gateway.Family, limits ...catalog.Limit) *stand {
	t.Helper()
	s := &stand{name: name, clock: storetest.NewClock()}
	s.product = fronttest.NewProduct(t, func(line string) int {
		if strings.Contains(line, " /fails ") {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	keyFile := t.TempDir() + "/check.key"
	if err := os.WriteFile(keyFile, []byte(checkKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.House = servertest.Start(t, servertest.Options{Clock: s.clock, Catalog: odd(t, s.product.Addr, limits...), Change: func(c *server.Config) {
		c.Gateway.Hosts, c.Gateway.Headers = []string{fronttest.Host}, quota.StyleXRateReal
		c.Checks.Listen, c.Checks.GRPC, c.Checks.Family, c.Checks.Key = "127.0.0.1:0", "127.0.0.1:0", family, keyFile
	}})
	dev, team := s.House.Developer("dev@example.com")
	admin, acc := s.House.Customer("north", account.Production)
	s.House.Customer("south", account.Production)
	s.dev, s.admin, s.account = dev, admin, acc
	s.app, s.key = s.House.Release(dev, team, "a")
	s.ins = s.House.Install(admin, acc, s.app)
	s.token = s.House.Token(s.key, "")
	s.addr = strings.TrimPrefix(s.House.Gateway, "http://")
	return s
}

func (s *stand) around() fronttest.Around {
	return fronttest.Around{Product: s.product.Addr, Check: strings.TrimPrefix(s.House.Checks, "http://"), Key: checkKey}
}

// stands are the gateway itself, and nginx and Caddy that ask it.
func stands(t *testing.T, limits ...catalog.Limit) []*stand {
	t.Helper()
	direct := newStand(t, "proxy", gateway.FamilyOriginal, limits...)
	out := []*stand{direct}
	for _, f := range []struct {
		name   string
		family gateway.Family
		start  func(testing.TB, fronttest.Around) string
	}{{"nginx", gateway.FamilyOriginal, fronttest.Nginx}, {"caddy", gateway.FamilyForwarded, fronttest.Caddy}} {
		t.Run("start "+f.name, func(sub *testing.T) {
			// Skips this front where its program is missing; what is started
			// belongs to the whole test.
			s := newStand(t, f.name, f.family, limits...)
			s.addr = f.start(skipping{TB: t, sub: sub}, s.around())
			out = append(out, s)
		})
	}
	return out
}

// skipping starts things for a test and skips, or in CI fails, only a part of it.
type skipping struct {
	testing.TB
	sub *testing.T
}

func (s skipping) Skipf(format string, args ...any)  { s.sub.Skipf(format, args...) }
func (s skipping) Fatalf(format string, args ...any) { s.sub.Fatalf(format, args...) }

// send sends a raw GET-like request with the token and tells what the product
// saw of it.
func (s *stand) send(t *testing.T, line string, fields ...string) (fronttest.Answer, []fronttest.Seen) {
	t.Helper()
	return s.raw(t, fronttest.Get(line, fronttest.Host, append([]string{"Authorization: Bearer " + s.token}, fields...)...))
}

func (s *stand) raw(t *testing.T, request string) (fronttest.Answer, []fronttest.Seen) {
	t.Helper()
	before := len(s.product.Seen())
	a := fronttest.Raw(t, s.addr, request)
	return a, s.product.Seen()[before:]
}

// refused fails unless the call was refused and never reached the product.
func (s *stand) refused(t *testing.T, what string, a fronttest.Answer, seen []fronttest.Seen, statuses ...int) {
	t.Helper()
	if len(seen) > 0 {
		t.Errorf("%s: reached the product as %q", what, seen[0].Line)
	}
	if a.Status < 400 || a.Status >= 500 || len(statuses) > 0 && !slices.Contains(statuses, a.Status) {
		t.Errorf("%s: %d %s, want a refusal %v", what, a.Status, a.Body, statuses)
	}
}

// served fails unless the product got the call, under a path that it must read
// as the gateway did, and with a sound identity.
func (s *stand) served(t *testing.T, what, path string, a fronttest.Answer, seen []fronttest.Seen) fronttest.Seen {
	t.Helper()
	if a.Status != http.StatusOK || len(seen) != 1 {
		t.Fatalf("%s: %d %s, %d calls at the product", what, a.Status, a.Body, len(seen))
	}
	at, _, _ := strings.Cut(seen[0].Target(), "?")
	if canonical, bad := strict.Canonical(at); bad != nil || canonical.Escaped != path {
		t.Errorf("%s: the product saw %q, decided was %q", what, at, path)
	}
	ids := seen[0].All(gateway.IdentityHeader)
	if len(ids) != 1 || strings.Count(ids[0], ".") != 2 || len(ids[0]) < 200 {
		t.Errorf("%s: identity at the product: %q", what, ids)
	}
	if got := seen[0].All("Authorization"); len(got) > 0 {
		t.Errorf("%s: the product saw the caller's credential", what)
	}
	return seen[0]
}

// Through every front a good call is served once, with identity, decision and
// limits, and a refusal is the gateway's own document.
func TestFrontsServeAndRefuseAlike(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			a, seen := s.send(t, "GET /a/x?q=%2F&r=1 HTTP/1.1")
			got := s.served(t, "good call", "/a/x", a, seen)
			if got.Line != "GET /a/x?q=%2F&r=1 HTTP/1.1" {
				t.Errorf("the product saw %q", got.Line)
			}
			if d := got.All(gateway.DecisionHeader); len(d) != 1 || a.Header.Get(gateway.DecisionHeader) != d[0] {
				t.Errorf("decision: product %q, caller %q", d, a.Header.Get(gateway.DecisionHeader))
			}
			if a.Header.Get("RateLimit") == "" || a.Header.Get("RateLimit-Policy") == "" || a.Header.Get(gateway.IdentityHeader) != "" {
				t.Errorf("answer's header: %v", a.Header)
			}
			a, seen = s.raw(t, "POST /a/x HTTP/1.1\r\nHost: "+fronttest.Host+"\r\nAuthorization: Bearer "+s.token+
				"\r\nConnection: close\r\nContent-Length: 11\r\n\r\nhello world")
			if got := s.served(t, "body", "/a/x", a, seen); got.Body != "hello world" {
				t.Errorf("body at the product: %q", got.Body)
			}
			for _, c := range []struct {
				line   string
				status int
				code   string
			}{{"GET /admin HTTP/1.1", 403, "scope_missing"}, {"GET /nowhere HTTP/1.1", 404, "not_found"}, {"PUT /a/x HTTP/1.1", 405, "method_not_allowed"},
				{"GET /unmapped HTTP/1.1", 403, "operation_unmapped"}, {"GET /a/../x HTTP/1.1", 400, "request.path_dot_segment"}} {
				a, seen := s.send(t, c.line)
				s.refused(t, c.line, a, seen, c.status)
				var doc struct{ Code, Decision string }
				if err := json.Unmarshal([]byte(a.Body), &doc); err != nil || doc.Code != c.code || doc.Decision == "" ||
					doc.Decision != a.Header.Get(gateway.DecisionHeader) || a.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s: %v %s", c.line, a.Header, a.Body)
				}
			}
			a, seen = s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host))
			s.refused(t, "no token", a, seen, 401)
			if len(a.Header.Values("WWW-Authenticate")) != 1 {
				t.Errorf("challenges: %q", a.Header.Values("WWW-Authenticate"))
			}
		})
	}
}

// When the check is down, nothing is served.
func TestFrontsFailClosed(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		name  string
		start func(testing.TB, fronttest.Around) string
	}{{"nginx", fronttest.Nginx}, {"caddy", fronttest.Caddy}} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			product := fronttest.NewProduct(t, nil)
			down := fronttest.NewProduct(t, nil)
			down.Stop()
			addr := f.start(t, fronttest.Around{Product: product.Addr, Check: down.Addr, Key: checkKey})
			a := fronttest.Raw(t, addr, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer x"))
			if a.Status < 500 || len(product.Seen()) > 0 {
				t.Errorf("check down: %d, %d calls at the product", a.Status, len(product.Seen()))
			}
		})
	}
}

// The Traefik example cannot be run here; it must at least say what the others
// do.
func TestTraefikExample(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../docs/examples/traefik.yml")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		HTTP struct {
			Routers     map[string]struct{ Middlewares []string }
			Middlewares map[string]struct {
				Headers     struct{ CustomRequestHeaders map[string]string } `yaml:"headers"`
				ForwardAuth struct {
					Address             string
					TrustForwardHeader  *bool    `yaml:"trustForwardHeader"`
					AuthResponseHeaders []string `yaml:"authResponseHeaders"`
				} `yaml:"forwardAuth"`
			}
		}
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	check := doc.HTTP.Middlewares["guestright-check"].ForwardAuth
	if !strings.HasSuffix(check.Address, gateway.CheckPath) || check.TrustForwardHeader == nil || *check.TrustForwardHeader ||
		!slices.Contains(check.AuthResponseHeaders, gateway.IdentityHeader) {
		t.Errorf("check: %+v", check)
	}
	order := doc.HTTP.Routers["product"].Middlewares
	if !slices.Equal(order, []string{"guestright-clean", "guestright-check", "guestright-hide"}) {
		t.Errorf("order: %v", order)
	}
}
