package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

type parcel struct {
	bun.BaseModel `bun:"table:parcel"`

	ID      string   `bun:",pk"`
	Scopes  []string `bun:"type:text"`
	Raw     []byte
	Fragile store.Bool
	Sent    store.Micros
	Count   int
	State   string
}

// What InsertAll writes reads back as what bun itself writes does, and a column
// that is left out has its default.
func TestInsertAllWritesWhatBunWrites(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		ctx := t.Context()
		blob := "BLOB"
		if db.Postgres() {
			blob = "BYTEA"
		}
		write := func(f func(tx *store.Tx) error) error { return db.Write(ctx, f) }
		if err := write(func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "CREATE TABLE parcel (id TEXT PRIMARY KEY, scopes TEXT NOT NULL, raw "+blob+", fragile BIGINT NOT NULL, sent BIGINT NOT NULL, count BIGINT NOT NULL, state TEXT NOT NULL DEFAULT 'new')")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		want := []*parcel{
			{ID: "a", Scopes: []string{"x", `quote ' and " and <`}, Raw: []byte{0, 1, 255}, Fragile: true, Sent: store.At(time.UnixMicro(17)), Count: -3},
			{ID: "b'); DROP TABLE parcel; --", Scopes: []string{}, Raw: []byte("?"), Count: 1 << 40},
			{ID: "c ? $1 é", Scopes: []string{"?"}, Raw: []byte{}},
		}
		if err := write(func(tx *store.Tx) error { return store.InsertAll(tx, want, "state") }); err != nil {
			t.Fatal(err)
		}
		var plain []*parcel
		for _, p := range want {
			twin := *p
			twin.ID += " twin"
			plain = append(plain, &twin)
		}
		if err := write(func(tx *store.Tx) error {
			_, err := tx.NewInsert().Model(&plain).ExcludeColumn("state").Exec(tx.Ctx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var got []parcel
		if err := db.Read(ctx, func(tx *store.Tx) error { return tx.NewSelect().Model(&got).Order("id").Scan(tx.Ctx) }); err != nil {
			t.Fatal(err)
		}
		by := map[string]string{}
		for _, p := range got {
			id := p.ID
			p.ID = ""
			by[id] = fmt.Sprintf("%+v", p)
		}
		for _, p := range want {
			twin := p.ID + " twin"
			if by[p.ID] == "" || by[p.ID] != by[twin] || !strings.Contains(by[p.ID], "State:new") {
				t.Errorf("%q:\n  %s\nbun:\n  %s", p.ID, by[p.ID], by[twin])
			}
		}
		if len(got) != 2*len(want) {
			t.Errorf("%d rows", len(got))
		}
	})
}

// A statement is compiled once and lives through commits, roll-backs and changes
// of the table; an error of one row undoes all of its operation.
func TestInsertAllAgainAndAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		ctx := context.WithoutCancel(t.Context())
		exec := func(query string) {
			t.Helper()
			if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.ExecContext(tx.Ctx, query); return err }); err != nil {
				t.Fatal(err)
			}
		}
		exec("CREATE TABLE parcel (id TEXT PRIMARY KEY, scopes TEXT NOT NULL, fragile BIGINT NOT NULL, sent BIGINT NOT NULL, count BIGINT NOT NULL, state TEXT NOT NULL)")
		add := func(ids ...string) error {
			var rows []*parcel
			for _, id := range ids {
				rows = append(rows, &parcel{ID: id, Scopes: []string{id}})
			}
			return db.Write(ctx, func(tx *store.Tx) error { return store.InsertAll(tx, rows, "raw") })
		}
		var want []string
		for i := range 5 {
			a, b := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
			if err := add(a, b); err != nil {
				t.Fatal(err)
			}
			want = append(want, a, b)
			if err := add(fmt.Sprintf("lost%d", i), a); !store.IsUnique(err) {
				t.Fatalf("a row that is there already: %v", err)
			}
			if i == 2 {
				exec("ALTER TABLE parcel ADD COLUMN later TEXT NOT NULL DEFAULT ''")
			}
		}
		if err := add(); err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := db.Read(ctx, func(tx *store.Tx) error {
			return tx.NewSelect().Table("parcel").Column("id").Order("id").Scan(tx.Ctx, &got)
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// Exec and One do the same in writes, where SQLite compiles them, in reads, and
// on PostgreSQL; an operation that failed leaves nothing behind in either.
func TestExecAndOneEverywhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		ctx := t.Context()
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("CREATE TABLE shelf (name TEXT PRIMARY KEY, at BIGINT NOT NULL, count BIGINT NOT NULL)")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		lost := errors.New("lost")
		for i := range 3 {
			put := func(name string, fails error) error {
				return db.Write(ctx, func(tx *store.Tx) error {
					res, err := tx.Exec("INSERT INTO shelf (name, at, count) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET count = excluded.count", name, store.At(time.UnixMicro(7)), i)
					if err != nil {
						return err
					}
					if n, err := res.RowsAffected(); n != 1 || err != nil {
						t.Errorf("%d rows: %v", n, err)
					}
					var count int
					if err := tx.One("SELECT count FROM shelf WHERE name = ?", []any{name}, &count); err != nil || count != i {
						t.Errorf("%s: %d, %v", name, count, err)
					}
					return fails
				})
			}
			if err := put("kept ? ' é", nil); err != nil {
				t.Fatal(err)
			}
			if err := put("gone", lost); !errors.Is(err, lost) {
				t.Fatal(err)
			}
			err := db.Read(ctx, func(tx *store.Tx) error {
				var at store.Micros
				if err := tx.One("SELECT at FROM shelf WHERE name = ?", []any{"kept ? ' é"}, &at); err != nil || at.Time().UnixMicro() != 7 {
					t.Errorf("%v, %v", at, err)
				}
				if err := tx.One("SELECT at FROM shelf WHERE name = ?", []any{"gone"}, &at); !store.IsNone(err) {
					t.Errorf("what was undone: %v", err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
