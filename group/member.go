package group

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Role of a member.
type Role string

// The roles.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// Member is a person in a group.
type Member struct {
	User    string    `json:"user"`
	Email   string    `json:"email"`
	Name    string    `json:"name"`
	Role    Role      `json:"role" enum:"owner,admin,member"`
	Created time.Time `json:"created"`
}

// mayRemove: the founding rule. The owner passes ownership on before leaving,
// so a group never loses its last administrator.
func (m Member) mayRemove() error {
	if m.Role == RoleOwner {
		return problem.Conflict("last_administrator", "The owner can't leave. Transfer the ownership first, then leave.")
	}
	return nil
}

// checkRole: ownership moves by transfer only.
func checkRole(r Role) error {
	if r == RoleAdmin || r == RoleMember {
		return nil
	}
	return problem.Invalid("group_role_invalid", "Choose admin or member.",
		problem.Field{Pointer: "/role", Code: "unknown", Detail: "admin or member; ownership moves by transfer."})
}
