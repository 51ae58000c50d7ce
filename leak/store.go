package leak

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:leak_leak,alias:l"`

	ID          ID `bun:",pk"`
	Kind        Kind
	Credential  string
	Hint        string
	Name        string
	GrantID     string
	Account     string
	Team        string
	Application string
	UserID      string
	Source      Source
	Place       string
	Live        store.Bool
	Reports     int
	Reported    store.Micros
	Latest      store.Micros
}

func (l Leak) row() *row {
	return &row{ID: l.ID, Kind: l.Kind, Credential: l.Credential, Hint: l.Hint, Name: l.Name, GrantID: l.Grant, Account: l.Account, Team: l.Group,
		Application: l.Application, UserID: l.User, Source: l.Source, Place: l.Where, Live: store.Bool(l.Live), Reports: l.Reports,
		Reported: store.At(l.Reported), Latest: store.At(l.Latest)}
}

func (r *row) leak() Leak {
	return Leak{ID: r.ID, Kind: r.Kind, Credential: r.Credential, Hint: r.Hint, Name: r.Name, Grant: r.GrantID, Account: r.Account, Group: r.Team,
		Application: r.Application, User: r.UserID, Source: r.Source, Where: r.Place, Live: bool(r.Live), Reports: r.Reports,
		Reported: r.Reported.Time(), Latest: r.Latest.Time()}
}

func insert(tx *store.Tx, l Leak) error {
	_, err := tx.NewInsert().Model(l.row()).Exec(tx.Ctx)
	return err
}

// again counts a further report of the same credential.
func again(tx *store.Tx, id ID, live bool) error {
	q := tx.NewUpdate().Model((*row)(nil)).Set("reports = reports + 1").Set("latest = ?", store.At(tx.Now())).Where("id = ?", id)
	if live {
		q = q.Set("live = 1")
	}
	_, err := q.Exec(tx.Ctx)
	return err
}

func findLeak(tx *store.Tx, where string, arg any) (Leak, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, arg).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Leak{}, problem.NotFound("leak")
	}
	return r.leak(), err
}

// list gives leaks, the newest first.
func list(tx *store.Tx, q Query) ([]Leak, error) {
	var rows []row
	sel := tx.NewSelect().Model(&rows).Order("l.id DESC").Limit(int64(q.Limit))
	if !q.Before.IsZero() {
		sel = sel.Where("l.id < ?", q.Before)
	}
	for column, value := range map[string]string{"account": q.Account, "team": q.Group, "user_id": q.User} {
		if value != "" {
			sel = sel.Where("? = ?", bun.Ident("l."+column), value)
		}
	}
	if err := sel.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Leak, len(rows))
	for i := range rows {
		out[i] = rows[i].leak()
	}
	return out, nil
}

// privateHolder is the name and the owner of a private integration.
func privateHolder(tx *store.Tx, grantID string) (name, owner string, err error) {
	err = tx.NewRaw("SELECT name, owner FROM private_integration WHERE grant_id = ?", grantID).Scan(tx.Ctx, &name, &owner)
	if store.IsNone(err) {
		err = problem.NotFound("private integration")
	}
	return name, owner, err
}

func applicationName(tx *store.Tx, id string) (string, error) {
	var name string
	err := tx.NewRaw("SELECT name FROM application_application WHERE id = ?", id).Scan(tx.Ctx, &name)
	return name, err
}
