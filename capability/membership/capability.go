package membership

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/store"
)

// Name implements capability.Capability.
func (s *Service) Name() string { return Name }

// Enable implements capability.Capability. Cohorts that were there before are filled
// again, since each call looks whether the configuration works.
func (s *Service) Enable(*store.Tx, access.Principal, capability.Instance) error { return nil }

// Disable implements capability.Capability. Of a configuration that is gone, the
// product hears that nobody fills its cohorts any more, and who belonged to them is
// deleted here.
func (s *Service) Disable(tx *store.Tx, _ access.Principal, in capability.Instance, gone bool) error {
	if !gone {
		return nil
	}
	if _, err := tx.NewDelete().Model((*tally)(nil)).Where("configuration = ?", in.Configuration).Exec(tx.Ctx); err != nil {
		return err
	}
	all, err := list(tx, 0, "c.configuration = ?", in.Configuration)
	if err != nil {
		return err
	}
	for i := range all {
		if err := s.end(tx, &all[i]); err != nil {
			return err
		}
	}
	return nil
}

// Report implements capability.Reporter.
func (s *Service) Report(tx *store.Tx, in capability.Instance) (capability.Report, error) {
	t, err := tallyOf(tx, in.Configuration)
	return t.report(), err
}
