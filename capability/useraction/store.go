package useraction

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:useraction_call,alias:c"`

	ID            ID `bun:",pk"`
	Configuration string
	Key           string
	By            string
	At            store.Micros
	Status        int
	Failure       string
	Done          store.Bool
	Link          string
}

func (c *Call) row() *row {
	return &row{ID: c.ID, Configuration: c.configuration, Key: c.Key, By: c.By, At: store.At(c.At), Status: c.Status, Failure: c.Failure, Done: store.Bool(c.Done), Link: c.Link}
}

func (r *row) call() Call {
	return Call{ID: r.ID, configuration: r.Configuration, Key: r.Key, By: r.By, At: r.At.Time(), Status: r.Status, Failure: r.Failure, Done: bool(r.Done), Link: r.Link}
}

// insert adds a call and forgets the oldest of its configuration.
func insert(tx *store.Tx, c *Call) error {
	if _, err := tx.NewInsert().Model(c.row()).Exec(tx.Ctx); err != nil {
		return err
	}
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM useraction_call WHERE configuration = ? AND id NOT IN (SELECT id FROM useraction_call WHERE configuration = ? ORDER BY id DESC LIMIT ?)",
		c.configuration, c.configuration, kept)
	return err
}

func update(tx *store.Tx, c *Call) error {
	_, err := tx.NewUpdate().Model(c.row()).WherePK().Exec(tx.Ctx)
	return err
}

func forget(tx *store.Tx, configuration string) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where("configuration = ?", configuration).Exec(tx.Ctx)
	return err
}

// list gives the calls of a configuration, the newest first.
func list(tx *store.Tx, configuration string) ([]Call, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where("c.configuration = ?", configuration).Order("c.id DESC").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Call, len(rows))
	for i := range rows {
		out[i] = rows[i].call()
	}
	return out, nil
}
