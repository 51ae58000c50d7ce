package consent

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:consent_consent,alias:c"`

	ID           ID `bun:",pk"`
	Application  string
	Account      string
	UserID       string
	Installation string
	GrantID      string
	Scopes       []string `bun:"type:text"`
	Trusted      store.Bool
	State        State
	Reason       string
	Created      store.Micros
	Updated      store.Micros
	Over         store.Micros
	Revision     int64
}

func (c Consent) row() *row {
	if c.Scopes == nil {
		c.Scopes = []string{}
	}
	return &row{ID: c.ID, Application: c.Application, Account: c.Account, UserID: c.User, Installation: c.Installation, GrantID: c.Grant,
		Scopes: c.Scopes, Trusted: store.Bool(c.Trusted), State: c.State, Reason: c.Reason, Created: store.At(c.Created),
		Updated: store.At(c.Updated), Over: store.At(c.Over), Revision: c.Revision}
}

func (r *row) consent() Consent {
	return Consent{ID: r.ID, Application: r.Application, Account: r.Account, User: r.UserID, Installation: r.Installation, Grant: r.GrantID,
		Scopes: r.Scopes, Trusted: bool(r.Trusted), State: r.State, Reason: r.Reason, Created: r.Created.Time(),
		Updated: r.Updated.Time(), Over: r.Over.Time(), Revision: r.Revision}
}

func insert(tx *store.Tx, c Consent) error {
	_, err := tx.NewInsert().Model(c.row()).Exec(tx.Ctx)
	return err
}

// save writes c if nobody else did since it was loaded.
func save(tx *store.Tx, c Consent) error {
	r := c.row()
	r.Revision++
	res, err := tx.NewUpdate().Model(r).WherePK().Where("revision = ?", c.Revision).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("consent_changed", "The consent has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func find(tx *store.Tx, where string, args ...any) (Consent, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Consent{}, problem.NotFound("consent")
	}
	return r.consent(), err
}

func list(tx *store.Tx, where string, args ...any) ([]Consent, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("c.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Consent, len(rows))
	for i := range rows {
		out[i] = rows[i].consent()
	}
	return out, nil
}

// Listed is a consent with the names that lists show.
type Listed struct {
	Consent
	ApplicationName string `json:"application_name"`
	PublicID        string `json:"application_id"`
	Developer       string `json:"developer" doc:"Name of the developer group"`
	Homepage        string `json:"homepage,omitempty"`
	Support         string `json:"support,omitempty" doc:"Where the developers can be reached"`
	AccountName     string `json:"account_name"`
	UserName        string `json:"user_name"`
	Email           string `json:"email"`
	GrantState      string `json:"grant_state" enum:"active,suspended,ended" doc:"Whether its tokens open anything now"`
	GrantReason     string `json:"grant_reason,omitempty"`
}

type listedRow struct {
	row             `bun:",extend"`
	ApplicationName string
	PublicID        string
	Developer       string
	Homepage        string
	Support         string
	AccountName     string
	UserName        string
	Email           string
	GrantState      string
	GrantReason     string
}

// most bounds a list.
const most = 500

func listed(tx *store.Tx, where string, args ...any) ([]Listed, error) {
	var rows []listedRow
	err := tx.NewSelect().TableExpr("consent_consent AS c").ColumnExpr("c.*").
		ColumnExpr("p.name AS application_name, p.public_id, p.homepage, p.support, g.name AS developer, a.name AS account_name").
		ColumnExpr("u.name AS user_name, u.email, t.state AS grant_state, t.reason AS grant_reason").
		Join("JOIN application_application AS p ON p.id = c.application").
		Join("JOIN group_group AS g ON g.id = p.group_id").
		Join("JOIN account_account AS a ON a.id = c.account").
		Join("JOIN identity_user AS u ON u.id = c.user_id").
		Join("JOIN grant_grant AS t ON t.id = c.grant_id").
		Where(where, args...).Order("c.id DESC").Limit(most).Scan(tx.Ctx, &rows)
	if err != nil {
		return nil, err
	}
	out := make([]Listed, len(rows))
	for k := range rows {
		r := &rows[k]
		out[k] = Listed{Consent: r.consent(), ApplicationName: r.ApplicationName, PublicID: r.PublicID, Developer: r.Developer, Homepage: r.Homepage,
			Support: r.Support, AccountName: r.AccountName, UserName: r.UserName, Email: r.Email, GrantState: r.GrantState, GrantReason: r.GrantReason}
	}
	return out, nil
}

// productKey is the product's own key of a person; "" when it has none.
func productKey(tx *store.Tx, user string) (string, error) {
	var key string
	err := tx.NewRaw("SELECT product_key FROM identity_user WHERE id = ?", user).Scan(tx.Ctx, &key)
	if store.IsNone(err) {
		return "", problem.NotFound("user")
	}
	return key, err
}

// administrator names somebody whom members can ask.
func administrator(tx *store.Tx, account string) (string, error) {
	var email string
	err := tx.NewRaw(`SELECT u.email FROM account_member AS m JOIN identity_user AS u ON u.id = m.user_id
		WHERE m.account = ? AND m.role = 'admin' ORDER BY m.created, m.user_id LIMIT 1`, account).Scan(tx.Ctx, &email)
	if store.IsNone(err) {
		return "", nil
	}
	return email, err
}
