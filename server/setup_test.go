package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

func edit(t *testing.T, path, old, now string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		t.Fatalf("%s does not contain %q", path, old)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), old, now, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A plan names the grants that a changed catalog takes calls from or gives calls
// to, before it is in force; swapping it in does exactly that.
func TestPlanSaysWhatASwapDoes(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	cat, coverage, source, err := server.ReadCatalog(cfg.CatalogPath())
	if err != nil || len(coverage.Gaps) > 0 || len(source.Files) != 1 {
		t.Fatalf("catalog: %v, %d gaps, %d files", err, len(coverage.Gaps), len(source.Files))
	}
	h := servertest.Start(t, servertest.Options{Change: func(c *server.Config) { c.Catalog = cfg.CatalogPath() }})
	if _, err := server.CatalogInForce(t.Context(), h.DB); problem.CodeOf(err) != "not_found" {
		t.Errorf("before anything is kept: %v", err)
	}
	if err := h.Swap(cat); err != nil {
		t.Fatal(err)
	}
	if err := h.Keep(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	from, err := server.CatalogInForce(t.Context(), h.DB)
	if err != nil || from.Version() != cat.Version() {
		t.Fatalf("what was kept is not what is served: %v", err)
	}
	dev, team := h.Developer("dev@example.com")
	admin, harbour := h.Customer("harbour-books", account.Production)
	reader, key := h.Release(dev, team, "flags.read")
	h.Install(admin, harbour, reader)
	_ = h.Token(key, "")

	same, err := server.Plan(t.Context(), h.DB, from, cat)
	if err != nil || len(same) > 0 {
		t.Errorf("nothing changes, and yet: %+v, %v", same, err)
	}
	edit(t, cfg.CatalogPath(), "entitlements: ['flag:view']", "entitlements: ['flag:look']")
	to, _, err := server.LoadCatalog(cfg.CatalogPath())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := server.Plan(t.Context(), h.DB, from, to)
	if err != nil || len(plan) != 1 || len(plan[0].Gains) > 0 || plan[0].Account != harbour.ID.String() || !strings.HasPrefix(plan[0].Holder, "installation/") {
		t.Fatalf("plan: %+v, %v", plan, err)
	}
	lost := strings.Join(plan[0].Loses, "\n")
	if !strings.Contains(lost, "GET /api/v1/accounts/{accountKey}/projects/{projectKey}/flags") {
		t.Errorf("the lost calls do not name the list of flags:\n%s", lost)
	}
	if err := h.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.App.Catalog.Get().Version() != to.Version() {
		t.Error("the changed catalog is not in force")
	}
	if now, err := server.CatalogInForce(t.Context(), h.DB); err != nil || now.Version() != to.Version() {
		t.Errorf("the changed catalog was not kept: %v", err)
	}
}

// A catalog with errors does not replace a good one, whatever is wrong with it.
func TestReloadKeepsWhatIsSound(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	h := servertest.Start(t, servertest.Options{Change: func(c *server.Config) { c.Catalog = cfg.CatalogPath() }})
	if err := h.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	good := h.App.Catalog.Get().Version()
	text, err := os.ReadFile(cfg.CatalogPath())
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty": "", "not YAML": "a: [", "unknown key": string(text) + "\nnonsense: 1\n", "no document": strings.Replace(string(text), "openapi.yaml", "absent.yaml", 1),
	} {
		if err := os.WriteFile(cfg.CatalogPath(), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := h.Reload(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
		if h.App.Catalog.Get().Version() != good {
			t.Errorf("%s: it is in force", name)
		}
	}
	if err := os.Remove(cfg.CatalogPath()); err != nil {
		t.Fatal(err)
	}
	if err := h.Reload(t.Context()); err == nil || h.App.Catalog.Get().Version() != good {
		t.Errorf("a file that is gone: %v", err)
	}
	if a := h.Call("", http.MethodGet, flagsOf, nil); a.Status != http.StatusUnauthorized {
		t.Errorf("the gateway no longer answers as before: %d", a.Status)
	}
}

// L-01 for the start: the master key and the set-up secret stand in no log.
func TestStartLogsNoSecrets(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	var log bytes.Buffer
	a, err := server.Open(t.Context(), cfg, server.Options{Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	raw, until, err := a.Identity.SetupSecret(t.Context())
	if err != nil || raw.IsZero() || !until.After(a.DB.Now()) {
		t.Fatalf("set-up secret: %v until %v", err, until)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(cfg.KeyPath())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(key)), "\n")
	for _, canary := range []string{raw.Reveal(), lines[len(lines)-1]} {
		if strings.Contains(log.String(), canary) {
			t.Error("a secret stands in the log")
		}
	}
}

// MarkRestored does to a database what Restore does, in place.
func TestMarkRestored(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	served(t, "before", cfg, func(h *servertest.House) {
		dev, team := h.Developer("dev@example.com")
		admin, harbour := h.Customer("harbour-books", account.Production)
		app, key := h.Release(dev, team, "flags.read")
		h.Install(admin, harbour, app)
		_ = h.Token(key, "")
	})
	kept, err := server.MarkRestored(t.Context(), cfg, nil, true)
	if err != nil || kept.Tokens != 1 || kept.Keys != 0 {
		t.Errorf("keeping keys: %+v, %v", kept, err)
	}
	ended, err := server.MarkRestored(t.Context(), cfg, nil, false)
	if err != nil || ended.Tokens != 0 || ended.Keys != 1 {
		t.Errorf("ending keys: %+v, %v", ended, err)
	}
}

// The file of a new database is closed to others from the first moment.
func TestNewDatabaseIsPrivate(t *testing.T) {
	t.Parallel()
	cfg := folder(t)
	if _, err := server.OpenExisting(t.Context(), cfg, nil); err == nil {
		t.Error("a database that is not there was opened")
	}
	path, _ := cfg.SQLitePath()
	db, err := server.OpenStore(cfg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(t, db); err == nil {
		t.Error("there is a schema without a migration")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := server.OpenExisting(t.Context(), cfg, nil); problem.CodeOf(err) != "schema_outdated" {
		t.Errorf("without its schema: %v", err)
	}
	if _, err := secret.ReadKeyFile(cfg.KeyPath()); err != nil {
		t.Error(err)
	}
}

func put(t *testing.T, db *store.DB) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES ('a', 'b')")
		return err
	})
}
