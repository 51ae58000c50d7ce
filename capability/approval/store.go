package approval

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:approval_approval,alias:a"`

	ID            ID `bun:",pk"`
	Account       string
	Configuration string
	Installation  string
	Integration   string
	Subject       string
	State         State
	Title         string
	Description   string
	Requester     string
	Theirs        string
	Page          string
	History       string
	Link          string
	External      string
	Value         string
	Status        string
	Change        string
	Instructions  string
	Fields        string
	Opened        string
	Fault         string
	Failures      int
	Told          string
	Task          string
	By            string
	Created       store.Micros
	Checked       store.Micros
	Decided       store.Micros
	Closed        store.Micros
	Next          store.Micros
}

// sealPlace binds what is sealed to its approval.
func sealPlace(id ID, what string) string { return "approval_approval|" + id.String() + "|" + what }

func (s *Service) row(a *Approval) (*row, error) {
	who, err := json.Marshal(a.Requester)
	r := &row{ID: a.ID, Account: a.Account, Configuration: a.Configuration, Installation: a.Installation, Integration: a.Integration, Subject: a.Subject, State: a.State, Title: a.Title,
		Description: a.Description, Requester: string(who), Theirs: a.requester, Page: a.Page, History: a.history, Link: a.Link, External: a.External, Value: a.value, Status: a.Status,
		Change: string(a.change), Instructions: string(a.instructions), Fields: s.Keys.Seal(a.fields, sealPlace(a.ID, "fields")), Fault: a.Fault, Failures: a.Failures, Told: a.Told,
		Task: a.task, By: a.by, Created: store.At(a.Created), Checked: store.At(a.Checked), Decided: store.At(a.Decided), Closed: store.At(a.Closed), Next: store.At(a.next)}
	if !a.opened.IsZero() {
		r.Opened = s.Keys.Seal(a.opened, sealPlace(a.ID, "opened"))
	}
	return r, err
}

func (r *row) approval() (Approval, error) {
	a := Approval{ID: r.ID, Account: r.Account, Configuration: r.Configuration, Installation: r.Installation, Integration: r.Integration, Subject: r.Subject, State: r.State, Title: r.Title,
		Description: r.Description, requester: r.Theirs, Page: r.Page, history: r.History, Link: r.Link, External: r.External, value: r.Value, Status: r.Status,
		change: json.RawMessage(r.Change), instructions: json.RawMessage(r.Instructions), Fault: r.Fault, Failures: r.Failures, Told: r.Told, task: r.Task, by: r.By,
		Created: r.Created.Time(), Checked: r.Checked.Time(), Decided: r.Decided.Time(), Closed: r.Closed.Time(), next: r.Next.Time()}
	return a, json.Unmarshal([]byte(r.Requester), &a.Requester)
}

func (s *Service) insert(tx *store.Tx, a *Approval) error {
	r, err := s.row(a)
	if err == nil {
		_, err = tx.NewInsert().Model(r).Exec(tx.Ctx)
	}
	return err
}

func (s *Service) save(tx *store.Tx, a *Approval) error {
	r, err := s.row(a)
	if err == nil {
		_, err = tx.NewUpdate().Model(r).WherePK().Exec(tx.Ctx)
	}
	return err
}

// find loads an approval with what is sealed.
func (s *Service) find(tx *store.Tx, id ID) (Approval, error) {
	var r row
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where("a.id = ?", id).Scan(tx.Ctx); err != nil {
		return Approval{}, err
	}
	if len(rows) == 0 {
		return Approval{}, problem.NotFound("approval")
	}
	r = rows[0]
	a, err := r.approval()
	if err != nil {
		return a, problem.Internal("approval.find", err)
	}
	if a.fields, err = s.Keys.Open(r.Fields, sealPlace(a.ID, "fields")); err != nil {
		return a, problem.Internal("approval.find", err)
	}
	if r.Opened != "" {
		if a.opened, err = s.Keys.Open(r.Opened, sealPlace(a.ID, "opened")); err != nil {
			return a, problem.Internal("approval.find", err)
		}
	}
	return a, nil
}

// list gives approvals, the newest first, without what is sealed.
func list(tx *store.Tx, limit int, where string, args ...any) ([]Approval, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("a.id DESC").Limit(int64(limit)).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Approval, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].approval(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// due gives those that the partner is to be asked about, the longest waiting first.
func due(tx *store.Tx, now time.Time, limit int) ([]Approval, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Column("id", "configuration").Where("a.next > 0 AND a.next <= ?", store.At(now)).Order("a.next").Limit(int64(limit)).Scan(tx.Ctx)
	out := make([]Approval, len(rows))
	for i, r := range rows {
		out[i] = Approval{ID: r.ID, Configuration: r.Configuration}
	}
	return out, err
}

// erase deletes what was closed before a time, some at once.
func erase(tx *store.Tx, before time.Time, limit int) error {
	const old = "SELECT id FROM approval_approval WHERE closed > 0 AND closed < ? ORDER BY closed LIMIT ?"
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM approval_call WHERE approval IN ("+old+")", store.At(before), limit); err != nil {
		return err
	}
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM approval_approval WHERE id IN ("+old+")", store.At(before), limit)
	return err
}

// count gives how many approvals of a configuration are in each state.
func count(tx *store.Tx, configuration string) (map[State]int64, error) {
	var rows []struct {
		State State
		N     int64
	}
	err := tx.NewSelect().Model((*row)(nil)).Column("state").ColumnExpr("COUNT(*) AS n").Where("configuration = ?", configuration).Group("state").Scan(tx.Ctx, &rows)
	out := map[State]int64{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, err
}

type callRow struct {
	bun.BaseModel `bun:"table:approval_call,alias:c"`

	ID       CallID `bun:",pk"`
	Approval ID
	Name     string
	Method   string
	Host     string
	At       store.Micros
	Status   int
	Failure  string
}

// insertCall notes a call and forgets the oldest of its approval.
func insertCall(tx *store.Tx, of ID, c Call) error {
	r := &callRow{ID: c.ID, Approval: of, Name: c.Name, Method: c.Method, Host: c.Host, At: store.At(c.At), Status: c.Status, Failure: c.Failure}
	if _, err := tx.NewInsert().Model(r).Exec(tx.Ctx); err != nil {
		return err
	}
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM approval_call WHERE approval = ? AND id NOT IN (SELECT id FROM approval_call WHERE approval = ? ORDER BY id DESC LIMIT ?)", of, of, callsKept)
	return err
}

func updateCall(tx *store.Tx, c Call) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE approval_call SET status = ?, failure = ? WHERE id = ?", c.Status, c.Failure, c.ID)
	return err
}

func calls(tx *store.Tx, of ID) ([]Call, error) {
	var rows []callRow
	if err := tx.NewSelect().Model(&rows).Where("c.approval = ?", of).Order("c.id DESC").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Call, len(rows))
	for i, r := range rows {
		out[i] = Call{ID: r.ID, Name: r.Name, Method: r.Method, Host: r.Host, At: r.At.Time(), Status: r.Status, Failure: r.Failure}
	}
	return out, nil
}

type scopeRow struct {
	bun.BaseModel `bun:"table:approval_scope,alias:s"`

	Configuration string `bun:",pk"`
	Scope         string `bun:",pk"`
	Sealed        string
	Updated       store.Micros
}

func scopePlace(configuration, scope string) string {
	return "approval_scope|" + configuration + "|" + scope
}

func (s *Service) putScope(tx *store.Tx, configuration string, one Scope) error {
	text, err := pack(one.values)
	if err != nil {
		return err
	}
	r := &scopeRow{Configuration: configuration, Scope: one.Scope, Sealed: s.Keys.Seal(text, scopePlace(configuration, one.Scope)), Updated: store.At(one.Updated)}
	_, err = tx.NewInsert().Model(r).On("CONFLICT (configuration, scope) DO UPDATE").Set("sealed = EXCLUDED.sealed").Set("updated = EXCLUDED.updated").Exec(tx.Ctx)
	return err
}

// sealedScopes gives the scopes of a configuration with their sealed values.
func sealedScopes(tx *store.Tx, configuration string) ([]scopeRow, error) {
	var rows []scopeRow
	err := tx.NewSelect().Model(&rows).Where("s.configuration = ?", configuration).Order("s.scope").Scan(tx.Ctx)
	return rows, err
}

func (s *Service) openScope(r scopeRow) (secret.Text, error) {
	return s.Keys.Open(r.Sealed, scopePlace(r.Configuration, r.Scope))
}

func removeScopes(tx *store.Tx, where string, args ...any) error {
	for _, table := range []string{"approval_scope", "approval_directory"} {
		if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM "+table+" WHERE "+where, args...); err != nil {
			return err
		}
	}
	return nil
}
