package authorization

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

type rotationRow struct {
	bun.BaseModel `bun:"table:authorization_rotation,alias:o"`

	Token     string `bun:",pk"`
	Family    string
	Successor string
	Used      store.Micros
	Until     store.Micros
}

func insertRotation(tx *store.Tx, r rotation) error {
	_, err := tx.NewInsert().Model(&rotationRow{Token: r.Token, Family: r.Family, Successor: r.Successor, Used: store.At(r.Used), Until: store.At(r.Until)}).Exec(tx.Ctx)
	return err
}

// findRotation finds how a refresh token was used; false when it was not.
func findRotation(tx *store.Tx, token string) (rotation, bool, error) {
	var r rotationRow
	err := tx.NewSelect().Model(&r).Where("token = ?", token).Scan(tx.Ctx)
	if store.IsNone(err) {
		return rotation{}, false, nil
	}
	return rotation{Token: r.Token, Family: r.Family, Successor: r.Successor, Used: r.Used.Time(), Until: r.Until.Time()}, err == nil, err
}

// once notes that something was shown; false when it was before.
func once(tx *store.Tx, d secret.Digest, until time.Time) (bool, error) {
	res, err := tx.ExecContext(tx.Ctx, "INSERT INTO authorization_replay (digest, expires) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING", d.String(), store.At(until))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// The bounds of what is kept beyond its end: an ended code still answers a second
// use with the end of what it produced.
const (
	keepRequests = time.Hour
	keepCodes    = 30 * 24 * time.Hour
	keepFamilies = 30 * 24 * time.Hour
)

// sweep removes what is over, and the successors whose grace time has ended.
func sweep(tx *store.Tx, now time.Time) error {
	for _, s := range []struct {
		statement string
		before    time.Time
	}{
		{"UPDATE authorization_rotation SET successor = '' WHERE successor <> '' AND until <= ?", now},
		{"DELETE FROM authorization_replay WHERE expires <= ?", now},
		{"DELETE FROM authorization_request WHERE expires <= ?", now.Add(-keepRequests)},
		{"DELETE FROM authorization_code WHERE expires <= ?", now.Add(-keepCodes)},
		{"DELETE FROM authorization_rotation WHERE family IN (SELECT id FROM authorization_family WHERE expires <= ?)", now.Add(-keepFamilies)},
		{"DELETE FROM authorization_family WHERE expires <= ?", now.Add(-keepFamilies)},
	} {
		if _, err := tx.ExecContext(tx.Ctx, s.statement, store.At(s.before)); err != nil {
			return err
		}
	}
	return nil
}
