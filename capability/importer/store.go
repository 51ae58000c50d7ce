package importer

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:importer_run,alias:r"`

	ID            ID `bun:",pk"`
	Configuration string
	Application   string
	Account       string
	Subject       string
	State         State
	Items         []Item `bun:"type:text"`
	Cut           store.Bool
	Waiting       int
	Made          []string  `bun:"type:text"`
	There         []string  `bun:"type:text"`
	Refused       []Refused `bun:"type:text"`
	Fault         string
	CreatedBy     string
	Created       store.Micros
	Ended         store.Micros
}

func (r *Run) row() *row {
	return &row{ID: r.ID, Configuration: r.Configuration, Application: r.application, Account: r.Account, Subject: r.Subject, State: r.State, Items: append([]Item{}, r.Items...),
		Cut: store.Bool(r.Cut), Waiting: r.waiting, Made: append([]string{}, r.Made...), There: append([]string{}, r.There...), Refused: append([]Refused{}, r.Refused...),
		Fault: r.Fault, CreatedBy: r.CreatedBy, Created: store.At(r.Created), Ended: store.At(r.Ended)}
}

func (r *row) run() Run {
	return Run{ID: r.ID, Configuration: r.Configuration, application: r.Application, Account: r.Account, Subject: r.Subject, State: r.State, Items: r.Items, Count: len(r.Items),
		Cut: bool(r.Cut), waiting: r.Waiting, Made: r.Made, There: r.There, Refused: r.Refused, Fault: r.Fault, CreatedBy: r.CreatedBy, Created: r.Created.Time(), Ended: r.Ended.Time()}
}

// insert adds a run and forgets the oldest of its configuration.
func insert(tx *store.Tx, r *Run) error {
	if _, err := tx.NewInsert().Model(r.row()).Exec(tx.Ctx); err != nil {
		return err
	}
	*r = r.row().run() // lists that are empty are shown as such
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM importer_run WHERE configuration = ? AND state <> 'running' AND id NOT IN (SELECT id FROM importer_run WHERE configuration = ? ORDER BY id DESC LIMIT ?)",
		r.Configuration, r.Configuration, runsMost)
	return err
}

func save(tx *store.Tx, r *Run) error {
	_, err := tx.NewUpdate().Model(r.row()).WherePK().Exec(tx.Ctx)
	return err
}

// list gives runs by a condition, the newest first.
func list(tx *store.Tx, where string, arg any) ([]Run, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, arg).Order("r.id DESC").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Run, len(rows))
	for i := range rows {
		out[i] = rows[i].run()
	}
	return out, nil
}

func find(tx *store.Tx, id ID) (Run, error) {
	got, err := list(tx, "id = ?", id)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("import")
	}
	if err != nil {
		return Run{}, err
	}
	return got[0], nil
}

func remove(tx *store.Tx, configuration string) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where("configuration = ?", configuration).Exec(tx.Ctx)
	return err
}
