package server

import (
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
)

// behind is what stands behind a grant, with the names that people know it by.
func (s *Slices) behind(tx *store.Tx, id string) (role.Authority, error) {
	g, err := s.Grants.Load(tx, id)
	if err != nil {
		return role.Authority{}, err
	}
	out := role.Authority{Account: g.Account, Scopes: g.Scopes, State: g.Live()}
	for i, policies := range g.Layers {
		name := "What the administrator approved"
		if i > 0 {
			name = "Role or policy of the grant"
		}
		l := role.NamedLayer{Name: name}
		for _, p := range policies {
			l.Sources = append(l.Sources, role.Source{Kind: role.FromCustom, Name: name, Policy: p})
		}
		out.Layers = append(out.Layers, l)
	}
	if g.Kind != grant.KindConsent && g.Kind != grant.KindMember {
		return out, nil
	}
	sources, err := s.Roles.Sources(tx, g.Account, g.Subject)
	out.Layers = append(out.Layers, role.NamedLayer{Name: "Roles of the person at present", Sources: sources})
	return out, err
}
