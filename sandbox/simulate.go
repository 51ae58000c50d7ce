package sandbox

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/quota"
)

// topic of the change feed: the simulation of an account has changed.
const topic = "sandbox.simulation"

// Simulation gives what is simulated in a sandbox. Error: NotFound when nothing is.
func (s *Service) Simulation(ctx context.Context, by access.Principal, id account.ID) (Simulation, error) {
	var out Simulation
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.load(tx, by, ActionView, id); err != nil {
			return err
		}
		var err error
		if out, err = simulation(tx, id.String()); err == nil && !out.runs(tx.Now()) {
			err = problem.NotFound("simulation")
		}
		return err
	})
	return out, err
}

// Simulate has a sandbox answer with an outcome or late, for some calls or some
// time. It replaces the simulation before. Error: Invalid `simulation_invalid`.
func (s *Service) Simulate(ctx context.Context, by access.Principal, id account.ID, o Order) (Simulation, error) {
	var out Simulation
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		b, err := s.load(tx, by, ActionSimulate, id)
		if err != nil {
			return err
		}
		if out, err = o.simulation(tx.Now(), by.User); err != nil {
			return err
		}
		if err := put(tx, id.String(), out); err != nil {
			return err
		}
		tx.Changed(topic, id.String())
		return s.record(tx, by, "simulate", b, nil, out)
	})
	return out, err
}

// EndSimulation lets a sandbox answer as it is again. Error: NotFound when nothing
// is simulated.
func (s *Service) EndSimulation(ctx context.Context, by access.Principal, id account.ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		b, err := s.load(tx, by, ActionSimulate, id)
		if err != nil {
			return err
		}
		was, err := simulation(tx, id.String())
		if err != nil {
			return err
		}
		if !was.runs(tx.Now()) {
			return problem.NotFound("simulation")
		}
		if err := drop(tx, id.String()); err != nil {
			return err
		}
		tx.Changed(topic, id.String())
		return s.record(tx, by, "end_simulation", b, was, nil)
	})
}

// Due gives what the next call in a sandbox gets instead of the real answer, and
// counts it. Without a simulation it is answered from memory; one that counts calls
// is counted in the database, so that several nodes together do not simulate more.
// Should the database not answer, nothing is simulated.
func (s *Service) Due(ctx context.Context, id string, now time.Time) (quota.Simulation, bool) {
	s.once.Do(func() {
		s.DB.OnChange(topic, func(id string) { s.epoch.Add(1); s.running.Delete(id) })
		s.DB.OnLost(func() { s.epoch.Add(1); s.running.Clear() })
	})
	one, err := s.known(ctx, id)
	if err != nil || !one.runs(now) {
		return quota.Simulation{}, false
	}
	if one.counted {
		left := false
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			var err error
			left, err = take(tx, id, one.Started)
			return err
		})
		if err != nil || !left {
			s.running.CompareAndDelete(id, one)
			return quota.Simulation{}, false
		}
	}
	return one.answer(), true
}

// known is the simulation of an account as this node knows it.
func (s *Service) known(ctx context.Context, id string) (Simulation, error) {
	if have, ok := s.running.Load(id); ok {
		return have.(Simulation), nil
	}
	epoch := s.epoch.Load()
	var out Simulation
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = simulation(tx, id)
		if problem.CodeOf(err) == "not_found" {
			err = nil // remembered, too
		}
		return err
	})
	if err == nil && s.epoch.Load() == epoch {
		s.running.Store(id, out)
		if s.epoch.Load() != epoch {
			s.running.Delete(id) // it may have changed before it was there
		}
	}
	return out, err
}
