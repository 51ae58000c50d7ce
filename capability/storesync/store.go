package storesync

import (
	"encoding/json"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/kit/store"
)

// row is how the store of a configuration is doing.
type row struct {
	bun.BaseModel `bun:"table:storesync_state,alias:s"`

	Configuration string `bun:",pk"`
	Account       string
	Live          int64
	Mark          string
	Done          int64
	Failures      int64
	LastDone      store.Micros
	LastFailed    store.Micros
	Failing       int64
	Recent        string
}

// find gives that of a configuration; one that was never on is empty.
func find(tx *store.Tx, configuration string) (row, error) {
	r := row{Configuration: configuration, Recent: "[]"}
	err := tx.NewSelect().Model(&r).WherePK().Scan(tx.Ctx)
	if store.IsNone(err) {
		err = nil
	}
	return r, err
}

func (r *row) save(tx *store.Tx) error {
	_, err := tx.NewInsert().Model(r).On("CONFLICT (configuration) DO UPDATE").
		Set("account = EXCLUDED.account, live = EXCLUDED.live, mark = EXCLUDED.mark, done = EXCLUDED.done, failures = EXCLUDED.failures, last_done = EXCLUDED.last_done, last_failed = EXCLUDED.last_failed, failing = EXCLUDED.failing, recent = EXCLUDED.recent").Exec(tx.Ctx)
	return err
}

const faultsMost = 10

func (r *row) faults() []capability.Fault {
	var out []capability.Fault
	if json.Unmarshal([]byte(r.Recent), &out) != nil {
		return nil
	}
	return out
}

// failed notes that a store was not filled.
func (r *row) failed(at store.Micros, why string) error {
	r.Failures++
	r.LastFailed, r.Failing = at, 1
	all := append([]capability.Fault{{At: at.Time(), Text: why}}, r.faults()...)
	text, err := json.Marshal(all[:min(len(all), faultsMost)])
	r.Recent = string(text)
	return err
}

// live lists the configurations that fill a store: of an account, or of all ("")
// behind one.
func live(tx *store.Tx, account, after string, limit int) ([]string, error) {
	var out []string
	q := tx.NewSelect().Model((*row)(nil)).Column("configuration").Where("live = 1 AND configuration > ?", after).Order("configuration").Limit(int64(limit))
	if account != "" {
		q = q.Where("account = ?", account)
	}
	return out, q.Scan(tx.Ctx, &out)
}

// reached is up to where the store has a cohort.
type reached struct {
	bun.BaseModel `bun:"table:storesync_cohort,alias:r"`

	Configuration string `bun:",pk"`
	Cohort        string `bun:",pk"`
	Subject       string
	Version       int64
}

func reachedBy(tx *store.Tx, configuration string) (map[string]reached, error) {
	var rows []reached
	err := tx.NewSelect().Model(&rows).Where("configuration = ?", configuration).Scan(tx.Ctx)
	out := make(map[string]reached, len(rows))
	for _, r := range rows {
		out[r.Cohort] = r
	}
	return out, err
}

func reach(tx *store.Tx, configuration string, c membership.Cohort) error {
	r := &reached{Configuration: configuration, Cohort: c.ID.String(), Subject: c.Subject, Version: c.Version}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (configuration, cohort) DO UPDATE").Set("subject = EXCLUDED.subject, version = EXCLUDED.version").Exec(tx.Ctx)
	return err
}

// forget drops what the store is known to have: of one cohort, or of all ("").
func forget(tx *store.Tx, configuration, cohort string) error {
	q := tx.NewDelete().Model((*reached)(nil)).Where("configuration = ?", configuration)
	if cohort != "" {
		q = q.Where("cohort = ?", cohort)
	}
	_, err := q.Exec(tx.Ctx)
	return err
}

func remove(tx *store.Tx, configuration string) error {
	if err := forget(tx, configuration, ""); err != nil {
		return err
	}
	_, err := tx.NewDelete().Model((*row)(nil)).Where("configuration = ?", configuration).Exec(tx.Ctx)
	return err
}
