package server

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// people wires identity, which stands early on the ladder, to what later slices
// know about a person.
func (s *Slices) people(b base, cfg Config) {
	s.Identity = &identity.Service{DB: b.db, Audit: s.Audit, Keys: b.keys, Passwords: password.NewHasher(password.Cost{}, 0),
		Platform: "Guestright", Base: cfg.URL, Insecure: !cfg.secure()}
	s.Authority.People, s.Registry.People = s.Identity, s.Identity
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
	s.Identity.Further = s.Roles.Authorities
	s.Identity.Founded = func(tx *store.Tx, by access.Principal, u identity.User) error {
		_, err := s.Groups.Found(tx, by, u.Name, true)
		return err
	}
	s.Identity.Obstacles = s.obstacles
	s.Accounts.Users = func(tx *store.Tx, by access.Principal, x account.External) (string, error) {
		u, err := s.Identity.Upsert(tx, by, identity.External{ProductKey: x.ProductKey, Email: x.Email, Name: x.Name})
		return u.ID.String(), err
	}
	s.Identity.Claimed = func(tx *store.Tx, by access.Principal, u identity.User, claims map[string]any) error {
		return s.claimed(tx, by, member{user: u.ID.String(), claims: claims, cfg: cfg.SignIn.OIDC})
	}
	s.People = identity.NewAuthenticator(s.Identity)
}

// member is what the operator's identity provider says about a person.
type member struct {
	user   string
	claims map[string]any
	cfg    OIDCCfg
}

// claimed gives a person the accounts that their identity provider names, by the
// product's keys. Accounts that it does not name are left alone: the product may
// have given those. Keys of unknown accounts are passed over.
func (s *Slices) claimed(tx *store.Tx, by access.Principal, m member) error {
	roles := map[string]string{}
	for _, key := range listOf(m.claims, m.cfg.Accounts) {
		roles[key] = access.AccountMember
	}
	for _, key := range listOf(m.claims, m.cfg.Admin) {
		roles[key] = access.AccountAdmin
	}
	for key, role := range roles {
		a, err := s.Accounts.ByKey(tx, key)
		if problem.CodeOf(err) == "not_found" {
			continue
		}
		if err != nil {
			return err
		}
		was, err := s.Accounts.Member(tx, a.ID.String(), m.user)
		if err != nil && problem.CodeOf(err) != "not_found" {
			return err
		}
		if was.Role == role {
			continue
		}
		if err := s.Accounts.SetMember(tx, by, account.Member{Account: a.ID.String(), User: m.user, Role: role, Roles: was.Roles}); err != nil {
			return err
		}
	}
	return nil
}

// listOf reads a claim that holds one text or a list of them.
func listOf(claims map[string]any, name string) []string {
	if name == "" {
		return nil
	}
	switch v := claims[name].(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			if text, ok := one.(string); ok {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}

// outside gives people their identity provider and mail its server, which need
// secrets from files.
func (s *Slices) outside(cfg Config) error {
	if o := cfg.SignIn.OIDC; o.Issuer != "" {
		held, err := cfg.secretFile(o.Secret)
		if err != nil {
			return fmt.Errorf("sign_in.oidc: %w", err)
		}
		s.Identity.Provider = &identity.Provider{Issuer: o.Issuer, ClientID: o.ClientID, Secret: held, Name: o.Name}
	}
	m := cfg.Mail
	if m.Host == "" {
		return nil
	}
	pass, err := cfg.secretFile(m.Password)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	smtp := &notice.SMTP{Host: m.Host, Port: m.Port, From: m.From, Username: m.User, Password: pass}
	if m.Insecure {
		smtp.TLS = "none"
	}
	if err := smtp.Check(); err != nil {
		return err
	}
	s.Notices.SMTP = smtp
	return nil
}

// secretFile reads a secret that the configuration names by file; none is fine.
func (c Config) secretFile(name string) (secret.Text, error) {
	if name == "" {
		return secret.Text{}, nil
	}
	raw, err := os.ReadFile(c.path(name))
	return secret.New(strings.TrimSpace(string(raw))), err
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
