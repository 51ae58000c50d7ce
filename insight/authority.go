package insight

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
)

// Behind is what stands behind a grant, with the names that people know it by. It
// joins and does not authorise; role.Service asks it.
func (s *Service) Behind(tx *store.Tx, id string) (role.Authority, error) {
	g, err := s.Grants.Load(tx, id)
	if err != nil {
		return role.Authority{}, err
	}
	out := role.Authority{Account: g.Account, Scopes: g.Scopes, State: g.Live()}
	if len(g.Scopes) == 1 && g.Scopes[0] == grant.AllScopes && s.Catalog.Get() != nil {
		out.Scopes = s.Catalog.Get().Scopes()
	}
	if out.Layers, err = s.layers(tx, g); err != nil {
		return out, err
	}
	if g.Kind != grant.KindConsent && g.Kind != grant.KindMember {
		return out, nil
	}
	sources, err := s.Roles.Sources(tx, g.Account, g.Subject)
	out.Layers = append(out.Layers, role.NamedLayer{Name: ofPerson, Sources: sources})
	return out, err
}

const (
	ofAdministrator = "What the administrator approved"
	ofGrant         = "Role or policy of the grant"
	ofToken         = "Roles of the token"
	ofPerson        = "Roles of the person at present"
)

// layers are those that the grant itself holds. Those of a token with roles name
// the roles.
func (s *Service) layers(tx *store.Tx, g grant.Grant) ([]role.NamedLayer, error) {
	if g.Kind == grant.KindMember || g.Kind == grant.KindService {
		roles, err := rolesOf(tx, g.ID.String())
		if err != nil {
			return nil, err
		}
		if len(roles) > 0 {
			l := role.NamedLayer{Name: ofToken}
			for _, id := range roles {
				src, err := s.Roles.Source(tx, g.Account, id)
				if err != nil {
					return nil, err
				}
				l.Sources = append(l.Sources, src)
			}
			return []role.NamedLayer{l}, nil
		}
	}
	var out []role.NamedLayer
	for i, policies := range g.Layers {
		out = append(out, policyLayer(g, i, policies))
	}
	return out, nil
}

func policyLayer(g grant.Grant, i int, policies []access.Policy) role.NamedLayer {
	name := ofAdministrator
	if i > 0 || g.Kind == grant.KindMember || g.Kind == grant.KindService {
		name = ofGrant
	}
	l := role.NamedLayer{Name: name}
	for _, p := range policies {
		l.Sources = append(l.Sources, role.Source{Kind: role.FromCustom, Name: name, Policy: p})
	}
	return l
}
