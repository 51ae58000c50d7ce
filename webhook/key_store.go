package webhook

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type keyRow struct {
	bun.BaseModel `bun:"table:webhook_key,alias:k"`

	ID      string `bun:",pk"`
	Sealed  string
	Public  string
	Created store.Micros
	Signs   store.Micros
	Retires store.Micros
	Ends    store.Micros
}

func insertKey(tx *store.Tx, r *keyRow) error {
	_, err := tx.NewInsert().Model(r).Exec(tx.Ctx)
	return err
}

func keyRows(tx *store.Tx) ([]keyRow, error) {
	var rows []keyRow
	err := tx.NewSelect().Model(&rows).Order("k.signs", "k.id").Scan(tx.Ctx)
	return rows, err
}

// retireKeys ends the keys that have no end yet.
func retireKeys(tx *store.Tx, retires, ends time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_key SET retires = ?, ends = ? WHERE ends = 0", store.At(retires), store.At(ends))
	return err
}

// dropKeys forgets keys that are not published any more.
func dropKeys(tx *store.Tx, now time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM webhook_key WHERE ends > 0 AND ends <= ?", store.At(now))
	return err
}
