package catalog

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
)

// Catalog is one version of what the operator offers. It is immutable and safe to share; a new version replaces it as a
// whole.
type Catalog struct {
	version    string
	file       File
	root       *node
	routes     []*Route
	removed    []*Route // operations that the documents have no longer
	operations map[string]*Operation
	byKey      map[string]*Route // operation id or "METHOD /path" → first route
	bits       map[access.Atom]int
	scopes     map[string]Scope    // described, used and implicit
	gives      map[string][]string // scope → entitlements
	schemas    map[string][]byte   // document + "#" + name → JSON
	events     map[string]*Event
}

// Version identifies the content: the catalog file and every OpenAPI file that was read.
func (c *Catalog) Version() string { return c.version }

// File gives the operator's file. It must not be changed.
func (c *Catalog) File() File { return c.file }

// Routes lists every route, by path and method.
func (c *Catalog) Routes() []*Route { return c.routes }

// Route finds a route by its operation id or by "METHOD /path".
func (c *Catalog) Route(operation string) (*Route, bool) {
	r, ok := c.byKey[operation]
	return r, ok
}

// Match finds the route of a request by its escaped path (without query), and fills in the parameters. Segments compare
// decoded. The path decides first, as OpenAPI says: where a path without parameters fits, one with parameters does not
// get a turn, even if the first lacks the method. Match allocates nothing.
func (c *Catalog) Match(method, escapedPath string, p *Params) (*Route, Miss) {
	p.n = 0
	if escapedPath == "" || escapedPath[0] != '/' {
		return nil, NotFound
	}
	end := c.root.find(escapedPath[1:], p)
	if end == nil {
		return nil, NotFound
	}
	r := end.at(method)
	if r == nil {
		return nil, MethodNotAllowed
	}
	return r, Found
}

// Allowed lists the methods of a path, for the Allow header of a 405 (RFC 9110 section 10.2.1).
func (c *Catalog) Allowed(escapedPath string) []string {
	var p Params
	if !strings.HasPrefix(escapedPath, "/") {
		return nil
	}
	end := c.root.find(escapedPath[1:], &p)
	if end == nil {
		return nil
	}
	var out []string
	for _, r := range end.routes {
		if r.Removed == nil {
			out = append(out, r.Method)
		}
	}
	if slices.Contains(out, "GET") && !slices.Contains(out, "HEAD") {
		out = append(out, "HEAD")
	}
	slices.Sort(out)
	return out
}

// Bit numbers the scopes and entitlements that routes ask for; -1 for any other. Numbers hold for this version only.
func (c *Catalog) Bit(a access.Atom) int {
	if b, ok := c.bits[a]; ok {
		return b
	}
	return -1
}

// Bits is the set of everything that these scopes give: the scopes themselves and their entitlements.
func (c *Catalog) Bits(scopes []string) []uint64 {
	set := make([]uint64, (len(c.bits)+63)/64)
	for _, a := range c.Atoms(scopes) {
		if b, ok := c.bits[a]; ok {
			set[b>>6] |= 1 << (uint(b) & 63)
		}
	}
	return set
}

// Atoms lists the scopes together with the entitlements that they give.
func (c *Catalog) Atoms(scopes []string) []access.Atom {
	var out []access.Atom
	seen := map[access.Atom]bool{}
	add := func(a access.Atom) {
		if !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	for _, s := range scopes {
		add(access.Atom{Kind: access.KindScope, Name: s})
		for _, e := range c.gives[s] {
			add(access.Atom{Kind: access.KindEntitlement, Name: e})
		}
	}
	return out
}

// Entitlements lists what a scope gives. An entitlement that no scope covers is a scope of its own name.
func (c *Catalog) Entitlements(scope string) []string { return c.gives[scope] }

// Scope finds a scope that developers may ask for.
func (c *Catalog) Scope(name string) (Scope, bool) {
	s, ok := c.scopes[name]
	return s, ok
}

// Scopes lists the names of all scopes that developers may ask for, in alphabetical order.
func (c *Catalog) Scopes() []string {
	out := make([]string, 0, len(c.scopes))
	for n := range c.scopes {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Privileges lists the privileges that contain an entitlement.
func (c *Catalog) Privileges(entitlement string) []Privilege {
	var out []Privilege
	for _, p := range c.file.Privileges {
		if slices.Contains(p.Entitlements, entitlement) {
			out = append(out, p)
		}
	}
	return out
}

// Plan finds a plan; "development" always exists.
func (c *Catalog) Plan(name string) (Plan, bool) {
	p, ok := c.file.Plans[name]
	return p, ok
}

// AdministratorRole reports whether the catalog marks a role as one that integrations must not be bound to: by its own
// mark, or because one of its entitlements or a privilege that it fills is marked.
func (c *Catalog) AdministratorRole(name string) bool {
	r, ok := c.file.Roles[name]
	return ok && (r.Administrator || c.AdministratorClass(r.Entitlements))
}

// AdministratorClass reports whether a list of entitlements contains one that is marked, or fills a privilege that is.
func (c *Catalog) AdministratorClass(entitlements []string) bool {
	for _, e := range entitlements {
		if c.file.Entitlements[e].Administrator {
			return true
		}
	}
	for _, p := range c.file.Privileges {
		if p.Administrator && !slices.ContainsFunc(p.Entitlements, func(e string) bool { return !slices.Contains(entitlements, e) }) {
			return true
		}
	}
	return false
}
