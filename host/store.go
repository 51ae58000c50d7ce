package host

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	N          int64
	ID         ID
	Kind       string
	Account    string
	AccountKey string
	Subject    string
	Data       string
	Reference  string
	Key        string
	State      State
	Attempts   int
	Created    store.Micros
	Due        store.Micros
	Expires    store.Micros
	Closed     store.Micros
	Result     string
	Fault      string
}

func (r *row) task() Task {
	t := Task{ID: r.ID, Kind: r.Kind, Account: r.Account, AccountKey: r.AccountKey, Subject: r.Subject, Reference: r.Reference, Key: r.Key, State: r.State,
		Attempts: r.Attempts, Created: r.Created.Time(), Due: r.Due.Time(), Expires: r.Expires.Time(), Closed: r.Closed.Time(), Fault: r.Fault, n: r.N, was: r.Due.Time()}
	if r.Data != "" {
		t.Data = json.RawMessage(r.Data)
	}
	if r.Result != "" {
		t.Result = json.RawMessage(r.Result)
	}
	return t
}

const (
	lean = "SELECT t.n, t.id, t.kind, t.account, a.key AS account_key, t.subject, t.reference, t.key, t.state, t.attempts, t.created, t.due, t.expires, t.closed, t.fault "
	full = lean + ", t.data, t.result "
	from = "FROM host_task AS t JOIN account_account AS a ON a.id = t.account "
)

func selected(tx *store.Tx, query string, args ...any) ([]Task, error) {
	var rows []row
	if err := tx.NewRaw(query, args...).Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make([]Task, len(rows))
	for i := range rows {
		out[i] = rows[i].task()
	}
	return out, nil
}

func insert(tx *store.Tx, t Task) (int64, error) {
	var n int64
	err := tx.NewRaw("INSERT INTO host_task (id, kind, account, subject, data, reference, key, state, attempts, created, due, expires, closed, result, fault) "+
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 0, '', '') RETURNING n",
		t.ID, t.Kind, t.Account, t.Subject, string(t.Data), t.Reference, t.Key, t.State, store.At(t.Created), store.At(t.Due), store.At(t.Expires)).Scan(tx.Ctx, &n)
	return n, err
}

func find(tx *store.Tx, id ID) (Task, error) {
	got, err := selected(tx, full+from+"WHERE t.id = ?", id)
	if err == nil && len(got) == 0 {
		return Task{}, problem.NotFound("task")
	}
	if err != nil {
		return Task{}, err
	}
	return got[0], nil
}

// save writes what may change about a task, if nobody has changed it since it was
// read; else false.
func save(tx *store.Tx, t Task) (bool, error) {
	res, err := tx.ExecContext(tx.Ctx, "UPDATE host_task SET state = ?, attempts = ?, due = ?, expires = ?, closed = ?, result = ?, fault = ? WHERE n = ? AND due = ?",
		t.State, t.Attempts, store.At(t.Due), store.At(t.Expires), store.At(t.Closed), string(t.Result), t.Fault, t.n, store.At(t.was))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// heads chooses the tasks that may go out now: due, not overdue, without a key or
// the first of their key that is still to be done.
const heads = "FROM host_task AS t WHERE t.due > 0 AND t.due <= ? AND t.expires > ? AND t.attempts < ? AND (t.key = '' OR t.n IN " +
	"(SELECT MIN(n) FROM host_task WHERE key <> '' AND due > 0 GROUP BY account, key)) "

// ofKinds narrows a choice of tasks t to kinds.
func ofKinds(kinds []string) (string, []any) {
	if len(kinds) == 0 {
		return "", nil
	}
	return "AND t.kind IN (?) ", []any{bun.In(kinds)}
}

// claim gives out what is due. Another node that wants the same waits for the row
// and then finds that it is not due any more.
func claim(tx *store.Tx, q Query) ([]Task, error) {
	now := store.At(tx.Now())
	narrow, kinds := ofKinds(q.Kinds)
	args := append([]any{Taken, store.At(tx.Now().Add(q.Lease)), now, now, attemptsMost}, kinds...)
	var numbers []int64
	err := tx.NewRaw("UPDATE host_task SET state = ?, due = ?, attempts = attempts + 1 WHERE n IN (SELECT t.n "+heads+narrow+"ORDER BY t.due, t.n LIMIT ?) "+
		"AND due > 0 AND due <= ? RETURNING n", append(args, q.Limit, now)...).Scan(tx.Ctx, &numbers)
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	return selected(tx, full+from+"WHERE t.n IN (?) ORDER BY t.n", bun.In(numbers))
}

// seen is what there is to do.
type seen struct {
	ready bool      // something may go out now
	late  bool      // something is to be ended
	next  time.Time // if nothing is ready: when something may be, as far as is known; zero: nobody knows
}

func look(tx *store.Tx, kinds []string) (seen, error) {
	var out seen
	now := store.At(tx.Now())
	narrow, more := ofKinds(kinds)
	some := func(query string, args ...any) (bool, error) {
		var one int
		err := tx.NewRaw(query, args...).Scan(tx.Ctx, &one)
		if store.IsNone(err) {
			return false, nil
		}
		return err == nil, err
	}
	var err error
	if out.ready, err = some("SELECT 1 "+heads+narrow+"LIMIT 1", append([]any{now, now, attemptsMost}, more...)...); err != nil {
		return out, err
	}
	if out.late, err = some("SELECT 1 FROM host_task AS t WHERE "+tooLate+"LIMIT 1", now, attemptsMost, now); err != nil || out.ready {
		return out, err
	}
	var next store.Micros
	err = tx.NewRaw("SELECT COALESCE(MIN(t.due), 0) FROM host_task AS t WHERE t.due > 0 AND t.due > ? "+narrow, append([]any{now}, more...)...).Scan(tx.Ctx, &next)
	out.next = next.Time()
	return out, err
}

// tooLate chooses tasks that are given out no more.
const tooLate = "t.due > 0 AND t.due <= ? AND (t.attempts >= ? OR t.expires <= ?) "

func overdue(tx *store.Tx, most int) ([]Task, error) {
	now := store.At(tx.Now())
	return selected(tx, full+from+"WHERE "+tooLate+"ORDER BY t.n LIMIT ?", now, attemptsMost, now, most)
}

func list(tx *store.Tx, f Filter) ([]Task, error) {
	query, args := lean+from+"WHERE 1 = 1", []any{}
	add := func(on bool, text string, arg any) {
		if on {
			query, args = query+" AND "+text, append(args, arg)
		}
	}
	if !f.Before.IsZero() {
		last, err := find(tx, f.Before)
		if err != nil {
			return nil, err
		}
		add(true, "t.n < ?", last.n)
	}
	add(f.Account != "", "t.account = ?", f.Account)
	add(f.Kind != "", "t.kind = ?", f.Kind)
	switch f.State {
	case "":
	case Failed:
		query += " AND t.state = 'failed'" // as the index has it
	default:
		add(true, "t.state = ?", f.State)
	}
	return selected(tx, query+" ORDER BY t.n DESC LIMIT ?", append(args, f.Limit)...)
}

// erase deletes tasks that were done or failed before a time, the oldest first.
func erase(tx *store.Tx, before time.Time, most int) (int, error) {
	var gone []int64
	err := tx.NewRaw("DELETE FROM host_task WHERE n IN (SELECT n FROM host_task WHERE closed > 0 AND closed < ? ORDER BY closed LIMIT ?) RETURNING n",
		store.At(before), most).Scan(tx.Ctx, &gone)
	return len(gone), err
}

// slim drops large results of tasks that ended in a stretch of time.
func slim(tx *store.Tx, from, to time.Time, most int) (int, error) {
	var slimmed []int64
	err := tx.NewRaw("UPDATE host_task SET result = '' WHERE n IN (SELECT n FROM host_task WHERE closed > 0 AND closed >= ? AND closed < ? AND LENGTH(result) > ? LIMIT ?) RETURNING n",
		store.At(from), store.At(to), largeMost, most).Scan(tx.Ctx, &slimmed)
	return len(slimmed), err
}
