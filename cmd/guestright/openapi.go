package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
)

// documents are OpenAPI files as they lie on the disk: a folder that holds them
// all, and their names in it.
type documents struct {
	root  string
	names []string
}

// gather finds the folder that holds all files. References may lead to other
// files below it and nowhere else.
func gather(files []string) (documents, error) {
	var d documents
	var full []string
	for _, f := range files {
		abs, err := filepath.Abs(f)
		if err != nil {
			return d, err
		}
		info, err := os.Stat(abs)
		if err != nil {
			return d, err
		}
		if info.IsDir() {
			return d, fmt.Errorf("%s is a folder; name the OpenAPI files in it", f)
		}
		full = append(full, abs)
	}
	d.root = filepath.Dir(full[0])
	for _, f := range full {
		for d.root != filepath.Dir(d.root) && !strings.HasPrefix(f, strings.TrimSuffix(d.root, string(filepath.Separator))+string(filepath.Separator)) {
			d.root = filepath.Dir(d.root)
		}
	}
	for _, f := range full {
		rel, err := filepath.Rel(d.root, f)
		if err != nil {
			return d, err
		}
		d.names = append(d.names, filepath.ToSlash(rel))
	}
	return d, nil
}

// load reads the documents; files receives every file that was read, including
// those that others refer to, and may be nil.
func (d documents) load(files map[string][]byte) (catalog.Set, error) {
	patterns := make([]string, len(d.names))
	for i, n := range d.names {
		patterns[i] = literally(n)
	}
	return catalog.Load(&noting{FS: os.DirFS(d.root), files: files}, patterns...)
}

// literally makes a pattern (path.Match) that fits one name.
func literally(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// noting keeps what is read through it.
type noting struct {
	fs.FS
	files map[string][]byte
}

// ReadFile implements fs.ReadFileFS.
func (n *noting) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(n.FS, name)
	if err == nil && n.files != nil {
		n.files[name] = data
	}
	return data, err
}

// writeNew writes a file that must not exist yet.
func writeNew(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return problem.Conflict("file_exists", path+" is there already; nothing is overwritten.")
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
