package programme

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type requestRow struct {
	bun.BaseModel `bun:"table:programme_request,alias:r"`

	ID          RequestID `bun:",pk"`
	GroupID     string
	State       RequestState
	Ask         Ask         `bun:"type:text"`
	Turns       []savedTurn `bun:"type:text"`
	Submitted   store.Micros
	SubmittedBy string
	Due         store.Micros
	Reason      string
	Plan        string
	Limits      map[string]int64 `bun:"type:text"`
	Decided     store.Micros
	DecidedBy   string
	Ends        store.Micros
	Reminded    store.Micros
	Revision    int64
}

// savedTurn is a Turn with who spoke.
type savedTurn struct {
	At       time.Time `json:"at"`
	Operator bool      `json:"operator"`
	By       string    `json:"by"`
	Text     string    `json:"text"`
}

func (r Request) row() *requestRow {
	turns := make([]savedTurn, len(r.Turns))
	for i, t := range r.Turns {
		turns[i] = savedTurn(t)
	}
	limits := r.Limits
	if limits == nil {
		limits = map[string]int64{}
	}
	return &requestRow{ID: r.ID, GroupID: r.Group, State: r.State, Ask: r.Ask, Turns: turns, Submitted: store.At(r.Submitted), SubmittedBy: r.SubmittedBy,
		Due: store.At(r.Due), Reason: r.Reason, Plan: r.Plan, Limits: limits, Decided: store.At(r.Decided), DecidedBy: r.decidedBy,
		Ends: store.At(r.Ends), Reminded: store.At(r.reminded), Revision: r.Revision}
}

func (r *requestRow) request() Request {
	turns := make([]Turn, len(r.Turns))
	for i, t := range r.Turns {
		turns[i] = Turn(t)
	}
	return Request{ID: r.ID, Group: r.GroupID, State: r.State, Ask: r.Ask, Turns: turns, Submitted: r.Submitted.Time(), SubmittedBy: r.SubmittedBy,
		Due: r.Due.Time(), Reason: r.Reason, Plan: r.Plan, Limits: r.Limits, Decided: r.Decided.Time(), decidedBy: r.DecidedBy,
		Ends: r.Ends.Time(), reminded: r.Reminded.Time(), Revision: r.Revision}
}

func insertRequest(tx *store.Tx, r Request) error {
	_, err := tx.NewInsert().Model(r.row()).Exec(tx.Ctx)
	return err
}

// saveRequest writes r if nobody else did since it was loaded.
func saveRequest(tx *store.Tx, r Request) (Request, error) {
	was := r.Revision
	r.Revision++
	res, err := tx.NewUpdate().Model(r.row()).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	if err != nil {
		return r, err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return r, errChanged(err)
	}
	return r, nil
}

func theseRequests(tx *store.Tx, q *bun.SelectQuery) ([]Request, error) {
	var rows []requestRow
	if err := q.Model(&rows).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Request, len(rows))
	for i := range rows {
		out[i] = rows[i].request()
	}
	return out, nil
}

// requestsOf lists what a group asked for, the newest first.
func requestsOf(tx *store.Tx, group string) ([]Request, error) {
	return theseRequests(tx, tx.NewSelect().Where("group_id = ?", group).Order("r.submitted DESC", "r.id DESC").Limit(100))
}

// openRequest finds the one that waits. NotFound when none does.
func openRequest(tx *store.Tx, group string) (Request, error) {
	got, err := theseRequests(tx, tx.NewSelect().Where("group_id = ? AND state IN (?, ?)", group, Pending, Asked).Limit(1))
	if err != nil {
		return Request{}, err
	}
	if len(got) == 0 {
		return Request{}, problem.NotFound("production request")
	}
	return got[0], nil
}

// queuedRequests lists requests for operators: those that are due first.
func queuedRequests(tx *store.Tx, states []RequestState) ([]Request, error) {
	q := tx.NewSelect().Order("r.due", "r.id").Limit(500)
	if len(states) > 0 {
		q = q.Where("r.state IN (?)", bun.In(states))
	}
	return theseRequests(tx, q)
}

// lateRequests wait for the operator since before now and nobody was told.
func lateRequests(tx *store.Tx, now time.Time) ([]Request, error) {
	return theseRequests(tx, tx.NewSelect().Where("state = ? AND due > 0 AND due < ? AND reminded = 0", Pending, store.At(now)).Order("r.id").Limit(500))
}

// endingRequests were granted and end before a time.
func endingRequests(tx *store.Tx, before time.Time) ([]Request, error) {
	return theseRequests(tx, tx.NewSelect().Where("state = ? AND ends > 0 AND ends <= ?", Granted, store.At(before)).Order("r.id").Limit(500))
}
