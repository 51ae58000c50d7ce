package account

import (
	"strings"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:account_account,alias:a"`

	ID             ID `bun:",pk"`
	Key            string
	Name           string
	Kind           Kind
	Parent         string
	DeveloperGroup string
	Upstream       string
	State          State
	OpenedBy       string
	Created        store.Micros
}

func (a Account) row() *row {
	return &row{ID: a.ID, Key: a.Key, Name: a.Name, Kind: a.Kind, Parent: a.Parent, DeveloperGroup: a.Group, Upstream: a.Upstream,
		State: a.State, OpenedBy: a.OpenedBy, Created: store.At(a.Created)}
}

func (r *row) account() Account {
	return Account{ID: r.ID, Key: r.Key, Name: r.Name, Kind: r.Kind, Parent: r.Parent, Group: r.DeveloperGroup, Upstream: r.Upstream,
		State: r.State, OpenedBy: r.OpenedBy, Created: r.Created.Time()}
}

func put(tx *store.Tx, a Account) error {
	_, err := tx.NewInsert().Model(a.row()).On("CONFLICT (id) DO UPDATE").
		Set("name = EXCLUDED.name, kind = EXCLUDED.kind, parent = EXCLUDED.parent, developer_group = EXCLUDED.developer_group, upstream = EXCLUDED.upstream, state = EXCLUDED.state").
		Exec(tx.Ctx)
	return err
}

func find(tx *store.Tx, where string, args ...any) (Account, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Account{}, problem.NotFound("account")
	}
	return r.account(), err
}

// sandboxesMost bounds what one answer holds.
const sandboxesMost = 200

func sandboxes(tx *store.Tx, group string) ([]Account, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where("kind = ? AND developer_group = ? AND developer_group <> ''", Sandbox, group).Order("a.state", "a.name", "a.id").Limit(sandboxesMost).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Account, len(rows))
	for i := range rows {
		out[i] = rows[i].account()
	}
	return out, nil
}

type listing struct {
	User, Parent, Group, After string
	Words                      []string // each stands in the name or the key, or is the id
	Limit                      int
}

func list(tx *store.Tx, l listing) ([]Account, error) {
	var rows []row
	q := tx.NewSelect().Model(&rows).Order("a.id").Where("a.id > ?", l.After).Limit(int64(l.Limit))
	if l.User != "" {
		q = q.Join("JOIN account_member AS m ON m.account = a.id").Where("m.user_id = ?", l.User)
	}
	if l.Parent != "" {
		q = q.Where("a.parent = ?", l.Parent)
	}
	if l.Group != "" {
		q = q.Where("a.developer_group = ?", l.Group)
	}
	for _, w := range l.Words {
		// SQLite lowers ASCII letters only: others are found as they are written.
		low, as := "%"+store.Literal(strings.ToLower(w))+"%", "%"+store.Literal(w)+"%"
		q = q.Where(`(LOWER(a.name) LIKE ? ESCAPE '\' OR a.name LIKE ? ESCAPE '\' OR LOWER(a.key) LIKE ? ESCAPE '\' OR a.id = ?)`, low, as, low, w)
	}
	if err := q.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Account, len(rows))
	for i := range rows {
		out[i] = rows[i].account()
	}
	return out, nil
}

type memberRow struct {
	bun.BaseModel `bun:"table:account_member,alias:m"`

	Account string `bun:",pk"`
	UserID  string `bun:",pk"`
	Role    string
	Roles   []string `bun:"type:text"`
	Created store.Micros
}

func putMember(tx *store.Tx, m Member) error {
	if m.Roles == nil {
		m.Roles = []string{}
	}
	r := &memberRow{Account: m.Account, UserID: m.User, Role: m.Role, Roles: m.Roles, Created: store.At(m.Created)}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (account, user_id) DO UPDATE").Set("role = EXCLUDED.role, roles = EXCLUDED.roles").Exec(tx.Ctx)
	return err
}

func removeMember(tx *store.Tx, account, user string) error {
	_, err := tx.NewDelete().Model((*memberRow)(nil)).Where("account = ? AND user_id = ?", account, user).Exec(tx.Ctx)
	return err
}

type personRow struct {
	UserID  string
	Email   string
	Name    string
	Role    string
	Roles   []string `bun:"type:text"`
	Created store.Micros
}

func members(tx *store.Tx, account, user string) ([]Member, error) {
	var rows []personRow
	q := tx.NewSelect().TableExpr("account_member AS m").Join("JOIN identity_user AS u ON u.id = m.user_id").
		Column("m.user_id", "m.role", "m.roles", "m.created", "u.email", "u.name").Where("m.account = ?", account).Order("m.created", "m.user_id")
	if user != "" {
		q = q.Where("m.user_id = ?", user)
	}
	if err := q.Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make([]Member, len(rows))
	for i, r := range rows {
		out[i] = Member{Account: account, User: r.UserID, Email: r.Email, Name: r.Name, Role: r.Role, Roles: r.Roles, Created: r.Created.Time()}
	}
	return out, nil
}

// person is somebody whom the product has named. Deleted people keep no key.
type person struct {
	ID    string
	Email string
	Name  string
	State string
}

// personByKey finds a person by the product's key; the zero one when there is none.
func personByKey(tx *store.Tx, key string) (person, error) {
	var p person
	if key == "" {
		return p, nil
	}
	err := tx.NewRaw("SELECT id, email, name, state FROM identity_user WHERE product_key = ?", key).Scan(tx.Ctx, &p)
	if store.IsNone(err) {
		return person{}, nil
	}
	return p, err
}

// Roles gives the Guestright roles of a user by account, for the principal.
func Roles(tx *store.Tx, user string) (map[string]string, error) {
	var rows []memberRow
	err := tx.NewSelect().Model(&rows).Where("user_id = ?", user).Scan(tx.Ctx)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Account] = r.Role
	}
	return out, err
}

type roleRow struct {
	bun.BaseModel `bun:"table:account_role,alias:r"`

	ID            RoleID `bun:",pk"`
	Account       string
	Key           string
	Name          string
	Policy        access.Policy `bun:"type:text"`
	Administrator store.Bool
	Integration   store.Bool
	Created       store.Micros
}

func (r *roleRow) role() Role {
	return Role{ID: r.ID, Account: r.Account, Key: r.Key, Name: r.Name, Policy: r.Policy, Administrator: bool(r.Administrator),
		Integration: bool(r.Integration), Created: r.Created.Time()}
}

func putRole(tx *store.Tx, r Role) error {
	if r.Policy == nil {
		r.Policy = access.Policy{}
	}
	m := &roleRow{ID: r.ID, Account: r.Account, Key: r.Key, Name: r.Name, Policy: r.Policy, Administrator: store.Bool(r.Administrator),
		Integration: store.Bool(r.Integration), Created: store.At(r.Created)}
	_, err := tx.NewInsert().Model(m).On("CONFLICT (account, key) DO UPDATE").
		Set("name = EXCLUDED.name, policy = EXCLUDED.policy, administrator = EXCLUDED.administrator, integration = EXCLUDED.integration").Exec(tx.Ctx)
	return err
}

func roles(tx *store.Tx, account string) ([]Role, error) {
	var rows []roleRow
	if err := tx.NewSelect().Model(&rows).Where("account = ?", account).Order("r.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Role, len(rows))
	for i := range rows {
		out[i] = rows[i].role()
	}
	return out, nil
}

func findRole(tx *store.Tx, where string, args ...any) (Role, error) {
	var r roleRow
	err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Role{}, problem.NotFound("role")
	}
	return r.role(), err
}

type integrationUserRow struct {
	bun.BaseModel `bun:"table:account_integration_user,alias:i"`

	ID      IntegrationUserID `bun:",pk"`
	Account string
	Key     string
	Name    string
	Created store.Micros
}

func (r *integrationUserRow) user() IntegrationUser {
	return IntegrationUser{ID: r.ID, Account: r.Account, Key: r.Key, Name: r.Name, Created: r.Created.Time()}
}

func putIntegrationUser(tx *store.Tx, u IntegrationUser) error {
	r := &integrationUserRow{ID: u.ID, Account: u.Account, Key: u.Key, Name: u.Name, Created: store.At(u.Created)}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (id) DO UPDATE").Set("key = EXCLUDED.key, name = EXCLUDED.name").Exec(tx.Ctx)
	return err
}

func findIntegrationUser(tx *store.Tx, where string, args ...any) (IntegrationUser, error) {
	var r integrationUserRow
	err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx)
	if store.IsNone(err) {
		return IntegrationUser{}, problem.NotFound("integration user")
	}
	return r.user(), err
}

func integrationUsers(tx *store.Tx, account string) ([]IntegrationUser, error) {
	var rows []integrationUserRow
	err := tx.NewSelect().Model(&rows).Where("account = ?", account).Order("i.id").Scan(tx.Ctx)
	out := make([]IntegrationUser, len(rows))
	for i := range rows {
		out[i] = rows[i].user()
	}
	return out, err
}
