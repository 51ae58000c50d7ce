package driveraction

import (
	"encoding/json"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:driveraction_run,alias:r"`

	ID            ID `bun:",pk"`
	Configuration string
	Account       string
	Driver        string
	Resource      string
	State         State
	Result        string
	Fault         string
	CreatedBy     string
	Created       store.Micros
	Ended         store.Micros
}

func (r *DriverRun) row() *row {
	return &row{ID: r.ID, Configuration: r.Configuration, Account: r.account, Driver: r.Driver, Resource: r.Resource, State: r.State, Result: string(r.Result), Fault: r.Fault,
		CreatedBy: r.CreatedBy, Created: store.At(r.Created), Ended: store.At(r.Ended)}
}

func (r *row) run() DriverRun {
	out := DriverRun{ID: r.ID, Configuration: r.Configuration, account: r.Account, Driver: r.Driver, Resource: r.Resource, State: r.State, Fault: r.Fault,
		CreatedBy: r.CreatedBy, Created: r.Created.Time(), Ended: r.Ended.Time()}
	if r.Result != "" {
		out.Result = json.RawMessage(r.Result)
	}
	return out
}

// insert adds a run and forgets the oldest of its configuration.
func insert(tx *store.Tx, r *DriverRun) error {
	if _, err := tx.NewInsert().Model(r.row()).Exec(tx.Ctx); err != nil {
		return err
	}
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM driveraction_run WHERE configuration = ? AND state <> 'running' AND id NOT IN (SELECT id FROM driveraction_run WHERE configuration = ? ORDER BY id DESC LIMIT ?)",
		r.Configuration, r.Configuration, runsMost)
	return err
}

func save(tx *store.Tx, r *DriverRun) error {
	_, err := tx.NewUpdate().Model(r.row()).WherePK().Exec(tx.Ctx)
	return err
}

func find(tx *store.Tx, id ID) (DriverRun, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("r.id = ?", id).Scan(tx.Ctx)
	if store.IsNone(err) {
		return DriverRun{}, problem.NotFound("run")
	}
	return r.run(), err
}

// list gives the runs of a configuration, the newest first.
func list(tx *store.Tx, configuration string) ([]DriverRun, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where("r.configuration = ?", configuration).Order("r.id DESC").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]DriverRun, len(rows))
	for i := range rows {
		out[i] = rows[i].run()
	}
	return out, nil
}

func remove(tx *store.Tx, configuration string) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where("configuration = ?", configuration).Exec(tx.Ctx)
	return err
}
