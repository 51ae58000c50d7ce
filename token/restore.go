package token

import (
	"github.com/guestright/guestright/kit/store"
)

// Ended lists the tokens and product keys of a database that opened nothing any
// more, by id; for replaying revocations after an older copy was restored.
func Ended(tx *store.Tx) ([]string, error) {
	var ids []string
	err := tx.NewRaw(`SELECT t.id FROM token_token t JOIN grant_grant g ON g.id = t.grant_id WHERE t.state IN (?, ?) OR g.state <> 'active'
		UNION SELECT id FROM token_product WHERE state <> ?`, Expired, Revoked, Active).Scan(tx.Ctx, &ids)
	return ids, err
}

// EndRestored revokes what must not live on in a restored database: every access
// and refresh token, and of those that live long, with product keys, the ones
// listed (all when all is set). It joins, and gives how many of either it ended.
func EndRestored(tx *store.Tx, ended []string, all bool) (int, int, error) {
	short, err := count(tx, "UPDATE token_token SET state = ?, reason = 'restored' WHERE kind <> ? AND state IN (?, ?)", Revoked, Static, Active, Retiring)
	if err != nil {
		return 0, 0, err
	}
	if all {
		tokens, err := count(tx, "UPDATE token_token SET state = ?, reason = 'restored' WHERE state IN (?, ?, ?)", Revoked, Active, Retiring, Disabled)
		if err != nil {
			return 0, 0, err
		}
		products, err := count(tx, "UPDATE token_product SET state = ?, revoked = ? WHERE state = ?", Revoked, store.At(tx.Now()), Active)
		return short, tokens + products, err
	}
	long := 0
	for _, id := range ended { // an id is in one of the two tables
		tokens, err := count(tx, "UPDATE token_token SET state = ?, reason = 'restored' WHERE id = ? AND state IN (?, ?, ?)", Revoked, id, Active, Retiring, Disabled)
		if err != nil {
			return 0, 0, err
		}
		products, err := count(tx, "UPDATE token_product SET state = ?, revoked = ? WHERE id = ? AND state = ?", Revoked, store.At(tx.Now()), id, Active)
		if err != nil {
			return 0, 0, err
		}
		long += tokens + products
	}
	return short, long, nil
}

func count(tx *store.Tx, statement string, args ...any) (int, error) {
	res, err := tx.ExecContext(tx.Ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}
