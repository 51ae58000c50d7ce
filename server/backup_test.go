package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// folder is a place with a configuration, a catalog and a master key.
func folder(t *testing.T) server.Config {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{"guestright.yaml": nil, "catalog.yaml": pennant.Catalog(), "openapi.yaml": pennant.OpenAPI()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := secret.WriteKeyFile(filepath.Join(dir, "master.key")); err != nil {
		t.Fatal(err)
	}
	cfg, err := server.LoadConfigWith(filepath.Join(dir, "guestright.yaml"), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// served runs a house on the folder's database until the subtest ends.
func served(t *testing.T, name string, cfg server.Config, f func(h *servertest.House)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		keys, err := secret.ReadKeyFile(cfg.KeyPath())
		if err != nil {
			t.Fatal(err)
		}
		db, err := server.OpenStore(cfg, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(servertest.Start(t, servertest.Options{DB: db, Keys: keys}))
	})
}

const flagsOf = "/api/v1/accounts/harbour-books/projects/web-shop/flags"

// G-05: tokens and keys revoked since the backup stay dead, sessions and access
// tokens do not come back, and applications that were in order go on by asking
// for a new token.
func TestG05RestoreRevivesNothing(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	var good, stolen application.IssuedKey
	var before, after string
	served(t, "yesterday", cfg, func(h *servertest.House) {
		dev, team := h.Developer("dev@example.com")
		admin, harbour := h.Customer("harbour-books", account.Production)
		app, key := h.Release(dev, team, "flags.read")
		h.Install(admin, harbour, app)
		good = key
		var err error
		if stolen, err = h.Applications.CreateKey(t.Context(), dev, app.ID, application.KeyDraft{Label: "laptop"}); err != nil {
			t.Fatal(err)
		}
		before = h.Token(stolen, "")
		if a := h.Call(before, http.MethodGet, flagsOf, nil); a.Status != http.StatusOK {
			t.Fatalf("yesterday: %d %s", a.Status, a.Body)
		}
		if _, err := server.Backup(t.Context(), cfg, backup); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Applications.RevokeKey(t.Context(), dev, stolen.ID); err != nil {
			t.Fatal(err)
		}
		after = h.Token(good, "")
		if _, err := server.Restore(t.Context(), cfg, server.RestoreOrder{File: backup, Force: true}); problem.CodeOf(err) != "database_in_use" {
			t.Errorf("restore while it is served: %v", err)
		}
	})
	if _, err := server.Restore(t.Context(), cfg, server.RestoreOrder{File: backup}); problem.CodeOf(err) != "database_exists" {
		t.Errorf("restore over a database: %v", err)
	}
	r, err := server.Restore(t.Context(), cfg, server.RestoreOrder{File: backup, Force: true})
	if err != nil || !r.Compared || r.Tokens == 0 || r.Keys != 1 || r.Aside == "" {
		t.Fatalf("restore: %+v, %v", r, err)
	}
	if err := store.Sound(t.Context(), r.Aside); err != nil {
		t.Errorf("what was moved aside: %v", err)
	}
	served(t, "restored", cfg, func(h *servertest.House) {
		for name, raw := range map[string]string{"revoked since": before, "issued since": after} {
			if a := h.Call(raw, http.MethodGet, flagsOf, nil); a.Status != http.StatusUnauthorized {
				t.Errorf("token %s: %d %s", name, a.Status, a.Body)
			}
		}
		if a := h.AskToken(stolen, ""); a.Status != http.StatusUnauthorized {
			t.Errorf("key revoked since: %d %s", a.Status, a.Body)
		}
		if a := h.Call(h.Token(good, ""), http.MethodGet, flagsOf, nil); a.Status != http.StatusOK {
			t.Errorf("key in order: %d %s", a.Status, a.Body)
		}
		rep, err := h.Audit.Verify(t.Context())
		if err != nil || rep.Err() != nil {
			t.Errorf("audit after the restore: %v %v", err, rep.Err())
		}
	})
	// The disk is lost: nothing can tell what was revoked, so all of it is.
	aside, _ := cfg.SQLitePath()
	if err := os.Remove(aside); err != nil {
		t.Fatal(err)
	}
	if r, err := server.Restore(t.Context(), cfg, server.RestoreOrder{File: backup}); err != nil || r.Compared || r.Keys != 2 {
		t.Fatalf("restore without the former database: %+v, %v", r, err)
	}
	served(t, "new disk", cfg, func(h *servertest.House) {
		for _, key := range []application.IssuedKey{good, stolen} {
			if a := h.AskToken(key, ""); a.Status != http.StatusUnauthorized {
				t.Errorf("a key that may have been revoked: %d %s", a.Status, a.Body)
			}
		}
	})
	r, err = server.Restore(t.Context(), cfg, server.RestoreOrder{File: backup, Force: true, KeepKeys: true})
	if err != nil || !r.Compared {
		t.Errorf("compared with the former database even when keys are kept: %+v, %v", r, err)
	}
}

// The copy is of one moment, is closed to others and holds no key.
func TestBackupNeverHoldsTheMasterKey(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	to := filepath.Join(t.TempDir(), "backup.db")
	served(t, "serving", cfg, func(h *servertest.House) {
		_, _ = h.Customer("harbour-books", account.Production)
		if _, err := server.Backup(t.Context(), cfg, to); err != nil {
			t.Fatal(err)
		}
	})
	raw, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(cfg.KeyPath())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	key := lines[len(lines)-1]
	bin, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(bin) != secret.MasterLen {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte(key)) || bytes.Contains(raw, bin) {
		t.Error("the master key is in the backup")
	}
	if !bytes.Contains(raw, []byte("harbour-books")) {
		t.Error("the data is not in the backup")
	}
	if _, err := server.Backup(t.Context(), cfg, to); err == nil {
		t.Error("a backup overwrote a file")
	}
	pg := cfg
	pg.Database = "postgres://db.example/gr"
	if _, err := server.Backup(t.Context(), pg, to+"2"); problem.CodeOf(err) != "database_not_built_in" {
		t.Errorf("PostgreSQL: %v", err)
	}
}

// What cannot be restored changes nothing.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	path, _ := cfg.SQLitePath()
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Backup(t.Context(), cfg, backup); err != nil {
		t.Fatal(err)
	}
	try := func(name, file, want string) {
		_, err := server.Restore(t.Context(), cfg, server.RestoreOrder{File: file, Force: true})
		if problem.CodeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
		if err := store.Sound(t.Context(), path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
			t.Errorf("%s: files stay: %v", name, left)
		}
	}
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	try("not a database", text, "database_damaged")
	newer := filepath.Join(t.TempDir(), "newer.db")
	if err := store.Copy(t.Context(), backup, newer); err != nil {
		t.Fatal(err)
	}
	fromTheFuture(t, newer)
	try("newer schema", newer, "schema_newer")
	if err := os.Rename(cfg.KeyPath(), cfg.KeyPath()+".lost"); err != nil {
		t.Fatal(err)
	}
	try("key lost", backup, "master_key_missing")
	if err := secret.WriteKeyFile(cfg.KeyPath()); err != nil {
		t.Fatal(err)
	}
	try("key wrong", backup, "master_key_wrong")
	if err := os.Rename(cfg.KeyPath()+".lost", cfg.KeyPath()); err != nil {
		t.Fatal(err)
	}
	if err := start(t.Context(), cfg); err != nil {
		t.Errorf("the database that was there no longer starts: %v", err)
	}
}

// fromTheFuture gives a database a step that this program does not know.
func fromTheFuture(t *testing.T, path string) {
	t.Helper()
	db, err := store.Open(store.Config{URL: path})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101, 1)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Fold(t.Context(), path); err != nil {
		t.Fatal(err)
	}
}

func start(ctx context.Context, cfg server.Config) error {
	a, err := server.Open(ctx, cfg, server.Options{})
	if err != nil {
		return err
	}
	return a.Close()
}

// G-03: an old program on a new schema refuses, and says what to do.
func TestG03NewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	if err := start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	path, _ := cfg.SQLitePath()
	fromTheFuture(t, path)
	err := start(t.Context(), cfg)
	if problem.CodeOf(err) != "schema_newer" || !strings.Contains(err.Error(), "Use a newer guestright") {
		t.Errorf("got %v", err)
	}
}

// C-01 and G-07: without the right master key nothing starts, and nothing is
// written: neither a new key nor a row.
func TestC01G07MasterKeys(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	if err := start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(cfg.KeyPath())
	if err != nil {
		t.Fatal(err)
	}
	zeros := base64.StdEncoding.EncodeToString(make([]byte, secret.MasterLen))
	short := base64.StdEncoding.EncodeToString([]byte("short but varied"))
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"empty": {"", 0o600}, "only comments": {"# nothing\n", 0o600}, "default": {zeros, 0o600}, "short": {short, 0o600},
		"not base64": {"changeme", 0o600}, "open to others": {string(good), 0o644},
	} {
		if err := os.Remove(cfg.KeyPath()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(cfg.KeyPath(), []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		if start(t.Context(), cfg) == nil {
			t.Errorf("started with a master key that is %s", name)
		}
	}
	if err := os.Remove(cfg.KeyPath()); err != nil {
		t.Fatal(err)
	}
	if err := start(t.Context(), cfg); problem.CodeOf(err) != "master_key_missing" {
		t.Errorf("lost: %v", err)
	}
	if _, err := os.Stat(cfg.KeyPath()); err == nil {
		t.Error("a lost key was replaced")
	}
	if err := secret.WriteKeyFile(cfg.KeyPath()); err != nil {
		t.Fatal(err)
	}
	if err := start(t.Context(), cfg); problem.CodeOf(err) != "master_key_wrong" {
		t.Errorf("wrong: %v", err)
	}
	both := string(good)
	other, err := os.ReadFile(cfg.KeyPath())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cfg.KeyPath(), append(other, both...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := start(t.Context(), cfg); err != nil {
		t.Errorf("a new key before the old one, as in a rotation: %v", err)
	}
}
