package approval

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Name implements capability.Capability.
func (s *Service) Name() string { return Name }

// Judge implements capability.Capability.
func (s *Service) Judge(in capability.Instance) []problem.Field {
	_, bad := read(in)
	return bad
}

// Enable implements capability.Capability. Approvals that wait are asked for again
// at their time; the partner's members are fetched.
func (s *Service) Enable(tx *store.Tx, _ access.Principal, in capability.Instance) error {
	if in.Package.Manifest.ChangeApproval == nil {
		return nil
	}
	return s.expect(tx, in)
}

// Disable implements capability.Capability. While it rests nothing is decided.
func (s *Service) Disable(tx *store.Tx, by access.Principal, in capability.Instance, gone bool) error {
	if !gone {
		return restDirectories(tx, in.Configuration)
	}
	if err := s.abandon(tx, by, in); err != nil {
		return err
	}
	return removeScopes(tx, "configuration = ?", in.Configuration)
}

const faultsMost = 10

// Report implements capability.Reporter: what was decided, and what could not be
// asked.
func (s *Service) Report(tx *store.Tx, in capability.Instance) (capability.Report, error) {
	n, err := count(tx, in.Configuration)
	if err != nil {
		return capability.Report{}, err
	}
	out := capability.Report{Successes: n[Approved] + n[Declined] + n[Applied] + n[Failed], Failures: n[NotSent] + n[Lost], Waiting: int(n[Sending] + n[Pending])}
	bad, err := list(tx, faultsMost, "a.configuration = ? AND a.fault <> ''", in.Configuration)
	for _, a := range bad {
		at := a.Checked
		if at.IsZero() {
			at = a.Created
		}
		out.Errors = append(out.Errors, capability.Fault{At: at, Text: a.Fault})
		if at.After(out.LastFailure) {
			out.LastFailure = at
		}
	}
	if err != nil {
		return out, err
	}
	good, err := list(tx, 1, "a.configuration = ? AND a.checked > 0", in.Configuration)
	for _, a := range good {
		out.LastSuccess = a.Checked
	}
	return out, err
}

func ignoreAbsent(err error) error {
	if problem.CodeOf(err) == "not_found" {
		return nil
	}
	return err
}
