package configuration

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/request"
)

// instance is what a capability gets, without secrets and settings.
func (s *Service) instance(c Configuration, p place) capability.Instance {
	return capability.Instance{Configuration: c.ID.String(), Name: c.Name, Installation: c.Installation, Application: c.Application, Account: c.Account,
		Grant: p.Grant, Package: p.pack, Given: request.Given{Config: c.values}}
}

// sync makes each capability work or rest, as the configuration and the
// installation say, and saves which do.
func (s *Service) sync(tx *store.Tx, by access.Principal, c *Configuration, p place) error {
	values, err := s.open(*c)
	if err != nil {
		return err
	}
	in := s.instance(*c, p)
	in.Given.Config = values
	c.Needs = fields(p.form().Check(within(p, values)))
	if in.Given.Connection, err = s.connection(tx, *c, p); err != nil {
		return err
	}
	if p.connects() && in.Given.Connection == nil {
		c.Needs = append(c.Needs, problem.Field{Pointer: "/connection", Code: "connection_missing", Detail: "Connect it with the partner's service."})
	}
	able := c.Enabled && len(c.Needs) == 0 && p.State == integration.Active && p.pack != nil
	live := map[string]bool{}
	for _, k := range s.Capabilities {
		name := k.Name()
		choice := c.choices[name]
		in.Settings = choice.Settings
		switch {
		case able && declares(p, name) && choice.on():
			if err := k.Enable(tx, by, in); err != nil {
				return err
			}
			live[name] = true
		case c.live[name]:
			if err := k.Disable(tx, by, in, false); err != nil {
				return err
			}
		}
	}
	c.live = live
	return save(tx, c)
}

// within leaves out what belongs to no field any more.
func within(p place, values map[string]any) map[string]any {
	out := map[string]any{}
	for _, d := range p.form() {
		if v, there := values[d.Key]; there {
			out[d.Key] = v
		}
	}
	return out
}

// Follow lets the configurations of an installation say what it says; it joins
// the transaction that changes the installation.
func (s *Service) Follow(tx *store.Tx, i integration.Installation) error {
	all, err := list(tx, "c.installation = ?", i.ID)
	if err != nil || len(all) == 0 {
		return err
	}
	pack, err := s.Releases.Packed(tx, i.Version)
	if err != nil {
		return err
	}
	for k := range all {
		if err := s.sync(tx, access.System("the installation changed"), &all[k], place{i, pack}); err != nil {
			return err
		}
	}
	return nil
}

// Instance gives a working capability of a configuration with its secrets,
// without authorising, for slices that execute it. Errors: NotFound; Conflict
// `capability_off`.
func (s *Service) Instance(tx *store.Tx, id, name string) (capability.Instance, error) {
	c, err := find(tx, id)
	if err != nil {
		return capability.Instance{}, err
	}
	p, err := s.at(tx, c.Installation)
	if err != nil {
		return capability.Instance{}, err
	}
	if !c.live[name] || p.pack == nil {
		return capability.Instance{}, problem.Conflict("capability_off", "This capability is switched off, or its configuration is not complete.")
	}
	return s.whole(tx, c, p, name)
}

// Prepared is like Instance for what people prepare before it works: it is given
// while the product still makes the integration's user, too.
func (s *Service) Prepared(tx *store.Tx, id, name string) (capability.Instance, error) {
	c, err := find(tx, id)
	if err != nil {
		return capability.Instance{}, err
	}
	p, err := s.at(tx, c.Installation)
	if err != nil {
		return capability.Instance{}, err
	}
	if p.State != integration.Pending || !c.Enabled || len(c.Needs) > 0 || p.pack == nil || !declares(p, name) || !c.choices[name].on() {
		return s.Instance(tx, id, name)
	}
	return s.whole(tx, c, p, name)
}

// Chosen gives what was chosen for a capability, whether it works or not, without
// what was filled in and without authorising. Errors: NotFound; Conflict
// `capability_off` where the package has no such capability. The second result says
// whether it works.
func (s *Service) Chosen(tx *store.Tx, id, name string) (capability.Instance, bool, error) {
	c, err := find(tx, id)
	if err != nil {
		return capability.Instance{}, false, err
	}
	p, err := s.at(tx, c.Installation)
	if err != nil {
		return capability.Instance{}, false, err
	}
	if p.pack == nil || !declares(p, name) {
		return capability.Instance{}, false, problem.Conflict("capability_off", "The integration's package has no such capability.")
	}
	in := s.instance(c, p)
	in.Given, in.Settings = request.Given{}, c.choices[name].Settings
	return in, c.live[name], nil
}

// whole is an instance with secrets and settings, whether it works or not.
func (s *Service) whole(tx *store.Tx, c Configuration, p place, name string) (capability.Instance, error) {
	in := s.instance(c, p)
	values, err := s.open(c)
	if err != nil {
		return in, err
	}
	if in.Given.Connection, err = s.connection(tx, c, p); err != nil {
		return in, err
	}
	in.Given.Config = values
	in.Settings = c.choices[name].Settings
	return in, err
}
