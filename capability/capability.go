package capability

import (
	"context"
	"encoding/json"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/release"
)

// Instance is one capability in one configuration of an installation, with what
// its calls are made of.
type Instance struct {
	Configuration string // its id
	Name          string // of the configuration, for people
	Installation  string
	Application   string
	Account       string
	Grant         string // of the installation
	Package       *release.Packed
	Given         request.Given   // what was filled in, secrets opened; the connection
	Settings      json.RawMessage // what the administrator chose for this capability; nil: nothing yet
}

// Capability is something that a package may declare, and that the platform
// executes. Its methods join: Enable and Disable run in the transaction that
// changes the configuration or the installation, and may be repeated.
type Capability interface {
	// Name is that of manifest.Package.Capabilities.
	Name() string
	// Judge gives the findings about the settings; pointers begin at the settings.
	Judge(in Instance) []problem.Field
	// Enable lets the instance work, or brings it up to date with its values, its
	// settings and its version.
	Enable(tx *store.Tx, by access.Principal, in Instance) error
	// Disable stops it: it was switched off, or the installation does not work now.
	// gone: it does not come back, the configuration is deleted.
	Disable(tx *store.Tx, by access.Principal, in Instance, gone bool) error
}

// Tester has a button that tries the connection.
type Tester interface {
	// Tries reports whether the package has a call for it.
	Tries(in Instance) bool
	// Test makes the call.
	Test(ctx context.Context, in Instance) (Tried, error)
}

// Reporter tells how an instance fares.
type Reporter interface {
	Report(tx *store.Tx, in Instance) (Report, error)
}

// Renewer remembers what calls are made of, and forgets it when a token of the
// connection has been replaced.
type Renewer interface {
	Renew(tx *store.Tx, in Instance) error
}

// Tried is how trying a connection came out.
type Tried struct {
	OK      bool   `json:"ok"`
	Method  string `json:"method"`
	Host    string `json:"host" doc:"That was called; the rest of the address may hold secrets"`
	Status  int    `json:"status,omitempty" doc:"HTTP status of the answer; absent without one"`
	Failure string `json:"failure,omitempty" doc:"Why there was no answer, or what its words say is wrong"`
	Answer  string `json:"answer,omitempty" doc:"The beginning of it, where the package lets it be read"`
}

// Set is every capability that the platform executes.
type Set []Capability

// Find gives a capability by its name.
func (s Set) Find(name string) (Capability, bool) {
	for _, c := range s {
		if c.Name() == name {
			return c, true
		}
	}
	return nil, false
}

// Declared lists those of a package that the platform executes, in the set's order.
func (s Set) Declared(p *release.Packed) []Capability {
	if p == nil {
		return nil
	}
	var out []Capability
	for _, c := range s {
		for _, name := range p.Manifest.Capabilities() {
			if name == c.Name() {
				out = append(out, c)
			}
		}
	}
	return out
}
