package identity

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Terms are the operator's terms in force. Without a version nobody is asked.
type Terms struct {
	Version  string
	URL      string
	Deadline time.Time // from when on the console lets nobody pass who has not accepted; zero: at once
}

// check fails unless the version is the one in force.
func (t Terms) check(version string) error {
	if t.Version != "" && version != t.Version {
		return problem.Conflict("terms_outdated", "The terms have changed meanwhile. Read and accept the present version.").With("version", t.Version)
	}
	return nil
}

// Acceptance is one person's consent to one version.
type Acceptance struct {
	User     string    `json:"user"`
	Version  string    `json:"version"`
	Accepted time.Time `json:"accepted"`
}

// AcceptTerms notes that the person accepts the version in force.
func (s *Service) AcceptTerms(ctx context.Context, by access.Principal, at Session, version string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		if err := s.Terms.check(version); err != nil {
			return err
		}
		if err := acceptTerms(tx, u.ID, version); err != nil {
			return err
		}
		return s.record(tx, by, "user.terms_accept", u, audit.Change{After: map[string]string{"version": version}})
	})
}

// TermsDue reports whether the person has yet to accept the version in force.
func (s *Service) TermsDue(tx *store.Tx, user string) (bool, error) {
	if s.Terms.Version == "" {
		return false, nil
	}
	n, err := tx.NewSelect().TableExpr("identity_terms").Where("user_id = ? AND version = ?", user, s.Terms.Version).Count(tx.Ctx)
	return n == 0, err
}

// Acceptances lists who accepted which version when, for the operator's records.
func (s *Service) Acceptances(ctx context.Context, by access.Principal) ([]Acceptance, error) {
	if err := by.May("platform:view", access.Platform()); err != nil {
		return nil, err
	}
	var rows []struct {
		UserID   string
		Version  string
		Accepted store.Micros
	}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.NewSelect().TableExpr("identity_terms").Column("user_id", "version", "accepted").Order("accepted", "user_id").Scan(tx.Ctx, &rows)
	})
	out := make([]Acceptance, len(rows))
	for i, r := range rows {
		out[i] = Acceptance{User: r.UserID, Version: r.Version, Accepted: r.Accepted.Time()}
	}
	return out, err
}

func acceptTerms(tx *store.Tx, user ID, version string) error {
	if version == "" {
		return nil
	}
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO identity_terms (user_id, version, accepted) VALUES (?, ?, ?) ON CONFLICT (user_id, version) DO NOTHING",
		user, version, store.At(tx.Now()))
	return err
}
