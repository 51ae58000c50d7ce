package configuration

import (
	"maps"
	"strings"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// sealPlace binds a sealed secret to its field.
func sealPlace(id ID, key string) string { return "configuration|" + id.String() + "|" + key }

// put takes a draft over, or gives what is wrong with it.
func (s *Service) put(tx *store.Tx, c *Configuration, p place, d Draft, others []Configuration) error {
	var found []problem.Field
	if d.Name != nil {
		c.Name = strings.TrimSpace(*d.Name)
		found = append(found, judgeName(c.Name)...)
	}
	for _, o := range others {
		if o.Name == c.Name {
			return problem.Conflict("configuration_exists", "There is a configuration with this name. Choose another.")
		}
	}
	if d.Enabled != nil {
		c.Enabled = *d.Enabled
	}
	c.Updated = tx.Now()
	if p.pack == nil {
		return invalid(found)
	}
	before, err := s.open(*c)
	if err != nil {
		return err
	}
	now, faults, err := fill(p.form(), before, d.Values)
	if err != nil {
		return problem.Internal("configuration.fill", err)
	}
	found = append(found, faults...)
	s.close(c, now)
	c.choices = maps.Clone(c.choices)
	if c.choices == nil {
		c.choices = map[string]Choice{}
	}
	in := s.instance(*c, p)
	in.Given.Config = now
	for name, choice := range d.Capabilities {
		at := "/capabilities/" + pointed(name)
		k, known := s.Capabilities.Find(name)
		if !known || !declares(p, name) {
			found = append(found, problem.Field{Pointer: at, Code: "capability_unknown", Detail: "The package has no such capability."})
			continue
		}
		was := c.choices[name]
		if choice.On == nil {
			choice.On = was.On
		}
		if choice.Settings == nil {
			choice.Settings = was.Settings
		}
		one := in
		one.Settings = choice.Settings
		for _, f := range k.Judge(one) {
			f.Pointer = at + "/settings" + f.Pointer
			found = append(found, f)
		}
		c.choices[name] = choice
	}
	return invalid(found)
}

func invalid(found []problem.Field) error {
	if len(found) == 0 {
		return nil
	}
	return problem.Invalid("configuration_invalid", "Some of the fields need another look.", found...)
}

func declares(p place, name string) bool {
	for _, have := range p.pack.Manifest.Capabilities() {
		if have == name {
			return true
		}
	}
	return false
}

// open gives the stored values with their secrets.
func (s *Service) open(c Configuration) (manifest.Values, error) {
	out := maps.Clone(c.values)
	if out == nil {
		out = manifest.Values{}
	}
	for key, sealed := range c.sealed {
		text, err := s.Keys.Open(sealed, sealPlace(c.ID, key))
		if err != nil {
			return nil, problem.Internal("configuration.open", err)
		}
		out[key] = text
	}
	return out, nil
}

// close stores values, secrets sealed. What has not changed keeps its seal.
func (s *Service) close(c *Configuration, now manifest.Values) {
	plain, secrets := now.Split()
	c.values = manifest.Values(plain)
	was := c.sealed
	c.sealed = map[string]string{}
	for key, text := range secrets {
		if text.IsZero() {
			continue
		}
		if old, there := was[key]; there {
			if have, err := s.Keys.Open(old, sealPlace(c.ID, key)); err == nil && have.Equal(text) {
				c.sealed[key] = old
				continue
			}
		}
		c.sealed[key] = s.Keys.Seal(secret.New(text.Reveal()), sealPlace(c.ID, key))
	}
}
