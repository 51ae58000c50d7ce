package bundle_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/bundle"
)

type file struct {
	name, data string
	mode       fs.FileMode
}

func zipped(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		h.SetMode(f.mode | 0o644)
		out, err := w.CreateHeader(h)
		if err == nil && !strings.HasSuffix(f.name, "/") {
			_, err = out.Write([]byte(f.data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t testing.TB, packed bool, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: 0o644, Typeflag: tar.TypeReg}
		switch {
		case f.mode&fs.ModeSymlink != 0:
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, f.data, 0
		case f.mode&fs.ModeIrregular != 0:
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, f.data, 0
		case f.mode&fs.ModeDevice != 0:
			h.Typeflag, h.Size = tar.TypeBlock, 0
		case strings.HasSuffix(f.name, "/"):
			h.Typeflag, h.Size = tar.TypeDir, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(f.data)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !packed {
		return b.Bytes()
	}
	var z bytes.Buffer
	g := gzip.NewWriter(&z)
	if _, err := g.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

var plain = []file{{name: "manifest.json", data: "{}"}, {name: "templates/", mode: fs.ModeDir}, {name: "templates/a.json.hbs", data: "{}"}, {name: ".git/config", data: "x"}, {name: "__MACOSX/._manifest.json", data: "x"}}

// A package is the same whatever it came in.
func TestOnePackageFromEverything(t *testing.T) {
	t.Parallel()
	var inFolder []file
	for _, f := range plain {
		inFolder = append(inFolder, file{"harbour/" + f.name, f.data, f.mode})
	}
	folder := fstest.MapFS{}
	for _, f := range plain {
		if !f.mode.IsDir() {
			folder[f.name] = &fstest.MapFile{Data: []byte(f.data)}
		}
	}
	first, found, err := bundle.Folder(folder)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	if got := first.Names(); !slices.Equal(got, []string{"manifest.json", "templates/a.json.hbs"}) {
		t.Error(got)
	}
	for name, data := range map[string][]byte{
		"zip": zipped(t, plain...), "zip of a folder": zipped(t, inFolder...), "its own": first.Bytes(),
		"tar": tarred(t, false, plain...), "tar.gz of a folder": tarred(t, true, inFolder...),
	} {
		b, found, err := bundle.Open(data)
		if err != nil || len(found) > 0 {
			t.Error(name, found, err)
			continue
		}
		if b.Digest() != first.Digest() {
			t.Error(name, b.Names())
		}
		if text, err := fs.ReadFile(b, "templates/a.json.hbs"); err != nil || string(text) != "{}" {
			t.Error(name, string(text), err)
		}
	}
}

func TestNothingReachesOut(t *testing.T) {
	t.Parallel()
	ok := file{name: "manifest.json", data: "{}"}
	var noise strings.Builder // packs to half
	for i, x := 0, uint32(1); i < bundle.FileMost-1; i++ {
		x = x*1664525 + 1013904223
		noise.WriteByte("0123456789abcdef"[x>>28])
	}
	var many, heavy []file
	for i := range bundle.CountMost + 5 {
		many = append(many, file{name: "f" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + "/" + strings.Repeat("y", i/26+1), data: "1"})
	}
	for i := range 9 {
		heavy = append(heavy, file{name: "n" + string(rune('a'+i)), data: noise.String()})
	}
	for name, c := range map[string]struct {
		files []file
		rule  string
	}{
		"up":          {[]file{ok, {name: "../x", data: "1"}}, "package.path"},
		"up inside":   {[]file{ok, {name: "a/../../x", data: "1"}}, "package.path"},
		"absolute":    {[]file{ok, {name: "/etc/x", data: "1"}}, "package.path"},
		"backslash":   {[]file{ok, {name: `a\..\x`, data: "1"}}, "package.path"},
		"drive":       {[]file{ok, {name: "c:x", data: "1"}}, "package.path"},
		"control":     {[]file{ok, {name: "a\x01b", data: "1"}}, "package.path"},
		"deep":        {[]file{ok, {name: strings.Repeat("a/", 20) + "x", data: "1"}}, "package.path"},
		"long":        {[]file{ok, {name: strings.Repeat("a", 250), data: "1"}}, "package.path"},
		"link":        {[]file{ok, {name: "x", data: "/etc/passwd", mode: fs.ModeSymlink}}, "package.link"},
		"twice":       {[]file{ok, {name: "x", data: "1"}, {name: "x", data: "2"}}, "package.twice"},
		"capitals":    {[]file{ok, {name: "x", data: "1"}, {name: "X", data: "2"}}, "package.twice"},
		"large":       {[]file{ok, {name: "x", data: noise.String() + "more"}}, "package.large"},
		"together":    {append([]file{ok}, heavy...), "package.large"},
		"many":        {append([]file{ok}, many...), "package.count"},
		"no manifest": {[]file{{name: "x", data: "1"}}, "package.no-manifest"},
		"broken icon": {[]file{ok, {name: "a.svg", data: "<html/>"}}, "icon.broken"},
		"broken png":  {[]file{ok, {name: "a.PNG", data: "x"}}, "icon.broken"},
		"unsafe icon": {[]file{ok, {name: "a.svg", data: "<svg><script/></svg>"}}, "icon.cleaned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			only(t, c.rule, zipped(t, c.files...))
			if name != "together" { // larger than an archive may be
				only(t, c.rule, tarred(t, false, c.files...))
			}
		})
	}
	only(t, "package.ratio", zipped(t, ok, file{name: "x", data: strings.Repeat("\x00", 4<<20)}))
	only(t, "package.large", zipped(t, ok, file{name: "x", data: noise.String() + noise.String()}))
	only(t, "package.link", tarred(t, false, ok, file{name: "x", data: "manifest.json", mode: fs.ModeIrregular}))
	only(t, "package.link", tarred(t, false, ok, file{name: "x", mode: fs.ModeDevice}))
}

// only opens an archive that breaks one rule.
func only(t *testing.T, rule string, data []byte) {
	t.Helper()
	b, found, err := bundle.Open(data)
	if err != nil {
		t.Errorf("%s: %v", rule, err)
		return
	}
	if len(found) != 1 || found[0].Rule != rule || found[0].Mend == "" {
		t.Errorf("%s: %v", rule, found)
	}
	for _, n := range b.Names() {
		if !fs.ValidPath(n) {
			t.Errorf("%q came through", n)
		}
	}
}

func TestUnreadableArchives(t *testing.T) {
	t.Parallel()
	good := tarred(t, true, plain...)
	var bomb bytes.Buffer
	g := gzip.NewWriter(&bomb)
	for range 64 {
		if _, err := g.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "cut": good[:len(good)/2], "half a zip": zipped(t, plain...)[:40],
		"bomb": bomb.Bytes(), "huge": make([]byte, bundle.ArchiveMost+1),
	} {
		if _, _, err := bundle.Open(data); !errors.Is(err, bundle.ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A link in a folder is not followed.
func TestFoldersWithLinks(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	for path, text := range map[string]string{filepath.Join(dir, "manifest.json"): "{}", outside: "secret"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "x")); err != nil {
		t.Fatal(err)
	}
	b, found, err := bundle.Folder(os.DirFS(dir))
	if err != nil || len(found) != 1 || found[0].Rule != "package.link" || found[0].Severity != manifest.Error || len(b.Names()) != 1 {
		t.Error(b.Names(), found, err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(zipped(f, plain...))
	f.Add(tarred(f, true, plain...))
	f.Add(tarred(f, false, file{name: "manifest.json", data: "{}"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, _, err := bundle.Open(data)
		if err != nil && !errors.Is(err, bundle.ErrUnreadable) {
			t.Fatal(err)
		}
		for _, n := range b.Names() {
			if !fs.ValidPath(n) {
				t.Fatalf("%q came through", n)
			}
		}
	})
}
