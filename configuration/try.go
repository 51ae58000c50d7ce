package configuration

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Try makes the call that tries the connection of a capability, whether it is
// switched on or not. Errors: Conflict `capability_untried` when there is none.
func (s *Service) Try(ctx context.Context, by access.Principal, id ID, name string) (capability.Tried, error) {
	var in capability.Instance
	var tester capability.Tester
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c, p, err := s.load(tx, by, id, ActionManage)
		if err != nil {
			return err
		}
		k, _ := s.Capabilities.Find(name)
		t, ok := k.(capability.Tester)
		if !ok || p.pack == nil || !declares(p, name) {
			return errUntried()
		}
		if len(c.Needs) > 0 {
			return problem.Conflict("configuration_incomplete", "Fill in what is missing first.")
		}
		tester = t
		in, err = s.whole(tx, c, p, name)
		return err
	})
	if err != nil {
		return capability.Tried{}, err
	}
	if !tester.Tries(in) {
		return capability.Tried{}, errUntried()
	}
	return tester.Test(ctx, in)
}

func errUntried() error {
	return problem.Conflict("capability_untried", "The package has no call that tries this connection.")
}
