package identity

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:identity_user,alias:u"`

	ID          ID `bun:",pk"`
	Email       string
	Name        string
	Company     string
	Password    string
	Operator    store.Bool
	State       State
	ProductKey  string
	Verified    store.Micros
	Created     store.Micros
	DeletionDue store.Micros
}

func (u User) row() *row {
	return &row{ID: u.ID, Email: u.Email, Name: u.Name, Company: u.Company, Password: u.password, Operator: store.Bool(u.Operator), State: u.State,
		ProductKey: u.ProductKey, Verified: store.At(u.Verified), Created: store.At(u.Created), DeletionDue: store.At(u.DeletionDue)}
}

func (r *row) user() User {
	return User{ID: r.ID, Email: r.Email, Name: r.Name, Company: r.Company, password: r.Password, Operator: bool(r.Operator), State: r.State,
		ProductKey: r.ProductKey, Verified: r.Verified.Time(), Created: r.Created.Time(), DeletionDue: r.DeletionDue.Time()}
}

func find(tx *store.Tx, where string, args ...any) (User, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx)
	if store.IsNone(err) {
		return User{}, problem.NotFound("user")
	}
	return r.user(), err
}

// findMaybe is find for those who go on without a user.
func findMaybe(tx *store.Tx, where string, args ...any) (User, bool, error) {
	u, err := find(tx, where, args...)
	if problem.CodeOf(err) == "not_found" {
		return User{}, false, nil
	}
	return u, err == nil, err
}

func due(tx *store.Tx, limit int64) ([]User, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Where("deletion_due > 0 AND deletion_due <= ?", store.At(tx.Now())).Order("deletion_due").Limit(limit).Scan(tx.Ctx)
	out := make([]User, len(rows))
	for i := range rows {
		out[i] = rows[i].user()
	}
	return out, err
}

func insert(tx *store.Tx, u User) error {
	_, err := tx.NewInsert().Model(u.row()).Exec(tx.Ctx)
	return err
}

// save writes u if its state and password are still those of was.
func save(tx *store.Tx, u, was User) error {
	res, err := tx.NewUpdate().Model(u.row()).WherePK().Where("state = ? AND password = ?", was.State, was.password).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("user_changed", "This person's data has changed meanwhile. Load it again.").Because(err)
	}
	tx.Changed(Topic, u.ID.String())
	return nil
}

type sessionRow struct {
	bun.BaseModel `bun:"table:identity_session,alias:s"`

	ID            SessionID `bun:",pk"`
	Digest        string
	UserID        string
	Method        string
	Roles         string
	Agent         string
	Address       string
	Created       store.Micros
	Authenticated store.Micros
	Seen          store.Micros
}

func (s Session) row() (*sessionRow, error) {
	held, err := json.Marshal(s.roles)
	return &sessionRow{ID: s.ID, Digest: s.digest.String(), UserID: s.User, Method: s.Method, Roles: string(held), Agent: s.Agent, Address: s.Address,
		Created: store.At(s.Created), Authenticated: store.At(s.Authenticated), Seen: store.At(s.Seen)}, err
}

func (r *sessionRow) session() (Session, error) {
	s := Session{ID: r.ID, User: r.UserID, Method: r.Method, Agent: r.Agent, Address: r.Address, Created: r.Created.Time(),
		Authenticated: r.Authenticated.Time(), Seen: r.Seen.Time()}
	d, err := secret.ParseDigest(r.Digest)
	if err != nil {
		return s, err
	}
	s.digest = d
	return s, json.Unmarshal([]byte(r.Roles), &s.roles)
}

func insertSession(tx *store.Tx, s Session) error {
	r, err := s.row()
	if err != nil {
		return err
	}
	_, err = tx.NewInsert().Model(r).Exec(tx.Ctx)
	return err
}

// saveSession writes s if its secret is still the one with the digest was.
func saveSession(tx *store.Tx, s Session, was secret.Digest) (bool, error) {
	r, err := s.row()
	if err != nil {
		return false, err
	}
	res, err := tx.NewUpdate().Model(r).WherePK().Where("digest = ?", was.String()).Exec(tx.Ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func findSession(tx *store.Tx, where string, args ...any) (Session, error) {
	var r sessionRow
	if err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx); err != nil {
		if store.IsNone(err) {
			return Session{}, problem.NotFound("session")
		}
		return Session{}, err
	}
	return r.session()
}

func listSessions(tx *store.Tx, user string) ([]Session, error) {
	var rows []sessionRow
	if err := tx.NewSelect().Model(&rows).Where("user_id = ?", user).Order("created", "id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Session, len(rows))
	for i := range rows {
		s, err := rows[i].session()
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

// dropSessions ends sessions of a user and says how many.
func dropSessions(tx *store.Tx, user, where string, args ...any) (int64, error) {
	res, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("user_id = ?", user).Where(where, args...).Exec(tx.Ctx)
	if err != nil {
		return 0, err
	}
	tx.Changed(SessionTopic, user)
	return res.RowsAffected()
}

type linkRow struct {
	bun.BaseModel `bun:"table:identity_link"`

	Digest  string `bun:",pk"`
	Kind    LinkKind
	UserID  ID
	Email   string
	Expires store.Micros
}

func putLink(tx *store.Tx, d secret.Digest, l link) error {
	r := &linkRow{Digest: d.String(), Kind: l.kind, UserID: l.user, Email: l.email, Expires: store.At(l.expires)}
	_, err := tx.NewInsert().Model(r).Exec(tx.Ctx)
	return err
}

func findLink(tx *store.Tx, d secret.Digest) (link, error) {
	var r linkRow
	err := tx.NewSelect().Model(&r).Where("digest = ?", d.String()).Scan(tx.Ctx)
	return link{kind: r.Kind, user: r.UserID, email: r.Email, expires: r.Expires.Time()}, err
}

// dropLink takes a link away; errLink when another was faster.
func dropLink(tx *store.Tx, d secret.Digest) error {
	res, err := tx.NewDelete().Model((*linkRow)(nil)).Where("digest = ?", d.String()).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errLink.Because(err)
	}
	return nil
}

func dropLinks(tx *store.Tx, user ID, k LinkKind) error {
	_, err := tx.NewDelete().Model((*linkRow)(nil)).Where("user_id = ? AND kind = ?", user, k).Exec(tx.Ctx)
	return err
}

// spendOnce reports whether the nonce was unused; it is used now.
func spendOnce(tx *store.Tx, nonce string, until time.Time) (bool, error) {
	res, err := tx.ExecContext(tx.Ctx, "INSERT INTO identity_spent (nonce, expires) VALUES (?, ?) ON CONFLICT (nonce) DO NOTHING", nonce, store.At(until))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

type attemptsRow struct {
	bun.BaseModel `bun:"table:identity_throttle"`

	Key      string `bun:",pk"`
	Attempts int64
	Next     store.Micros
	Last     store.Micros
}

func findAttempts(tx *store.Tx, key string) (attempts, error) {
	var r attemptsRow
	err := tx.NewSelect().Model(&r).Where("key = ?", key).Scan(tx.Ctx)
	if store.IsNone(err) {
		return attempts{}, nil
	}
	return attempts{Count: int(r.Attempts), Next: r.Next.Time(), Last: r.Last.Time()}, err
}

func putAttempts(tx *store.Tx, key string, a attempts) error {
	r := &attemptsRow{Key: key, Attempts: int64(a.Count), Next: store.At(a.Next), Last: store.At(a.Last)}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (key) DO UPDATE").
		Set("attempts = EXCLUDED.attempts").Set("next = EXCLUDED.next").Set("last = EXCLUDED.last").Exec(tx.Ctx)
	return err
}

func dropAttempts(tx *store.Tx, key string) error {
	_, err := tx.NewDelete().Model((*attemptsRow)(nil)).Where("key = ?", key).Exec(tx.Ctx)
	return err
}

// expired are the tables whose rows end, with the column that says when.
var expired = [...][2]string{{"identity_link", "expires"}, {"identity_spent", "expires"}, {"identity_setup", "expires"}}

// sweep deletes what has ended.
func sweep(tx *store.Tx, l Lifetimes) error {
	now := tx.Now()
	for _, t := range expired {
		if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM "+t[0]+" WHERE "+t[1]+" <= ?", store.At(now)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_throttle WHERE last <= ?", store.At(now.Add(-mailPace.Forget))); err != nil {
		return err
	}
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_session WHERE seen <= ? OR created <= ?", store.At(now.Add(-l.Idle-time.Minute)), store.At(now.Add(-l.Absolute)))
	return err
}
