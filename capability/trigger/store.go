package trigger

import (
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:trigger_trigger,alias:t"`

	ID            ID `bun:",pk"`
	Configuration string
	Application   string
	Account       string
	Description   string
	Subject       string
	Kind          string
	Instruction   string
	Enabled       store.Bool
	Digest        string
	Hint          string
	Shared        string
	CreatedBy     string
	Created       store.Micros
	Calls         int64
	Tests         int64
	Done          int64
	Failures      int64
	LastTriggered store.Micros
	LastDone      store.Micros
	LastFailed    store.Micros
	Fault         string
	Since         store.Micros
	Used          int
	Recent        string
}

func (t *Trigger) row() (*row, error) {
	recent := t.Recent
	if recent == nil {
		recent = []Call{}
	}
	raw, err := json.Marshal(recent)
	return &row{ID: t.ID, Configuration: t.Configuration, Application: t.application, Account: t.Account, Description: t.Description, Subject: t.Subject, Kind: t.Kind,
		Instruction: t.Instruction, Enabled: store.Bool(t.Enabled), Digest: t.digest.String(), Hint: t.Hint, Shared: t.shared, CreatedBy: t.CreatedBy, Created: store.At(t.Created),
		Calls: t.Count, Tests: t.Tests, Done: t.done, Failures: t.failures, LastTriggered: store.At(t.LastTriggered), LastDone: store.At(t.LastDone), LastFailed: store.At(t.LastFailed),
		Fault: t.Fault, Since: store.At(t.since), Used: t.used, Recent: string(raw)}, err
}

func (r *row) trigger() (Trigger, error) {
	t := Trigger{ID: r.ID, Configuration: r.Configuration, application: r.Application, Account: r.Account, Description: r.Description, Subject: r.Subject, Kind: r.Kind,
		Instruction: r.Instruction, Enabled: bool(r.Enabled), Hint: r.Hint, shared: r.Shared, CreatedBy: r.CreatedBy, Created: r.Created.Time(),
		Count: r.Calls, Tests: r.Tests, done: r.Done, failures: r.Failures, LastTriggered: r.LastTriggered.Time(), LastDone: r.LastDone.Time(), LastFailed: r.LastFailed.Time(),
		Fault: r.Fault, since: r.Since.Time(), used: r.Used}
	var err error
	if t.digest, err = secret.ParseDigest(r.Digest); err != nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(r.Recent), &t.Recent); err != nil {
		return t, fmt.Errorf("trigger %s: %w", t.ID, err)
	}
	return t, nil
}

func insert(tx *store.Tx, t *Trigger) error {
	r, err := t.row()
	if err != nil {
		return err
	}
	_, err = tx.NewInsert().Model(r).Exec(tx.Ctx)
	return err
}

func save(tx *store.Tx, t *Trigger) error {
	r, err := t.row()
	if err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model(r).WherePK().Exec(tx.Ctx)
	return err
}

// list gives triggers by a condition, the oldest first.
func list(tx *store.Tx, where string, args ...any) ([]Trigger, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("t.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Trigger, len(rows))
	for i := range rows {
		t, err := rows[i].trigger()
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}

func one(tx *store.Tx, where string, arg any) (Trigger, error) {
	got, err := list(tx, where, arg)
	if err == nil && len(got) == 0 {
		return Trigger{}, problem.NotFound("trigger")
	}
	if err != nil {
		return Trigger{}, err
	}
	return got[0], nil
}

func find(tx *store.Tx, id ID) (Trigger, error) { return one(tx, "id = ?", id) }

// byDigest finds the trigger of an address, by its digest under any master key.
func byDigest(tx *store.Tx, digests []string) (Trigger, error) {
	return one(tx, "digest IN (?)", bun.In(digests))
}

func count(tx *store.Tx, configuration string) (int64, error) {
	return tx.NewSelect().Model((*row)(nil)).Where("configuration = ?", configuration).Count(tx.Ctx)
}

func remove(tx *store.Tx, where string, arg any) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where(where, arg).Exec(tx.Ctx)
	return err
}
