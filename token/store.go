package token

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:token_token,alias:t"`

	ID       ID `bun:",pk"`
	GrantID  string
	Kind     Kind
	Digest   string
	Hint     string
	KeyID    string
	Scopes   []string `bun:"type:text"`
	State    State
	Reason   string
	Replaces string
	Expires  store.Micros
	Idle     int64
	Created  store.Micros

	Life       int64
	Rotate     int64
	Successor  string
	Retired    store.Micros
	Earlier    store.Micros
	BrownFrom  store.Micros
	BrownUntil store.Micros
	IdleFrom   store.Micros
	Warned     int
	WarnedAt   store.Micros
	Deadline   store.Micros
	Disabled   store.Micros
	Reminded   store.Micros
	Ended      store.Micros

	ClientID     string
	Family       string
	Confirmation string
	Resource     string
	Origin       string
}

func (t Token) row() *row {
	if t.Scopes == nil {
		t.Scopes = []string{}
	}
	return &row{ID: t.ID, GrantID: t.Grant, Kind: t.Kind, Digest: t.Digest.String(), Hint: t.Hint, KeyID: t.Key, Scopes: t.Scopes,
		State: t.State, Reason: t.Reason, Replaces: t.Replaces, Expires: store.At(t.Expires), Created: store.At(t.Created),
		Idle: t.Idle.micros(), Life: t.Life.micros(), Rotate: t.Rotate.micros(), Successor: t.Successor, Retired: store.At(t.Retired),
		Earlier: store.At(t.Earlier), BrownFrom: store.At(t.BrownFrom), BrownUntil: store.At(t.BrownUntil), IdleFrom: store.At(t.IdleFrom),
		Warned: t.Warned, WarnedAt: store.At(t.WarnedAt), Deadline: store.At(t.Deadline), Disabled: store.At(t.Disabled),
		Reminded: store.At(t.Reminded), Ended: store.At(t.Ended),
		ClientID: t.ClientID, Family: t.Family, Confirmation: t.Confirmation, Resource: t.Resource, Origin: t.Origin}
}

func (s Span) micros() int64 { return int64(s) * 1e6 }

func (r *row) token() (Token, error) {
	d, err := secret.ParseDigest(r.Digest)
	return Token{ID: r.ID, Grant: r.GrantID, Kind: r.Kind, Digest: d, Hint: r.Hint, Key: r.KeyID, Scopes: r.Scopes,
		State: r.State, Reason: r.Reason, Replaces: r.Replaces, Expires: r.Expires.Time(), Created: r.Created.Time(),
		Idle: Span(r.Idle / 1e6), Life: Span(r.Life / 1e6), Rotate: Span(r.Rotate / 1e6), Successor: r.Successor, Retired: r.Retired.Time(),
		Earlier: r.Earlier.Time(), BrownFrom: r.BrownFrom.Time(), BrownUntil: r.BrownUntil.Time(), IdleFrom: r.IdleFrom.Time(),
		Warned: r.Warned, WarnedAt: r.WarnedAt.Time(), Deadline: r.Deadline.Time(), Disabled: r.Disabled.Time(),
		Reminded: r.Reminded.Time(), Ended: r.Ended.Time(),
		ClientID: r.ClientID, Family: r.Family, Confirmation: r.Confirmation, Resource: r.Resource, Origin: r.Origin}, err
}

func insert(tx *store.Tx, t Token) error {
	_, err := tx.NewInsert().Model(t.row()).Exec(tx.Ctx)
	return err
}

func insertAll(tx *store.Tx, tokens []Token) error {
	rows := make([]*row, len(tokens))
	for i, t := range tokens {
		rows[i] = t.row()
	}
	return store.InsertAll(tx, rows, later...)
}

// later are the columns that a new token leaves at their defaults.
var later = []string{"successor", "retired", "earlier", "brown_from", "brown_until", "idle_from", "warned", "warned_at", "deadline", "disabled", "reminded", "ended"}

// save writes t if what decides about it is still as in was.
func save(tx *store.Tx, t, was Token) error {
	res, err := tx.NewUpdate().Model(t.row()).WherePK().Where("state = ? AND expires = ? AND successor = ? AND brown_until = ?",
		was.State, store.At(was.Expires), was.Successor, store.At(was.BrownUntil)).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("token_changed", "The token has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func find(tx *store.Tx, where string, args ...any) (Token, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Token{}, problem.NotFound("token")
	}
	if err != nil {
		return Token{}, err
	}
	return r.token()
}

func live(tx *store.Tx, where string, arg any) ([]Token, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Where(where, arg).Where("state IN (?, ?, ?)", Active, Retiring, Disabled).Order("t.id").Scan(tx.Ctx)
	return tokensOf(rows, err)
}

func tokensOf(rows []row, err error) ([]Token, error) {
	if err != nil {
		return nil, err
	}
	out := make([]Token, 0, len(rows))
	for i := range rows {
		t, err := rows[i].token()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// page gives tokens of a grant, the newest first. Refresh tokens are part of an
// application's own bookkeeping and stand in the list like the others.
func page(tx *store.Tx, grantID string, q Query) ([]Token, error) {
	var rows []row
	sel := tx.NewSelect().Model(&rows).Where("grant_id = ?", grantID).Order("t.id DESC").Limit(int64(q.Limit))
	if q.Kind != "" {
		sel = sel.Where("kind = ?", q.Kind)
	}
	if !q.Before.IsZero() {
		sel = sel.Where("t.id < ?", q.Before)
	}
	err := sel.Scan(tx.Ctx)
	return tokensOf(rows, err)
}

// sweep removes access tokens that ended long ago.
func sweep(tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM token_token WHERE kind = ? AND expires > 0 AND expires < ?", Access, store.At(before))
	return err
}
