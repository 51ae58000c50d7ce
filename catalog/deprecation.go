package catalog

import (
	"slices"
	"time"
)

// Deprecation announces the end of an operation or of an API version: the fields Deprecation (RFC 9745) and Sunset
// (RFC 8594) of answers, and what people read about it.
type Deprecation struct {
	Since   time.Time `yaml:"since" json:"since,omitzero" doc:"From when it is deprecated; absent: the catalog does not say"`
	Sunset  time.Time `yaml:"sunset" json:"sunset,omitzero" doc:"When it will probably stop answering"`
	Removed time.Time `yaml:"removed" json:"removed,omitzero" doc:"From this moment it answers 410"`
	Use     string    `yaml:"use" json:"use,omitempty" doc:"What to call instead"`
	Note    string    `yaml:"note" json:"note,omitempty"`
	Link    string    `yaml:"link" json:"link,omitempty" doc:"A page about it"`
}

// Deprecations deprecates every operation under some paths, such as everything of /v1. What an operation's own entry says
// comes first.
type Deprecations struct {
	Under   []string  `yaml:"under" json:"under"` // route patterns: * is one segment, ** any number
	Since   time.Time `yaml:"since" json:"since,omitzero"`
	Sunset  time.Time `yaml:"sunset" json:"sunset,omitzero"`
	Removed time.Time `yaml:"removed" json:"removed,omitzero"`
	Use     string    `yaml:"use" json:"use,omitempty"`
	Note    string    `yaml:"note" json:"note,omitempty"`
	Link    string    `yaml:"link" json:"link,omitempty"`
}

// Removal says what to call instead of what is gone.
type Removal struct {
	Since time.Time `yaml:"since" json:"since,omitzero"`
	Use   string    `yaml:"use" json:"use,omitempty"`
	Note  string    `yaml:"note" json:"note,omitempty"`
	Link  string    `yaml:"link" json:"link,omitempty"`
}

// Versions says how a call names the API version that it was written for, and which there are.
type Versions struct {
	Header string `yaml:"header" json:"header"` // that names the version; the product gets it on every call
	// Default is what a new application or private integration is pinned to.
	Default string `yaml:"default" json:"default"`
	// Unpinned counts for those that were made before there were versions; absent: the default.
	Unpinned string    `yaml:"unpinned" json:"unpinned,omitempty"`
	Offered  []Version `yaml:"offered" json:"offered"` // the oldest first
}

// Version is one version of the product's API.
type Version struct {
	Name       string       `yaml:"name" json:"name"`
	Note       string       `yaml:"note" json:"note,omitempty"` // what is new
	Deprecated *Deprecation `yaml:"deprecated" json:"deprecated,omitempty"`
}

func (d Deprecations) deprecation() *Deprecation {
	return &Deprecation{Since: d.Since, Sunset: d.Sunset, Removed: d.Removed, Use: d.Use, Note: d.Note, Link: d.Link}
}

// Gone reports whether the time of what is deprecated is over.
func (d *Deprecation) Gone(now time.Time) bool {
	return d != nil && !d.Removed.IsZero() && !now.Before(d.Removed)
}

// InForce reports whether the deprecation has begun; one without a date has.
func (d *Deprecation) InForce(now time.Time) bool { return d != nil && !now.Before(d.Since) }

// Declared reports whether the product has API versions at all.
func (v Versions) Declared() bool { return v.Header != "" }

// Find gives a version by its name.
func (v Versions) Find(name string) (Version, bool) {
	i := slices.IndexFunc(v.Offered, func(o Version) bool { return o.Name == name })
	if i < 0 {
		return Version{}, false
	}
	return v.Offered[i], true
}

// Of gives the version that counts for a caller who is pinned to pin and names none: an unknown pin counts as none.
func (v Versions) Of(pin string) string {
	if _, ok := v.Find(pin); ok {
		return pin
	}
	return first(v.Unpinned, v.Default)
}

// Names lists the versions that still answer, the oldest first.
func (v Versions) Names(now time.Time) []string {
	var out []string
	for _, o := range v.Offered {
		if !o.Deprecated.Gone(now) {
			out = append(out, o.Name)
		}
	}
	return out
}

// Retiring lists the routes that are deprecated, removed or missing in some version, by path and method.
func (c *Catalog) Retiring() []*Route {
	var out []*Route
	for _, r := range c.routes {
		if !r.Internal && (r.Deprecated != nil || len(r.RemovedIn) > 0) {
			out = append(out, r)
		}
	}
	return append(out, c.removed...)
}

// Versions gives the API versions of the product; none are declared by a zero value.
func (c *Catalog) Versions() Versions { return c.file.Versions }

// Pin is the version that something new is pinned to; "" where there are no versions.
func (c *Catalog) Pin() string { return c.file.Versions.Default }

// Successor finds what to call instead: a route by operation id or "METHOD /path".
func (c *Catalog) Successor(use string) (*Route, bool) {
	r, ok := c.byKey[use]
	if !ok || r.Internal {
		return nil, false
	}
	return r, true
}
