package snapshotpush

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/manifest/value"
)

// Name implements capability.Capability.
func (s *Service) Name() string { return Name }

// Judge implements capability.Capability.
func (s *Service) Judge(in capability.Instance) []problem.Field {
	if len(in.Settings) == 0 || string(in.Settings) == "null" {
		return nil
	}
	return []problem.Field{{Code: "malformed", Detail: "Snapshots have no settings: make a target for each resource."}}
}

// Enable implements capability.Capability: every target gets the data anew, since
// what its calls are made of may have changed.
func (s *Service) Enable(tx *store.Tx, _ access.Principal, in capability.Instance) error {
	return s.each(tx, in, func(t *Target) error {
		t.live = true
		t.want()
		if !t.Enabled {
			return nil
		}
		return later(tx, t.ID)
	})
}

// Disable implements capability.Capability.
func (s *Service) Disable(tx *store.Tx, _ access.Principal, in capability.Instance, gone bool) error {
	err := s.each(tx, in, func(t *Target) error {
		t.live = false
		return pushKind.Cancel(tx, t.ID.String())
	})
	if err != nil || !gone {
		return err
	}
	return remove(tx, "configuration = ?", in.Configuration)
}

func (s *Service) each(tx *store.Tx, in capability.Instance, f func(*Target) error) error {
	if err := lock(tx, in.Account); err != nil {
		return err
	}
	all, err := list(tx, "configuration = ?", in.Configuration)
	if err != nil {
		return err
	}
	for i := range all {
		if err := f(&all[i]); err != nil {
			return err
		}
		if err := save(tx, &all[i]); err != nil {
			return err
		}
	}
	return nil
}

// Report implements capability.Reporter, of all targets.
func (s *Service) Report(tx *store.Tx, in capability.Instance) (capability.Report, error) {
	all, err := list(tx, "configuration = ?", in.Configuration)
	var out capability.Report
	for _, t := range all {
		out.Successes += t.Successes
		out.Failures += t.Failures
		if t.works() && t.wanted != t.reached {
			out.Waiting++
		}
		if t.Pushed.After(out.LastSuccess) {
			out.LastSuccess, out.Version = t.Pushed, number(*t.Version)
		}
		if t.LastFailure.After(out.LastFailure) {
			out.LastFailure = t.LastFailure
		}
		if t.works() && t.attempts > 0 {
			out.State = "failing"
		}
		if len(t.Errors) > 0 {
			out.Errors = append(out.Errors, t.Errors[0])
		}
	}
	return out, err
}

// Tries implements capability.Tester.
func (s *Service) Tries(in capability.Instance) bool {
	return in.Package != nil && in.Package.Manifest.SnapshotPush != nil && in.Package.Manifest.SnapshotPush.Check != nil
}

// Test implements capability.Tester: every target is tried, and the first that does
// not work is told of. Error: Conflict `snapshot_target_missing`.
func (s *Service) Test(ctx context.Context, in capability.Instance) (capability.Tried, error) {
	var all []Target
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		all, err = list(tx, "configuration = ?", in.Configuration)
		return err
	})
	if err == nil && len(all) == 0 {
		err = problem.Conflict("snapshot_target_missing", "Add a target first: it says whose data goes where.")
	}
	if err != nil {
		return capability.Tried{}, err
	}
	var out capability.Tried
	for _, t := range all {
		if out, err = s.try(ctx, in, t); err != nil || !out.OK {
			return out, err
		}
	}
	return out, nil
}

// try makes the package's call that tries the connection of one target. Nothing of
// the answer is shown but what the package says is the error.
func (s *Service) try(ctx context.Context, in capability.Instance, t Target) (capability.Tried, error) {
	var of Snapshot
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var there bool
		var err error
		if of, there, err = head(tx, t.Account, t.Resource); err == nil && !there {
			of = Snapshot{Scope: scopeOf(t.Account, t.Resource)}
		}
		return err
	})
	if err != nil {
		return capability.Tried{}, err
	}
	call, fault, err := s.make(in, t, of, in.Package.Set.PushCheck)
	if err != nil || fault != "" {
		return capability.Tried{Failure: fault}, err
	}
	res := s.Client.Do(ctx, capability.Request(call))
	out := capability.Tried{Method: call.Method, Host: capability.Host(call.URL), Status: res.Status, Failure: string(res.Failure)}
	if res.Failure != "" {
		return out, nil
	}
	says, why := read(in.Package.Manifest.SnapshotPush.Check.Parser, res.Body)
	out.OK = res.Status/100 == 2 && says && !res.Truncated
	if !out.OK && why != "" {
		out.Failure = problem.Words(hidden(why, call))
	} else if !out.OK && res.Status/100 == 2 {
		out.Failure = "The answer does not say that it works."
	}
	return out, nil
}

// read takes out of an answer whether it works, and what is wrong. Without a parser
// the status says it.
func read(p *manifest.SnapshotParser, body []byte) (bool, string) {
	if p == nil {
		return true, ""
	}
	root, err := value.Decode(body)
	if err != nil {
		return false, ""
	}
	at := func(pointer string) value.Value {
		to, err := value.ParsePointer(pointer)
		if err != nil || pointer == "" {
			return nil
		}
		got, _ := to.Get(root)
		return got
	}
	ok := at(p.Success)
	return ok == true || ok == "true", words(at(p.Errors.Get()))
}

// hidden takes the values of the call's headers out of what a partner says: some
// repeat what they were sent.
func hidden(text string, c request.Call) string {
	for _, h := range c.Header {
		for _, part := range append(strings.Fields(h.Value), h.Value) {
			if len(part) >= secretLeast {
				text = strings.ReplaceAll(text, part, "[hidden]")
			}
		}
	}
	return text
}

// secretLeast is the shortest part of a header that could be a secret.
const secretLeast = 8

// words writes an error of an answer: a text, or a list of anything.
func words(v value.Value) string {
	switch t := v.(type) {
	case nil:
		return ""
	case string:
		return t
	case value.List:
		out := ""
		for i, one := range t {
			if i > 0 {
				out += "; "
			}
			out += words(one)
		}
		return out
	case *value.Object:
		if m, ok := t.Get("message"); ok {
			return words(m)
		}
	}
	return string(value.AppendJSON(nil, v))
}
