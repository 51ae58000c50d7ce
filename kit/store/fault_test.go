package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// F-07: whatever is cut off the end of SQLite's write-ahead log, the database
// opens, is sound, and holds the first operations whole and none in part.
func TestF07_TheLogIsCutOff(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	db, err := store.Open(store.Config{URL: filepath.Join(dir, "whole.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	write := func(f func(tx *store.Tx) error) {
		t.Helper()
		if err := db.Write(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "CREATE TABLE half (operation BIGINT NOT NULL, side TEXT NOT NULL, text TEXT NOT NULL)")
		return err
	})
	const operations = 60
	for i := range operations {
		write(func(tx *store.Tx) error {
			for _, side := range []string{"left", "right"} {
				if _, err := tx.ExecContext(tx.Ctx, "INSERT INTO half (operation, side, text) VALUES (?, ?, ?)", i, side, fmt.Sprintf("%01000d", i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	main, err := os.ReadFile(filepath.Join(dir, "whole.db"))
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(filepath.Join(dir, "whole.db-wal"))
	if err != nil || len(wal) < 100_000 {
		t.Fatalf("a log of %d bytes: %v", len(wal), err)
	}
	seen := map[int]bool{}
	for n := range 24 {
		at := len(wal) - n*len(wal)/23 - n%7
		if at = max(at, 0); n == 0 {
			at = len(wal)
		}
		held := reopened(t, main, wal[:at], fmt.Sprintf("%d of %d bytes", at, len(wal)))
		if n == 0 && held != operations {
			t.Errorf("%d operations in the whole log, want %d", held, operations)
		}
		seen[held] = true
	}
	if len(seen) < 10 {
		t.Errorf("the cuts made only %d different databases: they prove little", len(seen))
	}
}

// reopened opens a copy and gives how many operations it holds.
func reopened(t *testing.T, main, wal []byte, what string) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cut.db")
	for name, b := range map[string][]byte{path: main, path + "-wal": wal} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(store.Config{URL: path})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer func() { _ = db.Close() }()
	var verdict string
	var rows, operations, last int
	err = db.Read(t.Context(), func(tx *store.Tx) error {
		if err := tx.NewRaw("PRAGMA integrity_check").Scan(tx.Ctx, &verdict); err != nil {
			return err
		}
		var tables int
		if err := tx.NewRaw("SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'").Scan(tx.Ctx, &tables); err != nil || tables == 0 {
			return err
		}
		return tx.QueryRowContext(tx.Ctx, "SELECT COUNT(*), COUNT(DISTINCT operation), COALESCE(MAX(operation), -1) FROM half").Scan(&rows, &operations, &last)
	})
	if err != nil || verdict != "ok" {
		t.Fatalf("%s: %q, %v", what, verdict, err)
	}
	if rows != 2*operations || rows > 0 && last != operations-1 {
		t.Errorf("%s: %d rows of %d operations up to %d", what, rows, operations, last)
	}
	// It goes on from there.
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "CREATE TABLE later (id TEXT)")
		return err
	}); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return operations
}

// F-11: when every connection is taken, who comes next waits as long as they
// want to and gets an Unavailable; once one is free, all goes on.
func TestF11_NoConnectionIsFree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		release := make(chan struct{})
		held := 0
		ended := make(chan error, 1000)
		for ; held < 1000; held++ {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			entered, refused := make(chan struct{}), make(chan error, 1)
			go func() {
				err := db.Read(ctx, func(*store.Tx) error {
					close(entered)
					<-release
					return nil
				})
				refused <- err
				ended <- err
			}()
			impatience := time.AfterFunc(300*time.Millisecond, cancel)
			select {
			case <-entered:
				impatience.Stop()
				continue
			case err := <-refused:
				if problem.Of(err).Kind != problem.KindUnavailable {
					t.Fatalf("without a free connection: %v", err)
				}
				<-ended
			}
			break
		}
		if held == 0 || held == 1000 {
			t.Fatalf("%d reads at one time", held)
		}
		close(release)
		for range held {
			if err := <-ended; err != nil {
				t.Errorf("a read that had its connection: %v", err)
			}
		}
		if err := db.Read(t.Context(), func(*store.Tx) error { return nil }); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}
