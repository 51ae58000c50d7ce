package useraction

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
	if len(in.Settings) == 0 || string(in.Settings) == "null" {
		return nil
	}
	return []problem.Field{{Code: "malformed", Detail: "Actions have no settings."}}
}

// Enable implements capability.Capability: there is nothing to prepare.
func (s *Service) Enable(*store.Tx, access.Principal, capability.Instance) error { return nil }

// Disable implements capability.Capability.
func (s *Service) Disable(tx *store.Tx, _ access.Principal, in capability.Instance, gone bool) error {
	if !gone {
		return nil
	}
	return forget(tx, in.Configuration)
}

// faultsMost is how many failures a report names.
const faultsMost = 10

// Report implements capability.Reporter, of the calls that are remembered.
func (s *Service) Report(tx *store.Tx, in capability.Instance) (capability.Report, error) {
	calls, err := list(tx, in.Configuration)
	var out capability.Report
	for _, c := range calls {
		if c.Done {
			out.Successes++
			if c.At.After(out.LastSuccess) {
				out.LastSuccess = c.At
			}
			continue
		}
		out.Failures++
		if c.At.After(out.LastFailure) {
			out.LastFailure = c.At
		}
		if len(out.Errors) < faultsMost {
			out.Errors = append(out.Errors, capability.Fault{At: c.At, Status: c.Status, Text: c.Failure})
		}
	}
	return out, err
}
