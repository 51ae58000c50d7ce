package storetest

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/store"
)

// Plan is how a database will go about a query, in its own words: on PostgreSQL
// when it goes by indexes wherever it can, as it does where there is much.
func Plan(t testing.TB, db *store.DB, query string, args ...any) string {
	t.Helper()
	var lines []string
	err := db.Batch(t.Context(), func(tx *store.Tx) error {
		lines = nil
		if !db.Postgres() {
			var rows []struct {
				ID, Parent, Notused int64
				Detail              string
			}
			err := tx.NewRaw("EXPLAIN QUERY PLAN "+query, args...).Scan(tx.Ctx, &rows)
			for _, r := range rows {
				lines = append(lines, r.Detail)
			}
			return err
		}
		for _, set := range []string{"enable_seqscan", "enable_bitmapscan"} {
			if _, err := tx.ExecContext(tx.Ctx, "SET LOCAL "+set+" = off"); err != nil {
				return err
			}
		}
		return tx.NewRaw("EXPLAIN "+query, args...).Scan(tx.Ctx, &lines)
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return strings.Join(lines, "\n")
}
