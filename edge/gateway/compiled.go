package gateway

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway/strict"
	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/token"
)

// compiled is what the engine prepares once per catalog.
type compiled struct {
	catalog *catalog.Catalog
	keys    []catalog.Key
	missing bool // the account must be named
	own     bool // accounts may have their own upstream
	targets map[string]upstream.Target

	ending   map[*catalog.Route]*ending
	versions catalog.Versions    // with a header when the product has versions
	editions map[string]*edition // nil: it has none
	drop     func(name string) bool

	legacy     []catalog.Key // where calls carry legacy keys
	everything access.Scopes // that there are
}

func (e *Engine) current() *compiled {
	cat := e.Catalog.Get()
	k := e.compiled.Load()
	if k != nil && k.catalog == cat {
		return k
	}
	if cat == nil {
		return nil
	}
	p := cat.File().Product
	k = &compiled{catalog: cat, missing: p.Account.Missing == "refuse", own: p.Account.OwnUpstream, targets: map[string]upstream.Target{}}
	for _, key := range p.Account.Keys() {
		if key.In != "" && key.In != "none" {
			k.keys = append(k.keys, key)
		}
	}
	for name, raw := range p.Upstreams {
		if t, err := target(raw); err == nil {
			k.targets[name] = t
		}
	}
	e.endings(k)
	k.legacy, k.everything = p.LegacyKeys, access.SortScopes(cat.Scopes()...)
	k.drop = k.dropping()
	e.compiled.Store(k)
	return k
}

// dropping says which headers of a call the product does not see: besides ours,
// those with legacy keys, and the version in every spelling, since it gets the
// one that counts.
func (k *compiled) dropping() func(string) bool {
	var names []string
	if k.versions.Header != "" {
		names = append(names, k.versions.Header)
	}
	for _, place := range k.legacy {
		if place.In == "header" {
			names = append(names, place.Name)
		}
	}
	if len(names) == 0 {
		return Hygiene.Drops
	}
	return func(name string) bool {
		return Hygiene.Drops(name) || slices.ContainsFunc(names, func(n string) bool { return strict.SameName(name, n) })
	}
}

// target reads an upstream URL from the operator's catalog.
func target(raw string) (upstream.Target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return upstream.Target{}, err
	}
	switch u.Scheme {
	case "http", "https", "h2", "h2c":
	default:
		return upstream.Target{}, problem.Invalid("upstream_invalid", "An upstream is an http, https, h2 or h2c URL.")
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return upstream.Target{}, problem.Invalid("upstream_invalid", "An upstream has a host and no user, query or fragment.")
	}
	return upstream.Target{Scheme: u.Scheme, Host: u.Host, BasePath: strings.TrimSuffix(u.EscapedPath(), "/")}, nil
}

// wrongMethod answers a method that the path lacks. It tells which methods there
// are (RFC 9110 section 15.5.6), but not of operations that are internal.
func (k *compiled) wrongMethod(c *Call, v *Verdict) error {
	for _, method := range k.catalog.Allowed(c.Path.Escaped) {
		r, _ := k.catalog.Match(method, c.Path.Escaped, &v.params)
		if r == nil || r.Internal {
			continue
		}
		if v.allow != "" {
			v.allow += ", "
		}
		v.allow += method
	}
	if v.allow == "" {
		return errRoute
	}
	return errMethod
}

// upstreamOf finds where a call goes.
func (k *compiled) upstreamOf(r *catalog.Route, h *token.Holding) (upstream.Target, error) {
	if h.Upstream != "" && k.own {
		return target(h.Upstream)
	}
	name := r.Upstream
	if name == "" {
		name = "default"
	}
	t, ok := k.targets[name]
	if !ok {
		return t, problem.Unavailable("upstream_missing", "The catalog names no upstream for this operation.", nil)
	}
	return t, nil
}

// sameAccount compares every account key that the request carries with the
// grant's. Another account answers like one that does not exist.
func (k *compiled) sameAccount(c *Call, v *Verdict, h *token.Holding) error {
	named := false
	if key, ok := v.Route.AccountKey(&v.params); ok {
		if key != h.AccountKey {
			return errAccount
		}
		named = true
	}
	for i := range k.keys {
		found, n := accountIn(c, &k.keys[i])
		if n == 0 {
			continue
		}
		if n > 1 || found != h.AccountKey {
			return errAccount
		}
		named = true
	}
	if !named && k.missing {
		return errNoAccount
	}
	return nil
}

// accountIn finds the account's key in one place of the request; n counts how
// often it is said there.
func accountIn(c *Call, key *catalog.Key) (found string, n int) {
	switch key.In {
	case "query":
		return queryValue(c.Query, key.Name)
	case "header":
		return headerValue(c.Header, key.Name)
	case "host":
		host := c.Host
		if bare, _, err := net.SplitHostPort(host); err == nil {
			host = bare
		}
		if got, ok := key.FromHost(host); ok {
			return got, 1
		}
	}
	return "", 0
}

// accountNamed is the first account key that the request carries; whether all
// say the same is for sameAccount to judge.
func (k *compiled) accountNamed(c *Call, v *Verdict) (string, bool) {
	if key, ok := v.Route.AccountKey(&v.params); ok {
		return key, true
	}
	for i := range k.keys {
		if found, n := accountIn(c, &k.keys[i]); n > 0 {
			return found, true
		}
	}
	return "", false
}

var (
	errAccount   = problem.NotFound("account")
	errNoAccount = problem.Invalid("account_missing", "Say which account the call is about.")
)

// headerValue finds a header in every spelling that a product might take for it:
// to many servers '-', '_' and '.' are the same. n counts all of them.
func headerValue(h http.Header, name string) (string, int) {
	value, n := "", 0
	for have, values := range h {
		if len(values) == 0 || !strict.SameName(have, name) {
			continue
		}
		n += len(values)
		value = values[0]
	}
	return value, n
}

// queryValue finds a parameter without building a map; n counts how often it
// occurs. Names are compared decoded, since the product decodes them too, and
// without case, since some products do.
func queryValue(query, name string) (string, int) {
	value, n := "", 0
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		k, v, _ := strings.Cut(pair, "=")
		if !strings.EqualFold(unescaped(k), name) {
			continue
		}
		n++
		value = unescaped(v)
	}
	return value, n
}

func unescaped(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	d, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return d
}
