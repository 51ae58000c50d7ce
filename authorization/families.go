package authorization

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/store"
)

// closeFamily ends a line and every token of it; false when it had ended before.
// It joins and tells nobody.
func (s *Service) closeFamily(tx *store.Tx, f *Family, reason string) (bool, error) {
	if !f.End(reason) {
		return false, nil
	}
	if err := saveFamily(tx, *f); err != nil {
		return false, err
	}
	return true, s.Tokens.RevokeFamily(tx, f.ID.String(), reason)
}

// Families gives the lines of refresh tokens of an application that live, the
// newest first.
func (s *Service) Families(ctx context.Context, by access.Principal, id application.ID) ([]Family, error) {
	var out []Family
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.reach(tx, by, "key:view", id); err != nil {
			return err
		}
		var err error
		out, err = familiesOfApplication(tx, id.String(), tx.Now())
		return err
	})
	return out, err
}

// EndFamily ends one line of refresh tokens with every token of it: for the
// application's developers, the account's administrators and the person for whom
// it acts. The consent stays: the application may ask again. Errors: NotFound;
// Conflict `authorization_over`.
func (s *Service) EndFamily(ctx context.Context, by access.Principal, id FamilyID) (Family, error) {
	var out Family
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		f, err := findFamily(tx, id.String())
		if err != nil {
			return err
		}
		g, err := s.Grants.Load(tx, f.Grant)
		if err != nil {
			return err
		}
		reason, may := f.endedBy(by, g.Group)
		if !may {
			return errNotOurs
		}
		before := f
		changed, err := s.closeFamily(tx, &f, reason)
		if err != nil {
			return err
		}
		if !changed {
			return errFamilyOver
		}
		out = f
		return s.Audit.Record(tx, by, audit.Change{Action: "authorization.end", Target: "authorization/" + f.ID.String(), Account: f.Account, Group: g.Group,
			Application: f.Application, User: f.User, Before: before, After: f})
	})
	return out, err
}

// endedBy says as whom a principal may end the line.
func (f Family) endedBy(by access.Principal, group string) (reason string, may bool) {
	switch {
	case f.User != "" && by.May("consent:revoke", access.On("user", f.User, "consent", f.ID.String())) == nil:
		return "ended_by_the_person", true
	case by.May("consent:manage", access.On("account", f.Account, "member", f.User, "consent", f.ID.String())) == nil:
		return "ended_by_an_administrator", true
	case by.May("key:revoke", access.On("group", group, "application", f.Application)) == nil:
		return "ended_by_the_developer", true
	}
	return "", false
}
