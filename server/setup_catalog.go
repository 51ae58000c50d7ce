package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing/fstest"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// CatalogSource is a catalog as the files that it was read from, by name
// relative to the folder of the catalog file.
type CatalogSource struct {
	Catalog []byte            `json:"catalog"`
	Files   map[string][]byte `json:"files"`
}

// ReadCatalog is LoadCatalog together with every file that was read, so that the
// catalog can be kept and compared later.
func ReadCatalog(path string) (*catalog.Catalog, catalog.Coverage, CatalogSource, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, catalog.Coverage{}, CatalogSource{}, fmt.Errorf("catalog: %w", err)
	}
	rec := &recordingFS{FS: os.DirFS(filepath.Dir(path)), files: map[string][]byte{}}
	cat, coverage, err := importCatalog(raw, rec)
	return cat, coverage, CatalogSource{Catalog: raw, Files: rec.files}, err
}

// Import makes the catalog of kept files.
func (s CatalogSource) Import() (*catalog.Catalog, catalog.Coverage, error) {
	files := fstest.MapFS{}
	for name, data := range s.Files {
		files[name] = &fstest.MapFile{Data: data}
	}
	return importCatalog(s.Catalog, files)
}

func importCatalog(raw []byte, files fs.FS) (*catalog.Catalog, catalog.Coverage, error) {
	file, err := catalog.ParseFile(raw)
	if err != nil {
		return nil, catalog.Coverage{}, err
	}
	set, err := catalog.Load(files, file.Product.Documents...)
	if err != nil {
		return nil, catalog.Coverage{}, err
	}
	return catalog.Import(set, file)
}

// recordingFS notes the content of every file that is read through it.
type recordingFS struct {
	fs.FS
	mu    sync.Mutex
	files map[string][]byte
}

// ReadFile implements fs.ReadFileFS.
func (r *recordingFS) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(r.FS, name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[name] = data
	return data, nil
}

// factInForce holds version, colon, base64 of the gzipped JSON of a
// CatalogSource: what plans compare with.
const factInForce = "catalog_in_force"

// keepCatalog notes what is served now. It writes only when that is new.
func keepCatalog(ctx context.Context, db *store.DB, version string, s CatalogSource) error {
	text, err := s.pack()
	if err != nil {
		return problem.Internal("keep catalog", err)
	}
	return db.Write(ctx, func(tx *store.Tx) error {
		have, err := readFact(tx, factInForce)
		if err != nil || strings.HasPrefix(have, version+":") {
			return err
		}
		return writeFact(tx, factInForce, version+":"+text)
	})
}

// CatalogInForce gives the catalog that was served last on this database.
// NotFound when none was.
func CatalogInForce(ctx context.Context, db *store.DB) (*catalog.Catalog, error) {
	var text string
	err := db.Read(ctx, func(tx *store.Tx) error {
		have, err := readFact(tx, factInForce)
		text = have
		return err
	})
	if err != nil {
		return nil, err
	}
	_, packed, ok := strings.Cut(text, ":")
	if !ok {
		return nil, problem.NotFound("catalog in force")
	}
	s, err := unpack(packed)
	if err != nil {
		return nil, problem.Internal("catalog in force", err)
	}
	cat, _, err := s.Import()
	return cat, err
}

func (s CatalogSource) pack() (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(s); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func unpack(text string) (CatalogSource, error) {
	const most = 512 << 20 // bytes; ours, but a damaged database must not fill the memory
	var s CatalogSource
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return s, err
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return s, err
	}
	err = json.NewDecoder(io.LimitReader(z, most)).Decode(&s)
	return s, err
}

func readFact(tx *store.Tx, name string) (string, error) {
	var value string
	err := tx.NewRaw("SELECT value FROM store_fact WHERE name = ?", name).Scan(tx.Ctx, &value)
	if store.IsNone(err) {
		return "", nil
	}
	return value, err
}

func writeFact(tx *store.Tx, name, value string) error {
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}

// Keep notes the catalog in force with its files, for catalog import --plan.
func (a *App) Keep(ctx context.Context, s CatalogSource) error {
	return keepCatalog(ctx, a.DB, a.Catalog.Get().Version(), s)
}

// Reload reads the catalog file again and swaps it in when it is sound. With
// any error what was in force stays in force.
func (a *App) Reload(ctx context.Context) error {
	cat, coverage, source, err := ReadCatalog(a.Config.CatalogPath())
	if err != nil {
		return err
	}
	before := a.Catalog.Get()
	if before != nil && before.Version() == cat.Version() {
		a.Log.Info("catalog unchanged", "version", cat.Version())
		return nil
	}
	if err := a.Swap(cat); err != nil {
		return err
	}
	log := a.Log.With("version", cat.Version(), "operations", coverage.Operations, "without_requirement", len(coverage.Gaps))
	if before != nil {
		d := catalog.Compare(before, cat)
		log = log.With("added", len(d.Added), "removed", len(d.Removed), "changed", len(d.Changed))
	}
	log.Info("catalog in force")
	if err := a.Announce(ctx); err != nil {
		return err
	}
	return keepCatalog(ctx, a.DB, cat.Version(), source)
}

// CatalogPath is where the catalog file is.
func (c Config) CatalogPath() string { return c.path(c.Catalog) }
