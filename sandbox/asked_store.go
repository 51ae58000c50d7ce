package sandbox

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type askedRow struct {
	bun.BaseModel `bun:"table:sandbox_asked,alias:k"`

	Account  string `bun:",pk"`
	What     string
	Seed     store.Bool
	Task     string
	State    State
	Fault    string
	Asked    store.Micros
	AskedBy  string
	Answered store.Micros
}

func (r *askedRow) asked() *Asked {
	return &Asked{What: r.What, Seed: bool(r.Seed), State: r.State, Fault: r.Fault, Asked: r.Asked.Time(), AskedBy: r.AskedBy, Answered: r.Answered.Time(), task: r.Task}
}

// asked gives what the product was asked about accounts at last, by account.
func asked(tx *store.Tx, accounts ...string) (map[string]*Asked, error) {
	out := map[string]*Asked{}
	if len(accounts) == 0 {
		return out, nil
	}
	var rows []askedRow
	err := tx.NewSelect().Model(&rows).Where("account IN (?)", bun.In(accounts)).Scan(tx.Ctx)
	for i := range rows {
		out[rows[i].Account] = rows[i].asked()
	}
	return out, err
}

func putAsked(tx *store.Tx, account string, a Asked) error {
	r := &askedRow{Account: account, What: a.What, Seed: store.Bool(a.Seed), Task: a.task, State: a.State, Fault: a.Fault, Asked: store.At(a.Asked), AskedBy: a.AskedBy, Answered: store.At(a.Answered)}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (account) DO UPDATE").
		Set("what = EXCLUDED.what, seed = EXCLUDED.seed, task = EXCLUDED.task, state = EXCLUDED.state, fault = EXCLUDED.fault, asked = EXCLUDED.asked, asked_by = EXCLUDED.asked_by, answered = EXCLUDED.answered").
		Exec(tx.Ctx)
	return err
}
