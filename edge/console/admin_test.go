package console_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

// shop is Harbour Books with its administrator Ines, and Northwind Labs with Noor, who offers Deploybot.
type shop struct {
	*house
	noor, ines *client
	group      group.Group
	app        application.Application
	account    account.Account
	stop       string // id of a suspension
}

// deploybot asks for two scopes and would like a third.
func deploybot() release.Content {
	return release.Content{Number: "1.2.0", UserName: "deploybot", RoleName: "Deploybot", Delegation: "consent",
		Required: []release.Request{
			{Scope: "projects.read", Purpose: "Finds the environments into which you deploy."},
			{Scope: "flags.write", Purpose: "Turns flags on step by step while it watches your error rate."},
		},
		Optional: []release.Request{{Scope: "members.write", Purpose: "Gives the person on call the right to stop a roll-out."}}}
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{house: newHouse(t)}
	s.noor, s.ines = s.person("Noor Haddad", "noor@northwind.example"), s.person("Ines Duarte", "ines@harbour.example")
	s.account = s.house.account("harbour-books", "Harbour Books", s.ines)
	s.ines.again()
	g, err := s.Groups.Create(t.Context(), s.noor.by(), "Northwind Labs")
	must(t, err)
	s.group = g
	s.noor.again()
	s.app = s.offer("Deploybot", deploybot())
	return s
}

// offer registers an application; with a version number it releases one.
func (s *shop) offer(name string, c release.Content) application.Application {
	s.t.Helper()
	ctx := s.t.Context()
	a, err := s.Applications.Register(ctx, s.noor.by(), s.group.ID.String(), application.Draft{Name: name, Support: "help@deploybot.example", Domains: []string{"deploybot.example"},
		Homepage: "https://deploybot.example", Description: "Turns flags on step by step after a deploy, and off again when errors rise."})
	must(s.t, err)
	if c.Number == "" {
		return a
	}
	v, err := s.Releases.Draft(ctx, s.noor.by(), a.ID, c)
	must(s.t, err)
	_, err = s.Releases.Publish(ctx, s.noor.by(), v.ID)
	must(s.t, err)
	return a
}

// role is a role as the product tells about it.
func (s *shop) role(name string, administrator bool, actions ...string) account.Role {
	s.t.Helper()
	var r account.Role
	must(s.t, s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		var err error
		r, err = s.Accounts.PutRole(tx, access.System("test"), account.Role{Account: s.account.ID.String(), Key: name, Name: name, Administrator: administrator,
			Policy: access.Policy{{Effect: access.Allow, Actions: actions, Resources: []string{"*"}}}})
		return err
	}))
	return r
}

// install is what Ines does, with what is required.
func (s *shop) install() integration.Installation {
	s.t.Helper()
	i, err := s.Integrations.Install(s.t.Context(), s.ines.by(), s.account.ID, integration.Order{ApplicationID: s.app.PublicID})
	must(s.t, err)
	return i
}

func (s *shop) home() string { return "/accounts/" + s.account.ID.String() }

func (s *shop) consent() string {
	return s.home() + "/install?application_id=" + s.app.PublicID
}
