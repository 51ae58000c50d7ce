package group

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:group_group,alias:g"`

	ID           ID `bun:",pk"`
	Name         string
	Owner        string
	Personal     store.Bool
	State        State
	Reason       string
	Created      store.Micros
	SecondPerson store.Bool
	Thaw         *Thaw `bun:"type:text"` // NULL for none
}

func (g Group) row() *row {
	return &row{ID: g.ID, Name: g.Name, Owner: g.Owner, Personal: store.Bool(g.Personal), State: g.State, Reason: g.Reason, Created: store.At(g.Created), SecondPerson: store.Bool(g.SecondPerson), Thaw: g.Thaw}
}

func (r *row) group() Group {
	return Group{ID: r.ID, Name: r.Name, Owner: r.Owner, Personal: bool(r.Personal), State: r.State, Reason: r.Reason, Created: r.Created.Time(), SecondPerson: bool(r.SecondPerson), Thaw: r.Thaw}
}

type memberRow struct {
	bun.BaseModel `bun:"table:group_member,alias:m"`

	GroupID string `bun:",pk"`
	UserID  string `bun:",pk"`
	Role    Role
	Created store.Micros
}

func insert(tx *store.Tx, g Group) error {
	_, err := tx.NewInsert().Model(g.row()).Exec(tx.Ctx)
	return err
}

// save writes g if its state is still was.
func save(tx *store.Tx, g Group, was State) error {
	res, err := tx.NewUpdate().Model(g.row()).WherePK().Where("state = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("group_changed", "The group has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func find(tx *store.Tx, id string) (Group, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("id = ?", id).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Group{}, problem.NotFound("group")
	}
	return r.group(), err
}

type listing struct {
	user  string // whose groups; "" for all
	after ID
	limit int // 0: no limit
}

func list(tx *store.Tx, l listing) ([]Group, error) {
	var rows []row
	q := tx.NewSelect().Model(&rows).Order("g.id").Where("g.id > ?", l.after)
	if l.limit > 0 {
		q = q.Limit(int64(l.limit))
	}
	if l.user != "" {
		q = q.Join("JOIN group_member AS m ON m.group_id = g.id").Where("m.user_id = ?", l.user)
	}
	if err := q.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Group, len(rows))
	for i := range rows {
		out[i] = rows[i].group()
	}
	return out, nil
}

func putMember(tx *store.Tx, group, user string, r Role) error {
	m := &memberRow{GroupID: group, UserID: user, Role: r, Created: store.At(tx.Now())}
	_, err := tx.NewInsert().Model(m).On("CONFLICT (group_id, user_id) DO UPDATE").Set("role = EXCLUDED.role").Exec(tx.Ctx)
	return err
}

func removeMember(tx *store.Tx, group, user string) error {
	_, err := tx.NewDelete().Model((*memberRow)(nil)).Where("group_id = ? AND user_id = ?", group, user).Exec(tx.Ctx)
	return err
}

type personRow struct {
	UserID  string
	Email   string
	Name    string
	Role    Role
	Created store.Micros
}

func members(tx *store.Tx, group, user string) ([]Member, error) {
	var rows []personRow
	q := tx.NewSelect().TableExpr("group_member AS m").Join("JOIN identity_user AS u ON u.id = m.user_id").
		Column("m.user_id", "m.role", "m.created", "u.email", "u.name").Where("m.group_id = ?", group).Order("m.created", "m.user_id")
	if user != "" {
		q = q.Where("m.user_id = ?", user)
	}
	if err := q.Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make([]Member, len(rows))
	for i, r := range rows {
		out[i] = Member{User: r.UserID, Email: r.Email, Name: r.Name, Role: r.Role, Created: r.Created.Time()}
	}
	return out, nil
}

func member(tx *store.Tx, group, user string) (Member, error) {
	got, err := members(tx, group, user)
	if err != nil {
		return Member{}, err
	}
	if user == "" || len(got) == 0 {
		return Member{}, problem.NotFound("member")
	}
	return got[0], nil
}

// Roles gives the roles of a user by group, for the principal.
func Roles(tx *store.Tx, user string) (map[string]string, error) {
	var rows []memberRow
	err := tx.NewSelect().Model(&rows).Where("user_id = ?", user).Scan(tx.Ctx)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.GroupID] = string(r.Role)
	}
	return out, err
}

type holdRow struct {
	bun.BaseModel `bun:"table:group_hold"`

	GroupID string `bun:",pk"`
	Holder  string `bun:",pk"`
	Name    string
}

// PlaceHold makes Archive refuse, naming name, until ReleaseHold.
func PlaceHold(tx *store.Tx, group, holder, name string) error {
	_, err := tx.NewInsert().Model(&holdRow{GroupID: group, Holder: holder, Name: name}).
		On("CONFLICT (group_id, holder) DO UPDATE").Set("name = EXCLUDED.name").Exec(tx.Ctx)
	return err
}

// ReleaseHold takes a hold away; none there is fine.
func ReleaseHold(tx *store.Tx, group, holder string) error {
	_, err := tx.NewDelete().Model((*holdRow)(nil)).Where("group_id = ? AND holder = ?", group, holder).Exec(tx.Ctx)
	return err
}

func holds(tx *store.Tx, group string) ([]string, error) {
	var names []string
	err := tx.NewSelect().Model((*holdRow)(nil)).Column("name").Where("group_id = ?", group).Order("holder").Scan(tx.Ctx, &names)
	return names, err
}

// Owned gives the groups a user owns besides the personal one, for the checks
// before an account of a person is deleted.
func Owned(tx *store.Tx, user string) ([]Group, error) {
	all, err := list(tx, listing{user: user})
	if err != nil {
		return nil, err
	}
	var out []Group
	for _, g := range all {
		if g.Owner == user && g.State != Archived {
			out = append(out, g)
		}
	}
	return out, nil
}
