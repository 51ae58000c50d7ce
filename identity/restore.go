package identity

import "github.com/guestright/guestright/kit/store"

// EndRestored ends everything in a restored database that opens an account by
// being held: sessions, mailed links and set-up secrets.
// It joins, and gives how many sessions it ended.
func EndRestored(tx *store.Tx) (int, error) {
	res, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_session")
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, err
	}
	for _, table := range []string{"identity_link", "identity_setup"} {
		if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM "+table); err != nil {
			return 0, err
		}
	}
	return int(n), nil
}
