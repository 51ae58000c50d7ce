package private

import (
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
)

// The rights over private integrations, as policies name them. They are asked
// about an account: its own integrations, or as a parent those of its children.
const (
	ActionView           = "private_integration:view"
	ActionManageOwn      = "private_integration:manage_own"
	ActionViewChildren   = "private_integration:view_children"
	ActionManageChildren = "private_integration:manage_children"
	ActionPermit         = "private_integration:permit"
	ActionBlock          = "private_integration:block"
)

// Switch is what somebody has decided about one right of one member; the empty
// one leaves it to the member's role.
type Switch string

// The positions.
const (
	ByRole Switch = ""
	On     Switch = "on"
	Off    Switch = "off"
)

// Permission is what a member of an account may do with private integrations.
type Permission struct {
	Account  string `json:"account"`
	User     string `json:"user"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Role     string `json:"role" enum:"admin,member,reader"`
	Own      bool   `json:"manage_own" doc:"May manage the account's own private integrations"`
	Children bool   `json:"manage_children" doc:"May manage those of its child accounts"`
	// Set tells that a switch, not the role, decides.
	OwnSet      bool `json:"manage_own_set" doc:"A switch decides, not the role"`
	ChildrenSet bool `json:"manage_children_set" doc:"A switch decides, not the role"`
}

// Permit changes the switches that are there.
type Permit struct {
	Own      *bool `json:"manage_own,omitempty" doc:"Manage the account's own private integrations"`
	Children *bool `json:"manage_children,omitempty" doc:"Manage those of its child accounts"`
}

// kept is a member's switches as they are stored. They hold for the membership
// in which they were set, not for a later one of the same person.
type kept struct {
	Own, Children Switch
	Since         time.Time
}

// decides applies a switch to what the role says.
func (s Switch) decides(byRole bool) bool {
	switch s {
	case On:
		return true
	case Off:
		return false
	}
	return byRole
}

// position is the switch for a wish: only what differs from the role is kept, so
// that a later role is not outlived by what was natural for this one.
func position(want, byRole bool) Switch {
	switch {
	case want == byRole:
		return ByRole
	case want:
		return On
	}
	return Off
}

// roleGives reports whether a member's built-in role includes a right.
func roleGives(m account.Member, action string) bool {
	p := access.UserPrincipal(m.User, nil, map[string]string{m.Account: m.Role})
	return p.May(action, account.Resource(m.Account)) == nil
}

func permissionOf(m account.Member, k kept) Permission {
	return Permission{Account: m.Account, User: m.User, Name: m.Name, Email: m.Email, Role: m.Role,
		Own:    k.Own.decides(roleGives(m, ActionManageOwn)),
		OwnSet: k.Own != ByRole, ChildrenSet: k.Children != ByRole,
		Children: k.Children.decides(roleGives(m, ActionManageChildren))}
}
