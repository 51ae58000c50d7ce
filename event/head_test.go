package event

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/schema"
)

// A log from when the last number of every account was written down goes on
// without a gap, and one that goes back to that has them all again.
func TestLogsFromBeforeGoOn(t *testing.T) {
	t.Parallel()
	text, err := schema.Files.ReadFile("0540_event_head.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, down, _ := strings.Cut(strings.ReplaceAll(string(text), "-- +goose Up", ""), "-- +goose Down")
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		s := &Service{DB: db, Log: slog.New(slog.DiscardHandler)}
		say := func(account string, want int64) {
			t.Helper()
			e := &Event{Type: "weather.changed", Account: account, AccountKey: account, Data: []byte("{}")}
			if err := s.publish(t.Context(), &offer{events: []*Event{e}}); err != nil || e.Sequence != want {
				t.Fatalf("%s: %d, not %d: %v", account, e.Sequence, want, err)
			}
		}
		run := func(script string) map[string]int64 {
			t.Helper()
			var rows []struct {
				Account string
				Seq     int64
			}
			err := db.Batch(t.Context(), func(tx *store.Tx) error {
				for q := range strings.SplitSeq(script, ";") {
					if strings.TrimSpace(q) != "" {
						if _, err := tx.ExecContext(tx.Ctx, q); err != nil {
							return err
						}
					}
				}
				return tx.NewRaw("SELECT account, seq FROM event_head").Scan(tx.Ctx, &rows)
			})
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]int64{}
			for _, r := range rows {
				out[r.Account] = r.Seq
			}
			return out
		}
		say("a", 1)
		say("a", 2)
		say("b", 1)
		// As the program before wrote it, with an account whose events are gone.
		if got := run("INSERT INTO event_head (account, seq) VALUES ('a', 2), ('b', 1), ('gone', 7)"); len(got) != 4 {
			t.Fatal(got)
		}
		if got := run(up); len(got) != 2 || got["gone"] != 7 || got[""] != 3 {
			t.Fatal(got)
		}
		s = &Service{DB: db, Log: slog.New(slog.DiscardHandler)}
		say("a", 3)
		say("gone", 8)
		say("b", 2)
		if got := run(down); len(got) != 4 || got["a"] != 3 || got["b"] != 2 || got["gone"] != 8 || got[""] != 6 {
			t.Fatal(got)
		}
	})
}
