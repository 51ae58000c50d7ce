package account

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
)

// LastAdministrator names the accounts that would have no administrator without
// this person. Sandboxes that a group made have those of the group.
func LastAdministrator(tx *store.Tx, user string) ([]string, error) {
	var names []string
	err := tx.NewRaw(`SELECT a.name FROM account_account AS a
		JOIN account_member AS m ON m.account = a.id AND m.user_id = ? AND m.role = ?
		WHERE a.state = ? AND a.opened_by = '' AND NOT EXISTS (SELECT 1 FROM account_member AS o WHERE o.account = a.id AND o.role = ? AND o.user_id <> ?)
		ORDER BY a.name`, user, access.AccountAdmin, Active, access.AccountAdmin, user).Scan(tx.Ctx, &names)
	return names, err
}
