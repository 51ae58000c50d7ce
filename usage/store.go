package usage

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// chunk is how many rows one statement carries.
const chunk = 500

// digest names a combination in usage_series.
func (k *Key) digest() string {
	h := sha256.New()
	for _, part := range [...]string{k.Grant, k.Application, k.Account, k.Group, k.Key, k.Operation, k.Entitlement} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	if k.Version != "" { // as if the part had always been there
		_, _ = h.Write([]byte(k.Version))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// nameSeries gives every key its row, in the order of the digests so that nodes
// which do the same do not block one another.
func nameSeries(tx *store.Tx, keys map[string]*Key) (map[string]int64, error) {
	digests := make([]string, 0, len(keys))
	for d := range keys {
		digests = append(digests, d)
	}
	slices.Sort(digests)
	out := make(map[string]int64, len(keys))
	for part := range slices.Chunk(digests, chunk) {
		args := make([]any, 0, 9*len(part))
		for _, d := range part {
			k := keys[d]
			args = append(args, d, k.Grant, k.Application, k.Account, k.Group, k.Key, k.Operation, k.Entitlement, k.Version)
		}
		var rows []struct {
			Seq    int64
			Digest string
		}
		err := tx.NewRaw("INSERT INTO usage_series (digest, grant_id, application, account, group_id, key_id, operation, entitlement, version) VALUES "+
			tuples(9, len(part))+" ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest RETURNING seq, digest", args...).Scan(tx.Ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.Digest] = r.Seq
		}
	}
	return out, nil
}

func tuples(width, n int) string {
	one := "(?" + strings.Repeat(", ?", width-1) + ")"
	return one + strings.Repeat(", "+one, n-1)
}

// cell is one number of a table of counts.
type cell struct {
	series  int64
	at      int64 // microseconds
	outcome Outcome
}

// resolution is a table of counts.
type resolution struct {
	table string
	width time.Duration
}

var resolutions = [...]resolution{{"usage_minute", time.Minute}, {"usage_hour", time.Hour}, {"usage_day", 24 * time.Hour}}

// addCounts adds cells to one table, in order.
func addCounts(tx *store.Tx, table string, counts map[cell]int64) error {
	cells := make([]cell, 0, len(counts))
	for c := range counts {
		cells = append(cells, c)
	}
	slices.SortFunc(cells, func(a, b cell) int {
		switch {
		case a.series != b.series:
			return int(a.series - b.series)
		case a.at != b.at:
			return int(a.at - b.at)
		}
		return int(a.outcome) - int(b.outcome)
	})
	for part := range slices.Chunk(cells, chunk) {
		args := make([]any, 0, 4*len(part))
		for _, c := range part {
			args = append(args, c.series, c.at, int64(c.outcome), counts[c])
		}
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO "+table+" (series, at, outcome, n) VALUES "+tuples(4, len(part))+
			" ON CONFLICT (series, at, outcome) DO UPDATE SET n = "+table+".n + excluded.n", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func forgetCounts(tx *store.Tx, table string, before time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM "+table+" WHERE at < ?", store.At(before))
	return err
}

// where is the condition of a filter on usage_series s.
func (f *Filter) where() (string, []any) {
	cond, args := "1 = 1", []any(nil)
	for _, c := range [...]struct{ column, value string }{
		{"application", f.Application}, {"account", f.Account}, {"group_id", f.Group}, {"key_id", f.Key},
		{"grant_id", f.Grant}, {"operation", f.Operation}, {"entitlement", f.Entitlement}, {"version", f.Version},
	} {
		if c.value != "" {
			cond += " AND s." + c.column + " = ?"
			args = append(args, c.value)
		}
	}
	return cond, args
}

type countRow struct {
	At      int64
	Outcome int64
	N       int64
}

// counts sums what matches a query by step and outcome.
func counts(tx *store.Tx, q *Query) ([]countRow, error) {
	cond, args := q.where()
	args = append([]any{q.Step.width().Microseconds(), q.Step.width().Microseconds()}, args...)
	args = append(args, store.At(q.From), store.At(q.To))
	var rows []countRow
	err := tx.NewRaw("SELECT m.at / ? * ? AS at, m.outcome, SUM(m.n) AS n FROM usage_series AS s JOIN "+q.Step.table()+" AS m ON m.series = s.seq WHERE "+
		cond+" AND m.at >= ? AND m.at < ? GROUP BY 1, 2", args...).Scan(tx.Ctx, &rows)
	return rows, err
}

type partRow struct {
	Name    string
	Outcome int64
	N       int64
}

// parts sums what matches a query by one column and outcome.
func parts(tx *store.Tx, q *Query, by Dimension) ([]partRow, error) {
	cond, args := q.where()
	args = append(args, store.At(q.From), store.At(q.To))
	var rows []partRow
	err := tx.NewRaw("SELECT s."+by.column()+" AS name, m.outcome, SUM(m.n) AS n FROM usage_series AS s JOIN "+q.Step.table()+" AS m ON m.series = s.seq WHERE "+
		cond+" AND m.at >= ? AND m.at < ? GROUP BY 1, 2", args...).Scan(tx.Ctx, &rows)
	return rows, err
}

// keyCounts sums what keys were used for since from, by key and outcome.
func keyCounts(tx *store.Tx, table string, from time.Time, ids []string) ([]partRow, error) {
	var all []partRow
	for part := range slices.Chunk(ids, chunk) {
		args := make([]any, 0, len(part)+1)
		for _, id := range part {
			args = append(args, id)
		}
		var rows []partRow
		err := tx.NewRaw("SELECT s.key_id AS name, m.outcome, SUM(m.n) AS n FROM usage_series AS s JOIN "+table+" AS m ON m.series = s.seq WHERE s.key_id IN "+
			tuples(len(part), 1)+" AND m.at >= ? GROUP BY 1, 2", append(args, store.At(from))...).Scan(tx.Ctx, &rows)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

type lastRow struct {
	ID        string
	At        store.Micros
	Operation string
	Account   string
	Network   string
}

func saveLast(tx *store.Tx, list map[Subject]Last) error {
	order := make([]Subject, 0, len(list))
	for s := range list {
		order = append(order, s)
	}
	slices.SortFunc(order, func(a, b Subject) int { return strings.Compare(a.Kind+a.ID, b.Kind+b.ID) })
	for part := range slices.Chunk(order, chunk) {
		args := make([]any, 0, 6*len(part))
		for _, s := range part {
			l := list[s]
			args = append(args, s.Kind, s.ID, store.At(l.At), l.Operation, l.Account, l.Network)
		}
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO usage_last (kind, id, at, operation, account, network) VALUES "+tuples(6, len(part))+
			" ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at, operation = excluded.operation, account = excluded.account, network = excluded.network WHERE usage_last.at < excluded.at", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func lasts(tx *store.Tx, kind string, ids []string) (map[string]Last, error) {
	out := make(map[string]Last, len(ids))
	for part := range slices.Chunk(ids, chunk) {
		args := []any{kind}
		for _, id := range part {
			args = append(args, id)
		}
		var rows []lastRow
		err := tx.NewRaw("SELECT id, at, operation, account, network FROM usage_last WHERE kind = ? AND id IN "+tuples(len(part), 1), args...).Scan(tx.Ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.ID] = Last{At: r.At.Time(), Operation: r.Operation, Account: r.Account, Network: r.Network}
		}
	}
	return out, nil
}

func forgetLast(tx *store.Tx, s Subject) error {
	for _, table := range []string{"usage_last", "usage_place"} {
		if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM "+table+" WHERE kind = ? AND id = ?", s.Kind, s.ID); err != nil {
			return err
		}
	}
	return nil
}

type useRow struct {
	GrantID     string
	Application string
	Account     string
	GroupID     string
	Operation   string
	Version     string
	Outcome     int64
	N           int64
	First       store.Micros
	Last        store.Micros
}

// uses sums what matches by grant, operation, version and outcome.
func uses(tx *store.Tx, q *Who) ([]useRow, error) {
	cond, args := q.where()
	alternatives := ""
	for _, in := range [...]struct {
		column string
		values []string
	}{{"operation", q.Operations}, {"version", q.Versions}} {
		if len(in.values) == 0 {
			continue
		}
		if alternatives != "" {
			alternatives += " OR "
		}
		alternatives += "s." + in.column + " IN " + tuples(len(in.values), 1)
		for _, v := range in.values {
			args = append(args, v)
		}
	}
	if alternatives != "" {
		cond += " AND (" + alternatives + ")"
	}
	args = append(args, store.At(q.Since))
	var rows []useRow
	err := tx.NewRaw(`SELECT s.grant_id, s.application, s.account, s.group_id, s.operation, s.version, m.outcome,
		SUM(m.n) AS n, MIN(m.at) AS first, MAX(m.at) AS last
		FROM usage_series AS s JOIN usage_hour AS m ON m.series = s.seq WHERE `+cond+` AND m.at >= ? GROUP BY 1, 2, 3, 4, 5, 6, 7`, args...).Scan(tx.Ctx, &rows)
	return rows, err
}
