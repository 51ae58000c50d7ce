package recording

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:recording_recording,alias:r"`

	ID          ID `bun:",pk"`
	Application string
	Account     string
	GrantID     string
	Hint        string
	Created     store.Micros
	CreatedBy   string
	Ends        store.Micros
	Ended       store.Micros

	AccountKey  string `bun:",scanonly"`
	AccountName string `bun:",scanonly"`
}

func (r Recording) row() *row {
	return &row{ID: r.ID, Application: r.Application, Account: r.Account, GrantID: r.Grant, Hint: r.Hint, Created: store.At(r.Created), CreatedBy: r.CreatedBy,
		Ends: store.At(r.Ends), Ended: store.At(r.Ended)}
}

func (r *row) recording() Recording {
	return Recording{ID: r.ID, Application: r.Application, Account: r.Account, AccountKey: r.AccountKey, AccountName: r.AccountName, Grant: r.GrantID, Hint: r.Hint,
		Created: r.Created.Time(), CreatedBy: r.CreatedBy, Ends: r.Ends.Time(), Ended: r.Ended.Time()}
}

func insert(tx *store.Tx, r Recording) error {
	_, err := tx.NewInsert().Model(r.row()).Exec(tx.Ctx)
	return err
}

// finish writes the end unless somebody else did.
func finish(tx *store.Tx, r Recording) error {
	res, err := tx.NewUpdate().Model(r.row()).Column("ended").WherePK().Where("ended = 0").Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("recording_over", "The recording is over already.").Because(err)
	}
	return nil
}

const listMost = 100

func list(tx *store.Tx, where string, args ...any) ([]Recording, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).ColumnExpr("r.*, a.key AS account_key, a.name AS account_name").
		Join("JOIN account_account AS a ON a.id = r.account").Where(where, args...).Order("r.id DESC").Limit(listMost).Scan(tx.Ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Recording, len(rows))
	for i := range rows {
		out[i] = rows[i].recording()
	}
	return out, nil
}

func find(tx *store.Tx, id string) (Recording, error) {
	got, err := list(tx, "r.id = ?", id)
	if err == nil && len(got) == 0 {
		return Recording{}, problem.NotFound("recording")
	}
	if err != nil {
		return Recording{}, err
	}
	return got[0], nil
}

// due are recordings whose time is over and which nobody ended.
func due(tx *store.Tx, now time.Time) ([]Recording, error) {
	return list(tx, "r.ended = 0 AND r.ends <= ?", store.At(now))
}

// subscribed are the patterns of event types to which an application listens, by
// itself or in one account.
func subscribed(tx *store.Tx, application, account string) ([]string, error) {
	var rows []struct {
		Types []string `bun:"type:text"`
	}
	err := tx.NewRaw(`SELECT s.types FROM webhook_subscription AS s JOIN webhook_endpoint AS e ON e.id = s.endpoint
		WHERE e.application = ? OR e.grant_id IN (SELECT id FROM grant_grant WHERE application = ? AND account = ?)`, application, application, account).Scan(tx.Ctx, &rows)
	var out []string
	for _, r := range rows {
		out = append(out, r.Types...)
	}
	return out, err
}
