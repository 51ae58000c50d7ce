package configuration

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

type row struct {
	bun.BaseModel `bun:"table:configuration_configuration,alias:c"`

	ID           ID `bun:",pk"`
	Installation string
	Application  string
	Account      string
	Name         string
	Enabled      store.Bool
	Plain        map[string]any    `bun:"type:text"`
	Sealed       map[string]string `bun:"type:text"`
	Choices      map[string]Choice `bun:"type:text"`
	Live         []string          `bun:"type:text"`
	Needs        []problem.Field   `bun:"type:text"`
	CreatedBy    string
	Created      store.Micros
	Updated      store.Micros
	Revision     int64
}

// stored lists values as JSON has them.
func (c *Configuration) row() *row {
	r := &row{ID: c.ID, Installation: c.Installation, Application: c.Application, Account: c.Account, Name: c.Name, Enabled: store.Bool(c.Enabled),
		Plain: map[string]any{}, Sealed: c.sealed, Choices: c.choices, Live: []string{}, Needs: c.Needs, CreatedBy: c.CreatedBy, Created: store.At(c.Created),
		Updated: store.At(c.Updated), Revision: c.Revision}
	plain, _ := c.values.Split()
	for key, v := range plain {
		r.Plain[key] = v
	}
	for name, on := range c.live {
		if on {
			r.Live = append(r.Live, name)
		}
	}
	if r.Sealed == nil {
		r.Sealed = map[string]string{}
	}
	if r.Choices == nil {
		r.Choices = map[string]Choice{}
	}
	if r.Needs == nil {
		r.Needs = []problem.Field{}
	}
	return r
}

func (r *row) configuration() Configuration {
	c := Configuration{ID: r.ID, Installation: r.Installation, Application: r.Application, Account: r.Account, Name: r.Name, Enabled: bool(r.Enabled),
		Needs: r.Needs, CreatedBy: r.CreatedBy, Created: r.Created.Time(), Updated: r.Updated.Time(), Revision: r.Revision,
		values: manifest.Values{}, sealed: r.Sealed, choices: r.Choices, live: map[string]bool{}}
	for key, v := range r.Plain {
		c.values[key] = listed(v)
	}
	for _, name := range r.Live {
		c.live[name] = true
	}
	return c
}

// listed gives a list of texts the type that forms have for it.
func listed(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := make([]string, 0, len(list))
	for _, one := range list {
		if s, ok := one.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func insert(tx *store.Tx, c *Configuration) error {
	_, err := tx.NewInsert().Model(c.row()).Exec(tx.Ctx)
	return err
}

// save writes c if nobody else did since it was loaded.
func save(tx *store.Tx, c *Configuration) error {
	r := c.row()
	r.Revision++
	res, err := tx.NewUpdate().Model(r).WherePK().Where("revision = ?", c.Revision).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errChanged(err)
	}
	c.Revision++
	return nil
}

func errChanged(cause error) error {
	return problem.Conflict("configuration_changed", "The configuration has changed meanwhile. Read it again.").Because(cause)
}

func remove(tx *store.Tx, id ID) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where("id = ?", id).Exec(tx.Ctx)
	return err
}

func list(tx *store.Tx, where string, args ...any) ([]Configuration, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("c.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Configuration, len(rows))
	for i := range rows {
		out[i] = rows[i].configuration()
	}
	return out, nil
}

func find(tx *store.Tx, id string) (Configuration, error) {
	at, err := ident.Parse[Configuration](id)
	if err != nil {
		return Configuration{}, problem.NotFound("configuration")
	}
	got, err := list(tx, "c.id = ?", at)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("configuration")
	}
	if err != nil {
		return Configuration{}, err
	}
	return got[0], nil
}
