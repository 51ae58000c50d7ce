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

// log finds the events of one account.
var log = store.Owned{Table: "event_event", Number: "n", Owner: "account", Counter: "seq", Directory: "event_shelf", Progress: "event_progress"}

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
	var out []*Event
	err := log.Up(tx, account, seq, most, func(blocks []int64, most int) (int, error) {
		some, err := selected(tx, "WHERE "+store.InBlocks("e.n", blocks)+" AND e.account = ? AND e.seq > ? ORDER BY e.seq LIMIT ?", account, seq, most)
		out = append(out, some...)
		return len(some), err
	})
	return out, err
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

// heads reads the last numbers of accounts, and of the whole log under "".
func heads(tx *store.Tx, accounts []string) (map[string]int64, error) {
	out := make(map[string]int64, len(accounts)+1)
	var whole int64
	if err := tx.One("SELECT seq FROM event_head WHERE account = ''", nil, &whole); err != nil && !store.IsNone(err) {
		return nil, err
	}
	out[""] = whole
	if len(accounts) == 0 {
		return out, nil
	}
	from, to, err := log.Open(tx)
	if err != nil {
		return nil, err
	}
	if tx.Compiles() {
		for _, a := range accounts {
			var seq int64
			if err := tx.One(openBlocks+"SELECT "+headOf+" FROM (SELECT ? AS account) AS w", []any{from, to, a}, &seq); err != nil {
				return nil, err
			}
			out[a] = seq
		}
		return out, nil
	}
	var rows []struct {
		Account string
		Seq     int64
	}
	values := "(?)" + strings.Repeat(", (?)", len(accounts)-1)
	args := append([]any{from, to}, anys(accounts)...)
	if err := tx.NewRaw(openBlocks+", w (account) AS (VALUES "+values+") SELECT w.account, "+headOf+" AS seq FROM w", args...).Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.Account] = r.Seq
	}
	return out, nil
}

// openBlocks are those that the directory does not tell of. Their numbers must not
// have a type: SQLite would compare them in another way than its index has them.
const openBlocks = "WITH RECURSIVE b (k) AS (SELECT ? UNION ALL SELECT k + 1 FROM b WHERE k < ?) "

// headOf is the last number of an account: that of its last event in a block that
// is open, or in the directory, or what is written down of events that are gone.
// One statement reads all three, since another node may move it from one to the
// next.
const headOf = "(SELECT COALESCE(MAX(h.seq), 0) FROM (" +
	"SELECT (SELECT MAX(e.seq) FROM event_event AS e WHERE (e.n >> 13) = b.k AND e.account = w.account) AS seq FROM b " +
	"UNION ALL SELECT (SELECT MAX(s.counter) FROM event_shelf AS s WHERE s.owner = w.account) " +
	"UNION ALL SELECT (SELECT g.seq FROM event_head AS g WHERE g.account = w.account)) AS h)"

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

// erase deletes the events behind one number up to another. The last numbers of
// accounts that the directory does not have yet are written down: the next go on
// from them.
func erase(tx *store.Tx, from, to int64) error {
	open, _, err := log.Open(tx)
	if err != nil {
		return err
	}
	if err := passed(tx, "SELECT account, MAX(seq) FROM event_event AS e WHERE n > ? AND n <= ? AND (n >> 13) >= ? GROUP BY account", from, to, open); err != nil {
		return err
	}
	_, err = tx.ExecContext(tx.Ctx, "DELETE FROM event_event WHERE n > ? AND n <= ?", from, to)
	return err
}

// passed writes down the last numbers of accounts of which events are gone.
func passed(tx *store.Tx, lines string, args ...any) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO event_head (account, seq) "+lines+
		" ON CONFLICT (account) DO UPDATE SET seq = CASE WHEN excluded.seq > event_head.seq THEN excluded.seq ELSE event_head.seq END", args...)
	return err
}

// forget takes out of the directory what is gone up to a number, at most one
// stretch, and tells whether there may be more.
func forget(tx *store.Tx, to int64) (bool, error) {
	return log.Forget(tx, to+1, func(lines string, args ...any) error {
		return passed(tx, "SELECT owner, MAX(counter) FROM ("+lines+") AS l WHERE true GROUP BY owner", args...)
	})
}

// oldest is the number of the first event of an account that is still there; 0
// when none is.
func oldest(tx *store.Tx, account string) (int64, error) {
	var seq int64
	err := log.Up(tx, account, 0, 1, func(blocks []int64, _ int) (int, error) {
		err := tx.NewRaw("SELECT COALESCE(MIN(seq), 0) FROM event_event WHERE "+store.InBlocks("n", blocks)+" AND account = ?", account).Scan(tx.Ctx, &seq)
		return int(min(seq, 1)), err
	})
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
