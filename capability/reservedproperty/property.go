package reservedproperty

import (
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Name is what a package calls it.
const Name = "reservedProperties"

// ActionView is needed to read the keys that are reserved in an account.
const ActionView = "property:view"

// Property is a key that an integration has reserved.
type Property struct {
	Key          string   `json:"key"`
	Name         string   `json:"name" doc:"For people"`
	Description  string   `json:"description,omitempty"`
	On           []string `json:"on" nullable:"false" doc:"Kinds of the resources that have it; any when empty"`
	Integration  string   `json:"integration" doc:"Name of the integration"`
	Installation string   `json:"installation" doc:"Id of it"`
}

// on reports whether resources of a kind have it; "" is any kind.
func (p Property) on(kind string) bool {
	return kind == "" || len(p.On) == 0 || slices.Contains(p.On, kind)
}

// of lists the properties of an instance.
func of(in capability.Instance) []Property {
	m := in.Package.Manifest
	if m.ReservedProperties == nil {
		return nil
	}
	var out []Property
	for _, p := range m.ReservedProperties.Properties {
		out = append(out, Property{Key: p.Key, Name: p.Name, Description: p.Description.Get(), On: append([]string{}, m.ReservedProperties.On...),
			Integration: m.Listing.Name, Installation: in.Installation})
	}
	return out
}

// Name implements capability.Capability.
func (s *Service) Name() string { return Name }

// Judge implements capability.Capability.
func (s *Service) Judge(in capability.Instance) []problem.Field {
	if len(in.Settings) == 0 || string(in.Settings) == "null" {
		return nil
	}
	return []problem.Field{{Code: "malformed", Detail: "Reserved properties have no settings."}}
}

// Enable implements capability.Capability: a key that another integration of the
// account has is refused. Errors: Conflict `property_reserved`.
func (s *Service) Enable(tx *store.Tx, _ access.Principal, in capability.Instance) error {
	// Two that are switched on at once would not see one another.
	if err := tx.Lock("reservedproperty " + in.Account); err != nil {
		return err
	}
	others, err := s.Configurations.Working(tx, in.Account, Name)
	if err != nil {
		return err
	}
	own := map[string]bool{}
	for _, p := range of(in) {
		own[p.Key] = true
	}
	for _, o := range others {
		if o.Installation == in.Installation {
			continue
		}
		for _, p := range of(o) {
			if own[p.Key] {
				return problem.Conflict("property_reserved", "The property "+p.Key+" is reserved by "+p.Integration+". Switch reserved properties off in one of the two.").
					With("key", p.Key).With("integration", p.Integration).With("installation", p.Installation)
			}
		}
	}
	return nil
}

// Disable implements capability.Capability: there is nothing to undo, since only
// working configurations are listed. Stored values are the product's.
func (s *Service) Disable(*store.Tx, access.Principal, capability.Instance, bool) error { return nil }
