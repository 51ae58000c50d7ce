package application

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/quota"
)

// Moved is an application together with the limits of its former and of its new
// group.
type Moved struct {
	Application   Application  `json:"application"`
	DryRun        bool         `json:"dry_run" doc:"Nothing has changed; this is what a move would do"`
	Installations int          `json:"installations" doc:"How many sites the application takes along"`
	Before        quota.Limits `json:"before"`
	After         quota.Limits `json:"after"`
}

// Move gives the application to another group in which by may register too; its
// installations count against the new group from then on. Errors: Conflict
// `installation_quota_exceeded` when the new group has too few sites.
func (s *Service) Move(ctx context.Context, by access.Principal, id ID, to string) (Application, error) {
	return s.change(ctx, by, "move", id, func(tx *store.Tx, a *Application) error {
		if err := s.mayMove(tx, by, *a, to); err != nil {
			return err
		}
		if s.Quota != nil {
			sites, err := installations(tx, id)
			if err != nil {
				return err
			}
			if err := s.Quota.MoveSites(tx, quota.Moving{From: a.Group, To: to, Installations: sites}); err != nil {
				return err
			}
		}
		if err := group.ReleaseHold(tx, a.Group, "application/"+id.String()); err != nil {
			return err
		}
		a.Group = to
		if err := group.PlaceHold(tx, to, "application/"+id.String(), a.Name); err != nil {
			return err
		}
		return s.touched(tx, by, *a, AspectOwner)
	})
}

// MoveWithLimits is Move, or with dryRun a look at what it would do, and tells
// which limits hold before and after.
func (s *Service) MoveWithLimits(ctx context.Context, by access.Principal, id ID, order MoveOrder) (Moved, error) {
	out := Moved{DryRun: order.DryRun}
	a, err := s.CheckMove(ctx, by, id, order.To)
	if err != nil {
		return out, err
	}
	out.Application = a
	if s.Quota != nil {
		if out.Before, err = s.Quota.Limits(ctx, by, a.Group); err != nil {
			return out, err
		}
		if out.After, err = s.Quota.Limits(ctx, by, order.To); err != nil {
			return out, err
		}
	}
	if err := s.DB.Read(ctx, func(tx *store.Tx) error {
		sites, err := installations(tx, id)
		out.Installations = len(sites)
		return err
	}); err != nil || order.DryRun {
		return out, err
	}
	out.Application, err = s.Move(ctx, by, id, order.To)
	return out, err
}

// MoveOrder says where an application goes.
type MoveOrder struct {
	To     string
	DryRun bool
}

// installations lists those that hold the application.
func installations(tx *store.Tx, id ID) ([]string, error) {
	standing, err := holds(tx, id)
	var out []string
	for _, h := range standing {
		if i, ok := strings.CutPrefix(h.Holder, "installation/"); ok {
			out = append(out, i)
		}
	}
	return out, err
}

// CheckMove fails as Move would, without moving.
func (s *Service) CheckMove(ctx context.Context, by access.Principal, id ID, to string) (Application, error) {
	var out Application
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.load(tx, by, "application:move", id)
		if err != nil {
			return err
		}
		out = a
		return s.mayMove(tx, by, a, to)
	})
	return out, err
}

func (s *Service) mayMove(tx *store.Tx, by access.Principal, a Application, to string) error {
	if err := by.Reach("group", "application:create", access.On("group", to)); err != nil {
		return err
	}
	if to == a.Group {
		return problem.Conflict("application_already_there", "The application is in that group already.")
	}
	g, err := s.Groups.Active(tx, to)
	if err != nil {
		return err
	}
	was, err := s.Groups.Load(tx, a.Group)
	if err != nil {
		return err
	}
	if was.SecondPerson && !g.SecondPerson { // a way around the rule of the group
		return by.Reach("group", "group:transfer", access.On("group", a.Group))
	}
	return nil
}
