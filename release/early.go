package release

import (
	"cmp"
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// early is why a group may not use capabilities of integrations that are not open
// to everybody yet: Forbidden `product_not_enabled`, which names the preview. What
// is live goes on: customers rely on it, whatever becomes of the developers' tier.
func (s *Service) early(ctx context.Context, group string, capabilities []string) error {
	cat := s.Catalog.Get()
	if cat == nil {
		return nil // nothing is a preview then
	}
	for _, name := range capabilities {
		preview := cat.CapabilityPreview(name)
		if preview == "" {
			continue
		}
		if s.Early == nil {
			return problem.Forbidden("product_not_enabled", "This capability is not open to everybody yet.").With("product", preview)
		}
		if err := s.Early(ctx, group, preview); err != nil {
			return err
		}
	}
	return nil
}

// open is early for what the package of a version can do. It looks before the
// change begins: it reads for itself.
func (s *Service) open(ctx context.Context, by access.Principal, action string, id ID) error {
	var a application.Application
	var p PackageInfo
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if _, a, err = s.load(tx, by, action, id); err != nil {
			return err
		}
		p, _, err = findPackage(tx, id.String())
		return err
	})
	return cmp.Or(err, s.early(ctx, a.Group, p.Capabilities))
}
