package notice

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// person is a recipient.
type person struct {
	ID       string
	Email    string
	Verified store.Bool
}

// recipients reads whom a notice is for: the one place that looks into the
// tables of identity, account and group. Deleted users are passed over.
func recipients(tx *store.Tx, to To) ([]person, error) {
	const user = "SELECT u.id AS id, u.email AS email, CASE WHEN u.verified > 0 THEN 1 ELSE 0 END AS verified FROM identity_user AS u"
	seen := map[string]bool{}
	var out []person
	add := func(query string, args ...any) error {
		var found []person
		if err := tx.NewRaw(user+query+" AND u.state <> 'deleted' ORDER BY u.id", args...).Scan(tx.Ctx, &found); err != nil {
			return err
		}
		for _, p := range found {
			if !seen[p.ID] {
				seen[p.ID] = true
				out = append(out, p)
			}
		}
		return nil
	}
	if to.User != "" {
		if err := add(" WHERE u.id = ?", to.User); err != nil {
			return nil, err
		}
	}
	for _, m := range []struct {
		id    string
		roles []string
		join  string
	}{
		{to.Group, atLeast(to.GroupRole, groupRoles), " JOIN group_member AS m ON m.user_id = u.id WHERE m.group_id = ?"},
		{to.Account, atLeast(to.AccountRole, accountRoles), " JOIN account_member AS m ON m.user_id = u.id WHERE m.account = ?"},
	} {
		query, args := m.join, []any{m.id}
		if m.roles != nil {
			query, args = query+" AND m.role IN (?)", append(args, bun.In(m.roles))
		}
		if m.id == "" {
			continue
		}
		if err := add(query, args...); err != nil {
			return nil, err
		}
	}
	if to.Operators {
		if err := add(" WHERE u.operator = 1"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func preferences(tx *store.Tx, user string) (Preferences, error) {
	var rows []struct {
		Kind  string
		Mail  store.Bool
		Inbox store.Bool
	}
	err := tx.NewRaw("SELECT kind, mail, inbox FROM notice_preference WHERE user_id = ? ORDER BY kind", user).Scan(tx.Ctx, &rows)
	p := make(Preferences, len(rows))
	for i, w := range rows {
		p[i] = Preference{Kind: w.Kind, Mail: bool(w.Mail), Inbox: bool(w.Inbox)}
	}
	return p, err
}

func setPreferences(tx *store.Tx, user string, p Preferences) error {
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM notice_preference WHERE user_id = ?", user); err != nil {
		return err
	}
	for _, c := range p {
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO notice_preference (user_id, kind, mail, inbox) VALUES (?, ?, ?, ?)", user, c.Kind, store.Bool(c.Mail), store.Bool(c.Inbox))
		if err != nil {
			return err
		}
	}
	return nil
}

// inboxed is whose notice it becomes and whether it is shown. One that is not
// shown still has a row, for its unique key.
type inboxed struct {
	user  string
	inbox bool
}

// insertNotice reports whether the notice is new to its recipient.
func insertNotice(tx *store.Tx, n Notice, to inboxed) (bool, error) {
	id := ident.New[Item](tx.Now())
	if n.Dedupe == "" {
		n.Dedupe = id.String()
	}
	res, err := tx.ExecContext(tx.Ctx, "INSERT INTO notice_notice (id, user_id, kind, severity, subject, text, link, dedupe, inbox, created, due, read_at) "+
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (user_id, kind, dedupe) DO NOTHING",
		id, to.user, n.Kind, n.Severity, n.Subject, n.Text, n.Link, n.Dedupe, store.Bool(to.inbox), store.At(tx.Now()), store.At(n.Due))
	if err != nil {
		return false, err
	}
	count, err := res.RowsAffected()
	return count > 0, err
}

type itemRow struct {
	ID       ID
	Kind     string
	Severity string
	Subject  string
	Text     string
	Link     string
	Due      store.Micros
	ReadAt   store.Micros
}

func (w itemRow) item() Item {
	return Item{ID: w.ID, Kind: w.Kind, Severity: w.Severity, Subject: w.Subject, Text: w.Text, Link: w.Link, At: w.Due.Time(), Read: moment(w.ReadAt)}
}

func moment(m store.Micros) *time.Time {
	if m == 0 {
		return nil
	}
	t := m.Time()
	return &t
}

const itemColumns = "id, kind, severity, subject, text, link, due, read_at"

// inbox reads one item more than asked for, to know whether there is more.
func inbox(tx *store.Tx, user string, q Query) ([]Item, error) {
	sel := tx.NewSelect().TableExpr("notice_notice").ColumnExpr(itemColumns).
		Where("user_id = ?", user).Where("inbox = 1").Where("due <= ?", store.At(tx.Now())).OrderExpr("id DESC").Limit(int64(q.Limit) + 1)
	if q.Unread {
		sel = sel.Where("read_at = 0")
	}
	if !q.Before.IsZero() {
		sel = sel.Where("id < ?", q.Before)
	}
	var rows []itemRow
	if err := sel.Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	items := make([]Item, len(rows))
	for i, w := range rows {
		items[i] = w.item()
	}
	return items, nil
}

func unread(tx *store.Tx, user string) (int64, error) {
	var n int64
	err := tx.NewRaw("SELECT COUNT(*) FROM notice_notice WHERE user_id = ? AND inbox = 1 AND due <= ? AND read_at = 0", user, store.At(tx.Now())).Scan(tx.Ctx, &n)
	return n, err
}

func load(tx *store.Tx, user string, id ID) (Item, error) {
	var w itemRow
	err := tx.NewRaw("SELECT "+itemColumns+" FROM notice_notice WHERE user_id = ? AND id = ? AND inbox = 1 AND due <= ?", user, id, store.At(tx.Now())).Scan(tx.Ctx, &w)
	if store.IsNone(err) {
		return Item{}, problem.NotFound("notice")
	}
	return w.item(), err
}

func markRead(tx *store.Tx, user string, id ID) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE notice_notice SET read_at = ? WHERE user_id = ? AND id = ? AND inbox = 1 AND due <= ? AND read_at = 0",
		store.At(tx.Now()), user, id, store.At(tx.Now()))
	return err
}

func markAllRead(tx *store.Tx, user string) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE notice_notice SET read_at = ? WHERE user_id = ? AND inbox = 1 AND due <= ? AND read_at = 0",
		store.At(tx.Now()), user, store.At(tx.Now()))
	return err
}

type mailRow struct {
	ID      MailID
	Address string
	Kind    string
	Subject string
	Text    string
	Link    string
	State   State
	Error   string
	Created store.Micros
	Due     store.Micros
	Done    store.Micros
}

const mailColumns = "id, address, kind, subject, text, link, state, error, created, due, done"

func (w mailRow) letter() Letter {
	return Letter{ID: w.ID, To: w.Address, Kind: w.Kind, Subject: w.Subject, Text: w.Text, Link: w.Link, State: w.State, Error: w.Error,
		Created: w.Created.Time(), Due: w.Due.Time(), Done: moment(w.Done)}
}

func insertMail(tx *store.Tx, l Letter) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO notice_mail ("+mailColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, 0)",
		l.ID, l.To, l.Kind, l.Subject, l.Text, l.Link, l.State, store.At(l.Created), store.At(l.Due))
	return err
}

func loadMail(tx *store.Tx, id MailID) (Letter, error) {
	var w mailRow
	err := tx.NewRaw("SELECT "+mailColumns+" FROM notice_mail WHERE id = ?", id).Scan(tx.Ctx, &w)
	return w.letter(), err
}

// closeMail settles a waiting letter. A sent one keeps no text: it may hold a
// link that signs somebody in.
func closeMail(tx *store.Tx, id MailID, as State, why string) error {
	clear := ""
	if as == Sent {
		clear = ", text = '', link = ''"
	}
	_, err := tx.ExecContext(tx.Ctx, "UPDATE notice_mail SET state = ?, error = ?, done = ?"+clear+" WHERE id = ? AND state = ?", as, why, store.At(tx.Now()), id, Waiting)
	return err
}

func outbox(tx *store.Tx, before MailID, limit int) ([]Letter, error) {
	q := tx.NewSelect().TableExpr("notice_mail").ColumnExpr(mailColumns).OrderExpr("id DESC").Limit(int64(max(1, min(limit, 201))))
	if !before.IsZero() {
		q = q.Where("id < ?", before)
	}
	var rows []mailRow
	if err := q.Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make([]Letter, len(rows))
	for i, w := range rows {
		out[i] = w.letter()
	}
	return out, nil
}

// forget drops what is older than its keep.
func forget(tx *store.Tx) error {
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM notice_mail WHERE created < ? AND state <> ?", store.At(tx.Now().Add(-mailKept)), Waiting); err != nil {
		return err
	}
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM notice_notice WHERE created < ?", store.At(tx.Now().Add(-noticeKept)))
	return err
}
