package audit

import (
	"encoding/json"
	"strings"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

// row is an entry as stored.
type row struct {
	Seq             int64
	ID              ID
	At              store.Micros
	Actor           string
	ActorKind       string
	Via             string
	Request         string
	Address         string
	Action          string
	Target          string
	Name            string
	Account         string
	GroupID         string
	Application     string
	UserID          string
	BeforeDoc       string
	AfterDoc        string
	BeforeSha       string
	AfterSha        string
	Reason          string
	Position        int64
	Hash            string
	AccountPosition int64
	AccountHash     string
}

const columns = "id, at, actor, actor_kind, via, request, address, action, target, name, account, group_id, application, user_id, " +
	"before_doc, after_doc, before_sha, after_sha, reason, position, hash, account_position, account_hash"

func (w row) entry() Entry {
	return Entry{
		ID: w.ID, At: w.At.Time(), Actor: w.Actor, ActorKind: w.ActorKind, Via: w.Via, Request: w.Request, Address: w.Address,
		Action: w.Action, Target: w.Target, Name: w.Name, Account: w.Account, Group: w.GroupID, Application: w.Application, User: w.UserID,
		Before: json.RawMessage(w.BeforeDoc), After: json.RawMessage(w.AfterDoc), BeforeSHA: w.BeforeSha, AfterSHA: w.AfterSha, Reason: w.Reason,
		Hash: w.Hash, AccountHash: w.AccountHash, seq: w.Seq, position: w.Position, accountPosition: w.AccountPosition,
	}
}

func entries(rows []row) []Entry {
	out := make([]Entry, len(rows))
	for i, w := range rows {
		out[i] = w.entry()
	}
	return out
}

func insert(tx *store.Tx, e Entry) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO audit_entry ("+columns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0, '')",
		e.ID, store.At(e.At), e.Actor, e.ActorKind, e.Via, e.Request, e.Address, e.Action, e.Target, e.Name, e.Account, e.Group, e.Application, e.User,
		string(e.Before), string(e.After), e.BeforeSHA, e.AfterSHA, e.Reason)
	return err
}

// list reads one entry more than asked for, to know whether there is more.
func list(tx *store.Tx, v view, f Filter, before int64) ([]Entry, error) {
	q := tx.NewSelect().TableExpr("audit_entry").ColumnExpr("seq, " + columns).OrderExpr("seq DESC").Limit(int64(f.Limit) + 1)
	if before > 0 {
		q = q.Where("seq < ?", before)
	}
	if !v.all {
		q = q.WhereGroup(" AND ", v.where)
	}
	for _, c := range []struct{ column, value string }{
		{"account", f.Account}, {"group_id", f.Group}, {"application", f.Application}, {"user_id", f.User}, {"target", f.Target},
	} {
		if c.value != "" {
			q = q.Where("? = ?", bun.Ident(c.column), c.value)
		}
	}
	if f.Actor != "" {
		actor := f.Actor
		if !strings.Contains(actor, "/") && strings.HasPrefix(actor, "usr_") {
			actor = "user/" + actor
		}
		q = q.Where("actor = ?", actor)
	}
	if f.Action != "" {
		q = q.Where(`action LIKE ? ESCAPE '\'`, strings.ReplaceAll(store.Literal(f.Action), "*", "%"))
	}
	if f.Text != "" {
		like := "%" + store.Literal(strings.ToLower(f.Text)) + "%"
		q = q.Where(`(LOWER(name) LIKE ? ESCAPE '\' OR LOWER(target) LIKE ? ESCAPE '\' OR LOWER(action) LIKE ? ESCAPE '\' OR LOWER(reason) LIKE ? ESCAPE '\')`,
			like, like, like, like)
	}
	if !f.From.IsZero() {
		q = q.Where("at >= ?", store.At(f.From))
	}
	if !f.To.IsZero() {
		q = q.Where("at < ?", store.At(f.To))
	}
	var rows []row
	if err := q.Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	return entries(rows), nil
}

// where is the view as a condition: any of its parts.
func (v view) where(q *bun.SelectQuery) *bun.SelectQuery {
	q = q.WhereOr("user_id = ? AND user_id <> ''", v.user)
	if len(v.accounts) > 0 {
		q = q.WhereOr("account IN (?)", bun.In(v.accounts))
	}
	if len(v.groups) > 0 {
		q = q.WhereOr("group_id IN (?)", bun.In(v.groups))
	}
	if len(v.applications) > 0 {
		q = q.WhereOr("application IN (?)", bun.In(v.applications))
	}
	return q
}

// unsealed reads entries that are in no chain yet, by number.
func unsealed(tx *store.Tx, most int) ([]Entry, error) {
	var rows []row
	err := tx.NewRaw("SELECT seq, "+columns+" FROM audit_entry WHERE position = 0 ORDER BY seq LIMIT ?", most).Scan(tx.Ctx, &rows)
	return entries(rows), err
}

func head(tx *store.Tx, chain string) (link, error) {
	var l link
	err := tx.NewRaw("SELECT position, hash FROM audit_head WHERE chain = ?", chain).Scan(tx.Ctx, &l)
	if store.IsNone(err) {
		return link{}, nil
	}
	return l, err
}

func heads(tx *store.Tx) (map[string]link, error) {
	var rows []struct {
		Chain    string
		Position int64
		Hash     string
	}
	if err := tx.NewRaw("SELECT chain, position, hash FROM audit_head").Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make(map[string]link, len(rows))
	for _, w := range rows {
		out[w.Chain] = link{Position: w.Position, Hash: w.Hash}
	}
	return out, nil
}

func setHead(tx *store.Tx, chain string, l link) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO audit_head (chain, position, hash) VALUES (?, ?, ?) "+
		"ON CONFLICT (chain) DO UPDATE SET position = excluded.position, hash = excluded.hash", chain, l.Position, l.Hash)
	return err
}

func setLinks(tx *store.Tx, e Entry, all, account link) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE audit_entry SET position = ?, hash = ?, account_position = ?, account_hash = ? WHERE seq = ? AND position = 0",
		all.Position, all.Hash, account.Position, account.Hash, e.seq)
	return err
}

// sealed reads a stretch of the chain in its order.
func sealed(tx *store.Tx, after int64, most int) ([]Entry, error) {
	var rows []row
	err := tx.NewRaw("SELECT seq, "+columns+" FROM audit_entry WHERE position > ? ORDER BY position, seq LIMIT ?", after, most).Scan(tx.Ctx, &rows)
	return entries(rows), err
}

func countUnsealed(tx *store.Tx) (int64, error) {
	var n int64
	err := tx.NewRaw("SELECT COUNT(*) FROM audit_entry WHERE position = 0").Scan(tx.Ctx, &n)
	return n, err
}

// Sealed is an entry with its place in the chain over all entries.
type Sealed struct {
	Entry
	Position int64
}

// Behind reads sealed entries behind a position, in the order of the chain,
// which has no gaps and into which nothing comes late. It does not authorise.
func Behind(tx *store.Tx, position int64, most int) ([]Sealed, error) {
	var rows []row
	err := tx.NewRaw("SELECT seq, "+columns+" FROM audit_entry WHERE position > ? ORDER BY position LIMIT ?", position, most).Scan(tx.Ctx, &rows)
	out := make([]Sealed, len(rows))
	for i, w := range rows {
		out[i] = Sealed{Entry: w.entry(), Position: w.Position}
	}
	return out, err
}
