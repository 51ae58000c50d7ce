package sandbox

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type simulationRow struct {
	bun.BaseModel `bun:"table:sandbox_simulation,alias:s"`

	Account   string `bun:",pk"`
	Outcome   string
	Delay     int
	Counted   store.Bool
	Calls     int
	Until     store.Micros
	Started   store.Micros
	StartedBy string
}

func simulation(tx *store.Tx, account string) (Simulation, error) {
	var r simulationRow
	err := tx.NewSelect().Model(&r).Where("account = ?", account).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Simulation{}, problem.NotFound("simulation")
	}
	return Simulation{Outcome: r.Outcome, Delay: r.Delay, Calls: r.Calls, Until: r.Until.Time(), Started: r.Started.Time(), StartedBy: r.StartedBy, counted: bool(r.Counted)}, err
}

func put(tx *store.Tx, account string, s Simulation) error {
	if err := drop(tx, account); err != nil {
		return err
	}
	_, err := tx.NewInsert().Model(&simulationRow{Account: account, Outcome: s.Outcome, Delay: s.Delay, Counted: store.Bool(s.counted), Calls: s.Calls, Until: store.At(s.Until),
		Started: store.At(s.Started), StartedBy: s.StartedBy}).Exec(tx.Ctx)
	return err
}

func drop(tx *store.Tx, account string) error {
	_, err := tx.NewDelete().Model((*simulationRow)(nil)).Where("account = ?", account).Exec(tx.Ctx)
	return err
}

// take counts one call of a simulation, if it has one left.
func take(tx *store.Tx, account string, started time.Time) (bool, error) {
	res, err := tx.NewUpdate().Model((*simulationRow)(nil)).Set("calls = calls - 1").Where("account = ? AND started = ? AND calls > 0", account, store.At(started)).Exec(tx.Ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
