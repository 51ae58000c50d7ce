package event

import (
	"encoding/json"
	"strings"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:event_event,alias:e"`

	N           int64 `bun:",pk"`
	Account     string
	Seq         int64
	At          store.Micros
	Occurred    store.Micros
	Type        string
	Version     int
	Source      string
	Key         string
	Print       string
	Subject     string
	Ordering    string
	Application string
	Data        string
}

func (e *Event) row() *row {
	return &row{N: e.N, Account: e.Account, Seq: e.Sequence, At: store.At(e.Accepted), Occurred: store.At(e.Timestamp), Type: e.Type, Version: e.Version,
		Source: e.Source, Key: e.Key, Print: e.print, Subject: e.Subject, Ordering: e.OrderingKey, Application: e.Application, Data: string(e.Data)}
}

// read is a row with the account's own key.
type read struct {
	row        `bun:",extend"`
	AccountKey string
}

func (r *read) event() *Event {
	return &Event{ID: ident.Numbered[Event](r.N, r.At.Time()), Type: r.Type, Version: r.Version, Timestamp: r.Occurred.Time(), Account: r.Account, AccountKey: r.AccountKey,
		Sequence: r.Seq, Subject: r.Subject, OrderingKey: r.Ordering, Source: r.Source, Key: r.Key, Data: json.RawMessage(r.Data),
		N: r.N, Accepted: r.At.Time(), Application: r.Application, Test: r.Source == byHand, print: r.Print}
}

const selectEvents = "SELECT e.n, e.account, e.seq, e.at, e.occurred, e.type, e.version, e.source, e.key, e.print, e.subject, e.ordering, e.application, e.data, " +
	"a.key AS account_key FROM event_event AS e JOIN account_account AS a ON a.id = e.account "

func selected(tx *store.Tx, query string, args ...any) ([]*Event, error) {
	var rows []read
	if err := tx.NewRaw(selectEvents+query, args...).Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make([]*Event, len(rows))
	for i := range rows {
		out[i] = rows[i].event()
	}
	return out, nil
}

// behind reads events of the whole log by their numbers.
func behind(tx *store.Tx, n int64, most int) ([]*Event, error) {
	return selected(tx, "WHERE e.n > ? ORDER BY e.n LIMIT ?", n, most)
}

// after reads events of one account.
func after(tx *store.Tx, account string, seq int64, most int) ([]*Event, error) {
	return selected(tx, "WHERE e.account = ? AND e.seq > ? ORDER BY e.seq LIMIT ?", account, seq, most)
}

func byNumbers(tx *store.Tx, numbers []int64) ([]*Event, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	return selected(tx, "WHERE e.n IN (?) ORDER BY e.n", bun.In(numbers))
}

// known is an event that was accepted under an id of its sender.
type known struct {
	N       int64
	Account string
	Seq     int64
	At      store.Micros
	Source  string
	Key     string
	Print   string
}

func byKeys(tx *store.Tx, keys []string) ([]known, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var rows []known
	err := tx.NewRaw("SELECT n, account, seq, at, source, key, print FROM event_event WHERE key <> '' AND key IN (?)", bun.In(keys)).Scan(tx.Ctx, &rows)
	return rows, err
}

// headOf is the last number of an account: that of its last event, or what is
// written down of events that are gone. One statement reads both, since another
// node's clean-up may move it from there to here.
const headOf = "COALESCE((SELECT MAX(e.seq) FROM event_event AS e WHERE e.account = w.account), " +
	"(SELECT h.seq FROM event_head AS h WHERE h.account = w.account), 0)"

// heads reads the last numbers of accounts, and of the whole log under "".
func heads(tx *store.Tx, accounts []string) (map[string]int64, error) {
	out := make(map[string]int64, len(accounts)+1)
	var whole int64
	if err := tx.One("SELECT seq FROM event_head WHERE account = ''", nil, &whole); err != nil && !store.IsNone(err) {
		return nil, err
	}
	out[""] = whole
	if tx.Compiles() {
		for _, a := range accounts {
			var seq int64
			if err := tx.One("SELECT "+headOf+" FROM (SELECT ? AS account) AS w", []any{a}, &seq); err != nil {
				return nil, err
			}
			out[a] = seq
		}
		return out, nil
	}
	if len(accounts) == 0 {
		return out, nil
	}
	var rows []struct {
		Account string
		Seq     int64
	}
	values := "(?)" + strings.Repeat(", (?)", len(accounts)-1)
	if err := tx.NewRaw("WITH w (account) AS (VALUES "+values+") SELECT w.account, "+headOf+" AS seq FROM w", anys(accounts)...).Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.Account] = r.Seq
	}
	return out, nil
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// setHead writes the last number of the whole log.
func setHead(tx *store.Tx, n int64) error {
	_, err := tx.Exec("INSERT INTO event_head (account, seq) VALUES ('', ?) ON CONFLICT (account) DO UPDATE SET seq = excluded.seq", n)
	return err
}

func progress(tx *store.Tx, name string) (int64, error) {
	var n int64
	err := tx.NewRaw("SELECT n FROM event_progress WHERE name = ?", name).Scan(tx.Ctx, &n)
	if store.IsNone(err) {
		return 0, nil
	}
	return n, err
}

func setProgress(tx *store.Tx, name string, n int64) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO event_progress (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = excluded.n", name, n)
	return err
}

// age is when an event was accepted.
type age struct {
	N  int64
	At store.Micros
}

// ages reads the ages of the events behind one number up to another, the oldest
// first.
func ages(tx *store.Tx, from, through int64, most int) ([]age, error) {
	var rows []age
	err := tx.NewRaw("SELECT n, at FROM event_event WHERE n > ? AND n <= ? ORDER BY n LIMIT ?", from, through, most).Scan(tx.Ctx, &rows)
	return rows, err
}

// erase deletes the events behind one number up to another. Where it deletes the
// last one of an account, its number is written down: the next goes on from it.
func erase(tx *store.Tx, from, to int64) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO event_head (account, seq) SELECT e.account, e.seq FROM event_event AS e WHERE e.n > ? AND e.n <= ? "+
		"AND NOT EXISTS (SELECT 1 FROM event_event AS l WHERE l.account = e.account AND l.seq > e.seq) ON CONFLICT (account) DO UPDATE SET seq = excluded.seq", from, to)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(tx.Ctx, "DELETE FROM event_event WHERE n > ? AND n <= ?", from, to)
	return err
}

// oldest is the number of the first event of an account that is still there; 0
// when none is.
func oldest(tx *store.Tx, account string) (int64, error) {
	var seq int64
	err := tx.NewRaw("SELECT seq FROM event_event WHERE account = ? ORDER BY seq LIMIT 1", account).Scan(tx.Ctx, &seq)
	if store.IsNone(err) {
		return 0, nil
	}
	return seq, err
}

// Behind reads events of the whole log behind a number. It does not authorise.
func Behind(tx *store.Tx, n int64, most int) ([]*Event, error) { return behind(tx, n, most) }

// After reads events of one account behind a number. It does not authorise.
func After(tx *store.Tx, account string, seq int64, most int) ([]*Event, error) {
	return after(tx, account, seq, most)
}

// ByNumbers reads events by their places in the whole log; those that are gone
// are left out. It does not authorise.
func ByNumbers(tx *store.Tx, numbers []int64) ([]*Event, error) { return byNumbers(tx, numbers) }

// Last is the number of the log's last event.
func Last(tx *store.Tx) (int64, error) {
	last, err := heads(tx, nil)
	return last[""], err
}
