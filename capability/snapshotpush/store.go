package snapshotpush

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type snapshotRow struct {
	bun.BaseModel `bun:"table:snapshotpush_snapshot,alias:s"`

	Account  string `bun:",pk"`
	Resource string `bun:",pk"`
	Scope    string
	Version  int64
	Digest   string
	Size     int64
	At       store.Micros
	Data     string
}

func (r *snapshotRow) snapshot() Snapshot {
	return Snapshot{account: r.Account, Resource: r.Resource, Scope: r.Scope, Version: r.Version, digest: r.Digest, Size: r.Size, At: r.At.Time(), data: []byte(r.Data)}
}

// put keeps a snapshot in place of the one before.
func put(tx *store.Tx, s Snapshot) error {
	r := &snapshotRow{Account: s.account, Resource: s.Resource, Scope: s.Scope, Version: s.Version, Digest: s.digest, Size: s.Size, At: store.At(s.At), Data: string(s.data)}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (account, resource) DO UPDATE").
		Set("scope = EXCLUDED.scope, version = EXCLUDED.version, digest = EXCLUDED.digest, size = EXCLUDED.size, at = EXCLUDED.at, data = EXCLUDED.data").Exec(tx.Ctx)
	return err
}

// kept gives the snapshot of a resource; false: there is none.
func kept(tx *store.Tx, account, resource string) (Snapshot, bool, error) {
	return keptWith(tx, account, resource, "*")
}

// head is the same without the data.
func head(tx *store.Tx, account, resource string) (Snapshot, bool, error) {
	return keptWith(tx, account, resource, headColumns)
}

const headColumns = "account, resource, scope, version, digest, size, at, '' AS data"

func keptWith(tx *store.Tx, account, resource, columns string) (Snapshot, bool, error) {
	var r snapshotRow
	err := tx.NewSelect().Model(&r).ColumnExpr(columns).Where("account = ? AND resource = ?", account, resource).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Snapshot{}, false, nil
	}
	return r.snapshot(), err == nil, err
}

// heads lists the snapshots of an account, without their data.
func heads(tx *store.Tx, account string) ([]Snapshot, error) {
	var rows []snapshotRow
	if err := tx.NewSelect().Model(&rows).ColumnExpr(headColumns).Where("account = ?", account).Order("resource").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Snapshot, len(rows))
	for i := range rows {
		out[i] = rows[i].snapshot()
	}
	return out, nil
}

func forget(tx *store.Tx, account, resource string) error {
	_, err := tx.NewDelete().Model((*snapshotRow)(nil)).Where("account = ? AND resource = ?", account, resource).Exec(tx.Ctx)
	return err
}

type row struct {
	bun.BaseModel `bun:"table:snapshotpush_target,alias:t"`

	ID            ID `bun:",pk"`
	Configuration string
	Application   string
	Account       string
	Resource      string
	Enabled       store.Bool
	Live          store.Bool
	Sheet         configuration.Sheet `bun:"type:text"`
	CreatedBy     string
	Created       store.Micros
	Wanted        int64
	Reached       int64
	Attempts      int
	Due           store.Micros
	Version       int64
	Pushed        store.Micros
	Failed        store.Micros
	Successes     int64
	Failures      int64
	Errors        []capability.Fault `bun:"type:text"`
}

func (t *Target) row() *row {
	r := &row{ID: t.ID, Configuration: t.Configuration, Application: t.application, Account: t.Account, Resource: t.Resource, Enabled: store.Bool(t.Enabled), Live: store.Bool(t.live),
		Sheet: t.sheet, CreatedBy: t.CreatedBy, Created: store.At(t.Created), Wanted: t.wanted, Reached: t.reached, Attempts: t.attempts, Due: store.At(t.Next),
		Pushed: store.At(t.Pushed), Failed: store.At(t.LastFailure), Successes: t.Successes, Failures: t.Failures, Errors: t.Errors}
	if t.Version != nil {
		r.Version = *t.Version
	}
	if r.Errors == nil {
		r.Errors = []capability.Fault{}
	}
	return r
}

func (r *row) target() Target {
	t := Target{ID: r.ID, Configuration: r.Configuration, application: r.Application, Account: r.Account, Resource: r.Resource, Enabled: bool(r.Enabled), live: bool(r.Live),
		sheet: r.Sheet, CreatedBy: r.CreatedBy, Created: r.Created.Time(), wanted: r.Wanted, reached: r.Reached, attempts: r.Attempts, Next: r.Due.Time(),
		Pushed: r.Pushed.Time(), LastFailure: r.Failed.Time(), Successes: r.Successes, Failures: r.Failures, Errors: r.Errors}
	if !t.Pushed.IsZero() {
		t.Version = &r.Version
	}
	return t
}

func insert(tx *store.Tx, t *Target) error {
	_, err := tx.NewInsert().Model(t.row()).Exec(tx.Ctx)
	return err
}

func save(tx *store.Tx, t *Target) error {
	_, err := tx.NewUpdate().Model(t.row()).WherePK().Exec(tx.Ctx)
	return err
}

// list gives targets by a condition, the oldest first. In a transaction that changes
// them, take lock before.
func list(tx *store.Tx, where string, args ...any) ([]Target, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("t.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Target, len(rows))
	for i := range rows {
		out[i] = rows[i].target()
	}
	return out, nil
}

func find(tx *store.Tx, id ID) (Target, error) {
	got, err := list(tx, "id = ?", id)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("target")
	}
	if err != nil {
		return Target{}, err
	}
	return got[0], nil
}

func remove(tx *store.Tx, where string, arg any) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where(where, arg).Exec(tx.Ctx)
	return err
}

// stale lists ids after one of working targets that wait though nothing was tried for
// a while, or whose last push is old, or was not of the newest data.
func stale(tx *store.Tx, after ID, before time.Time, most int64) ([]ID, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Column("id").Where("live = 1 AND enabled = 1 AND id > ? AND due <= ? AND (wanted <> reached OR pushed <= ?)", after, store.At(tx.Now()), store.At(before)).
		Order("id").Limit(most).Scan(tx.Ctx)
	out := make([]ID, len(rows))
	for i := range rows {
		out[i] = rows[i].ID
	}
	return out, err
}
