package event

import "github.com/guestright/guestright/kit/store"

func mutes(tx *store.Tx, account string) ([]Mute, error) {
	var rows []struct{ Pattern, GrantID string }
	err := tx.NewRaw("SELECT pattern, grant_id FROM event_mute WHERE account = ? ORDER BY grant_id, pattern", account).Scan(tx.Ctx, &rows)
	out := make([]Mute, len(rows))
	for i, r := range rows {
		out[i] = Mute{Pattern: r.Pattern, Grant: r.GrantID}
	}
	return out, err
}

func setMutes(tx *store.Tx, account string, list []Mute) error {
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM event_mute WHERE account = ?", account); err != nil {
		return err
	}
	for _, m := range list {
		if _, err := tx.ExecContext(tx.Ctx, "INSERT INTO event_mute (account, grant_id, pattern, created) VALUES (?, ?, ?, ?)", account, m.Grant, m.Pattern, store.At(tx.Now())); err != nil {
			return err
		}
	}
	return nil
}

// grantIn reports whether a grant is of an account.
func grantIn(tx *store.Tx, grant, account string) (bool, error) {
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM grant_grant WHERE id = ? AND account = ?", grant, account).Scan(tx.Ctx, &n)
	return n > 0, err
}
