package release

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:release_version,alias:v"`

	ID          ID `bun:",pk"`
	Application string
	Number      string
	State       State
	Required    []Request `bun:"type:text"`
	Optional    []Request `bun:"type:text"`
	UserName    string
	RoleName    string
	Delegation  string
	Notes       string
	Created     store.Micros
	Released    store.Micros
}

func (v Version) row() *row {
	if v.Required == nil {
		v.Required = []Request{}
	}
	if v.Optional == nil {
		v.Optional = []Request{}
	}
	return &row{ID: v.ID, Application: v.Application, Number: v.Number, State: v.State, Required: v.Required, Optional: v.Optional,
		UserName: v.UserName, RoleName: v.RoleName, Delegation: v.Delegation, Notes: v.Notes,
		Created: store.At(v.Created), Released: store.At(v.Released)}
}

func (r *row) version() Version {
	return Version{ID: r.ID, Application: r.Application, Number: r.Number, State: r.State, Required: r.Required, Optional: r.Optional,
		UserName: r.UserName, RoleName: r.RoleName, Delegation: r.Delegation, Notes: r.Notes,
		Created: r.Created.Time(), Released: r.Released.Time()}
}

func insert(tx *store.Tx, v Version) error {
	_, err := tx.NewInsert().Model(v.row()).Exec(tx.Ctx)
	return err
}

// save writes v if its state is still was.
func save(tx *store.Tx, v Version, was State) error {
	res, err := tx.NewUpdate().Model(v.row()).WherePK().Where("state = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("version_changed", "The version has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func find(tx *store.Tx, id string) (Version, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("id = ?", id).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Version{}, problem.NotFound("version")
	}
	return r.version(), err
}

func list(tx *store.Tx, application string) ([]Version, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where("application = ?", application).Order("v.id DESC").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Version, len(rows))
	for i := range rows {
		out[i] = rows[i].version()
	}
	return out, nil
}
