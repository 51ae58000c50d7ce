package insight

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:insight_narrowing,alias:n"`

	ID      ID `bun:",pk"`
	GrantID string
	Was     []string `bun:"type:text"`
	Kept    []string `bun:"type:text"`
	Made    store.Micros
	MadeBy  string
	Undone  store.Micros
}

func (r *row) narrowing() Narrowing {
	return Narrowing{ID: r.ID, Grant: r.GrantID, Before: r.Was, After: r.Kept, Made: r.Made.Time(), By: r.MadeBy, Undone: r.Undone.Time()}
}

func insert(tx *store.Tx, n Narrowing) error {
	_, err := tx.NewInsert().Model(&row{ID: n.ID, GrantID: n.Grant, Was: n.Before, Kept: n.After, Made: store.At(n.Made), MadeBy: n.By, Undone: store.At(n.Undone)}).Exec(tx.Ctx)
	return err
}

// undo marks a narrowing that nobody else has taken back.
func undo(tx *store.Tx, n Narrowing) error {
	res, err := tx.NewUpdate().Model((*row)(nil)).Set("undone = ?", store.At(tx.Now())).Where("id = ? AND undone = ?", n.ID, store.At(n.Undone)).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if count, err := res.RowsAffected(); err != nil || count != 1 {
		return errOver()
	}
	return nil
}

// newest finds the last narrowing of a grant; false when there was none.
func newest(tx *store.Tx, grantID string) (Narrowing, bool, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("grant_id = ?", grantID).Order("id DESC").Limit(1).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Narrowing{}, false, nil
	}
	return r.narrowing(), err == nil, err
}

// grantsMost bounds how many grants of an account are compared or tried at once.
const grantsMost = 500

// grantsOf lists the ids of the grants of an account that are not over, the
// newest first, and says how many older ones there are beyond.
func grantsOf(tx *store.Tx, account string) ([]string, int, error) {
	var ids []string
	q := tx.NewSelect().TableExpr("grant_grant").Column("id").Where("account = ? AND state <> ?", account, grant.Ended).Order("id DESC").Limit(grantsMost)
	if err := q.Scan(tx.Ctx, &ids); err != nil || len(ids) < grantsMost {
		return ids, 0, err
	}
	all, err := tx.NewSelect().TableExpr("grant_grant").Where("account = ? AND state <> ?", account, grant.Ended).Count(tx.Ctx)
	return ids, int(all) - len(ids), err
}

// nameOf is what people call the holder of a grant.
func nameOf(tx *store.Tx, g grant.Grant) (string, error) {
	table, column, where, arg := "", "name", "id = ?", g.Application
	switch g.Kind {
	case grant.KindInstallation, grant.KindConsent:
		table = "application_application"
	case grant.KindPrivate:
		table, where, arg = "private_integration", "grant_id = ?", g.ID.String()
	case grant.KindMember, grant.KindService:
		table, where, arg = "apitoken_token", "grant_id = ?", g.ID.String()
	case grant.KindLegacy:
		table, column, where, arg = "legacy_key", "label", "grant_id = ?", g.ID.String()
	default:
		return g.Holder, nil
	}
	var name string
	err := tx.NewSelect().TableExpr(table).Column(column).Where(where, arg).Limit(1).Scan(tx.Ctx, &name)
	if store.IsNone(err) {
		return g.Holder, nil
	}
	if err != nil || g.Kind != grant.KindConsent && g.Kind != grant.KindMember {
		return name, err
	}
	var person string
	err = tx.NewSelect().TableExpr("identity_user").Column("name").Where("id = ?", g.Subject).Scan(tx.Ctx, &person)
	if store.IsNone(err) {
		return name, nil
	}
	return name + " as " + person, err
}

// rolesOf are the roles that a personal or service token was made with.
func rolesOf(tx *store.Tx, grantID string) ([]string, error) {
	var r struct {
		Roles []string `bun:"type:text"`
	}
	err := tx.NewSelect().TableExpr("apitoken_token").Column("roles").Where("grant_id = ?", grantID).Limit(1).Scan(tx.Ctx, &r)
	if store.IsNone(err) {
		return nil, nil
	}
	return r.Roles, err
}
