package pennant

import (
	"crypto/rand"
	"strconv"
	"strings"
)

const (
	kindMember = "member"
	kindRole   = "role"
	adminRole  = "admin"
)

// MemberFields are what a caller may set.
type MemberFields struct {
	Name string `json:"name"`
	// Role is the key of the member's role.
	Role string `json:"role"`
}

// Member is a person of the account, or the user that an integration acts as.
type Member struct {
	Key      string `json:"key"`
	Username string `json:"username"`
	Email    string `json:"email,omitempty"`
	Kind     string `json:"kind"` // person or integration
	MemberFields
	Meta
}

func (m *Member) place() place { return place{kind: kindMember, key: m.Key} }

// Role says what its members may do, in privileges.
type Role struct {
	Key        string   `json:"key"`
	Name       string   `json:"name"`
	BuiltIn    bool     `json:"built_in"`
	Privileges []string `json:"privileges"`
	Meta
}

func (r *Role) place() place { return place{kind: kindRole, key: r.Key} }

func itoa(n int) string { return strconv.Itoa(n) }

// newKey makes a key that no resource had before.
func newKey(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:12]) }

func listMembers(c *call) (reply, error) { return listAt[Member](c, place{kind: kindMember}) }

func memberPlace(c *call) place { return place{kind: kindMember, key: c.param("memberKey")} }

func getMember(c *call) (reply, error) { return getAt[Member](c, memberPlace(c)) }

func updateMember(c *call) (reply, error) {
	return editAt(c, edit[Member, *Member]{at: memberPlace(c), event: "member.updated", fields: func(m *Member) any { return &m.MemberFields },
		check: func(s *scope, m *Member, bad *check) error {
			checkName(bad, m.Name, "")
			_, err := get[Role](s, place{kind: kindRole, key: m.Role})
			if isNotFound(err) {
				bad.must(false, "/role", "No role has this key.")
				return nil
			}
			if err != nil || m.Role == adminRole {
				return err
			}
			return s.keepsAdmin(m.Key)
		}})
}

// keepsAdmin refuses when nobody but this member could administer the account.
func (s *scope) keepsAdmin(leaving string) error {
	all, _, err := list[Member](s, place{kind: kindMember}, page{})
	if err != nil {
		return err
	}
	others, was := false, false
	for _, m := range all {
		admin := m.Role == adminRole && m.Kind == "person"
		others = others || admin && m.Key != leaving
		was = was || admin && m.Key == leaving
	}
	if was && !others {
		return conflict("last_admin", "The last administrator of an account keeps that role.")
	}
	return nil
}

func listRoles(c *call) (reply, error) { return listAt[Role](c, place{kind: kindRole}) }

func createRole(c *call) (reply, error) {
	var in struct {
		Name       string   `json:"name"`
		Privileges []string `json:"privileges"`
	}
	if err := c.body(&in); err != nil {
		return reply{}, err
	}
	var r *Role
	err := c.write(func(s *scope) error {
		var err error
		r, err = s.addRole(in.Name, in.Privileges)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return reply{status: 201, body: r, version: r.Version}, nil
}

func (s *scope) addRole(name string, privileges []string) (*Role, error) {
	var bad check
	checkName(&bad, name, "")
	keys := privilegeKeys(&bad, privileges)
	if err := bad.err(); err != nil {
		return nil, err
	}
	all, _, err := list[Role](s, place{kind: kindRole}, page{})
	if err != nil {
		return nil, err
	}
	for _, other := range all {
		if strings.EqualFold(other.Name, name) {
			return nil, conflict("role_name_taken", "Another role has this name.")
		}
	}
	r := &Role{Key: newKey("role"), Name: name, Privileges: keys}
	if err := s.insert(r, conflict("role_exists", "There is a role with this key.")); err != nil {
		return nil, err
	}
	return r, s.record(change{kind: "role.created", resource: r.place().path(), after: r})
}

// addIntegration adds the user that an integration acts as.
func (s *scope) addIntegration(username, role string) (*Member, error) {
	var bad check
	bad.must(strings.TrimSpace(username) != "" && len(username) <= 120, "/username", "A username has 1 to 120 bytes.")
	if err := bad.err(); err != nil {
		return nil, err
	}
	all, _, err := list[Member](s, place{kind: kindMember}, page{})
	if err != nil {
		return nil, err
	}
	for _, other := range all {
		if strings.EqualFold(other.Username, username) {
			return nil, conflict("username_taken", "Another member has this username.")
		}
	}
	m := &Member{Key: newKey("usr"), Username: username, Kind: "integration", MemberFields: MemberFields{Name: username, Role: role}}
	if err := s.insert(m, conflict("member_exists", "There is a member with this key.")); err != nil {
		return nil, err
	}
	return m, s.record(change{kind: "member.created", resource: m.place().path(), after: m})
}
