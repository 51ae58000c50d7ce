package usage

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type matterRow struct {
	bun.BaseModel `bun:"table:usage_matter,alias:m"`

	GrantID   string
	Day       store.Micros
	Operation string
	Account   string
	Resource  string
	N         int64
}

func (r *matterRow) matter() Matter {
	return Matter{Day: r.Day.Time(), Grant: r.GrantID, Account: r.Account, Operation: r.Operation, Resource: r.Resource, Calls: r.N}
}

// saveMatters adds counts of one grant and day, in order. Once the day has as many
// resources as are told apart, others are counted together.
func saveMatters(tx *store.Tx, list []Matter) error {
	counted, err := tx.NewSelect().Model((*matterRow)(nil)).Where("grant_id = ? AND day = ?", list[0].Grant, store.At(list[0].Day)).Count(tx.Ctx)
	if err != nil {
		return err
	}
	if have := int(counted); have+len(list) > mattersDay {
		if list, err = together(tx, list, mattersDay-have); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(list, chunk) {
		args := make([]any, 0, 6*len(part))
		for _, m := range part {
			args = append(args, m.Grant, store.At(m.Day), m.Operation, m.Account, m.Resource, m.Calls)
		}
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO usage_matter (grant_id, day, operation, account, resource, n) VALUES "+tuples(6, len(part))+
			" ON CONFLICT (grant_id, day, operation, account, resource) DO UPDATE SET n = usage_matter.n + excluded.n", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// together leaves apart what is there already and as many new ones as there is room for.
func together(tx *store.Tx, list []Matter, room int) ([]Matter, error) {
	type thing struct{ operation, account, resource string }
	known := map[thing]bool{}
	all, err := mattersOf(tx, list[0].Grant, list[0].Day)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.Day.Equal(list[0].Day) {
			known[thing{m.Operation, m.Account, m.Resource}] = true
		}
	}
	var out []Matter
	rest := map[thing]int{}
	for _, m := range list {
		k := thing{m.Operation, m.Account, m.Resource}
		if !known[k] && room <= 0 {
			m.Resource = ""
			k.resource = ""
			if at, ok := rest[k]; ok {
				out[at].Calls += m.Calls
				continue
			}
			rest[k] = len(out)
		} else if !known[k] {
			room--
		}
		out = append(out, m)
	}
	return out, nil
}

func mattersOf(tx *store.Tx, grant string, since time.Time) ([]Matter, error) {
	var rows []matterRow
	if err := tx.NewSelect().Model(&rows).Where("grant_id = ? AND day >= ?", grant, store.At(since)).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Matter, len(rows))
	for i := range rows {
		out[i] = rows[i].matter()
	}
	return out, nil
}

func forgetMatters(tx *store.Tx, before time.Time) error {
	_, err := tx.NewDelete().Model((*matterRow)(nil)).Where("day < ?", store.At(before)).Exec(tx.Ctx)
	return err
}
