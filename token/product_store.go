package token

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

type productRow struct {
	bun.BaseModel `bun:"table:token_product,alias:p"`

	ID        ProductKeyID `bun:",pk"`
	Digest    string
	Hint      string
	Label     string
	State     State
	Created   store.Micros
	CreatedBy string
	Used      store.Micros
	Revoked   store.Micros
}

func (k ProductKey) row() *productRow {
	return &productRow{ID: k.ID, Digest: k.Digest.String(), Hint: k.Hint, Label: k.Label, State: k.State, Created: store.At(k.Created),
		CreatedBy: k.CreatedBy, Used: store.At(k.LastUsed), Revoked: store.At(k.Revoked)}
}

func (r *productRow) key() (ProductKey, error) {
	d, err := secret.ParseDigest(r.Digest)
	return ProductKey{ID: r.ID, Digest: d, Hint: r.Hint, Label: r.Label, State: r.State, Created: r.Created.Time(), CreatedBy: r.CreatedBy,
		LastUsed: r.Used.Time(), Revoked: r.Revoked.Time()}, err
}

func insertProduct(tx *store.Tx, k ProductKey) error {
	_, err := tx.NewInsert().Model(k.row()).Exec(tx.Ctx)
	return err
}

// saveProduct writes k if its state is still was.
func saveProduct(tx *store.Tx, k ProductKey, was State) error {
	res, err := tx.NewUpdate().Model(k.row()).Column("state", "revoked").WherePK().Where("state = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("product_key_revoked", "This key was revoked already.").Because(err)
	}
	return nil
}

func findProduct(tx *store.Tx, where string, arg any) (ProductKey, error) {
	var r productRow
	err := tx.NewSelect().Model(&r).Where(where, arg).Scan(tx.Ctx)
	if store.IsNone(err) {
		return ProductKey{}, problem.NotFound("product key")
	}
	if err != nil {
		return ProductKey{}, err
	}
	return r.key()
}

func products(tx *store.Tx) ([]ProductKey, error) {
	var rows []productRow
	if err := tx.NewSelect().Model(&rows).Order("p.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]ProductKey, len(rows))
	for i := range rows {
		k, err := rows[i].key()
		if err != nil {
			return nil, err
		}
		out[i] = k
	}
	return out, nil
}

func useProduct(tx *store.Tx, id ProductKeyID, at time.Time) error {
	_, err := tx.NewUpdate().Model((*productRow)(nil)).Set("used = ?", store.At(at)).Where("id = ? AND used < ?", id, store.At(at)).Exec(tx.Ctx)
	return err
}
