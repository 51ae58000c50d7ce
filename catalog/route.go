package catalog

import (
	"time"

	"github.com/guestright/guestright/access"
)

// Source says where a requirement came from.
type Source string

// The sources, in the order in which they are asked. SourceNone means that nobody has said anything.
const (
	SourceExplicit  Source = "explicit"
	SourceExtension Source = "extension"
	SourceSecurity  Source = "security"
	SourceProse     Source = "prose"
	SourceDefault   Source = "default"
	SourceNone      Source = "none"
)

// Route is one operation at one path.
type Route struct {
	Operation  string // operationId, or "METHOD /path" where the document gives none of its own
	Method     string
	Template   string // with the base path
	Needs      access.Needs
	Program    access.Program // Needs compiled over Catalog.Bit
	Source     Source
	Public     bool   // any installed application may call it
	Internal   bool   // answers third parties like an absent route
	Preview    string // only groups that have this preview may call it; "": everybody
	Cost       int    // calls that one request counts as
	Upstream   string
	Kind       string   // kind of resource, "" when none is declared
	Resource   Template // how the resource is named
	Deprecated *Deprecation
	Removed    *Removal           // set when the documents have it no longer: it answers 410
	RemovedIn  map[string]Removal // versions that lack it; nil as a rule
	Interim    *Interim           // set while a change of the requirement is announced
	Account    int                // number of the path parameter with the account's key; -1: not in the path

	params   []string
	resource resource
}

// Interim is what a route also accepts until a change has taken effect.
type Interim struct {
	Was     access.Needs
	Starts  time.Time
	Until   time.Time // first moment at which only the new requirement counts
	Notice  string
	Needs   access.Needs // old or new
	Program access.Program
}

// Unmapped reports that nobody has said what the operation needs: it is refused.
func (r *Route) Unmapped() bool {
	return !r.Public && !r.Internal && r.Removed == nil && !r.Needs.Mapped()
}

// Goodbye gives the deprecation that answers announce at a moment; nil: none is in force.
func (r *Route) Goodbye(now time.Time) *Deprecation {
	if r.Deprecated == nil || !r.Deprecated.InForce(now) {
		return nil
	}
	return r.Deprecated
}

// Ends reports whether the route has an end at all, so that others need not ask more.
func (r *Route) Ends() bool { return r.Deprecated != nil || r.Removed != nil || r.RemovedIn != nil }

// Gone says why the route is no more: removed altogether, its time being over, or missing in the version asked for.
func (r *Route) Gone(now time.Time, version string) (Removal, bool) {
	if r.Removed != nil {
		return *r.Removed, true
	}
	if d := r.Deprecated; d.Gone(now) {
		return Removal{Since: d.Removed, Use: d.Use, Note: d.Note, Link: d.Link}, true
	}
	if len(r.RemovedIn) == 0 {
		return Removal{}, false
	}
	gone, ok := r.RemovedIn[version]
	return gone, ok
}

// At gives the requirement that counts at a moment. The result belongs to the route and must not be changed.
func (r *Route) At(now time.Time) (*access.Needs, *access.Program) {
	if r.Interim != nil && now.Before(r.Interim.Until) {
		return &r.Interim.Needs, &r.Interim.Program
	}
	return &r.Needs, &r.Program
}

// ParamNames lists the path parameters in order.
func (r *Route) ParamNames() []string { return r.params }

// Param gives the decoded parameter of that name.
func (r *Route) Param(p *Params, name string) (string, bool) {
	for i, n := range r.params {
		if n == name && i < p.n {
			return p.Value(i), true
		}
	}
	return "", false
}

// HasResource reports whether the catalog says what kind of resource the route is about. For others the account as a
// whole is the resource.
func (r *Route) HasResource() bool { return len(r.resource.steps) > 0 }

// Fill names the resource that a request is about; the zero Resource when the route has none. The result uses into and
// holds until it is filled again.
func (r *Route) Fill(p *Params, into *Segments) access.Resource { return r.resource.fill(p, into) }

// AppendResource writes the name of the resource that a request is about; nothing when the route has none.
func (r *Route) AppendResource(dst []byte, p *Params) []byte { return r.resource.append(dst, p) }

// ResourceText shows how the resource is named: parameters in braces, "*" for what the request does not say.
func (r *Route) ResourceText() string { return r.resource.text(r.params) }

// AccountKey gives the account's key when the path carries it.
func (r *Route) AccountKey(p *Params) (string, bool) {
	if r.Account < 0 || r.Account >= p.n {
		return "", false
	}
	return p.Value(r.Account), true
}
