package configuration

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/request"
)

// connects reports whether the package needs a connection with the partner's service.
func (p place) connects() bool {
	return p.pack != nil && p.pack.Manifest.Connection.OAuth.Required.Get()
}

// connection is what calls get of the partner's service; nil: nothing.
func (s *Service) connection(tx *store.Tx, c Configuration, p place) (*request.Connection, error) {
	if !p.connects() || s.Connected == nil {
		return nil, nil
	}
	return s.Connected(tx, c.ID.String())
}

// Resync lets the capabilities of a configuration follow what it was connected with,
// or that it is not any more; it joins and does not authorise.
func (s *Service) Resync(tx *store.Tx, by access.Principal, id ID) error {
	c, err := find(tx, id.String())
	if err != nil {
		return err
	}
	p, err := s.at(tx, c.Installation)
	if err != nil {
		return err
	}
	return s.sync(tx, by, &c, p)
}

// Renewed tells the capabilities that work in a configuration that their calls are
// made of something new, though nobody has chosen anything: a token.
func (s *Service) Renewed(tx *store.Tx, id string) error {
	c, err := find(tx, id)
	if err != nil {
		return err
	}
	p, err := s.at(tx, c.Installation)
	if err != nil {
		return err
	}
	for _, k := range s.Capabilities {
		r, ok := k.(capability.Renewer)
		if !ok || !c.live[k.Name()] {
			continue
		}
		if err := r.Renew(tx, s.instance(c, p)); err != nil {
			return err
		}
	}
	return nil
}
