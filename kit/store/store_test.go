package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

var unavailable = &problem.Error{Kind: problem.KindUnavailable}

func setFact(db *store.DB, name, value string) error {
	return db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES (?, ?)", name, value)
		return err
	})
}

func facts(t *testing.T, db *store.DB) int {
	t.Helper()
	var n int
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT COUNT(*) FROM store_fact").Scan(tx.Ctx, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestGroupedWritesFailAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		mine := problem.Conflict("mine", "no")
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					if _, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES (?, '')", fmt.Sprint(i)); err != nil {
						return err
					}
					switch i % 3 {
					case 1:
						return mine
					case 2:
						panic("boom")
					}
					return nil
				})
				switch {
				case i%3 == 0 && err != nil:
					t.Errorf("write %d: %v", i, err)
				case i%3 == 1 && !errors.Is(err, mine):
					t.Errorf("write %d: %v, want my error", i, err)
				case i%3 == 2 && problem.CodeOf(err) != "internal":
					t.Errorf("write %d: %v, want internal", i, err)
				}
			})
		}
		wg.Wait()
		if n := facts(t, db); n != 20 {
			t.Errorf("%d rows, want 20", n)
		}
	})
}

func TestHooksRunOnlyOnCommit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		got := make(chan string, 10)
		db.OnChange("thing", func(k string) { got <- k })
		run := func(name string, fail error) error {
			return db.Write(t.Context(), func(tx *store.Tx) error {
				tx.OnCommit(func() { got <- "hook " + name })
				tx.Changed("thing", name)
				return fail
			})
		}
		if err := run("lost", problem.Conflict("x", "")); err == nil {
			t.Fatal("no error")
		}
		if err := run("kept", nil); err != nil {
			t.Fatal(err)
		}
		if a, b := <-got, <-got; a != "hook kept" || b != "kept" {
			t.Errorf("got %q, %q", a, b)
		}
		if len(got) != 0 {
			t.Errorf("more: %q", <-got)
		}
	})
}

func TestSerialisedCheckThenAct(t *testing.T) {
	t.Parallel()
	// X-05 in small: eight clients, five places, never six.
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		var wg sync.WaitGroup
		for c := range 8 {
			wg.Go(func() {
				for i := range 3 {
					_ = db.Write(context.Background(), func(tx *store.Tx) error {
						var n int
						if err := tx.NewRaw("SELECT COUNT(*) FROM store_fact").Scan(tx.Ctx, &n); err != nil {
							return err
						}
						if n >= 5 {
							return problem.Conflict("full", "")
						}
						_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES (?, '')", fmt.Sprint(c, i))
						return err
					})
				}
			})
		}
		wg.Wait()
		if n := facts(t, db); n != 5 {
			t.Errorf("%d places taken, want 5", n)
		}
	})
}

func TestErrorsOfTheDatabase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		if err := setFact(db, "a", "1"); err != nil {
			t.Fatal(err)
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES ('a', '2')")
			if !store.IsUnique(err) {
				t.Errorf("IsUnique(%v) is false", err)
			}
			return err
		})
		if err == nil || errors.Is(err, unavailable) {
			t.Errorf("a broken constraint answers %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Write(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, unavailable) {
			t.Errorf("a caller who left: %v", err)
		}
	})
}

func TestClosedDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	db, err := store.Open(store.Config{URL: filepath.Join(t.TempDir(), "x.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := setFact(db, "a", ""); !errors.Is(err, unavailable) {
		t.Errorf("got %v", err)
	}
}

func TestAnotherNodeHearsOfChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, _ func(*storetest.Clock) *store.DB) {
		url := filepath.Join(t.TempDir(), "two.db")
		if strings.Contains(t.Name(), "postgres") {
			url = storetest.PostgresURL(t)
		}
		one, two := storetest.Again(t, url, nil), storetest.Again(t, url, nil)
		heard := make(chan string, 100)
		two.OnChange("token", func(k string) { heard <- k })
		if err := two.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			err := one.Write(t.Context(), func(tx *store.Tx) error {
				tx.Changed("token", fmt.Sprint(i))
				tx.Changed("other", "x")
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		deadline := time.After(20 * time.Second)
		missing := map[string]bool{}
		for i := range 20 {
			missing[fmt.Sprint(i)] = true
		}
		for len(missing) > 0 {
			select {
			case k := <-heard:
				delete(missing, k)
			case <-deadline:
				t.Fatalf("%d changes were not heard", len(missing))
			}
		}
	})
}

func TestMigrateRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, nil)
	if err := db.Migrated(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, ?)", true)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// G-03: an old binary on a new schema refuses clearly.
	if err := db.Migrated(t.Context()); problem.CodeOf(err) != "schema_newer" {
		t.Errorf("got %v", err)
	}
	if _, err := db.Migrate(t.Context()); problem.CodeOf(err) != "schema_newer" {
		t.Errorf("got %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	db, err := store.Open(store.Config{URL: filepath.Join(b.TempDir(), "b.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := db.Write(context.Background(), func(tx *store.Tx) error {
				tx.Changed("x", "y")
				return nil
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// Work that nobody waits for shares the commit of the next write, and is done
// without one once its time is up.
func TestWorkGoesAlongWithTheNextWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		ran := make(chan struct{})
		done := make(chan error, 1)
		add := func(tx *store.Tx) error {
			close(ran)
			_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES ('along', '')")
			return err
		}
		within := time.Hour
		if db.Postgres() {
			within = time.Millisecond // nobody's commit is shared there
		}
		go func() { done <- db.Along(context.Background(), within, add) }()
		for i := 0; ; i++ { // until it was waiting when a group was put together
			if err := setFact(db, fmt.Sprint("write-", i), ""); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ran:
			default:
				continue
			}
			break
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		before := facts(t, db)
		if err := db.Along(t.Context(), time.Millisecond, func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES ('alone', '')")
			return err
		}); err != nil || facts(t, db) != before+1 {
			t.Errorf("%v, %d facts after %d", err, facts(t, db), before)
		}
		mine := problem.Conflict("mine", "no")
		if err := db.Along(t.Context(), 0, func(*store.Tx) error { return mine }); problem.CodeOf(err) != "mine" {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Along(ctx, time.Hour, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := db.Along(t.Context(), time.Hour, func(*store.Tx) error { return nil }); !errors.Is(err, unavailable) {
			t.Error(err)
		}
	})
}
