package trigger

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
	return []problem.Field{{Code: "malformed", Detail: "Triggers have no settings: make each for a resource of its own."}}
}

// Enable implements capability.Capability. Triggers that were there before work
// again, since each call looks whether the configuration does.
func (s *Service) Enable(*store.Tx, access.Principal, capability.Instance) error { return nil }

// Disable implements capability.Capability.
func (s *Service) Disable(tx *store.Tx, _ access.Principal, in capability.Instance, gone bool) error {
	if !gone {
		return nil
	}
	return remove(tx, "configuration = ?", in.Configuration)
}

// Report implements capability.Reporter.
func (s *Service) Report(tx *store.Tx, in capability.Instance) (capability.Report, error) {
	var out capability.Report
	all, err := list(tx, "configuration = ?", in.Configuration)
	for _, t := range all {
		out.Failures += t.failures
		for _, c := range t.Recent {
			if c.Task != "" && c.Outcome == "" {
				out.Waiting++
			}
		}
		if t.LastDone.After(out.LastSuccess) {
			out.LastSuccess = t.LastDone
		}
		if t.LastFailed.After(out.LastFailure) {
			out.LastFailure = t.LastFailed
		}
		out.Successes += t.done
		if t.Fault != "" {
			out.Errors = append(out.Errors, capability.Fault{At: t.LastFailed, Text: t.Fault})
		}
	}
	return out, err
}
