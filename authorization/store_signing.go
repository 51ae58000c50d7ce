package authorization

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type signingRow struct {
	bun.BaseModel `bun:"table:authorization_signing,alias:g"`

	ID      string `bun:",pk"`
	Sealed  string
	Public  string
	Created store.Micros
	Signs   store.Micros
	Retires store.Micros
	Ends    store.Micros
}

func insertSigning(tx *store.Tx, r signingRow) error {
	_, err := tx.NewInsert().Model(&r).Exec(tx.Ctx)
	return err
}

func signingRows(tx *store.Tx) ([]signingRow, error) {
	var rows []signingRow
	err := tx.NewSelect().Model(&rows).Order("signs").Scan(tx.Ctx)
	return rows, err
}

// retireSigning ends the keys that have no end yet.
func retireSigning(tx *store.Tx, retires, ends time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE authorization_signing SET retires = ?, ends = ? WHERE ends = 0", store.At(retires), store.At(ends))
	return err
}

// dropSigning forgets keys that nobody needs any more.
func dropSigning(tx *store.Tx, now time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM authorization_signing WHERE ends > 0 AND ends <= ?", store.At(now))
	return err
}
