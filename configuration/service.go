package configuration

import (
	"context"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/release"
)

// Service holds the operations on configurations.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Keys         *secret.Keyring
	Releases     *release.Service
	Integrations *integration.Service
	Client       *outbound.Client
	// Capabilities are what the platform executes; wired by the server.
	Capabilities capability.Set
	// Connected gives what a configuration's calls need of the partner's service; nil:
	// it is not connected. Gone hears of configurations that are deleted. Wired by the
	// slice that keeps connections.
	Connected func(tx *store.Tx, configuration string) (*request.Connection, error)
	Gone      func(tx *store.Tx, configuration string) error

	asked remembered
}

// place is an installation with the package of its version.
type place struct {
	integration.Installation
	pack *release.Packed // nil: the version has none
}

func (p place) form() manifest.Form {
	if p.pack == nil {
		return nil
	}
	return p.pack.Manifest.Forms.Installation
}

// many reports whether several configurations may stand beside one another.
func (p place) many() bool {
	m := p.pack.Manifest
	return m.Installation.Multiple.Get() || len(m.EventHooks) > 0 || m.ChangeApproval != nil && m.ChangeApproval.MultipleConfigurations.Get()
}

func (s *Service) at(tx *store.Tx, installation string) (place, error) {
	i, err := s.Integrations.Load(tx, installation)
	if err != nil {
		return place{}, err
	}
	p, err := s.Releases.Packed(tx, i.Version)
	return place{i, p}, err
}

// reach checks that the caller may do action to configurations of an
// installation: people of its account, and the integration itself with its own
// token, since some integrations are set up at the partner's.
func reach(by access.Principal, action, noun string, p place, id string) error {
	if by.Grant == p.Grant && by.Grant != "" && by.User == "" {
		return nil
	}
	on := Resource(p.Account, p.ID.String(), id)
	if !by.CanSee(integration.Resource(p.Installation)) {
		return problem.NotFound(noun)
	}
	return by.May(action, on)
}

func (s *Service) load(tx *store.Tx, by access.Principal, id ID, action string) (Configuration, place, error) {
	c, err := find(tx, id.String())
	if err != nil {
		return c, place{}, err
	}
	p, err := s.at(tx, c.Installation)
	if err != nil {
		return c, p, err
	}
	return c, p, reach(by, action, "configuration", p, id.String())
}

// Reach loads a configuration that the caller may do action to, for slices that
// join. Errors: NotFound; Forbidden.
func (s *Service) Reach(tx *store.Tx, by access.Principal, id, action string) (Configuration, error) {
	at, err := ident.Parse[Configuration](id)
	if err != nil {
		return Configuration{}, problem.NotFound("configuration")
	}
	c, p, err := s.load(tx, by, at, action)
	if err != nil {
		return Configuration{}, err
	}
	return s.present(c, p), nil
}

// present fills in what is shown.
func (s *Service) present(c Configuration, p place) Configuration {
	c.Values = shown(p.form(), c.values, c.sealed)
	c.Capabilities, c.Connects = []Capability{}, p.connects()
	in := s.instance(c, p)
	for _, k := range s.Capabilities.Declared(p.pack) {
		choice := c.choices[k.Name()]
		one := Capability{Name: k.Name(), On: choice.on(), Working: c.live[k.Name()], Settings: choice.Settings}
		if t, ok := k.(capability.Tester); ok {
			one.Tries = t.Tries(in)
		}
		c.Capabilities = append(c.Capabilities, one)
	}
	return c
}

// Get reads one configuration with how its capabilities fare.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Configuration, error) {
	var out Configuration
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c, p, err := s.load(tx, by, id, ActionView)
		if err != nil {
			return err
		}
		out = s.present(c, p)
		in := s.instance(c, p)
		for i := range out.Capabilities {
			k, _ := s.Capabilities.Find(out.Capabilities[i].Name)
			r, ok := k.(capability.Reporter)
			if !ok {
				continue
			}
			got, err := r.Report(tx, in)
			if err != nil {
				return err
			}
			out.Capabilities[i].Report = &got
		}
		return nil
	})
	return out, err
}

// List gives the configurations of an installation.
func (s *Service) List(ctx context.Context, by access.Principal, installation integration.ID) ([]Configuration, error) {
	var out []Configuration
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		p, err := s.at(tx, installation.String())
		if err != nil {
			return err
		}
		if err := reach(by, ActionView, "installation", p, "*"); err != nil {
			return err
		}
		out, err = list(tx, "c.installation = ?", installation)
		for i := range out {
			out[i] = s.present(out[i], p)
		}
		return err
	})
	return out, err
}

// Create sets an installation up. Errors: Invalid `configuration_invalid`;
// Conflict `configuration_limit`, `configuration_exists`, `package_missing`.
func (s *Service) Create(ctx context.Context, by access.Principal, installation integration.ID, d Draft) (Configuration, error) {
	var out Configuration
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := s.at(tx, installation.String())
		if err != nil {
			return err
		}
		if err := reach(by, ActionManage, "installation", p, "*"); err != nil {
			return err
		}
		if p.State == integration.Removed {
			return problem.Conflict("installation_removed", "This installation was removed. Restore it first.")
		}
		if p.pack == nil {
			return problem.Conflict("package_missing", "The installed version has no integration package, so there is nothing to set up.")
		}
		have, err := list(tx, "c.installation = ?", installation)
		if err != nil {
			return err
		}
		if most := p.most(); len(have) >= most {
			return problem.Conflict("configuration_limit", "There may be "+strconv.Itoa(most)+" of this integration, and there are. Change or delete one.")
		}
		c := Configuration{ID: ident.New[Configuration](tx.Now()), Installation: p.ID.String(), Application: p.Application, Account: p.Account,
			Name: free(p.pack.Manifest.Listing.Name, have), Enabled: true, CreatedBy: by.Subject(), Created: tx.Now(), choices: map[string]Choice{}, live: map[string]bool{}}
		if err := s.put(tx, &c, p, d, have); err != nil {
			return err
		}
		if err := insert(tx, &c); err != nil {
			return err
		}
		if err := s.sync(tx, by, &c, p); err != nil {
			return err
		}
		out = s.present(c, p)
		return s.record(tx, by, "create", nil, out)
	})
	return out, err
}

func (p place) most() int {
	if p.many() {
		return Most
	}
	return 1
}

// free is a name that no other has.
func free(name string, have []Configuration) string {
	taken := map[string]bool{}
	for _, c := range have {
		taken[c.Name] = true
	}
	for n, out := 2, name; ; n++ {
		if !taken[out] {
			return out
		}
		out = name + " " + strconv.Itoa(n)
	}
}

// Update changes the parts that are there. Errors: as Create; Conflict
// `configuration_changed`.
func (s *Service) Update(ctx context.Context, by access.Principal, id ID, d Draft) (Configuration, error) {
	var out Configuration
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, p, err := s.load(tx, by, id, ActionManage)
		if err != nil {
			return err
		}
		if d.Revision != nil && *d.Revision != c.Revision {
			return errChanged(nil)
		}
		before := s.present(c, p)
		others, err := list(tx, "c.installation = ? AND c.id <> ?", c.Installation, c.ID)
		if err != nil {
			return err
		}
		if err := s.put(tx, &c, p, d, others); err != nil {
			return err
		}
		if err := s.sync(tx, by, &c, p); err != nil {
			return err
		}
		out = s.present(c, p)
		return s.record(tx, by, "update", before, out)
	})
	return out, err
}

// Delete takes a configuration away for good.
func (s *Service) Delete(ctx context.Context, by access.Principal, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		c, p, err := s.load(tx, by, id, ActionManage)
		if err != nil {
			return err
		}
		for _, k := range s.Capabilities {
			if err := k.Disable(tx, by, s.instance(c, p), true); err != nil {
				return err
			}
		}
		if err := remove(tx, id); err != nil {
			return err
		}
		if s.Gone != nil {
			if err := s.Gone(tx, id.String()); err != nil {
				return err
			}
		}
		return s.record(tx, by, "delete", s.present(c, p), nil)
	})
}

// record notes a change; secrets are masked, and which of them changed shows in
// nothing but that.
func (s *Service) record(tx *store.Tx, by access.Principal, action string, before, after any) error {
	c, ok := after.(Configuration)
	if !ok {
		c, _ = before.(Configuration)
	}
	return s.Audit.Record(tx, by, audit.Change{Action: "configuration." + action, Target: "configuration/" + c.ID.String(), Name: c.Name,
		Account: c.Account, Before: before, After: after}) // not the application's: what was filled in is the account's alone
}
