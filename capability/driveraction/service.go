package driveraction

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Service starts runs. Make it with New.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Configurations *configuration.Service
	Host           *host.Service
}

// Actions of this slice.
const ActionRun = "driveraction:run"

// runKind is the task of the product.
const runKind = "driver.run"

// New gives tasks their values when they go out, and hears what becomes of them.
func New(s Service) *Service {
	out := &s
	s.Host.Opens(runKind, out.open)
	s.Host.Answered(runKind, out.answered)
	return out
}

// Start has the product asked to do it at a resource. Errors: Invalid `run_invalid`;
// Conflict `capability_off`; NotFound.
func (s *Service) Start(ctx context.Context, by access.Principal, id configuration.ID, resource string) (DriverRun, error) {
	var out DriverRun
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		in, err := s.reach(tx, by, id.String())
		if err != nil {
			return err
		}
		a := in.Package.Manifest.DriverAction
		if err := fits(a, resource); err != nil {
			return err
		}
		out = DriverRun{ID: ident.New[DriverRun](tx.Now()), Configuration: in.Configuration, Driver: a.Driver, Resource: resource, State: Running, CreatedBy: by.Subject(), Created: tx.Now(), account: in.Account}
		data, err := json.Marshal(asked{Run: out.ID, Driver: out.Driver})
		if err != nil {
			return problem.Internal("driveraction.start", err)
		}
		if _, err := s.Host.Ask(tx, host.Draft{Kind: runKind, Account: in.Account, Subject: resource, Data: data, Reference: "driveraction/" + out.ID.String()}); err != nil {
			return err
		}
		if err := insert(tx, &out); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "driveraction.start", Target: "configuration/" + in.Configuration, Name: in.Name, Account: in.Account, Application: in.Application,
			After: map[string]string{"run": out.ID.String(), "driver": out.Driver, "resource": resource}})
	})
	return out, err
}

// asked is what a task carries. Values are in it only when it is given out.
type asked struct {
	Run    ID             `json:"run"`
	Driver string         `json:"driver"`
	Values map[string]any `json:"values,omitempty"`
}

// open gives a task that goes out the values of its configuration. Errors: Conflict
// and NotFound, when it does not work any more.
func (s *Service) open(tx *store.Tx, t host.Task) (json.RawMessage, error) {
	r, err := of(tx, t)
	if err != nil {
		return nil, err
	}
	in, err := s.Configurations.Instance(tx, r.Configuration, Name)
	if err != nil {
		return nil, err
	}
	return json.Marshal(asked{Run: r.ID, Driver: r.Driver, Values: opened(in.Given.Config)})
}

// of is the run that a task is for. Error: NotFound.
func of(tx *store.Tx, t host.Task) (DriverRun, error) {
	raw, ours := strings.CutPrefix(t.Reference, "driveraction/")
	id, err := ident.Parse[DriverRun](raw)
	if !ours || err != nil {
		return DriverRun{}, problem.NotFound("run")
	}
	return find(tx, id)
}

// answered hears what has become of a task.
func (s *Service) answered(tx *store.Tx, t host.Task) error {
	r, err := of(tx, t)
	if problem.CodeOf(err) == "not_found" {
		return nil // forgotten meanwhile
	}
	if err != nil {
		return err
	}
	r.answered(t, tx.Now())
	return save(tx, &r)
}

// List gives the runs of a configuration, the newest first. Error: NotFound.
func (s *Service) List(ctx context.Context, by access.Principal, id configuration.ID) ([]DriverRun, error) {
	out := []DriverRun{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if by.Kind != access.KindProduct || by.May(ActionRun, access.Platform()) != nil {
			if by.User == "" {
				return problem.NotFound("configuration")
			}
			if _, err := s.Configurations.Reach(tx, by, id.String(), configuration.ActionView); err != nil {
				return err
			}
		}
		all, err := list(tx, id.String())
		out = append(out, all...)
		return err
	})
	return out, err
}

// reach gives the instance to those who may start runs: the product, and people who
// may manage the configuration.
func (s *Service) reach(tx *store.Tx, by access.Principal, id string) (capability.Instance, error) {
	if by.Kind == access.KindProduct {
		if err := by.May(ActionRun, access.Platform()); err != nil {
			return capability.Instance{}, err
		}
		return s.Configurations.Instance(tx, id, Name)
	}
	if by.User == "" {
		return capability.Instance{}, problem.NotFound("configuration") // an integration starts none
	}
	if _, err := s.Configurations.Reach(tx, by, id, configuration.ActionManage); err != nil {
		return capability.Instance{}, err
	}
	return s.Configurations.Instance(tx, id, Name)
}
