package server

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// people wires identity, which stands early on the ladder, to what later slices
// know about a person.
func (s *Slices) people(b base, cfg Config) {
	s.Identity = &identity.Service{DB: b.db, Audit: s.Audit, Keys: b.keys, Passwords: password.NewHasher(password.Cost{}, 0),
		Platform: "Guestright", Base: cfg.URL, Insecure: !cfg.secure()}
	s.Identity.Mail = func(tx *store.Tx, to, subject, text string) error {
		return s.Notices.Mail(tx, notice.Mail{To: to, Subject: subject, Text: text, Kind: "identity"})
	}
	s.Identity.Authorities = func(tx *store.Tx, user string) (map[string]string, map[string]string, error) {
		groups, err := group.Roles(tx, user)
		if err != nil {
			return nil, nil, err
		}
		accounts, err := account.Roles(tx, user)
		return groups, accounts, err
	}
	s.Identity.Founded = func(tx *store.Tx, by access.Principal, u identity.User) error {
		_, err := s.Groups.Found(tx, by, u.Name, true)
		return err
	}
	s.Identity.Obstacles = s.obstacles
	s.Accounts.Users = func(tx *store.Tx, by access.Principal, x account.External) (string, error) {
		u, err := s.Identity.Upsert(tx, by, identity.External{ProductKey: x.ProductKey, Email: x.Email, Name: x.Name})
		return u.ID.String(), err
	}
	s.People = identity.NewAuthenticator(s.Identity)
}

// obstacles says what a person has to settle before their account can go.
func (s *Slices) obstacles(tx *store.Tx, user string) ([]string, error) {
	owned, err := group.Owned(tx, user)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, g := range owned {
		if !g.Personal {
			out = append(out, "You own the group “"+g.Name+"”: transfer its ownership or archive it.")
			continue
		}
		in, err := group.InUse(tx, g.ID.String(), user)
		if err != nil {
			return nil, err
		}
		out = append(out, in...)
	}
	last, err := account.LastAdministrator(tx, user)
	if err != nil {
		return nil, err
	}
	for _, name := range last {
		out = append(out, "You are the only administrator of the account “"+name+"”.")
	}
	return out, nil
}

// Person finds who a session cookie stands for.
func (s *Slices) Person(ctx context.Context, raw string) (access.Principal, identity.Session, error) {
	return s.People.Principal(ctx, raw)
}
