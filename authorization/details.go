package authorization

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// The levels of an account.
const (
	LevelAccount = "account"
	LevelChild   = "child" // it has a parent account
)

// Details are what an application may learn with a token about the installation
// that the token comes from.
type Details struct {
	Installation string    `json:"installation_id"`
	Application  string    `json:"application_id"`
	AccountID    string    `json:"account_id"`
	Account      string    `json:"account"`
	Name         string    `json:"account_name"`
	Level        string    `json:"level"`
	Scopes       []string  `json:"scopes"`
	Installed    time.Time `json:"installed"`
	Owner        Owner     `json:"owner"`
}

// Owner is who installed the application. What is null is not for this token to
// know.
type Owner struct {
	Name  *string `json:"name"`
	Email *string `json:"email"`
}

// Details describes the installation of a bearer. About the person who installed
// it tells what the token's scopes reveal by the catalog, and in a child account
// nothing: the parent's people are not the child's to know. Errors: Forbidden
// `insufficient_scope` for a token that is no application's.
func (s *Service) Details(ctx context.Context, b token.Bearer) (Details, error) {
	if b.Holding.Application == "" {
		return Details{}, problem.Forbidden("insufficient_scope", "This token does not belong to an installed application.")
	}
	var out Details
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		id, err := ident.Parse[application.Application](b.Holding.Application)
		if err != nil {
			return err
		}
		i, err := s.Integrations.Of(tx, id, b.Holding.Account)
		if err != nil {
			return err
		}
		acc, err := s.Accounts.Load(tx, i.Account)
		if err != nil {
			return err
		}
		out = Details{Installation: i.ID.String(), Application: b.Holding.PublicID, AccountID: acc.ID.String(), Account: acc.Key, Name: acc.Name,
			Level: LevelAccount, Scopes: list(b.Scopes.Names), Installed: i.Created}
		if acc.Parent != "" {
			out.Level = LevelChild
			return nil
		}
		reveals := s.reveals(b.Scopes.Names)
		if len(reveals) == 0 {
			return nil
		}
		u, err := s.People.Find(tx, i.InstalledBy)
		if absent(err) {
			return nil // the product installed it, or the person is gone
		}
		if slices.Contains(reveals, "name") {
			out.Owner.Name = &u.Name
		}
		if slices.Contains(reveals, "email") {
			out.Owner.Email = &u.Email
		}
		return err
	})
	return out, err
}

// reveals lists what scopes let developers see of people.
func (s *Service) reveals(scopes []string) []string {
	var out []string
	for _, name := range scopes {
		if sc, ok := s.Catalog.Get().Scope(name); ok {
			out = append(out, sc.Reveals...)
		}
	}
	return out
}
