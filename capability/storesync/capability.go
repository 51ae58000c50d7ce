package storesync

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Name implements capability.Capability.
func (s *Service) Name() string { return Name }

// Judge implements capability.Capability.
func (s *Service) Judge(in capability.Instance) []problem.Field {
	set, err := settingsOf(in.Settings)
	if err != nil || !prefixForm.MatchString(set.Prefix) {
		return []problem.Field{{Pointer: "/prefix", Code: "malformed", Detail: `Write {"prefix":"…"}: up to 100 letters, digits and ._:- before the names of what stands in the store.`}}
	}
	name := driverName(in)
	if name == "" {
		return nil
	}
	d, ok := driverOf(in)
	if !ok {
		return []problem.Field{{Code: "driver_unknown", Detail: "This platform fills stores of the kinds redis and dynamoDB; the package names " + problem.Words(name) + "."}}
	}
	return d.judge(s, in)
}

// Enable implements capability.Capability: whether the store is the one that was
// filled is seen when it is opened.
func (s *Service) Enable(tx *store.Tx, _ access.Principal, in capability.Instance) error {
	r, err := find(tx, in.Configuration)
	if err != nil {
		return err
	}
	r.Account, r.Live = in.Account, 1
	if err := r.save(tx); err != nil {
		return err
	}
	return later(tx, in.Configuration)
}

// Disable implements capability.Capability. What stands in the store is the
// customer's, and stays.
func (s *Service) Disable(tx *store.Tx, _ access.Principal, in capability.Instance, gone bool) error {
	if err := syncKind.Cancel(tx, in.Configuration); err != nil {
		return err
	}
	if gone {
		return remove(tx, in.Configuration)
	}
	_, err := tx.ExecContext(tx.Ctx, "UPDATE storesync_state SET live = 0 WHERE configuration = ?", in.Configuration)
	return err
}

// Report implements capability.Reporter.
func (s *Service) Report(tx *store.Tx, in capability.Instance) (capability.Report, error) {
	r, err := find(tx, in.Configuration)
	if err != nil {
		return capability.Report{}, err
	}
	out := capability.Report{Successes: r.Done, Failures: r.Failures, LastSuccess: r.LastDone.Time(), LastFailure: r.LastFailed.Time(), Errors: r.faults()}
	if r.Failing != 0 {
		out.State = "failing"
	}
	return out, nil
}

// Tries implements capability.Tester.
func (s *Service) Tries(in capability.Instance) bool {
	_, ok := driverOf(in)
	return ok
}

// Test implements capability.Tester: something is written, read and deleted.
func (s *Service) Test(ctx context.Context, in capability.Instance) (capability.Tried, error) {
	d, _ := driverOf(in)
	out := capability.Tried{Method: d.method, Host: d.host(in)}
	sh, err := s.open(in)
	if err == nil {
		defer sh.close()
		ctx, cancel := context.WithTimeout(ctx, tryTime)
		defer cancel()
		err = sh.try(ctx)
		err = sh.fault(ctx, err)
	}
	if err != nil {
		out.Failure = words(err)
		return out, nil
	}
	out.OK = true
	return out, nil
}
