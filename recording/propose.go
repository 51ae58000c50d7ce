package recording

import (
	"context"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/usage"
)

// Proposal says what the calls of a recording needed, also while it runs.
func (s *Service) Proposal(ctx context.Context, by access.Principal, id ID) (Proposal, error) {
	cat := s.Catalog.Get()
	if cat == nil {
		return Proposal{}, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	var r Recording
	var a application.Application
	var patterns []string
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if r, a, err = s.load(tx, by, "recording:view", id); err != nil {
			return err
		}
		patterns, err = subscribed(tx, r.Application, r.Account)
		return err
	})
	if err != nil {
		return Proposal{}, err
	}
	number, err := s.following(ctx, by, a.ID)
	if err != nil {
		return Proposal{}, err
	}
	// Records of calls may still be in memory, so this is outside the transaction.
	uses, err := s.Usage.Uses(ctx, usage.Who{Filter: usage.Filter{Grant: r.Grant}, Since: r.Created})
	if err != nil {
		return Proposal{}, err
	}
	p := propose(cat, uses, patterns)
	p.Draft.Number = number
	return p, nil
}

// following is the number after the latest version.
func (s *Service) following(ctx context.Context, by access.Principal, app application.ID) (string, error) {
	all, err := s.Releases.List(ctx, by, app)
	if err != nil || len(all) == 0 {
		return "1.0.0", err
	}
	parts := strings.Split(all[0].Number, ".")
	if n, err := strconv.Atoi(parts[min(1, len(parts)-1)]); err == nil && len(parts) == 3 {
		return parts[0] + "." + strconv.Itoa(n+1) + ".0", nil
	}
	return "1.0.0", nil
}

// Draft begins a version as proposed. Errors: Conflict `recording_empty` while
// nothing has passed; those of release.Draft.
func (s *Service) Draft(ctx context.Context, by access.Principal, id ID) (release.Version, error) {
	p, err := s.Proposal(ctx, by, id)
	if err != nil {
		return release.Version{}, err
	}
	var app application.ID
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		_, a, err := s.load(tx, by, "version:create", id)
		app = a.ID
		return err
	})
	if err != nil {
		return release.Version{}, err
	}
	if p.Passed == 0 {
		return release.Version{}, problem.Conflict("recording_empty", "No call has passed in this recording yet, so there is nothing to propose.")
	}
	return s.Releases.Draft(ctx, by, app, p.Draft)
}
