package admission

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type policyRow struct {
	bun.BaseModel `bun:"table:admission_policy,alias:p"`

	Account  string `bun:",pk"`
	Mode     Mode
	Children Mode
	Updated  store.Micros
	Revision int64
}

type listedRow struct {
	bun.BaseModel `bun:"table:admission_listed,alias:l"`

	Account     string `bun:",pk"`
	Application string `bun:",pk"`
	List        List
	Reason      string
	Added       store.Micros
	AddedBy     string
}

// read gives the policy of an account; one that has set none is open.
func read(tx *store.Tx, account, name string) (Policy, error) {
	p := Policy{Account: account, Name: name, Rules: Rules{Mode: Open, Children: Open}, Applications: []Entry{}}
	var r policyRow
	err := tx.NewSelect().Model(&r).Where("account = ?", account).Scan(tx.Ctx)
	switch {
	case err == nil:
		p.Mode, p.Children, p.Updated, p.Revision = r.Mode, r.Children, r.Updated.Time(), r.Revision
	case !store.IsNone(err):
		return p, err
	}
	var rows []struct {
		Application string
		PublicID    string
		Name        string
		Developer   string
		List        List
		Reason      string
		Added       store.Micros
		AddedBy     string
	}
	err = tx.NewSelect().TableExpr("admission_listed AS l").ColumnExpr("l.application, l.list, l.reason, l.added, l.added_by, a.public_id, a.name, g.name AS developer").
		Join("JOIN application_application AS a ON a.id = l.application").Join("JOIN group_group AS g ON g.id = a.group_id").
		Where("l.account = ?", account).Order("a.name", "a.id").Scan(tx.Ctx, &rows)
	for _, e := range rows {
		p.Applications = append(p.Applications, Entry{PublicID: e.PublicID, Name: e.Name, Developer: e.Developer, List: e.List, Reason: e.Reason,
			Added: e.Added.Time(), AddedBy: e.AddedBy, application: e.Application})
	}
	return p, err
}

// put writes an account's rules if nobody else did since revision.
func put(tx *store.Tx, account string, r Rules, revision int64) error {
	row := &policyRow{Account: account, Mode: r.Mode, Children: r.Children, Updated: store.At(tx.Now()), Revision: revision + 1}
	res, err := tx.NewInsert().Model(row).On("CONFLICT (account) DO UPDATE").
		Set("mode = EXCLUDED.mode, children = EXCLUDED.children, updated = EXCLUDED.updated, revision = EXCLUDED.revision").
		Where("p.revision = ?", revision).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errChanged(err)
	}
	return nil
}

func errChanged(cause error) error {
	return problem.Conflict("admission_changed", "Somebody else has changed this meanwhile. Look at it again.").Because(cause)
}

func list(tx *store.Tx, account, application string, e Entry) error {
	_, err := tx.NewInsert().Model(&listedRow{Account: account, Application: application, List: e.List, Reason: e.Reason, Added: store.At(e.Added), AddedBy: e.AddedBy}).
		On("CONFLICT (account, application) DO UPDATE").Set("list = EXCLUDED.list, reason = EXCLUDED.reason, added = EXCLUDED.added, added_by = EXCLUDED.added_by").Exec(tx.Ctx)
	return err
}

func unlist(tx *store.Tx, account, application string) error {
	_, err := tx.NewDelete().Model((*listedRow)(nil)).Where("account = ? AND application = ?", account, application).Exec(tx.Ctx)
	return err
}

type row struct {
	bun.BaseModel `bun:"table:admission_request,alias:r"`

	ID           ID `bun:",pk"`
	Account      string
	Application  string
	Version      string
	Scopes       []string `bun:"type:text"`
	Reason       string
	State        State
	AskedBy      string
	Created      store.Micros
	Answer       string
	AnsweredBy   string
	Answered     store.Micros
	Installation string
}

func (r Request) row() *row {
	if r.Scopes == nil {
		r.Scopes = []string{}
	}
	return &row{ID: r.ID, Account: r.Account, Application: r.Application, Version: r.Version, Scopes: r.Scopes, Reason: r.Reason, State: r.State, AskedBy: r.AskedBy,
		Created: store.At(r.Created), Answer: r.Answer, AnsweredBy: r.AnsweredBy, Answered: store.At(r.Answered), Installation: r.Installation}
}

func (r *row) request() Request {
	return Request{ID: r.ID, Account: r.Account, Application: r.Application, Version: r.Version, Scopes: r.Scopes, Reason: r.Reason, State: r.State, AskedBy: r.AskedBy,
		Created: r.Created.Time(), Answer: r.Answer, AnsweredBy: r.AnsweredBy, Answered: r.Answered.Time(), Installation: r.Installation}
}

func insert(tx *store.Tx, r Request) error {
	_, err := tx.NewInsert().Model(r.row()).Exec(tx.Ctx)
	return err
}

// save writes a request that is still open.
func save(tx *store.Tx, r Request) error {
	res, err := tx.NewUpdate().Model(r.row()).WherePK().Where("state = ?", Waiting).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errChanged(err)
	}
	return nil
}

// Listed is a request with the names that pages show.
type Listed struct {
	Request
	ApplicationName string `json:"application_name"`
	PublicID        string `json:"application_id"`
	Developer       string `json:"developer"`
	AccountName     string `json:"account_name"`
	AskedByName     string `json:"asked_by_name"`
	AnsweredByName  string `json:"answered_by_name,omitempty"`
	parent          string
}

type listedRequest struct {
	row             `bun:",extend"`
	ApplicationName string
	PublicID        string
	Developer       string
	AccountName     string
	Parent          string
	AskedByName     string
	AnsweredByName  string
}

// listMost bounds lists of requests.
const listMost = 200

func requests(tx *store.Tx, where string, args ...any) ([]Listed, error) {
	var rows []listedRequest
	err := tx.NewSelect().TableExpr("admission_request AS r").ColumnExpr("r.*").
		ColumnExpr("p.name AS application_name, p.public_id, g.name AS developer, a.name AS account_name, a.parent, COALESCE(u.name, '') AS asked_by_name, COALESCE(w.name, '') AS answered_by_name").
		Join("JOIN application_application AS p ON p.id = r.application").Join("JOIN group_group AS g ON g.id = p.group_id").Join("JOIN account_account AS a ON a.id = r.account").
		Join("LEFT JOIN identity_user AS u ON u.id = r.asked_by").Join("LEFT JOIN identity_user AS w ON w.id = r.answered_by").
		Where(where, args...).Order("r.id DESC").Limit(listMost).Scan(tx.Ctx, &rows)
	out := make([]Listed, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = Listed{Request: r.request(), ApplicationName: r.ApplicationName, PublicID: r.PublicID, Developer: r.Developer, AccountName: r.AccountName,
			AskedByName: r.AskedByName, AnsweredByName: r.AnsweredByName, parent: r.Parent}
	}
	return out, err
}

func find(tx *store.Tx, id ID) (Listed, error) {
	got, err := requests(tx, "r.id = ?", id)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("installation request")
	}
	if err != nil {
		return Listed{}, err
	}
	return got[0], nil
}

// came notes the installation that a request led to.
func came(tx *store.Tx, id ID, installation string) error {
	_, err := tx.NewUpdate().Model((*row)(nil)).Set("installation = ?", installation).Where("id = ?", id).Exec(tx.Ctx)
	return err
}

// administrators counts the administrators of an account besides somebody.
func administrators(tx *store.Tx, account, besides string) (int64, error) {
	var n int64
	err := tx.NewRaw("SELECT count(*) FROM account_member WHERE account = ? AND role = 'admin' AND user_id <> ?", account, besides).Scan(tx.Ctx, &n)
	return n, err
}
