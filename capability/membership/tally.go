package membership

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/store"
)

// tally is how the calls of a configuration fare.
type tally struct {
	bun.BaseModel `bun:"table:membership_call,alias:t"`

	Configuration string `bun:",pk"`
	Done          int64
	Failures      int64
	LastDone      store.Micros
	LastFailed    store.Micros
	Recent        string
}

const faultsMost = 10

func tallyOf(tx *store.Tx, configuration string) (tally, error) {
	t := tally{Configuration: configuration, Recent: "[]"}
	err := tx.NewSelect().Model(&t).WherePK().Scan(tx.Ctx)
	if store.IsNone(err) {
		err = nil
	}
	return t, err
}

func (t *tally) save(tx *store.Tx) error {
	_, err := tx.NewInsert().Model(t).On("CONFLICT (configuration) DO UPDATE").
		Set("done = EXCLUDED.done, failures = EXCLUDED.failures, last_done = EXCLUDED.last_done, last_failed = EXCLUDED.last_failed, recent = EXCLUDED.recent").Exec(tx.Ctx)
	return err
}

// count notes a call that came to its end.
func count(tx *store.Tx, configuration string, status int, fault string) error {
	if err := tx.Lock("membership_call/" + configuration); err != nil {
		return err
	}
	t, err := tallyOf(tx, configuration)
	if err != nil {
		return err
	}
	if fault == "" {
		t.Done++
		t.LastDone = store.At(tx.Now())
		return t.save(tx)
	}
	t.Failures++
	t.LastFailed = store.At(tx.Now())
	faults := append([]capability.Fault{{At: tx.Now(), Status: status, Text: fault}}, t.faults()...)
	raw, err := json.Marshal(faults[:min(len(faults), faultsMost)])
	if err != nil {
		return err
	}
	t.Recent = string(raw)
	return t.save(tx)
}

func (t *tally) faults() []capability.Fault {
	var out []capability.Fault
	if json.Unmarshal([]byte(t.Recent), &out) != nil {
		return nil // it is for people only
	}
	return out
}

// report is the tally as a configuration shows it.
func (t *tally) report() capability.Report {
	at := func(m store.Micros) time.Time { return m.Time() }
	return capability.Report{Successes: t.Done, Failures: t.Failures, LastSuccess: at(t.LastDone), LastFailure: at(t.LastFailed), Errors: t.faults()}
}
