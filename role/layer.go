package role

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Source is one policy that a member has, and where it comes from.
type Source struct {
	Kind       string            `json:"kind" enum:"product,built_in,custom"`
	Role       string            `json:"role" doc:"Id, or the key of a built-in role"`
	Name       string            `json:"name"`
	Attributes access.Attributes `json:"attributes,omitempty"`
	Policy     access.Policy     `json:"-"`
}

// The kinds of sources.
const (
	FromProduct = "product"
	FromBuiltIn = "built_in"
	FromCustom  = "custom"
)

// Sources lists everything from which a member's rights in the product follow:
// the roles that the product has told, then built-in and custom ones. Who is no
// member (any more), or has asked to be deleted, has none. It joins.
func (s *Service) Sources(tx *store.Tx, acc, user string) ([]Source, error) {
	m, err := s.Accounts.Member(tx, acc, user)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if gone, err := leaving(tx, user); err != nil || gone {
		return nil, err
	}
	var out []Source
	for _, id := range m.Roles {
		r, err := s.Accounts.RoleIn(tx, acc, id)
		if absent(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Source{Kind: FromProduct, Role: id, Name: r.Name, Policy: r.Policy})
	}
	given, err := assignments(tx, acc, "user_id = ?", user)
	if err != nil {
		return nil, err
	}
	for _, a := range given {
		name, policy, err := s.policyOf(tx, acc, a.Role)
		if err != nil {
			return nil, err
		}
		kind := FromCustom
		if IsBuiltIn(a.Role) {
			kind = FromBuiltIn
		}
		out = append(out, Source{Kind: kind, Role: a.Role, Name: name, Attributes: a.Attributes, Policy: policy})
	}
	return out, nil
}

// Layer is what a member may do in the product at present: any of their roles
// may allow. It is empty, and allows nothing, for who is no member. It joins.
func (s *Service) Layer(tx *store.Tx, acc, user string) (access.Layer, error) {
	sources, err := s.Sources(tx, acc, user)
	if err != nil {
		return nil, err
	}
	var out access.Layer
	for _, src := range sources {
		rules, err := src.Policy.Compile(src.Attributes)
		if err != nil {
			return nil, problem.Internal("role.layer "+src.Role, err)
		}
		if !rules.Empty() {
			out = append(out, rules)
		}
	}
	return out, nil
}

// Policies gives the policies of roles, each named by the id of a custom role or
// of one of the product's, or by the key of a built-in role. Role attributes stay
// as they are written; PoliciesWith fills them. Errors: Invalid `role_unknown`.
func (s *Service) Policies(tx *store.Tx, acc string, roles []string) ([]access.Policy, error) {
	out := make([]access.Policy, 0, len(roles))
	for _, id := range roles {
		_, p, err := s.policyOf(tx, acc, id)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// PoliciesWith is Policies with the values of role attributes written in.
func (s *Service) PoliciesWith(tx *store.Tx, acc string, roles []string, given access.Attributes) ([]access.Policy, error) {
	out, err := s.Policies(tx, acc, roles)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i], err = out[i].Bind(given); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// policyOf finds the name and the whole policy of a role of any kind.
func (s *Service) policyOf(tx *store.Tx, acc, id string) (string, access.Policy, error) {
	for _, b := range builtIns {
		if b.Key == id {
			return b.Name, builtInPolicy(id, s.Catalog.Get()), nil
		}
	}
	if r, ok, err := s.customRole(tx, acc, id); err != nil || ok {
		return r.Name, r.effective(s.Catalog.Get()), err
	}
	if _, err := ident.Parse[account.Role](id); err != nil {
		return "", nil, errUnknown()
	}
	r, err := s.Accounts.RoleIn(tx, acc, id)
	if absent(err) {
		err = errUnknown()
	}
	return r.Name, r.Policy, err
}

func (s *Service) customRole(tx *store.Tx, acc, id string) (Role, bool, error) {
	parsed, err := ident.Parse[Role](id)
	if err != nil {
		return Role{}, false, nil
	}
	r, err := findIn(tx, acc, parsed)
	if absent(err) {
		return Role{}, false, nil
	}
	return r, err == nil, err
}

// Authorities are what the roles of a person let them manage in Guestright, in
// every account that they are a member of. It joins.
func (s *Service) Authorities(tx *store.Tx, user string) ([]access.Authority, error) {
	held, err := managing(tx, user)
	if err != nil {
		return nil, err
	}
	var out []access.Authority
	for _, h := range held {
		l, err := layer(h.Manage)
		if err != nil {
			return nil, err
		}
		if l != nil {
			out = append(out, access.Authority{On: account.Resource(h.Account), Layer: l})
		}
	}
	return out, nil
}

// Source gives a role as a source of rights, for later slices that hold roles of
// their own, such as tokens. It joins. Errors: Invalid `role_unknown`.
func (s *Service) Source(tx *store.Tx, acc, id string) (Source, error) {
	name, policy, err := s.policyOf(tx, acc, id)
	kind := FromCustom
	if IsBuiltIn(id) {
		kind = FromBuiltIn
	}
	return Source{Kind: kind, Role: id, Name: name, Policy: policy}, err
}

// Edited gives the whole policy that a role would have after a change, for whoever
// may see the role. Nothing is changed. It joins. Errors: Invalid
// `role_definition_invalid`.
func (s *Service) Edited(tx *store.Tx, by access.Principal, at Path, p Patch) (access.Policy, error) {
	r, err := s.load(tx, by, "role:view", at)
	if err != nil {
		return nil, err
	}
	d := p.on(r)
	if f := d.Check(); len(f) > 0 {
		return nil, errInvalid(f)
	}
	return d.into(r).effective(s.Catalog.Get()), nil
}

// Sourced gives what a member would have from roles that could be given here, for
// whoever may see the member's roles. Nothing is changed. It joins. Errors:
// Invalid `role_assignment_invalid`.
func (s *Service) Sourced(tx *store.Tx, by access.Principal, at Place, want []Given) ([]Source, error) {
	if _, err := s.member(tx, by, "role:view", at); err != nil {
		return nil, err
	}
	if f := checkGiven(want); len(f) > 0 {
		return nil, errAssignment(f)
	}
	out := make([]Source, len(want))
	for i, g := range want {
		src, err := s.Source(tx, at.Account.String(), g.Role)
		if problem.CodeOf(err) == "role_unknown" {
			return nil, errAssignment([]problem.Field{{Pointer: "/roles", Code: "unknown", Detail: "The account has no such role."}})
		}
		if err != nil {
			return nil, err
		}
		src.Attributes = g.Attributes
		out[i] = src
	}
	return out, nil
}
