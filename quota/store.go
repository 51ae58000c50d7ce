package quota

import (
	"strings"
	"time"

	"github.com/guestright/guestright/kit/store"
)

type planRow struct {
	Seq    int64
	Owner  string
	Plan   string
	Reason string
	Starts store.Micros
	Ends   store.Micros
}

type overrideRow struct {
	Seq    int64
	Owner  string
	Name   string
	Value  int64
	Reason string
	Starts store.Micros
	Ends   store.Micros
}

// assigned reads what was ever assigned and granted to an owner and has not
// ended at now, what began last coming last.
func assigned(tx *store.Tx, owner string, now time.Time) ([]Assignment, []Override, error) {
	var plans []planRow
	err := tx.NewRaw("SELECT seq, owner, plan, reason, starts, ends FROM quota_plan WHERE owner = ? AND (ends = 0 OR ends > ?) ORDER BY starts, seq",
		owner, store.At(now)).Scan(tx.Ctx, &plans)
	if err != nil {
		return nil, nil, err
	}
	var overrides []overrideRow
	err = tx.NewRaw("SELECT seq, owner, name, value, reason, starts, ends FROM quota_override WHERE owner = ? AND (ends = 0 OR ends > ?) ORDER BY starts, seq",
		owner, store.At(now)).Scan(tx.Ctx, &overrides)
	if err != nil {
		return nil, nil, err
	}
	as := make([]Assignment, len(plans))
	for i, p := range plans {
		as[i] = Assignment{Owner: p.Owner, Plan: p.Plan, Reason: p.Reason, Starts: p.Starts.Time(), Ends: p.Ends.Time()}
	}
	os := make([]Override, len(overrides))
	for i, o := range overrides {
		os[i] = Override{Seq: o.Seq, Owner: o.Owner, Limit: o.Name, Value: o.Value, Reason: o.Reason, Starts: o.Starts.Time(), Ends: o.Ends.Time()}
	}
	return as, os, nil
}

func saveAssignment(tx *store.Tx, a Assignment) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO quota_plan (owner, plan, reason, starts, ends) VALUES (?, ?, ?, ?, ?)",
		a.Owner, a.Plan, a.Reason, store.At(a.Starts), store.At(a.Ends))
	return err
}

func endPlan(tx *store.Tx, owner, plan, reason string) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE quota_plan SET ends = ? WHERE owner = ? AND plan = ? AND reason = ? AND (ends = 0 OR ends > ?)",
		store.At(tx.Now()), owner, plan, reason, store.At(tx.Now()))
	return err
}

func saveOverride(tx *store.Tx, o Override) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO quota_override (owner, name, value, reason, starts, ends) VALUES (?, ?, ?, ?, ?, ?)",
		o.Owner, o.Limit, o.Value, o.Reason, store.At(o.Starts), store.At(o.Ends))
	return err
}

// endOverrides ends what holds and drops what has not begun.
func endOverrides(tx *store.Tx, owner, name string, now time.Time) (int64, error) {
	res, err := tx.ExecContext(tx.Ctx, "UPDATE quota_override SET ends = ? WHERE owner = ? AND name = ? AND (ends = 0 OR ends > ?)",
		store.At(now), owner, name, store.At(now))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

type windowRow struct {
	Holder   string
	Name     string
	Starts   store.Micros
	Ends     store.Micros
	Reserved int64
	Spent    int64
	Warned   int64
}

func (r windowRow) record() record {
	return record{starts: int64(r.Starts) * 1000, ends: int64(r.Ends) * 1000, reserved: r.Reserved, spent: r.Spent, warned: r.Warned}
}

// windows reads the windows of an owner; of some holders when any are named.
func windows(tx *store.Tx, owner string, holders []string) (map[bucketKey]record, error) {
	var rows []windowRow
	q := "SELECT holder, name, starts, ends, reserved, spent, warned FROM quota_window WHERE owner = ?"
	args := []any{owner}
	if len(holders) > 0 {
		q += " AND holder IN (?" + strings.Repeat(", ?", len(holders)-1) + ")"
		for _, h := range holders {
			args = append(args, h)
		}
	}
	if err := tx.NewRaw(q, args...).Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make(map[bucketKey]record, len(rows))
	for _, r := range rows {
		out[bucketKey{r.Holder, r.Name}] = r.record()
	}
	return out, nil
}

func saveWindow(tx *store.Tx, owner string, k bucketKey, r record) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO quota_window (owner, holder, name, starts, ends, reserved, spent, warned) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (owner, holder, name) DO UPDATE SET starts = excluded.starts, ends = excluded.ends, reserved = excluded.reserved, "+
		"spent = excluded.spent, warned = excluded.warned",
		owner, k.holder, k.limit, r.starts/1000, r.ends/1000, r.reserved, r.spent, r.warned)
	return err
}

func forgetWindows(tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM quota_window WHERE ends < ?", store.At(before))
	return err
}

// beat notes that a node lives and returns those that were heard of since.
func beat(tx *store.Tx, node string, since time.Time) ([]string, error) {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO quota_node (node, at) VALUES (?, ?) ON CONFLICT (node) DO UPDATE SET at = excluded.at",
		node, store.At(tx.Now()))
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM quota_node WHERE at < ?", store.At(since.Add(-time.Hour))); err != nil {
		return nil, err
	}
	var nodes []string
	err = tx.NewRaw("SELECT node FROM quota_node WHERE at > ? ORDER BY node", store.At(since)).Scan(tx.Ctx, &nodes)
	return nodes, err
}

func leave(tx *store.Tx, node string) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM quota_node WHERE node = ?", node)
	return err
}

// takeSite counts one more installation unless limit are counted already.
func takeSite(tx *store.Tx, owner string, limit int64) (bool, error) {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO quota_site_count (owner, used) VALUES (?, 0) ON CONFLICT (owner) DO NOTHING", owner)
	if err != nil {
		return false, err
	}
	res, err := tx.ExecContext(tx.Ctx, "UPDATE quota_site_count SET used = used + 1 WHERE owner = ? AND used < ?", owner, limit)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func addSite(tx *store.Tx, owner, installation string) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO quota_site (installation, owner, at) VALUES (?, ?, ?)", installation, owner, store.At(tx.Now()))
	return err
}

func siteOwner(tx *store.Tx, installation string) (string, error) {
	var owner string
	err := tx.NewRaw("SELECT owner FROM quota_site WHERE installation = ?", installation).Scan(tx.Ctx, &owner)
	if store.IsNone(err) {
		return "", nil
	}
	return owner, err
}

func dropSite(tx *store.Tx, owner, installation string) error {
	res, err := tx.ExecContext(tx.Ctx, "DELETE FROM quota_site WHERE installation = ? AND owner = ?", installation, owner)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.ExecContext(tx.Ctx, "UPDATE quota_site_count SET used = used - 1 WHERE owner = ?", owner)
	return err
}

func sites(tx *store.Tx, owner string) (int64, error) {
	var n int64
	err := tx.NewRaw("SELECT used FROM quota_site_count WHERE owner = ?", owner).Scan(tx.Ctx, &n)
	if store.IsNone(err) {
		return 0, nil
	}
	return n, err
}
