package release

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Confirmation is the word of a second member that a version may go to customers.
// It is about the version as it was: any change makes it void.
type Confirmation struct {
	Needed bool      `json:"needed" doc:"The group wants a second member to confirm"`
	By     string    `json:"confirmed_by,omitempty" doc:"The user who did; absent: nobody has, or the version has changed since"`
	At     time.Time `json:"confirmed,omitzero"`
}

type confirmationRow struct {
	bun.BaseModel `bun:"table:release_confirmation,alias:c"`

	Version     string `bun:",pk"`
	ConfirmedBy string
	Confirmed   store.Micros
	Revision    int64
}

// confirmation reads how it stands with a version.
func (s *Service) confirmation(tx *store.Tx, a application.Application, v Version) (Confirmation, error) {
	g, err := s.Groups.Load(tx, a.Group)
	if err != nil || !g.SecondPerson {
		return Confirmation{}, err
	}
	var r confirmationRow
	err = tx.NewSelect().Model(&r).Where("version = ? AND revision = ?", v.ID, v.revision).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Confirmation{Needed: true}, nil
	}
	return Confirmation{Needed: true, By: r.ConfirmedBy, At: r.Confirmed.Time()}, err
}

// seconded fails when a second member has to confirm first. The group's own
// sandboxes need nobody.
func (s *Service) seconded(tx *store.Tx, by access.Principal, a application.Application, v Version, to Stage) error {
	if to.Reach == ReachOwn {
		return nil
	}
	c, err := s.confirmation(tx, a, v)
	switch {
	case err != nil || !c.Needed:
		return err
	case c.By == "":
		return problem.Conflict("second_person_required", "Your group wants a second member to confirm what goes to customers. Ask another administrator to confirm this version.")
	case c.By != by.User:
		roles, err := group.Roles(tx, c.By)
		if err != nil {
			return err
		}
		if role := roles[a.Group]; role != access.GroupOwner && role != access.GroupAdmin {
			return problem.Conflict("second_person_required", "Whoever confirmed this version does not run your group any more. Ask another administrator to confirm it.")
		}
		return nil
	default:
		return problem.Conflict("second_person_required", "You have confirmed this version yourself. Another administrator of the group releases it.")
	}
}

// Confirmation tells whether a second member has to confirm a version, and has.
func (s *Service) Confirmation(ctx context.Context, by access.Principal, id ID) (Confirmation, error) {
	var out Confirmation
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		v, a, err := s.load(tx, by, "version:view", id)
		if err != nil {
			return err
		}
		out, err = s.confirmation(tx, a, v)
		return err
	})
	return out, err
}

// Confirm is the word of one member, upon which another may release the version or
// hand it in. Errors: Conflict `second_person_needless`, `version_not_draft`;
// Forbidden `not_a_person`.
func (s *Service) Confirm(ctx context.Context, by access.Principal, id ID) (Confirmation, error) {
	var out Confirmation
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		v, a, err := s.load(tx, by, "version:publish", id)
		if err != nil {
			return err
		}
		before, err := s.confirmation(tx, a, v)
		switch {
		case err != nil:
			return err
		case !before.Needed:
			return problem.Conflict("second_person_needless", "Your group does not ask for a second member.")
		case by.User == "":
			return problem.Forbidden("not_a_person", "Only a person can confirm.")
		case !v.Editable() && (v.State != Live || v.Stage.Reach == ReachAll): // there is nobody left whom it could reach
			return errNotDraft()
		}
		r := &confirmationRow{Version: v.ID.String(), ConfirmedBy: by.User, Confirmed: store.At(tx.Now()), Revision: v.revision}
		if _, err := tx.NewInsert().Model(r).On("CONFLICT (version) DO UPDATE").Set("confirmed_by = EXCLUDED.confirmed_by, confirmed = EXCLUDED.confirmed, revision = EXCLUDED.revision").Exec(tx.Ctx); err != nil {
			return err
		}
		out = Confirmation{Needed: true, By: by.User, At: tx.Now()}
		return s.record(tx, by, "confirm", a, before, v)
	})
	return out, err
}
