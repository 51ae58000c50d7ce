package programme

import (
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/store"
)

// Members gives, by group, the tier of everybody who has one that the catalog in
// force knows. It joins.
func (s *Service) Members(tx *store.Tx) (map[string]catalog.Tier, error) {
	cat := s.Catalog.Get()
	if cat == nil {
		return nil, nil
	}
	var rows []struct{ GroupID, Tier string }
	if err := tx.NewRaw("SELECT group_id, tier FROM programme_partner WHERE tier <> ''").Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make(map[string]catalog.Tier, len(rows))
	for _, r := range rows {
		if t, ok := cat.Tier(r.Tier); ok {
			out[r.GroupID] = t
		}
	}
	return out, nil
}
