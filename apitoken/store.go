package apitoken

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:apitoken_token,alias:a"`

	ID          ID `bun:",pk"`
	Account     string
	Kind        Kind
	Owner       string
	Creator     string
	Name        string
	Description string
	Roles       []string      `bun:"type:text"`
	Policy      access.Policy `bun:"type:text"`
	GrantID     string
	State       State
	Created     store.Micros
	Deleted     store.Micros
}

func (t APIToken) row() *row {
	r := &row{ID: t.ID, Account: t.Account, Kind: t.Kind, Owner: t.Owner, Creator: t.Creator, Name: t.Name, Description: t.Description,
		Roles: t.Roles, Policy: t.Policy, GrantID: t.Grant, State: t.State, Created: store.At(t.Created), Deleted: store.At(t.Deleted)}
	if r.Roles == nil {
		r.Roles = []string{}
	}
	if r.Policy == nil {
		r.Policy = access.Policy{}
	}
	return r
}

func (r *row) apiToken() APIToken {
	return APIToken{ID: r.ID, Account: r.Account, Kind: r.Kind, Owner: r.Owner, Creator: r.Creator, Name: r.Name, Description: r.Description,
		Roles: r.Roles, Policy: r.Policy, Grant: r.GrantID, State: r.State, Created: r.Created.Time(), Deleted: r.Deleted.Time()}
}

func insert(tx *store.Tx, t APIToken) error {
	_, err := tx.NewInsert().Model(t.row()).Exec(tx.Ctx)
	return err
}

// save writes t if its state is still was.
func save(tx *store.Tx, t APIToken, was State) error {
	res, err := tx.NewUpdate().Model(t.row()).WherePK().Where("state = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("api_token_changed", "The token has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func find(tx *store.Tx, where string, arg any) (APIToken, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, arg).Scan(tx.Ctx)
	if store.IsNone(err) {
		return APIToken{}, problem.NotFound("token")
	}
	return r.apiToken(), err
}

// all gives an account's tokens that were not deleted, the oldest first; owner
// narrows to one member's personal ones.
func all(tx *store.Tx, account, owner string) ([]APIToken, error) {
	var rows []row
	sel := tx.NewSelect().Model(&rows).Where("account = ? AND state = ?", account, Active).Order("a.id")
	if owner != "" {
		sel = sel.Where("owner = ?", owner)
	}
	if err := sel.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]APIToken, len(rows))
	for i := range rows {
		out[i] = rows[i].apiToken()
	}
	return out, nil
}

// productKey is how the product names a person.
func productKey(tx *store.Tx, user string) (string, error) {
	var key string
	err := tx.NewRaw("SELECT product_key FROM identity_user WHERE id = ?", user).Scan(tx.Ctx, &key)
	if store.IsNone(err) {
		return "", problem.NotFound("user")
	}
	return key, err
}
