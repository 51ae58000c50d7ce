package admission

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type cycleRow struct {
	bun.BaseModel `bun:"table:admission_cycle,alias:c"`

	Account  string `bun:",pk"`
	Days     int64
	Grace    int64
	Suspends store.Bool
	Since    store.Micros
	Revision int64
}

func (r *cycleRow) cycle() Cycle {
	return Cycle{Days: int(r.Days), Grace: int(r.Grace), Suspends: bool(r.Suspends)}
}

// cycleOf reads an account's cycle; one without has the zero one.
func cycleOf(tx *store.Tx, account string) (cycleRow, error) {
	var r cycleRow
	err := tx.NewSelect().Model(&r).Where("account = ?", account).Scan(tx.Ctx)
	if store.IsNone(err) {
		return cycleRow{Account: account}, nil
	}
	return r, err
}

func putCycle(tx *store.Tx, account string, c Cycle, revision int64) error {
	r := &cycleRow{Account: account, Days: int64(c.Days), Grace: int64(c.Grace), Suspends: store.Bool(c.Suspends), Since: store.At(tx.Now()), Revision: revision + 1}
	was, err := cycleOf(tx, account)
	if err != nil {
		return err
	}
	if r.Days > 0 && was.Days > 0 && (was.Suspends || !r.Suspends) { // saving again gives nobody more time
		r.Since = was.Since
	}
	res, err := tx.NewInsert().Model(r).On("CONFLICT (account) DO UPDATE").
		Set("days = EXCLUDED.days, grace = EXCLUDED.grace, suspends = EXCLUDED.suspends, since = EXCLUDED.since, revision = EXCLUDED.revision").
		Where("c.revision = ?", revision).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errChanged(err)
	}
	return nil
}

type stayRow struct {
	bun.BaseModel `bun:"table:admission_stay,alias:s"`

	Installation string `bun:",pk"`
	Account      string
	Ends         store.Micros
	Confirmed    store.Micros
	ConfirmedBy  string
}

func stayOf(tx *store.Tx, installation string) (Stay, error) {
	var r stayRow
	err := tx.NewSelect().Model(&r).Where("installation = ?", installation).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Stay{}, nil
	}
	return Stay{Ends: r.Ends.Time(), Confirmed: r.Confirmed.Time(), ConfirmedBy: r.ConfirmedBy}, err
}

func putStay(tx *store.Tx, installation, account string, s Stay) error {
	r := &stayRow{Installation: installation, Account: account, Ends: store.At(s.Ends), Confirmed: store.At(s.Confirmed), ConfirmedBy: s.ConfirmedBy}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (installation) DO UPDATE").
		Set("ends = EXCLUDED.ends, confirmed = EXCLUDED.confirmed, confirmed_by = EXCLUDED.confirmed_by").Exec(tx.Ctx)
	return err
}

// watched lists the accounts in which something may come to its end: those that
// confirm, and those with an end before a moment that has not stopped its installation
// yet.
func watched(tx *store.Tx, before time.Time) ([]string, error) {
	var ids []string
	err := tx.NewRaw(`SELECT account FROM admission_cycle WHERE days > 0
		UNION SELECT s.account FROM admission_stay AS s JOIN integration_installation AS i ON i.id = s.installation
		WHERE s.ends > 0 AND s.ends < ? AND i.removed = 0 AND NOT (s.ends <= ? AND i.account_block <> '') ORDER BY account`, store.At(before), store.At(tx.Now())).Scan(tx.Ctx, &ids)
	return ids, err
}
