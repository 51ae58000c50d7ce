package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/token"
)

// granted is how many scopes an application has.
const granted = 5

// scale is how large the house is in which decisions are measured.
type scale struct {
	routes, applications, accounts, tokens int
}

// decisions is a house with live tokens in memory and calls to decide. As in a
// server, the header of a call has just been written when it is decided: what is
// measured is the decision, not the memory in which the calls wait.
type decisions struct {
	engine *gateway.Engine
	raw    []string // Authorization of each call
	paths  []strict.Path
	call   gateway.Call
	value  [1]string
}

// at makes call number i.
func (d *decisions) at(i int) *gateway.Call {
	d.value[0], d.call.Path = d.raw[i], d.paths[i]
	return &d.call
}

// largeCatalog is a product of the size of a real one: literal and parameter
// segments, methods that share a path, scopes that give entitlements.
func largeCatalog(t testing.TB, routes int) *catalog.Catalog {
	t.Helper()
	var doc, scopes strings.Builder
	doc.WriteString("openapi: 3.0.3\ninfo: {title: Large, version: '1'}\npaths:\n")
	const param = "{in: path, required: true, schema: {type: string}, name: "
	for i := range routes / 3 {
		fmt.Fprintf(&doc, "  /accounts/{account}/area%d/things%d/{thing}:\n    parameters: [%saccount}, %sthing}]\n", i%20, i, param, param)
		for _, m := range []string{"get", "put", "delete"} {
			fmt.Fprintf(&doc, "    %s: {operationId: %s%d, x-guestright-needs: 'scope:area%d.%s and area%d:%s', responses: {'200': {description: ok}}}\n", m, m, i, i%20, verb(m), i%20, verb(m))
		}
	}
	for i := range 20 {
		for _, v := range []string{"read", "write"} {
			fmt.Fprintf(&scopes, "  area%d.%s: {label: A, entitlements: ['area%d:%s']}\n", i, v, i, v)
		}
	}
	file, err := catalog.ParseFile([]byte("product: {name: Large, upstreams: {default: 'http://127.0.0.1:1'}, account: {in: path, name: account}}\n" +
		"resources: [{kind: thing, path: 'thing/{thing}', under: ['/accounts/*/*/*/*']}]\nscopes:\n" + scopes.String() +
		"plans: {development: {label: D, sites: 100000, limits: [{calls: 100000000000, per: 24h}, {calls: 1000000000, per: 10s}, {calls: 1000000000, per: 10s, scope: key}]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := catalog.Parse("large.yaml", []byte(doc.String()))
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, file)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(cat.Routes()); n != routes || !cat.Routes()[0].HasResource() {
		t.Fatalf("%d routes, with resource: %v", n, cat.Routes()[0].HasResource())
	}
	return cat
}

func verb(method string) string {
	if method == "get" {
		return "read"
	}
	return "write"
}

func newDecisions(t testing.TB, s scale) *decisions {
	t.Helper()
	h := servertest.Start(t, servertest.Options{Catalog: largeCatalog(t, s.routes)})
	d := &decisions{engine: h.Engine, call: gateway.Call{Method: http.MethodGet, Host: "h"}}
	d.call.Header = http.Header{"Authorization": d.value[:], "Accept": {"*/*"}, "User-Agent": {"bench"}}
	var scopes []string
	for i := range granted {
		scopes = append(scopes, fmt.Sprintf("area%d.read", i))
	}
	dev, team := h.Developer("dev@example.com")
	each := s.tokens / (s.applications * s.accounts)
	n := 0
	for a := range s.applications {
		app, key := h.Release(dev, team, scopes...)
		for b := range s.accounts {
			by, acc := h.Customer(fmt.Sprintf("account-%d-%d", a, b), account.Production)
			h.Install(by, acc, app)
			err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
				g, err := h.Integrations.GrantOf(tx, app, acc.ID.String())
				if err != nil {
					return err
				}
				for range each {
					issued, err := h.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: time.Hour, Key: key.ID.String()})
					if err != nil {
						return err
					}
					i := n%granted + 20*(n/granted%(s.routes/60))
					path, bad := strict.Canonical(fmt.Sprintf("/accounts/%s/area%d/things%d/t%d", acc.Key, i%20, i, n))
					if bad != nil {
						return bad
					}
					d.raw, d.paths = append(d.raw, "Bearer "+issued.Secret.Reveal()), append(d.paths, path)
					n++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	d.pack()
	d.warm(t)
	return d
}

// pack lays the strings of the calls out in order of their turn.
func (d *decisions) pack() {
	var all strings.Builder
	for i := range d.raw {
		all.WriteString(d.raw[i])
		all.WriteString(d.paths[i].Escaped)
	}
	text := all.String()
	for i := range d.raw {
		n, m := len(d.raw[i]), len(d.paths[i].Escaped)
		d.raw[i], d.paths[i] = text[:n], strict.Path{Escaped: text[n : n+m], Plain: text[n : n+m]}
		text = text[n+m:]
	}
}

// warm reads every token and counter into memory, as a minute of traffic does.
func (d *decisions) warm(t testing.TB) {
	t.Helper()
	for i := range d.raw {
		c, v := d.at(i), gateway.Verdict{At: time.Now()}
		d.engine.Decide(t.Context(), c, &v)
		if v.Err != nil {
			t.Fatalf("call %d %s: %v", i, c.Path.Escaped, v.Err)
		}
		d.engine.Report(c, &v, http.StatusOK)
	}
}

// The decision alone: route, token, account, scopes, entitlement and three
// limits, with 100,000 live tokens and 600 routes, each token in turn: where a
// token is in memory depends on its digest, so none is in the processor's cache.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		d := newDecisions(b, scale{routes: 600, applications: 20, accounts: 25, tokens: n})
		for _, counted := range []bool{false, true} {
			name := fmt.Sprintf("tokens=%d/counted=%v", n, counted)
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				var v gateway.Verdict
				ctx, at, i := b.Context(), time.Now(), 0
				for b.Loop() {
					v = gateway.Verdict{At: at}
					c := d.at(i)
					d.engine.Decide(ctx, c, &v)
					if v.Err != nil {
						b.Fatal(v.Err)
					}
					if counted {
						d.engine.Report(c, &v, http.StatusOK)
					}
					if i++; i == len(d.raw) {
						i = 0
					}
				}
			})
		}
	}
}

// A decision in memory allocates nothing, counting included.
func TestDecideAllocatesNothing(t *testing.T) {
	d := newDecisions(t, scale{routes: 600, applications: 2, accounts: 5, tokens: 200})
	var v gateway.Verdict
	ctx, at, i := t.Context(), time.Now(), 0
	allocs := testing.AllocsPerRun(2000, func() {
		v = gateway.Verdict{At: at}
		c := d.at(i % len(d.raw))
		d.engine.Decide(ctx, c, &v)
		d.engine.Report(c, &v, http.StatusOK)
		i++
	})
	if v.Err != nil || allocs != 0 {
		t.Errorf("%v allocations per decision, %v", allocs, v.Err)
	}
}
