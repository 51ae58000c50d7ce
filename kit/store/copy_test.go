package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

func sqliteFile(t *testing.T) (string, *store.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	db, err := store.Open(store.Config{URL: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return path, db
}

func put(ctx context.Context, db *store.DB, name string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES (?, '')", name)
		return err
	})
}

// A copy holds everything that was acknowledged before it began, whatever is
// written meanwhile, and is closed to others.
func TestCopyWhileOthersWrite(t *testing.T) {
	t.Parallel()
	path, db := sqliteFile(t)
	for i := range 200 {
		if err := put(t.Context(), db, "before-"+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := put(context.Background(), db, "during-"+strconv.Itoa(i)); err != nil {
				done <- err
				return
			}
		}
	}()
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := store.Copy(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := store.Copy(t.Context(), path, to); err == nil {
		t.Error("a copy overwrote a file")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(to)
	if err != nil || os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := store.Open(store.Config{URL: to})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	err = again.Read(t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT COUNT(*) FROM store_fact WHERE name LIKE 'before-%'").Scan(tx.Ctx, &n)
	})
	if err != nil || n != 200 {
		t.Errorf("%d of 200 facts, %v", n, err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFoldNoticesOthers(t *testing.T) {
	t.Parallel()
	path, db := sqliteFile(t)
	if err := store.Fold(t.Context(), path); problem.CodeOf(err) != "database_in_use" {
		t.Errorf("an open database: %v", err)
	}
	if err := put(t.Context(), db, "after"); err != nil {
		t.Errorf("the other process is disturbed: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Fold(t.Context(), path); err != nil {
		t.Errorf("a closed database: %v", err)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("the log is still there")
	}
}

func TestDamagedFilesAreTold(t *testing.T) {
	t.Parallel()
	path, db := sqliteFile(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"text": []byte("this is not a database, though it is long enough to be one"), "cut": raw[:len(raw)/2],
		"scribbled": append(append([]byte(nil), raw[:4096]...), make([]byte, len(raw)-4096)...),
	} {
		bad := filepath.Join(dir, name)
		if err := os.WriteFile(bad, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := store.Sound(t.Context(), bad); problem.CodeOf(err) != "database_damaged" {
			t.Errorf("%s: %v", name, err)
		}
		if err := store.Copy(t.Context(), bad, bad+".copy"); err == nil {
			t.Errorf("%s was copied", name)
		}
		if _, err := os.Stat(bad + ".copy"); err == nil {
			t.Errorf("%s: half a copy stays", name)
		}
	}
	if err := store.Sound(t.Context(), path); err != nil {
		t.Errorf("a sound file: %v", err)
	}
}

func TestStepsAreListed(t *testing.T) {
	t.Parallel()
	db, err := store.Open(store.Config{URL: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	applied, pending, err := db.Steps(t.Context())
	if err != nil || len(applied) != 0 || len(pending) == 0 {
		t.Fatalf("before: %v %v %v", applied, pending, err)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, left, err := db.Steps(t.Context())
	if err != nil || len(left) != 0 || len(after) != len(pending) {
		t.Errorf("after: %v %v %v", after, left, err)
	}
}
