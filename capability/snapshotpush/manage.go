package snapshotpush

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// Choice is what an administrator fills in for a target.
type Choice struct {
	Resource string         `json:"resource" maxLength:"1000" doc:"Whose data is sent: one that the product gives data of" example:"proj/web:env/production"`
	Values   map[string]any `json:"values,omitempty" doc:"By the field's key, as in a configuration"`
}

// Patch changes the parts that are there.
type Patch struct {
	Enabled *bool          `json:"enabled,omitempty"`
	Values  map[string]any `json:"values,omitempty" doc:"By the field's key. null takes a value away; ••••••••, or nothing for a secret, leaves the stored one"`
}

// Offer is what targets can be made of.
type Offer struct {
	Form      []manifest.Variable `json:"form" nullable:"false" doc:"The fields of a target, in the order in which they are shown"`
	Resources []string            `json:"resources" nullable:"false" doc:"That the product gives data of, and the package takes"`
}

// place is a configuration whose targets are looked at.
type place struct {
	configuration.Configuration
	in   capability.Instance
	live bool
}

func (p place) form() manifest.Form {
	if p.in.Package == nil || p.in.Package.Manifest.SnapshotPush == nil {
		return nil
	}
	return p.in.Package.Manifest.SnapshotPush.Forms.Scope
}

func (s *Service) open(tx *store.Tx, by access.Principal, id, action string) (place, error) {
	c, err := s.Configurations.Reach(tx, by, id, action)
	if err != nil {
		return place{}, err
	}
	p := place{Configuration: c, live: true}
	if p.in, err = s.Configurations.Instance(tx, id, Name); problem.CodeOf(err) == "capability_off" {
		p.live, err = false, nil
	}
	return p, err
}

func errOff() error {
	return problem.Conflict("capability_off", "This capability is switched off, or its configuration is not complete.")
}

// takes reports whether the package takes data of a resource.
func (s *Service) takes(p place, resource string) bool {
	on := p.in.Package.Manifest.SnapshotPush.On
	if len(on) == 0 {
		return true
	}
	r, err := access.ParseResource(resource)
	cat := s.Catalog.Get()
	return err == nil && cat != nil && cat.Means(r, on)
}

// present fills in what is shown.
func (s *Service) present(tx *store.Tx, p place, t Target) (Target, error) {
	t.Values = t.sheet.Shown(p.form())
	if p.live {
		values, err := s.Configurations.OpenSheet(t.sheet, t.bound())
		if err != nil {
			return t, err
		}
		t.Needs = configuration.SheetNeeds(p.form(), values)
	}
	_, known, err := head(tx, t.Account, t.Resource)
	t.Status = t.status(known)
	return t, err
}

// List gives the targets of a configuration, the oldest first, and what more can be
// made. Error: NotFound.
func (s *Service) List(ctx context.Context, by access.Principal, id string) ([]Target, Offer, error) {
	out, o := []Target{}, Offer{Form: []manifest.Variable{}, Resources: []string{}}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := s.open(tx, by, id, configuration.ActionView)
		if err != nil {
			return err
		}
		all, err := list(tx, "configuration = ?", id)
		if err != nil {
			return err
		}
		for _, t := range all {
			if t, err = s.present(tx, p, t); err != nil {
				return err
			}
			out = append(out, t)
		}
		if !p.live {
			return nil
		}
		o.Form = append(o.Form, p.form()...)
		known, err := heads(tx, p.Account)
		for _, k := range known {
			if s.takes(p, k.Resource) {
				o.Resources = append(o.Resources, k.Resource)
			}
		}
		return err
	})
	return out, o, err
}

// Create lets the data of a resource go somewhere, from now on and at once. Errors:
// Invalid `snapshot_target_invalid`; Conflict `capability_off`,
// `snapshot_target_limit`.
func (s *Service) Create(ctx context.Context, by access.Principal, id string, d Choice) (Target, error) {
	var out Target
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.open(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		if !p.live || p.in.Package.Manifest.SnapshotPush == nil {
			return errOff()
		}
		if err := lock(tx, p.Account); err != nil {
			return err
		}
		have, err := list(tx, "configuration = ?", id)
		if err != nil {
			return err
		}
		if len(have) >= targetsMost {
			return problem.Conflict("snapshot_target_limit", "A configuration may send the data of 20 resources. Delete one that is not needed any more.")
		}
		var found []problem.Field
		_, known, err := head(tx, p.Account, d.Resource)
		if err != nil {
			return err
		}
		if !known || !s.takes(p, d.Resource) {
			found = append(found, problem.Field{Pointer: "/resource", Code: "resource_unknown", Detail: "The product gives no data of such a resource, or the package takes none."})
		}
		t := Target{ID: ident.New[Target](tx.Now()), Configuration: id, Account: p.Account, application: p.Application, Resource: d.Resource, Enabled: true, live: true,
			CreatedBy: by.Subject(), Created: tx.Now()}
		if err := s.fill(p, &t, d.Values, found); err != nil {
			return err
		}
		t.want()
		if err := insert(tx, &t); err != nil {
			return err
		}
		if err := later(tx, t.ID); err != nil {
			return err
		}
		if out, err = s.present(tx, p, t); err != nil {
			return err
		}
		return s.record(tx, by, "create", nil, &out)
	})
	return out, err
}

// fill takes values over, or gives what is wrong with them and besides.
func (s *Service) fill(p place, t *Target, values map[string]any, found []problem.Field) error {
	sheet, more, err := s.Configurations.FillSheet(p.form(), t.sheet, t.bound(), values)
	if err != nil {
		return err
	}
	if found = append(found, more...); len(found) > 0 {
		return problem.Invalid("snapshot_target_invalid", "Some of the fields need another look.", found...)
	}
	t.sheet = sheet
	return nil
}

// Get reads a target. Error: NotFound.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Target, error) {
	var out Target
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		t, p, err := s.load(tx, by, id, configuration.ActionView)
		if err != nil {
			return err
		}
		out, err = s.present(tx, p, t)
		return err
	})
	return out, err
}

func (s *Service) load(tx *store.Tx, by access.Principal, id ID, action string) (Target, place, error) {
	t, err := find(tx, id)
	if err != nil {
		return t, place{}, err
	}
	p, err := s.open(tx, by, t.Configuration, action)
	if problem.CodeOf(err) == "not_found" {
		err = problem.NotFound("target")
	}
	return t, p, err
}

// Update switches a target, or changes what was filled in; then the data goes there
// anew. Errors: Invalid `snapshot_target_invalid`; Conflict `capability_off`.
func (s *Service) Update(ctx context.Context, by access.Principal, id ID, d Patch) (Target, error) {
	return s.change(ctx, by, id, "update", func(t *Target, p place) error {
		if d.Values != nil {
			if !p.live {
				return errOff()
			}
			if err := s.fill(p, t, d.Values, nil); err != nil {
				return err
			}
		}
		if d.Enabled != nil {
			t.Enabled = *d.Enabled
		}
		return nil
	})
}

// Push sends the data now, whether it is due or not. Error: Conflict
// `capability_off`.
func (s *Service) Push(ctx context.Context, by access.Principal, id ID) (Target, error) {
	return s.change(ctx, by, id, "push", func(t *Target, p place) error {
		if !p.live || !t.works() {
			return errOff()
		}
		return nil
	})
}

func (s *Service) change(ctx context.Context, by access.Principal, id ID, action string, rule func(*Target, place) error) (Target, error) {
	var out Target
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		t, p, err := s.load(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		if err := lock(tx, p.Account); err != nil {
			return err
		}
		if t, err = find(tx, id); err != nil { // as it is now that nobody else changes it
			return err
		}
		before, err := s.present(tx, p, t)
		if err != nil {
			return err
		}
		if err := rule(&t, p); err != nil {
			return err
		}
		t.want()
		if err := save(tx, &t); err != nil {
			return err
		}
		if t.works() {
			err = later(tx, id)
		} else {
			err = pushKind.Cancel(tx, id.String())
		}
		if err != nil {
			return err
		}
		if out, err = s.present(tx, p, t); err != nil {
			return err
		}
		return s.record(tx, by, action, &before, &out)
	})
	return out, err
}

// Delete ends a target. What the partner has stays there.
func (s *Service) Delete(ctx context.Context, by access.Principal, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		t, p, err := s.load(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		if t, err = s.present(tx, p, t); err != nil {
			return err
		}
		if err := pushKind.Cancel(tx, id.String()); err != nil {
			return err
		}
		if err := remove(tx, "id = ?", id); err != nil {
			return err
		}
		return s.record(tx, by, "delete", &t, nil)
	})
}

// Try makes the package's call that tries the connection. Errors: Conflict
// `capability_off`, `capability_untried`.
func (s *Service) Try(ctx context.Context, by access.Principal, id ID) (capability.Tried, error) {
	var t Target
	var p place
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		t, p, err = s.load(tx, by, id, configuration.ActionManage)
		return err
	})
	switch {
	case err != nil:
		return capability.Tried{}, err
	case !p.live:
		return capability.Tried{}, errOff()
	case !s.Tries(p.in):
		return capability.Tried{}, problem.Conflict("capability_untried", "The package has no call that tries this connection.")
	}
	return s.try(ctx, p.in, t)
}

// brief is what the audit log has of a target, secrets masked.
type brief struct {
	Resource string         `json:"resource"`
	Enabled  bool           `json:"enabled"`
	Values   map[string]any `json:"values"`
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, before, after *Target) error {
	c := audit.Change{Action: "snapshottarget." + action}
	for _, t := range []*Target{before, after} {
		if t != nil {
			c.Target, c.Name, c.Account = "snapshottarget/"+t.ID.String(), t.Resource, t.Account
		}
	}
	if before != nil {
		c.Before = brief{before.Resource, before.Enabled, before.Values}
	}
	if after != nil {
		c.After = brief{after.Resource, after.Enabled, after.Values}
	}
	return s.Audit.Record(tx, by, c)
}
