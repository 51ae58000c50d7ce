package programme

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type agreementRow struct {
	bun.BaseModel `bun:"table:programme_agreement,alias:g"`

	Number      int64 `bun:",pk"`
	Title       string
	Body        string
	Changes     string
	Published   store.Micros
	PublishedBy string
	Deadline    store.Micros
}

func insertAgreement(tx *store.Tx, a Agreement) error {
	return inserted(tx, &agreementRow{Number: a.Number, Title: a.Title, Body: a.Text, Changes: a.Changes, Published: store.At(a.Published), PublishedBy: a.publishedBy, Deadline: store.At(a.Deadline)})
}

// agreements lists the versions, the newest first.
func agreements(tx *store.Tx, most int64) ([]Agreement, error) {
	var rows []agreementRow
	if err := tx.NewSelect().Model(&rows).Order("g.number DESC").Limit(most).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Agreement, len(rows))
	for i, r := range rows {
		out[i] = Agreement{Number: r.Number, Title: r.Title, Text: r.Body, Changes: r.Changes, Published: r.Published.Time(), publishedBy: r.PublishedBy, Deadline: r.Deadline.Time()}
	}
	return out, nil
}

// currentAgreement is the newest; number 0: none was published.
func currentAgreement(tx *store.Tx) (Agreement, error) {
	all, err := agreements(tx, 1)
	if err != nil || len(all) == 0 {
		return Agreement{}, err
	}
	return all[0], nil
}

type acceptanceRow struct {
	bun.BaseModel `bun:"table:programme_acceptance,alias:c"`

	GroupID  string `bun:",pk"`
	Number   int64  `bun:",pk"`
	UserID   string
	Name     string
	Email    string
	Digest   string
	Accepted store.Micros
}

func insertAcceptance(tx *store.Tx, a Acceptance) error {
	_, err := tx.NewInsert().Model(&acceptanceRow{GroupID: a.Group, Number: a.Number, UserID: a.User, Name: a.Name, Email: a.Email, Digest: a.Digest, Accepted: store.At(a.Accepted)}).
		On("CONFLICT (group_id, number) DO NOTHING").Exec(tx.Ctx)
	return err
}

// acceptancesWhere lists records, the newest first.
func acceptancesWhere(tx *store.Tx, where string, args ...any) ([]Acceptance, error) {
	var rows []acceptanceRow
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("c.accepted DESC", "c.group_id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Acceptance, len(rows))
	for i, r := range rows {
		out[i] = Acceptance{Group: r.GroupID, Number: r.Number, User: r.UserID, Name: r.Name, Email: r.Email, Digest: r.Digest, Accepted: r.Accepted.Time()}
	}
	return out, nil
}
