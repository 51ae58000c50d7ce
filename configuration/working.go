package configuration

import (
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/store"
)

// Working lists the configurations of an account in which a capability works, the
// oldest first, without secrets and without authorising, for slices that execute it.
func (s *Service) Working(tx *store.Tx, account, name string) ([]capability.Instance, error) {
	all, err := list(tx, "c.account = ?", account)
	if err != nil {
		return nil, err
	}
	out, places := []capability.Instance{}, map[string]place{}
	for _, c := range all {
		if !c.live[name] {
			continue
		}
		p, there := places[c.Installation]
		if !there {
			if p, err = s.at(tx, c.Installation); err != nil {
				return nil, err
			}
			places[c.Installation] = p
		}
		if p.pack == nil {
			continue
		}
		in := s.instance(c, p)
		in.Settings = c.choices[name].Settings
		out = append(out, in)
	}
	return out, nil
}
