package private

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

type row struct {
	bun.BaseModel `bun:"table:private_integration,alias:p"`

	ID          ID `bun:",pk"`
	Account     string
	Name        string
	Description string
	Scopes      []string `bun:"type:text"`
	Owner       string
	Contact     string
	Networks    grant.Networks `bun:"type:text"`
	Reach       grant.Reach    `bun:"type:text"`
	LifeDays    int
	IdleDays    int
	RotateDays  int
	GrantID     string
	State       State
	Paused      store.Bool
	Reason      string
	Block       string
	CreatedBy   string
	Created     store.Micros
	Deleted     store.Micros
	Revision    int64
}

func (i Integration) row() *row {
	if i.Scopes == nil {
		i.Scopes = []string{}
	}
	if i.Networks == nil {
		i.Networks = grant.Networks{}
	}
	return &row{ID: i.ID, Account: i.Account, Name: i.Name, Description: i.Description, Scopes: i.Scopes, Owner: i.Owner, Contact: i.Contact,
		Networks: i.Networks, Reach: i.Reach, LifeDays: i.Expiry.LifeDays, IdleDays: i.Expiry.IdleDays, RotateDays: i.Expiry.RotateDays,
		GrantID: i.Grant, State: i.State, Paused: store.Bool(i.Paused), Reason: i.Reason, Block: i.Block, CreatedBy: i.CreatedBy,
		Created: store.At(i.Created), Deleted: store.At(i.DeletedAt), Revision: i.Revision}
}

func (r *row) integration() Integration {
	return Integration{ID: r.ID, Account: r.Account, Name: r.Name, Description: r.Description, Scopes: r.Scopes, Owner: r.Owner, Contact: r.Contact,
		Networks: r.Networks, Reach: r.Reach, Expiry: Expiry{LifeDays: r.LifeDays, IdleDays: r.IdleDays, RotateDays: r.RotateDays},
		Grant: r.GrantID, State: r.State, Paused: bool(r.Paused), Reason: r.Reason, Block: r.Block, CreatedBy: r.CreatedBy,
		Created: r.Created.Time(), DeletedAt: r.Deleted.Time(), Revision: r.Revision}
}

func insert(tx *store.Tx, i Integration) error {
	_, err := tx.NewInsert().Model(i.row()).Exec(tx.Ctx)
	return err
}

// save writes i if nobody else did since it was loaded.
func save(tx *store.Tx, i Integration) error {
	r := i.row()
	r.Revision++
	res, err := tx.NewUpdate().Model(r).WherePK().Where("revision = ?", i.Revision).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errChanged().Because(err)
	}
	return nil
}

func errChanged() *problem.Error {
	return problem.Conflict("private_integration_changed", "Somebody else has changed the private integration meanwhile. Load it again.")
}

func find(tx *store.Tx, where string, args ...any) (Integration, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Integration{}, problem.NotFound("integration")
	}
	return r.integration(), err
}

func list(tx *store.Tx, where string, args ...any) ([]Integration, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("p.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Integration, len(rows))
	for k := range rows {
		out[k] = rows[k].integration()
	}
	return out, nil
}

// ofChildren lists the integrations of every child of an account.
func ofChildren(tx *store.Tx, parent string) ([]Integration, error) {
	return list(tx, "p.state <> ? AND p.account IN (SELECT id FROM account_account WHERE parent = ?)", Gone, parent)
}

// count tells how many integrations an account has.
func count(tx *store.Tx, acc string) (int, error) {
	n, err := tx.NewSelect().Model((*row)(nil)).Where("account = ? AND state NOT IN (?, ?)", acc, Deleted, Gone).Count(tx.Ctx)
	return int(n), err
}

func expired(tx *store.Tx, before time.Time) ([]Integration, error) {
	return list(tx, "state = ? AND deleted < ?", Deleted, store.At(before))
}

// liveTokens tells, of each grant that has tokens which work, how many and when
// the newest was made.
func liveTokens(tx *store.Tx, grants []string, now time.Time) (map[string]live, error) {
	out := map[string]live{}
	if len(grants) == 0 {
		return out, nil
	}
	var rows []struct {
		GrantID string
		N       int
		Newest  store.Micros
	}
	err := tx.NewSelect().TableExpr("token_token AS t").ColumnExpr("t.grant_id, COUNT(*) AS n, MAX(t.created) AS newest").
		Where("t.grant_id IN (?)", bun.List(grants)).Where("t.state IN (?, ?)", token.Active, token.Retiring).
		Where("t.expires = 0 OR t.expires > ?", store.At(now)).GroupExpr("t.grant_id").Scan(tx.Ctx, &rows)
	for _, r := range rows {
		out[r.GrantID] = live{n: r.N, newest: r.Newest.Time()}
	}
	return out, err
}

type live struct {
	n      int
	newest time.Time
}

type permissionRow struct {
	bun.BaseModel `bun:"table:private_permission,alias:s"`

	Account   string `bun:",pk"`
	UserID    string `bun:",pk"`
	Own       Switch
	Children  Switch
	Since     store.Micros
	Changed   store.Micros
	ChangedBy string
}

// switches gives the members' switches of an account, of one member when user is
// not empty.
func switches(tx *store.Tx, acc, user string) (map[string]kept, error) {
	var rows []permissionRow
	q := tx.NewSelect().Model(&rows).Where("account = ?", acc)
	if user != "" {
		q = q.Where("user_id = ?", user)
	}
	if err := q.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := map[string]kept{}
	for _, r := range rows {
		out[r.UserID] = kept{Own: r.Own, Children: r.Children, Since: r.Since.Time()}
	}
	return out, nil
}

func putSwitches(tx *store.Tx, m account.Member, k kept, by string) error {
	r := &permissionRow{Account: m.Account, UserID: m.User, Own: k.Own, Children: k.Children, Since: store.At(k.Since), Changed: store.At(tx.Now()), ChangedBy: by}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (account, user_id) DO UPDATE").
		Set("own = EXCLUDED.own, children = EXCLUDED.children, since = EXCLUDED.since, changed = EXCLUDED.changed, changed_by = EXCLUDED.changed_by").Exec(tx.Ctx)
	return err
}
