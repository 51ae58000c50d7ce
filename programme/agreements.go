package programme

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Publish puts a new version of the agreement in force. Groups are asked at their
// next action in the console; calls go on until the deadline.
func (s *Service) Publish(ctx context.Context, by access.Principal, a Agreement) (Agreement, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.May("platform:publish_agreement", access.Platform()); err != nil {
			return err
		}
		if f := a.check(tx.Now()); len(f) > 0 {
			return problem.Invalid("programme_invalid", "Some of the fields need another look.", f...)
		}
		last, err := currentAgreement(tx)
		if err != nil {
			return err
		}
		a.Number, a.Published, a.publishedBy = last.Number+1, tx.Now(), by.User
		if err := insertAgreement(tx, a); err != nil {
			return err
		}
		tx.Changed(AgreementTopic, "")
		if err := s.announce(tx, a); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "agreement.publish", Target: "agreement/" + a.name(), Name: a.Title, After: map[string]any{"version": a.Number, "sha256": a.Digest(), "deadline": a.Deadline}})
	})
	return a, err
}

// announce tells everybody who can accept.
func (s *Service) announce(tx *store.Tx, a Agreement) error {
	var ids []string
	if err := tx.NewRaw("SELECT id FROM group_group WHERE state = 'active' ORDER BY id").Scan(tx.Ctx, &ids); err != nil {
		return err
	}
	text := a.Changes
	if !a.Deadline.IsZero() {
		text += "\n\nPlease accept it until " + a.Deadline.Format(dayForm) + "; calls go on as before until then."
	}
	for _, id := range ids {
		if err := s.Notices.Send(tx, notice.Notice{Kind: "agreement.published", Severity: notice.Warning, To: notice.To{Group: id, GroupRole: access.GroupAdmin},
			Subject: "A new agreement waits: " + a.Title, Text: text, Link: "/groups/" + id + "/agreement", Dedupe: a.name()}); err != nil {
			return err
		}
	}
	return nil
}

// Agreements lists the versions, the newest first, for anybody who signed in.
func (s *Service) Agreements(ctx context.Context) ([]Agreement, error) {
	var out []Agreement
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = agreements(tx, 100)
		return err
	})
	return out, err
}

// Signed is what a group has to do with the agreement.
type Signed struct {
	Current  *Agreement   `json:"current,omitempty" doc:"The version in force; absent: there is none"`
	Pending  bool         `json:"pending" doc:"The group has not accepted it"`
	Accepted []Acceptance `json:"accepted" nullable:"false" doc:"What the group accepted, the newest first"`
}

// Signed shows a group and operators its record.
func (s *Service) Signed(ctx context.Context, by access.Principal, id string) (Signed, error) {
	var out Signed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.reach(tx, by, "agreement:view", id); err != nil {
			return err
		}
		a, err := currentAgreement(tx)
		if err != nil {
			return err
		}
		if out.Accepted, err = acceptancesWhere(tx, "group_id = ?", id); err != nil {
			return err
		}
		if a.Number > 0 {
			out.Current = &a
			out.Pending = len(out.Accepted) == 0 || out.Accepted[0].Number < a.Number
		}
		return nil
	})
	return out, err
}

// Accept records that the group accepts the version in force. Errors: Conflict
// `agreement_changed` when another one is in force by now.
func (s *Service) Accept(ctx context.Context, by access.Principal, id string, number int64) (Signed, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := s.reach(tx, by, "agreement:accept", id)
		if err != nil {
			return err
		}
		if by.User == "" {
			return problem.Forbidden("not_a_person", "Only a signed-in person can accept an agreement.")
		}
		a, err := currentAgreement(tx)
		if err != nil {
			return err
		}
		if a.Number == 0 || a.Number != number {
			return problem.Conflict("agreement_changed", "Another version is in force. Read that one.")
		}
		got := Acceptance{Group: id, Number: number, User: by.User, Digest: a.Digest(), Accepted: tx.Now()}
		if err := tx.NewRaw("SELECT name, email FROM identity_user WHERE id = ?", by.User).Scan(tx.Ctx, &got.Name, &got.Email); err != nil {
			return err
		}
		if err := insertAcceptance(tx, got); err != nil {
			return err
		}
		tx.Changed(GateTopic, id)
		return s.note(tx, by, "agreement.accept", g, nil, map[string]any{"version": number, "sha256": got.Digest}, "")
	})
	if err != nil {
		return Signed{}, err
	}
	return s.Signed(ctx, by, id)
}

// Lagging are the groups that a person could accept the current agreement for and
// that have not.
func (s *Service) Lagging(ctx context.Context, by access.Principal) ([]group.Group, error) {
	var out []group.Group
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := currentAgreement(tx)
		if err != nil || a.Number == 0 || by.User == "" {
			return err
		}
		var ids []string
		err = tx.NewRaw(`SELECT m.group_id FROM group_member m JOIN group_group g ON g.id = m.group_id AND g.state = 'active'
			WHERE m.user_id = ? AND m.role IN ('owner', 'admin') AND NOT EXISTS
			(SELECT 1 FROM programme_acceptance c WHERE c.group_id = m.group_id AND c.number >= ?) ORDER BY m.group_id`, by.User, a.Number).Scan(tx.Ctx, &ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			g, err := s.Groups.Load(tx, id)
			if err != nil {
				return err
			}
			out = append(out, g)
		}
		return nil
	})
	return out, err
}

// Acceptances is the whole record, for operators; of one version, or of all with 0.
func (s *Service) Acceptances(ctx context.Context, by access.Principal, number int64) ([]Acceptance, error) {
	out := []Acceptance{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("platform", "platform:view", access.Platform()); err != nil {
			return err
		}
		got, err := acceptancesWhere(tx, "number = ? OR ? = 0", number, number)
		out = append(out, got...)
		return err
	})
	return out, err
}
