package account

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type resourceRow struct {
	bun.BaseModel `bun:"table:account_resource,alias:r"`

	Account    string          `bun:",pk"`
	Resource   string          `bun:",pk"`
	Tags       []string        `bun:"type:text"`
	Properties map[string]bool `bun:"type:text"`
	Updated    store.Micros
}

func putFacts(tx *store.Tx, account ID, name string, f ResourceFacts) error {
	r := &resourceRow{Account: account.String(), Resource: name, Tags: f.Tags, Properties: f.Properties, Updated: store.At(tx.Now())}
	if r.Tags == nil {
		r.Tags = []string{}
	}
	if r.Properties == nil {
		r.Properties = map[string]bool{}
	}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (account, resource) DO UPDATE").
		Set("tags = EXCLUDED.tags, properties = EXCLUDED.properties, updated = EXCLUDED.updated").Exec(tx.Ctx)
	return err
}

func dropFacts(tx *store.Tx, account ID, name string) error {
	_, err := tx.NewDelete().Model((*resourceRow)(nil)).Where("account = ? AND resource = ?", account, name).Exec(tx.Ctx)
	return err
}

func facts(tx *store.Tx, account string, names []string) ([]ResourceFacts, error) {
	var rows []resourceRow
	err := tx.NewSelect().Model(&rows).Where("account = ?", account).Where("resource IN (?)", bun.List(names)).Scan(tx.Ctx)
	out := make([]ResourceFacts, len(rows))
	for i, r := range rows {
		out[i] = ResourceFacts{Resource: r.Resource, Tags: r.Tags, Properties: r.Properties}
	}
	return out, err
}
