package reservedproperty

import (
	"cmp"
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/store"
)

// Service executes reserved properties.
type Service struct {
	DB             *store.DB
	Accounts       *account.Service
	Configurations *configuration.Service
}

// List gives the keys that are reserved in an account, named by the product's key of
// it, on resources of a kind; "" is any. Errors: NotFound.
func (s *Service) List(ctx context.Context, by access.Principal, accountKey, kind string) ([]Property, error) {
	out := []Property{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.ByKey(tx, accountKey)
		if err != nil {
			return err
		}
		if err := by.Reach("account", ActionView, account.Resource(a.ID.String())); err != nil {
			return err
		}
		all, err := s.Configurations.Working(tx, a.ID.String(), Name)
		if err != nil {
			return err
		}
		seen := map[string]bool{} // of several configurations of one installation
		for _, in := range all {
			for _, p := range of(in) {
				if p.on(kind) && !seen[p.Key] {
					seen[p.Key] = true
					out = append(out, p)
				}
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Property) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key)) })
	return out, err
}
