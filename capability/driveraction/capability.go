package driveraction

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
	return []problem.Field{{Code: "malformed", Detail: "Driver actions have no settings."}}
}

// Enable implements capability.Capability: a run is started by somebody.
func (s *Service) Enable(*store.Tx, access.Principal, capability.Instance) error { return nil }

// Disable implements capability.Capability.
func (s *Service) Disable(tx *store.Tx, _ access.Principal, in capability.Instance, gone bool) error {
	if !gone {
		return nil
	}
	return remove(tx, in.Configuration)
}

// faultsMost is how many failures a report names.
const faultsMost = 10

// Report implements capability.Reporter, of the runs that are kept.
func (s *Service) Report(tx *store.Tx, in capability.Instance) (capability.Report, error) {
	all, err := list(tx, in.Configuration)
	var out capability.Report
	for _, r := range all {
		switch r.State {
		case Done:
			out.Successes++
			if r.Ended.After(out.LastSuccess) {
				out.LastSuccess = r.Ended
			}
		case Failed:
			out.Failures++
			if r.Ended.After(out.LastFailure) {
				out.LastFailure = r.Ended
			}
			if len(out.Errors) < faultsMost {
				out.Errors = append(out.Errors, capability.Fault{At: r.Ended, Text: r.Fault})
			}
		}
	}
	return out, err
}
