package account

import (
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
)

// Member is a person in an account.
type Member struct {
	Account string    `json:"account"`
	User    string    `json:"user"`
	Email   string    `json:"email"`
	Name    string    `json:"name"`
	Role    string    `json:"role" enum:"admin,member,reader" doc:"What the person may do in Guestright"`
	Roles   []string  `json:"roles" doc:"The product's roles of the person, which bound what integrations may do for them"`
	Created time.Time `json:"created"`
}

// Role is a role as the product knows it in one account.
type Role struct {
	ID            RoleID        `json:"id"`
	Account       string        `json:"account"`
	Key           string        `json:"key" doc:"The product's own key of the role"`
	Name          string        `json:"name"`
	Policy        access.Policy `json:"policy" doc:"What the role allows, over the product's resources"`
	Administrator bool          `json:"administrator" doc:"Marked as an administrator role by the product"`
	Integration   bool          `json:"integration" doc:"Made for an integration"`
	Created       time.Time     `json:"created"`
}

// RoleID identifies a Role.
type RoleID = ident.ID[Role]

// IDPrefix implements ident.Named.
func (Role) IDPrefix() string { return "rol" }

// IntegrationUser is a user inside the product that belongs to an integration.
type IntegrationUser struct {
	ID      IntegrationUserID `json:"id"`
	Account string            `json:"account"`
	Key     string            `json:"key" doc:"The product's own key of the user; empty until the product has told it"`
	Name    string            `json:"name"`
	Created time.Time         `json:"created"`
}

// IntegrationUserID identifies an IntegrationUser.
type IntegrationUserID = ident.ID[IntegrationUser]

// IDPrefix implements ident.Named.
func (IntegrationUser) IDPrefix() string { return "iur" }
