package webhook

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
)

type testRow struct {
	bun.BaseModel `bun:"table:webhook_test,alias:t"`

	N        int64 `bun:",pk"`
	Endpoint string
	Account  string
	At       store.Micros
	Type     string
	Version  int
	Data     string
}

func insertTest(tx *store.Tx, endpoint ID, e *event.Event) error {
	_, err := tx.NewInsert().Model(&testRow{N: e.N, Endpoint: endpoint.String(), Account: e.Account, At: store.At(e.Accepted), Type: e.Type, Version: e.Version, Data: string(e.Data)}).Exec(tx.Ctx)
	return err
}

// nextTest gives a number that no event has; the caller holds a lock.
func nextTest(tx *store.Tx, now time.Time) (int64, error) {
	var last int64
	err := tx.NewRaw("SELECT COALESCE(MAX(n), 0) FROM webhook_test").Scan(tx.Ctx, &last)
	return max(last+1, testBase+now.UnixMicro()), err
}

func testsByNumbers(tx *store.Tx, numbers []int64) ([]*event.Event, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	var rows []struct {
		testRow    `bun:",extend"`
		AccountKey string
	}
	err := tx.NewRaw("SELECT t.n, t.endpoint, t.account, t.at, t.type, t.version, t.data, COALESCE(a.key, '') AS account_key FROM webhook_test AS t "+
		"LEFT JOIN account_account AS a ON a.id = t.account WHERE t.n IN (?)", bun.In(numbers)).Scan(tx.Ctx, &rows)
	out := make([]*event.Event, len(rows))
	for i, r := range rows {
		at := r.At.Time()
		out[i] = &event.Event{ID: ident.Numbered[event.Event](r.N, at), Type: r.Type, Version: r.Version, Timestamp: at, Account: r.Account, AccountKey: r.AccountKey,
			Data: json.RawMessage(r.Data), N: r.N, Accepted: at, Test: true}
	}
	return out, err
}
