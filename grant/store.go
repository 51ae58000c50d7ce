package grant

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:grant_grant,alias:g"`

	ID          ID `bun:",pk"`
	Kind        Kind
	Account     string
	Application string
	GroupID     string
	Holder      string
	Subject     string
	SubjectKey  string
	Scopes      []string          `bun:"type:text"`
	Layers      [][]access.Policy `bun:"type:text"`
	Networks    Networks          `bun:"type:text"`
	Reach       Reach             `bun:"type:text"`
	State       State
	Reason      string
	APIVersion  string
	Revision    int64
	Created     store.Micros
}

func (g Grant) row() *row {
	if g.Scopes == nil {
		g.Scopes = []string{}
	}
	if g.Layers == nil {
		g.Layers = [][]access.Policy{}
	}
	if g.Networks == nil {
		g.Networks = Networks{}
	}
	return &row{ID: g.ID, Kind: g.Kind, Account: g.Account, Application: g.Application, GroupID: g.Group, Holder: g.Holder,
		Subject: g.Subject, SubjectKey: g.SubjectKey, Scopes: g.Scopes, Layers: g.Layers,
		Networks: g.Networks, Reach: g.Reach, State: g.State, Reason: g.Reason,
		APIVersion: g.APIVersion, Revision: g.Revision, Created: store.At(g.Created)}
}

func (r *row) grant() Grant {
	return Grant{ID: r.ID, Kind: r.Kind, Account: r.Account, Application: r.Application, Group: r.GroupID, Holder: r.Holder,
		Subject: r.Subject, SubjectKey: r.SubjectKey, Scopes: r.Scopes, Layers: r.Layers, State: r.State, Reason: r.Reason,
		Networks: r.Networks, Reach: r.Reach, APIVersion: r.APIVersion, Revision: r.Revision, Created: r.Created.Time()}
}

func insert(tx *store.Tx, g Grant) error {
	_, err := tx.NewInsert().Model(g.row()).Exec(tx.Ctx)
	return err
}

// save writes g if nobody else did since it was loaded.
func save(tx *store.Tx, g Grant) error {
	r := g.row()
	r.Revision++
	res, err := tx.NewUpdate().Model(r).WherePK().Where("revision = ?", g.Revision).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("grant_changed", "The grant has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func find(tx *store.Tx, id string) (Grant, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("id = ?", id).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Grant{}, problem.NotFound("grant")
	}
	return r.grant(), err
}

func list(tx *store.Tx, where string, arg any) ([]Grant, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, arg).Order("g.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Grant, len(rows))
	for i := range rows {
		out[i] = rows[i].grant()
	}
	return out, nil
}
