package suspension

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:suspension_suspension,alias:s"`

	ID       ID `bun:",pk"`
	Kind     Kind
	Target   string
	Family   string
	Name     string
	Team     string
	State    State
	Reason   string
	Message  string
	Thaw     *group.Thaw `bun:"type:text"` // NULL for none
	Lifts    store.Micros
	Began    store.Micros
	BegunBy  string
	Ended    store.Micros
	EndedBy  string
	Accounts int
	Told     int
}

func (s Suspension) row() *row {
	return &row{ID: s.ID, Kind: s.Target.Kind, Target: s.Target.ID, Family: s.Target.Family, Name: s.Name, Team: s.Group, State: s.State, Reason: s.Reason,
		Message: s.Message, Thaw: s.Thaw, Lifts: store.At(s.Lifts), Began: store.At(s.Began), BegunBy: s.BegunBy, Ended: store.At(s.Ended), EndedBy: s.EndedBy,
		Accounts: s.Accounts, Told: s.Told}
}

func (r *row) suspension() Suspension {
	return Suspension{ID: r.ID, Target: Target{r.Kind, r.Target, r.Family}, Name: r.Name, Group: r.Team, State: r.State, Reason: r.Reason, Message: r.Message,
		Thaw: r.Thaw, Lifts: r.Lifts.Time(), Began: r.Began.Time(), BegunBy: r.BegunBy, Ended: r.Ended.Time(), EndedBy: r.EndedBy, Accounts: r.Accounts, Told: r.Told}
}

type messageRow struct {
	bun.BaseModel `bun:"table:suspension_message,alias:m"`

	ID         ident.ID[Message] `bun:",pk"`
	Suspension ID
	Author     string
	Operator   store.Bool
	Body       string
	Written    store.Micros
}

func insert(tx *store.Tx, s Suspension) error {
	_, err := tx.NewInsert().Model(s.row()).Exec(tx.Ctx)
	return err
}

// save writes s if its state is still was. How many were told, the job counts.
func save(tx *store.Tx, s Suspension, was State) error {
	res, err := tx.NewUpdate().Model(s.row()).ExcludeColumn("told").WherePK().Where("state = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("suspension_changed", "The suspension has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func told(tx *store.Tx, id ID, n int) error {
	_, err := tx.NewUpdate().Model((*row)(nil)).Set("told = told + ?", n).Where("id = ?", id).Exec(tx.Ctx)
	return err
}

func find(tx *store.Tx, id ID) (Suspension, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("id = ?", id).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Suspension{}, problem.NotFound("suspension")
	}
	return r.suspension(), err
}

// open finds the suspension of a target that is not over.
func open(tx *store.Tx, t Target) (Suspension, bool, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("kind = ? AND target = ? AND family = ? AND state <> ?", t.Kind, t.ID, t.Family, Lifted).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Suspension{}, false, nil
	}
	return r.suspension(), err == nil, err
}

func list(tx *store.Tx, q Query) ([]Suspension, error) {
	var rows []row
	sel := tx.NewSelect().Model(&rows).Order("s.id DESC").Limit(int64(q.Limit))
	if !q.Before.IsZero() {
		sel = sel.Where("s.id < ?", q.Before)
	}
	if q.Group != "" {
		sel = sel.Where("s.team = ?", q.Group)
	}
	if q.Open {
		sel = sel.Where("s.state <> ?", Lifted)
	}
	if err := sel.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Suspension, 0, len(rows))
	for i := range rows {
		out = append(out, rows[i].suspension())
	}
	return out, nil
}

// overdue lists those whose date has come.
func overdue(tx *store.Tx) ([]ID, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Column("id").Where("state <> ? AND lifts > 0 AND lifts <= ?", Lifted, store.At(tx.Now())).Scan(tx.Ctx)
	out := make([]ID, len(rows))
	for i := range rows {
		out[i] = rows[i].ID
	}
	return out, err
}

func insertMessage(tx *store.Tx, id ID, m Message) error {
	_, err := tx.NewInsert().Model(&messageRow{ID: m.ID, Suspension: id, Author: m.Author, Operator: store.Bool(m.Operator), Body: m.Text, Written: store.At(m.Written)}).Exec(tx.Ctx)
	return err
}

func messages(tx *store.Tx, id ID) ([]Message, error) {
	var rows []messageRow
	err := tx.NewSelect().Model(&rows).Where("suspension = ?", id).Order("m.written", "m.id").Scan(tx.Ctx)
	out := make([]Message, 0, len(rows))
	for _, r := range rows {
		out = append(out, Message{ID: r.ID, Author: r.Author, Operator: bool(r.Operator), Text: r.Body, Written: r.Written.Time()})
	}
	return out, err
}

// place is an account that has it installed.
type place struct {
	Account string
	Name    string
	Own     store.Bool
}

// where is the join of a target's installations with their accounts.
func (t Target) where() (string, []any) {
	const from = ` FROM integration_installation AS i JOIN application_application AS a ON a.id = i.application
		JOIN account_account AS c ON c.id = i.account WHERE i.state <> 'removed' AND `
	if t.Kind == KindGroup {
		return from + "a.group_id = ?", []any{t.ID}
	}
	return from + "a.id = ?", []any{t.ID}
}

// places lists accounts that have it installed, in order, behind one.
func places(tx *store.Tx, t Target, after string, most int) ([]place, error) {
	from, args := t.where()
	var out []place
	err := tx.NewRaw("SELECT DISTINCT i.account AS account, c.name AS name, CASE WHEN c.kind = 'sandbox' AND c.developer_group = a.group_id THEN 1 ELSE 0 END AS own"+from+
		" AND i.account > ? ORDER BY i.account LIMIT ?", append(args, after, most)...).Scan(tx.Ctx, &out)
	return out, err
}

// reached counts accounts and installations.
func reached(tx *store.Tx, t Target) (Reach, error) {
	from, args := t.where()
	var out Reach
	err := tx.NewRaw("SELECT COUNT(DISTINCT i.account) AS accounts, COUNT(*) AS installations"+from, args...).Scan(tx.Ctx, &out)
	return out, err
}
