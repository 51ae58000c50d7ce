package application

import "github.com/guestright/guestright/kit/store"

// EndedKeys lists the keys of a database that opened nothing any more, by id;
// for replaying revocations after an older copy was restored.
func EndedKeys(tx *store.Tx) ([]string, error) {
	var ids []string
	err := tx.NewRaw("SELECT id FROM application_key WHERE state IN (?, ?)", KeyExpired, KeyRevoked).Scan(tx.Ctx, &ids)
	return ids, err
}

// EndRestored revokes the keys that must not live on in a restored database:
// those listed, or all of them. It joins, and gives how many it ended.
func EndRestored(tx *store.Tx, ended []string, all bool) (int, error) {
	const statement = "UPDATE application_key SET state = ? WHERE state IN (?, ?)"
	if all {
		return countKeys(tx, statement, KeyRevoked, KeyActive, KeyRetiring)
	}
	total := 0
	for _, id := range ended {
		n, err := countKeys(tx, statement+" AND id = ?", KeyRevoked, KeyActive, KeyRetiring, id)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func countKeys(tx *store.Tx, statement string, args ...any) (int, error) {
	res, err := tx.ExecContext(tx.Ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}
