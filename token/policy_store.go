package token

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

// policyOf gives an account's policy, or the usual one.
func policyOf(tx *store.Tx, account string) (Policy, error) {
	var r struct {
		Idle    int
		Rotate  int
		Changed store.Micros
	}
	err := tx.NewRaw("SELECT idle, rotate, changed FROM token_policy WHERE account = ?", account).Scan(tx.Ctx, &r)
	if store.IsNone(err) {
		return UsualPolicy(), nil
	}
	return Policy{IdleDays: r.Idle, RotateDays: r.Rotate, Changed: r.Changed.Time()}, err
}

func putPolicy(tx *store.Tx, account string, p Policy) error {
	_, err := tx.ExecContext(tx.Ctx, `INSERT INTO token_policy (account, idle, rotate, changed) VALUES (?, ?, ?, ?)
		ON CONFLICT (account) DO UPDATE SET idle = excluded.idle, rotate = excluded.rotate, changed = excluded.changed`,
		account, p.IdleDays, p.RotateDays, store.At(p.Changed))
	return err
}

// policiesOf gives the policies of accounts.
func policiesOf(tx *store.Tx, accounts []string) (map[string]Policy, error) {
	var rows []struct {
		Account string
		Idle    int
		Rotate  int
		Changed store.Micros
	}
	out := make(map[string]Policy, len(accounts))
	for _, id := range accounts {
		out[id] = UsualPolicy()
	}
	err := tx.NewRaw("SELECT account, idle, rotate, changed FROM token_policy WHERE account IN (?)", bun.In(accounts)).Scan(tx.Ctx, &rows)
	for _, r := range rows {
		out[r.Account] = Policy{IdleDays: r.Idle, RotateDays: r.Rotate, Changed: r.Changed.Time()}
	}
	return out, err
}

// standing gives the static tokens of accounts that are not over, the oldest first.
func standing(tx *store.Tx, accounts ...string) (map[string][]Token, error) {
	var rows []struct {
		row
		Account string
	}
	err := tx.NewSelect().Model((*row)(nil)).ColumnExpr("t.*").ColumnExpr("g.account").Join("JOIN grant_grant AS g ON g.id = t.grant_id").
		Where("g.account IN (?) AND g.state <> 'ended' AND t.kind = 'static' AND t.state IN (?, ?, ?)", bun.In(accounts), Active, Retiring, Disabled).Order("t.id").Scan(tx.Ctx, &rows)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]Token, len(accounts))
	for i := range rows {
		t, err := rows[i].token()
		if err != nil {
			return nil, err
		}
		out[rows[i].Account] = append(out[rows[i].Account], t)
	}
	return out, nil
}

// accountsWithTokens gives the accounts that have static tokens which are not over.
func accountsWithTokens(tx *store.Tx) ([]string, error) {
	var ids []string
	err := tx.NewRaw(`SELECT DISTINCT g.account FROM token_token AS t JOIN grant_grant AS g ON g.id = t.grant_id
		WHERE t.kind = 'static' AND g.state <> 'ended' AND t.state IN (?, ?, ?) ORDER BY 1`, Active, Retiring, Disabled).Scan(tx.Ctx, &ids)
	return ids, err
}
