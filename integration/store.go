package integration

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:integration_installation,alias:i"`

	ID             ID `bun:",pk"`
	Application    string
	Account        string
	Version        string
	GrantID        string
	UserID         string
	Role           string
	Scopes         []string `bun:"type:text"`
	Delegation     string
	ApproverRoles  []string `bun:"type:text"`
	Updates        Updates
	State          State
	Available      store.Bool
	DeveloperBlock string
	OperatorBlock  string
	AccountBlock   string
	Reason         string
	Until          store.Micros
	Previous       *Prior `bun:"type:text"` // NULL for none
	InstalledBy    string
	Created        store.Micros
	Removed        store.Micros
	Provisioned    Provisioned
	Fault          string
}

func (i Installation) row() *row {
	if i.Scopes == nil {
		i.Scopes = []string{}
	}
	if i.ApproverRoles == nil {
		i.ApproverRoles = []string{}
	}
	return &row{ID: i.ID, Previous: i.Previous, Application: i.Application, Account: i.Account, Version: i.Version, GrantID: i.Grant, UserID: i.User, Role: i.Role,
		Scopes: i.Scopes, Delegation: i.Delegation, ApproverRoles: i.ApproverRoles, Updates: i.Updates, State: i.State, Available: store.Bool(i.Available), DeveloperBlock: i.DeveloperBlock,
		OperatorBlock: i.OperatorBlock, AccountBlock: i.AccountBlock, Reason: i.Reason, Until: store.At(i.Until), InstalledBy: i.InstalledBy, Created: store.At(i.Created),
		Removed: store.At(i.RemovedAt), Provisioned: i.Provisioned, Fault: i.Fault}
}

func (r *row) installation() Installation {
	return Installation{ID: r.ID, Previous: r.Previous, Application: r.Application, Account: r.Account, Version: r.Version, Grant: r.GrantID, User: r.UserID, Role: r.Role,
		Scopes: r.Scopes, Delegation: r.Delegation, ApproverRoles: r.ApproverRoles, Updates: r.Updates, State: r.State, Available: bool(r.Available), DeveloperBlock: r.DeveloperBlock,
		OperatorBlock: r.OperatorBlock, AccountBlock: r.AccountBlock, Reason: r.Reason, Until: r.Until.Time(), InstalledBy: r.InstalledBy, Created: r.Created.Time(),
		RemovedAt: r.Removed.Time(), Provisioned: r.Provisioned, Fault: r.Fault}
}

func insert(tx *store.Tx, i Installation) error {
	_, err := tx.NewInsert().Model(i.row()).Exec(tx.Ctx)
	return err
}

// save writes i if its state is still was.
func save(tx *store.Tx, i Installation, was State) error {
	res, err := tx.NewUpdate().Model(i.row()).WherePK().Where("state = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("installation_changed", "The installation has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func find(tx *store.Tx, where string, args ...any) (Installation, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, args...).Order("i.id DESC").Limit(1).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Installation{}, problem.NotFound("installation")
	}
	return r.installation(), err
}

func list(tx *store.Tx, where string, args ...any) ([]Installation, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("i.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Installation, len(rows))
	for k := range rows {
		out[k] = rows[k].installation()
	}
	return out, nil
}

// some is list of at most n.
func some(tx *store.Tx, n int64, where string, args ...any) ([]Installation, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("i.id").Limit(n).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Installation, len(rows))
	for k := range rows {
		out[k] = rows[k].installation()
	}
	return out, nil
}

func over(tx *store.Tx, now time.Time) ([]Installation, error) {
	return list(tx, "available = 0 AND until > 0 AND until <= ? AND state <> ?", store.At(now), Removed)
}

// Listed is an installation with the names that lists show.
type Listed struct {
	Installation
	ApplicationName string `json:"application_name"`
	PublicID        string `json:"application_id"`
	AccountName     string `json:"account_name"`
	AccountKey      string `json:"account_key"`
	GroupName       string `json:"developer"`
	Number          string `json:"version_number"`
}

type listedRow struct {
	row             `bun:",extend"`
	ApplicationName string
	PublicID        string
	AccountName     string
	AccountKey      string
	GroupName       string
	Number          string
}

func listed(tx *store.Tx, where string, args ...any) ([]Listed, error) {
	var rows []listedRow
	err := tx.NewSelect().TableExpr("integration_installation AS i").ColumnExpr("i.*").
		ColumnExpr("p.name AS application_name, p.public_id, a.name AS account_name, a.key AS account_key, g.name AS group_name, v.number").
		Join("JOIN application_application AS p ON p.id = i.application").
		Join("JOIN account_account AS a ON a.id = i.account").
		Join("JOIN group_group AS g ON g.id = p.group_id").
		Join("JOIN release_version AS v ON v.id = i.version").
		Where(where, args...).Order("i.id").Scan(tx.Ctx, &rows)
	if err != nil {
		return nil, err
	}
	out := make([]Listed, len(rows))
	for k := range rows {
		r := &rows[k]
		out[k] = Listed{Installation: r.installation(), ApplicationName: r.ApplicationName, PublicID: r.PublicID, AccountName: r.AccountName,
			AccountKey: r.AccountKey, GroupName: r.GroupName, Number: r.Number}
	}
	return out, nil
}
