package role

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:role_role,alias:r"`

	ID          ID `bun:",pk"`
	Account     string
	Key         string
	Name        string
	Plain       string
	Description string
	Policy      access.Policy `bun:"type:text"`
	Base        Base
	Manage      []string `bun:"type:text"`
	Revision    int64
	Created     store.Micros
	Updated     store.Micros
}

func (r Role) row() *row {
	return &row{ID: r.ID, Account: r.Account, Key: r.Key, Name: r.Name, Plain: plain(r.Name), Description: r.Description, Policy: r.Policy,
		Base: r.Base, Manage: r.Manage, Revision: r.Revision, Created: store.At(r.Created), Updated: store.At(r.Updated)}
}

func (r *row) role() Role {
	return Role{ID: r.ID, Account: r.Account, Key: r.Key, Name: r.Name, Description: r.Description, Policy: r.Policy, Base: r.Base,
		Manage: r.Manage, Revision: r.Revision, Created: r.Created.Time(), Updated: r.Updated.Time()}
}

func insert(tx *store.Tx, r Role) error {
	taken, err := tx.NewSelect().Model((*row)(nil)).Where("account = ? AND (key = ? OR plain = ?)", r.Account, r.Key, plain(r.Name)).Exists(tx.Ctx)
	if err != nil {
		return err
	}
	if taken {
		return errExists()
	}
	_, err = tx.NewInsert().Model(r.row()).Exec(tx.Ctx)
	if store.IsUnique(err) {
		return errExists()
	}
	return err
}

// save writes r if its revision is still the one that was loaded.
func save(tx *store.Tx, r Role) error {
	taken, err := tx.NewSelect().Model((*row)(nil)).Where("account = ? AND plain = ? AND id <> ?", r.Account, plain(r.Name), r.ID).Exists(tx.Ctx)
	if err != nil {
		return err
	}
	if taken {
		return errExists()
	}
	was := r.Revision
	r.Revision++
	res, err := tx.NewUpdate().Model(r.row()).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errChanged().Because(err)
	}
	return nil
}

func remove(tx *store.Tx, id ID) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where("id = ?", id).Exec(tx.Ctx)
	return err
}

func find(tx *store.Tx, at Path) (Role, error) { return findIn(tx, at.Account.String(), at.Role) }

func findIn(tx *store.Tx, acc string, id ID) (Role, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("account = ? AND id = ?", acc, id).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Role{}, problem.NotFound("role")
	}
	return r.role(), err
}

func list(tx *store.Tx, acc string) ([]Role, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where("account = ?", acc).Order("plain").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Role, len(rows))
	for i := range rows {
		out[i] = rows[i].role()
	}
	return out, nil
}

type assignmentRow struct {
	bun.BaseModel `bun:"table:role_assignment,alias:a"`

	Account    string            `bun:",pk"`
	UserID     string            `bun:",pk"`
	Role       string            `bun:",pk"`
	Attributes access.Attributes `bun:"type:text"`
	Given      store.Micros
	GivenBy    string
}

func putAssignment(tx *store.Tx, a Assignment) error {
	if a.Attributes == nil {
		a.Attributes = access.Attributes{}
	}
	r := &assignmentRow{Account: a.Account, UserID: a.User, Role: a.Role, Attributes: a.Attributes, Given: store.At(a.Given), GivenBy: a.By}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (account, user_id, role) DO UPDATE").
		Set("attributes = EXCLUDED.attributes, given = EXCLUDED.given, given_by = EXCLUDED.given_by").Exec(tx.Ctx)
	return err
}

func dropAssignment(tx *store.Tx, a Assignment) error {
	_, err := tx.NewDelete().Model((*assignmentRow)(nil)).Where("account = ? AND user_id = ? AND role = ?", a.Account, a.User, a.Role).Exec(tx.Ctx)
	return err
}

func dropMember(tx *store.Tx, acc, user string) error {
	_, err := tx.NewDelete().Model((*assignmentRow)(nil)).Where("account = ? AND user_id = ?", acc, user).Exec(tx.Ctx)
	return err
}

func assignments(tx *store.Tx, acc, where string, args ...any) ([]Assignment, error) {
	var rows []assignmentRow
	if err := tx.NewSelect().Model(&rows).Where("account = ?", acc).Where(where, args...).Order("user_id", "given", "role").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Assignment, len(rows))
	for i, r := range rows {
		out[i] = Assignment{Account: r.Account, User: r.UserID, Role: r.Role, Attributes: r.Attributes, Given: r.Given.Time(), By: r.GivenBy}
	}
	return out, nil
}

// affected lists the members who have a role.
func affected(tx *store.Tx, acc, role string) ([]Affected, error) {
	var rows []struct {
		UserID, Name, Email string
		Attributes          access.Attributes `bun:"type:text"`
	}
	err := tx.NewSelect().TableExpr("role_assignment AS a").Join("JOIN identity_user AS u ON u.id = a.user_id").
		Column("a.user_id", "a.attributes", "u.name", "u.email").Where("a.account = ? AND a.role = ?", acc, role).Order("u.name", "a.user_id").Scan(tx.Ctx, &rows)
	if err != nil {
		return nil, err
	}
	out := make([]Affected, len(rows))
	for i, r := range rows {
		out[i] = Affected{User: r.UserID, Name: r.Name, Email: r.Email, Attributes: r.Attributes}
	}
	return out, nil
}

// managed are the rights over Guestright that one role gives a person in one account.
type managed struct {
	Account string
	Manage  []string `bun:"type:text"`
}

func managing(tx *store.Tx, user string) ([]managed, error) {
	var rows []managed
	err := tx.NewSelect().TableExpr("role_assignment AS a").Join("JOIN role_role AS r ON r.id = a.role AND r.account = a.account").
		Join("JOIN account_member AS m ON m.account = a.account AND m.user_id = a.user_id").
		Column("a.account", "r.manage").Where("a.user_id = ? AND r.manage <> '[]'", user).Order("a.account", "r.id").Scan(tx.Ctx, &rows)
	return rows, err
}

// leaving reports whether a person's sign-in is ending or has ended.
func leaving(tx *store.Tx, user string) (bool, error) {
	return tx.NewSelect().TableExpr("identity_user").Where("id = ? AND state IN ('deletion_requested', 'deleted')", user).Exists(tx.Ctx)
}

type holdRow struct {
	bun.BaseModel `bun:"table:role_hold,alias:h"`

	Account string `bun:",pk"`
	Role    string `bun:",pk"`
	Holder  string `bun:",pk"`
	Name    string
	GrantID string
}

func putHold(tx *store.Tx, acc, role string, h Hold) error {
	r := &holdRow{Account: acc, Role: role, Holder: h.Holder, Name: h.Name, GrantID: h.Grant}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (account, role, holder) DO UPDATE").Set("name = EXCLUDED.name, grant_id = EXCLUDED.grant_id").Exec(tx.Ctx)
	return err
}

func dropHolds(tx *store.Tx, acc, holder string) error {
	_, err := tx.NewDelete().Model((*holdRow)(nil)).Where("account = ? AND holder = ?", acc, holder).Exec(tx.Ctx)
	return err
}

func holds(tx *store.Tx, acc, role string) ([]Hold, error) {
	var rows []holdRow
	if err := tx.NewSelect().Model(&rows).Where("account = ? AND role = ?", acc, role).Order("name", "holder").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Hold, len(rows))
	for i, r := range rows {
		out[i] = Hold{Holder: r.Holder, Name: r.Name, Grant: r.GrantID}
	}
	return out, nil
}
