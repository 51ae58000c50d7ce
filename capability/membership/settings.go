package membership

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

// Settings are what an account's administrator chooses: which places the partner
// may fill.
type Settings struct {
	Targets []Target `json:"targets"`
}

// Target is one place.
type Target struct {
	// Scope is the id that the partner sends for it; empty: the name of the resource.
	Scope    string `json:"scope,omitempty"`
	Resource string `json:"resource"`
}

func (t Target) scope() string {
	if t.Scope == "" {
		return t.Resource
	}
	return t.Scope
}

const targetsMost = 100

// settingsOf reads what was chosen; nothing is no target.
func settingsOf(raw json.RawMessage) (Settings, error) {
	var out Settings
	if len(raw) == 0 || string(raw) == "null" {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return out, d.Decode(&out)
}

// kind is that of what a package fills in a place.
func (s *Service) kind(m *manifest.MembershipSync, place access.Resource) (catalog.Kind, bool) {
	c := s.Catalog.Get()
	if c == nil || m == nil {
		return catalog.Kind{}, false
	}
	for _, k := range c.Fillable() {
		if k.Above(place) && (len(m.On) == 0 || slices.ContainsFunc(m.On, k.Called)) {
			return k, true
		}
	}
	return catalog.Kind{}, false
}

// Judge implements capability.Capability.
func (s *Service) Judge(in capability.Instance) []problem.Field {
	set, err := settingsOf(in.Settings)
	if err != nil {
		return []problem.Field{{Code: "malformed", Detail: `Write {"targets":[{"scope":"<id that the partner sends>","resource":"proj/web:env/production"}]}.`}}
	}
	if len(set.Targets) > targetsMost {
		return []problem.Field{{Pointer: "/targets", Code: "too_many", Detail: "There may be 100 targets."}}
	}
	var out []problem.Field
	seen := map[string]bool{}
	for i, t := range set.Targets {
		at := "/targets/" + strconv.Itoa(i)
		r, err := access.ParseResource(t.Resource)
		switch {
		case err != nil || r.String() != t.Resource:
			out = append(out, problem.Field{Pointer: at + "/resource", Code: "malformed", Detail: "Write the resource like proj/web:env/production, without tags."})
		default:
			if _, ok := s.kind(in.Package.Manifest.MembershipSync, r); !ok {
				out = append(out, problem.Field{Pointer: at + "/resource", Code: "not_fillable", Detail: "There is nothing in resources of this kind that this integration could fill."})
			}
		}
		if !fits(t.scope(), nameMost) || seen[t.scope()] {
			out = append(out, problem.Field{Pointer: at + "/scope", Code: "malformed", Detail: "Each target has an id of its own, of at most 256 characters."})
		}
		seen[t.scope()] = true
	}
	return out
}

// target finds the place that a partner means.
func target(in capability.Instance, scope string) (Target, bool) {
	set, err := settingsOf(in.Settings)
	if err != nil {
		return Target{}, false
	}
	for _, t := range set.Targets {
		if t.scope() == scope {
			return t, true
		}
	}
	return Target{}, false
}
