package legacy

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:legacy_key,alias:l"`

	ID         ID `bun:",pk"`
	Account    string
	GrantID    string
	TokenID    string
	Label      string
	Imported   store.Micros
	ImportedBy string
	Successor  string
	Reason     string
}

func (k Key) row() *row {
	return &row{ID: k.ID, Account: k.Account, GrantID: k.Grant, TokenID: k.Token, Label: k.Label, Imported: store.At(k.Imported),
		ImportedBy: k.ImportedBy, Successor: k.Successor, Reason: k.Reason}
}

func (r *row) key() Key {
	return Key{ID: r.ID, Account: r.Account, Grant: r.GrantID, Token: r.TokenID, Label: r.Label, Imported: r.Imported.Time(),
		ImportedBy: r.ImportedBy, Successor: r.Successor, Reason: r.Reason, Scopes: []string{}}
}

func insert(tx *store.Tx, k Key) error {
	_, err := tx.NewInsert().Model(k.row()).Exec(tx.Ctx)
	return err
}

// save writes what may change about a key. Its end is its token's.
func save(tx *store.Tx, k Key) error {
	_, err := tx.NewUpdate().Model(k.row()).Column("successor", "reason").WherePK().Exec(tx.Ctx)
	return err
}

func find(tx *store.Tx, id ID) (Key, error) {
	return one(tx, "id = ?", id)
}

func one(tx *store.Tx, where string, arg any) (Key, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, arg).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Key{}, problem.NotFound("legacy key")
	}
	return r.key(), err
}

func list(tx *store.Tx, q Query) ([]Key, error) {
	var rows []row
	sel := tx.NewSelect().Model(&rows).Where("l.id > ?", q.After).Order("l.id")
	if q.Account != "" {
		sel = sel.Where("account = ?", q.Account)
	}
	if q.Limit > 0 {
		sel = sel.Limit(int64(q.Limit))
	}
	if err := sel.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Key, len(rows))
	for i := range rows {
		out[i] = rows[i].key()
	}
	return out, nil
}

// ending lists keys whose token ends between now and until.
func ending(tx *store.Tx, now, until time.Time) ([]Key, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Join("JOIN token_token AS t ON t.id = l.token_id").
		Where("t.state IN ('active', 'retiring') AND t.expires > ? AND t.expires <= ?", store.At(now), store.At(until)).Order("l.id").Scan(tx.Ctx)
	out := make([]Key, len(rows))
	for i := range rows {
		out[i] = rows[i].key()
	}
	return out, err
}

// noticed writes down when things were first noticed, and gives when each was.
func noticed(tx *store.Tx, what []string, now time.Time) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	slices.Sort(what)
	for _, w := range slices.Compact(what) {
		if _, err := tx.ExecContext(tx.Ctx, "INSERT INTO legacy_noticed (what, at) VALUES (?, ?) ON CONFLICT (what) DO NOTHING", w, store.At(now)); err != nil {
			return nil, err
		}
		var at store.Micros
		if err := tx.NewRaw("SELECT at FROM legacy_noticed WHERE what = ?", w).Scan(tx.Ctx, &at); err != nil {
			return nil, err
		}
		out[w] = at.Time()
	}
	return out, nil
}
