package ledger

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
)

// The slice has no tables: everything here reads those of earlier slices.

// subject is whom a question is about; empty: everybody in the account.
type subject struct {
	Application string // its installations and those that it acts for
	Grant       string
}

type changeRow struct {
	Seq         int64
	ID          string
	At          store.Micros
	Actor       string
	ActorKind   string
	Action      string
	Target      string
	Name        string
	Reason      string
	BeforeDoc   string
	AfterDoc    string
	GrantID     string
	Application string
}

// changesFrom are the audit entries of an account that are about what holds rights
// there, or by it, with the grant or application that each is about.
const changesFrom = `SELECT e.seq, e.id, e.at, e.actor, e.actor_kind, e.action, e.target, e.name, e.reason, e.before_doc, e.after_doc,
	COALESCE(
		(SELECT MIN(g.id) FROM grant_grant AS g WHERE g.holder = e.target AND g.account = e.account),
		(SELECT t.grant_id FROM token_token AS t WHERE e.target LIKE 'token/%' AND t.id = substr(e.target, 7)),
		(SELECT w.grant_id FROM webhook_endpoint AS w WHERE e.target LIKE 'webhook/%' AND w.id = substr(e.target, 9) AND w.grant_id <> ''),
		(SELECT MIN(g.id) FROM grant_grant AS g WHERE g.holder = e.actor AND g.account = e.account),
		(SELECT g.id FROM grant_grant AS g WHERE e.actor LIKE 'grant/%' AND g.id = substr(e.actor, 7)), '') AS grant_id,
	CASE WHEN e.application <> '' THEN e.application
		ELSE COALESCE((SELECT c.application FROM configuration_configuration AS c WHERE e.target LIKE 'configuration/%' AND c.id = substr(e.target, 15)), '') END AS application
	FROM audit_entry AS e WHERE e.account = ? AND e.account <> '' AND e.at >= ? AND e.at < ?`

// changes reads up to most changes behind a position, the newest first.
func changes(tx *store.Tx, account string, of subject, q *Query, after *Position, most int) ([]changeRow, error) {
	from, args := changesFrom, []any{account, store.At(q.From), store.At(q.To)}
	if after != nil {
		at := store.Micros(after.At)
		switch {
		case after.Rank < rankChange:
			from, args = from+" AND e.at <= ?", append(args, at)
		case after.Rank > rankChange:
			from, args = from+" AND e.at < ?", append(args, at)
		default:
			from, args = from+" AND (e.at < ? OR e.at = ? AND e.seq < ?)", append(args, at, at, after.Seq)
		}
	}
	cond, more := of.where("x.")
	var rows []changeRow
	err := tx.NewRaw("SELECT * FROM ("+from+") AS x WHERE "+cond+" ORDER BY x.at DESC, x.seq DESC LIMIT ?", append(append(args, more...), most)...).Scan(tx.Ctx, &rows)
	return rows, err
}

func (s subject) where(x string) (string, []any) {
	switch {
	case s.Grant != "":
		return x + "grant_id = ?", []any{s.Grant}
	case s.Application != "":
		return "(" + x + "application = ? OR " + x + "grant_id IN (SELECT id FROM grant_grant WHERE application = ?))", []any{s.Application, s.Application}
	}
	return "(" + x + "grant_id <> '' OR " + x + "application <> '')", nil
}

type sumRow struct {
	GrantID     string
	Application string
	N           int64
	Last        store.Micros
}

// countChanges sums changes by whom they are about.
func countChanges(tx *store.Tx, account string, of subject, q *Query) ([]sumRow, error) {
	cond, more := of.where("x.")
	var rows []sumRow
	err := tx.NewRaw("SELECT x.grant_id, x.application, COUNT(*) AS n, MAX(x.at) AS last FROM ("+changesFrom+") AS x WHERE "+cond+" GROUP BY 1, 2",
		append([]any{account, store.At(q.From), store.At(q.To)}, more...)...).Scan(tx.Ctx, &rows)
	return rows, err
}

type stopRow struct {
	ID          string
	Application string
	Began       store.Micros
	Ended       store.Micros
	Message     string
}

// stops are the operator's suspensions of what holds rights in an account.
func stops(tx *store.Tx, account string, of subject, q *Query) ([]stopRow, error) {
	if of.Grant != "" && of.Application == "" {
		return nil, nil // an account's own: the operator stops it by name, which is an entry
	}
	cond, args := "", []any{account}
	if of.Application != "" {
		cond, args = " AND g.application = ?", append(args, of.Application)
	}
	if of.Grant != "" {
		cond, args = cond+" AND g.id = ?", append(args, of.Grant)
	}
	from, to := store.At(q.From), store.At(q.To)
	var rows []stopRow
	err := tx.NewRaw(`SELECT DISTINCT s.id, a.id AS application, s.began, s.ended, s.message
		FROM grant_grant AS g JOIN application_application AS a ON a.id = g.application
		JOIN suspension_suspension AS s ON s.target = a.id AND (s.kind = 'application' OR s.kind = 'tokens' AND s.family = g.kind) OR s.kind = 'group' AND s.target = a.group_id
		WHERE g.account = ? AND g.created <= s.began`+cond+` AND (s.began >= ? AND s.began < ? OR s.ended >= ? AND s.ended < ?)`,
		append(args, from, to, from, to)...).Scan(tx.Ctx, &rows)
	return rows, err
}

type deliveryRow struct {
	At        int64
	Endpoint  string
	URL       string `bun:"url"`
	GrantID   string
	Delivered int64
	Failed    int64
}

// deliveries sums the requests to the endpoints that grants have in an account, by
// hour or day, in [from, to).
func deliveries(tx *store.Tx, account string, of subject, q *Query, from, to time.Time) ([]deliveryRow, error) {
	step := "day"
	if q.width() == time.Hour {
		step = "quarter"
	}
	width := q.width().Microseconds()
	cond, args := "", []any{width, width, account, step, store.At(from), store.At(to)}
	if of.Grant != "" {
		cond, args = " AND w.grant_id = ?", append(args, of.Grant)
	} else if of.Application != "" {
		cond, args = " AND g.application = ?", append(args, of.Application)
	}
	var rows []deliveryRow
	err := tx.NewRaw(`SELECT n.at / ? * ? AS at, w.id AS endpoint, w.url, w.grant_id, SUM(n.delivered) AS delivered, SUM(n.failed) AS failed
		FROM webhook_endpoint AS w JOIN grant_grant AS g ON g.id = w.grant_id JOIN webhook_count AS n ON n.endpoint = w.id
		WHERE w.account = ? AND n.step = ? AND n.at >= ? AND n.at < ?`+cond+" GROUP BY 1, 2, 3, 4", args...).Scan(tx.Ctx, &rows)
	return rows, err
}

type holderRow struct {
	ID          string
	Kind        grant.Kind
	Account     string
	Application string
	Holder      string
	AppName     string
	OwnName     string
	Person      string
}

// holders are those of grants, with what people call them.
func holders(tx *store.Tx, ids []string) ([]holderRow, error) {
	var rows []holderRow
	err := tx.NewRaw(`SELECT g.id, g.kind, g.account, g.application, g.holder, COALESCE(a.name, '') AS app_name,
		COALESCE(p.name, t.name, k.label, '') AS own_name, CASE WHEN g.kind IN ('consent', 'member') THEN COALESCE(u.name, '') ELSE '' END AS person
		FROM grant_grant AS g LEFT JOIN application_application AS a ON a.id = g.application
		LEFT JOIN private_integration AS p ON p.grant_id = g.id LEFT JOIN apitoken_token AS t ON t.grant_id = g.id
		LEFT JOIN legacy_key AS k ON k.grant_id = g.id LEFT JOIN identity_user AS u ON u.id = g.subject
		WHERE g.id IN (?)`, bun.In(ids)).Scan(tx.Ctx, &rows)
	return rows, err
}

// grantOf finds the newest grant with an id or a holder, in an account or its parent.
func grantOf(tx *store.Tx, account, parent, id string) (string, error) {
	var found string
	err := tx.NewRaw(`SELECT id FROM grant_grant WHERE (id = ? OR holder IN (?)) AND account IN (?, ?) ORDER BY id DESC LIMIT 1`,
		id, bun.In([]string{"installation/" + id, "private_integration/" + id, "consent/" + id, "service_token/" + id, "personal_token/" + id, "legacy_key/" + id, "recording/" + id}),
		account, parent).Scan(tx.Ctx, &found)
	return found, err
}

// known reports whether an application ever had rights in an account.
func known(tx *store.Tx, account, application string) (bool, error) {
	n, err := tx.NewSelect().TableExpr("grant_grant").Where("account = ? AND application = ?", account, application).Limit(1).Count(tx.Ctx)
	return n > 0, err
}

// holding are grants of an account, ended ones too: of each application the newest,
// since everybody who consents gives it one, and all others.
func holding(tx *store.Tx, account string, most int) ([]string, error) {
	var ids []string
	err := tx.NewRaw(`SELECT MAX(id) AS newest FROM grant_grant WHERE account = ? GROUP BY CASE WHEN application <> '' THEN application ELSE id END
		ORDER BY newest DESC LIMIT ?`, account, most).Scan(tx.Ctx, &ids)
	return ids, err
}

type nameRow struct{ ID, Name string }

func applicationNames(tx *store.Tx, ids []string) ([]nameRow, error) {
	var rows []nameRow
	err := tx.NewRaw("SELECT id, name FROM application_application WHERE id IN (?)", bun.In(ids)).Scan(tx.Ctx, &rows)
	return rows, err
}

// memberNames are the people of an account among some.
func memberNames(tx *store.Tx, account string, ids []string) ([]nameRow, error) {
	var rows []nameRow
	err := tx.NewRaw("SELECT u.id, u.name FROM account_member AS m JOIN identity_user AS u ON u.id = m.user_id WHERE m.account = ? AND u.id IN (?)", account, bun.In(ids)).Scan(tx.Ctx, &rows)
	return rows, err
}
