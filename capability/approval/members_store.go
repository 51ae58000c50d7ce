package approval

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type directoryRow struct {
	bun.BaseModel `bun:"table:approval_directory,alias:d"`

	Configuration string `bun:",pk"`
	Scope         string `bun:",pk"`
	Members       string
	Fetched       store.Micros
	Fault         string
	Next          store.Micros
}

// directory loads the list of a scope; an empty one where there is none.
func directory(tx *store.Tx, configuration, scope string) (Directory, error) {
	var rows []directoryRow
	err := tx.NewSelect().Model(&rows).Where("d.configuration = ? AND d.scope = ?", configuration, scope).Scan(tx.Ctx)
	d := Directory{Configuration: configuration, Scope: scope}
	if err != nil || len(rows) == 0 {
		return d, err
	}
	d.Fetched, d.Fault, d.next = rows[0].Fetched.Time(), rows[0].Fault, rows[0].Next.Time()
	return d, json.Unmarshal([]byte(rows[0].Members), &d.Members)
}

func saveDirectory(tx *store.Tx, d Directory) error {
	raw, err := json.Marshal(d.Members)
	if err != nil {
		return err
	}
	r := &directoryRow{Configuration: d.Configuration, Scope: d.Scope, Members: string(raw), Fetched: store.At(d.Fetched), Fault: d.Fault, Next: store.At(d.next)}
	q := tx.NewInsert().Model(r).On("CONFLICT (configuration, scope) DO UPDATE")
	for _, column := range []string{"members", "fetched", "fault", "next"} {
		q = q.Set(column + " = EXCLUDED." + column)
	}
	_, err = q.Exec(tx.Ctx)
	return err
}

// restDirectories has the lists of a configuration fetched no more; they stay.
func restDirectories(tx *store.Tx, configuration string) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE approval_directory SET next = 0 WHERE configuration = ?", configuration)
	return err
}

// stale gives the lists that are to be fetched, without members.
func stale(tx *store.Tx, now time.Time, limit int) ([]Directory, error) {
	var rows []directoryRow
	err := tx.NewSelect().Model(&rows).Column("configuration", "scope").Where("d.next > 0 AND d.next <= ?", store.At(now)).Order("d.next").Limit(int64(limit)).Scan(tx.Ctx)
	out := make([]Directory, len(rows))
	for i, r := range rows {
		out[i] = Directory{Configuration: r.Configuration, Scope: r.Scope}
	}
	return out, err
}

// restDirectory has one list fetched no more.
func restDirectory(tx *store.Tx, of directoryArgs) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE approval_directory SET next = 0 WHERE configuration = ? AND scope = ?", of.Configuration, of.Scope)
	return err
}
