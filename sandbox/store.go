package sandbox

import (
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/store"
)

const listMost = 100

// list reads the live sandbox accounts of a group.
func list(tx *store.Tx, group string) ([]Sandbox, error) {
	var rows []struct {
		ID        account.ID
		Key, Name string
	}
	err := tx.NewSelect().TableExpr("account_account").Column("id", "key", "name").Where("developer_group = ? AND kind = ? AND state = ?", group, account.Sandbox, account.Active).
		Order("name", "id").Limit(listMost).Scan(tx.Ctx, &rows)
	out := make([]Sandbox, len(rows))
	for i, r := range rows {
		out[i] = Sandbox{ID: r.ID, Key: r.Key, Name: r.Name, Group: group}
	}
	return out, err
}
