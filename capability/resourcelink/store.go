package resourcelink

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:resourcelink_link,alias:l"`

	ID            ID `bun:",pk"`
	Account       string
	Application   string
	Installation  string
	Configuration string
	Resource      string
	Key           string
	DeepLink      string
	Title         string
	Description   string
	Metadata      map[string]string `bun:"type:text"`
	Happened      store.Micros
	CreatedBy     string
	Created       store.Micros
	Updated       store.Micros
}

func (l *Link) row() *row {
	r := &row{bun.BaseModel{}, l.ID, l.Account, l.Application, l.Installation, l.configuration, l.Resource, l.Key, l.DeepLink, l.Title, l.Description, l.Metadata,
		store.At(l.Timestamp), l.CreatedBy, store.At(l.Created), store.At(l.Updated)}
	if r.Metadata == nil {
		r.Metadata = map[string]string{}
	}
	return r
}

func (r *row) link() Link {
	return Link{ID: r.ID, Account: r.Account, Application: r.Application, Installation: r.Installation, configuration: r.Configuration, Resource: r.Resource, Key: r.Key,
		DeepLink: r.DeepLink, Title: r.Title, Description: r.Description, Metadata: r.Metadata, Timestamp: r.Happened.Time(), CreatedBy: r.CreatedBy,
		Created: r.Created.Time(), Updated: r.Updated.Time()}
}

func insert(tx *store.Tx, l *Link) error {
	_, err := tx.NewInsert().Model(l.row()).Exec(tx.Ctx)
	return err
}

func update(tx *store.Tx, l *Link) error {
	_, err := tx.NewUpdate().Model(l.row()).WherePK().Exec(tx.Ctx)
	return err
}

func remove(tx *store.Tx, where string, arg any) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where(where, arg).Exec(tx.Ctx)
	return err
}

// list gives links, the newest happening first.
func list(tx *store.Tx, where string, args ...any) ([]Link, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("l.happened DESC", "l.id DESC").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Link, len(rows))
	for i := range rows {
		out[i] = rows[i].link()
	}
	return out, nil
}

func find(tx *store.Tx, id ID) (Link, error) {
	got, err := list(tx, "l.id = ?", id)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("link")
	}
	if err != nil {
		return Link{}, err
	}
	return got[0], nil
}
