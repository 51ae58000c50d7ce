package main

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"path"
	"strings"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/manifest/lint"
)

// iconMissing is the rule that a package without the icons it names breaks.
const iconMissing = "icon.missing"

// withIcons draws stand-ins for icons that are missing, when nothing else is wrong
// with the package: collections of integrations are passed on without them. drawn
// lists where they stand.
func withIcons(p linted) (out linted, drawn []string, err error) {
	var rest []manifest.Finding
	for _, f := range p.Findings {
		if f.Rule == iconMissing {
			continue
		}
		if f.Severity == manifest.Error {
			return p, nil, nil
		}
		rest = append(rest, f)
	}
	if len(rest) == len(p.Findings) {
		return p, nil, nil
	}
	made, err := lint.Scaffold(p.Key)
	if err != nil {
		return p, nil, nil // the key is wrong, too; the platform says so
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, data []byte) error {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}
	have := map[string]bool{}
	for _, name := range p.files.Names() {
		have[name] = true
		data, err := fs.ReadFile(p.files, name)
		if err == nil {
			err = add(name, data)
		}
		if err != nil {
			return p, nil, err
		}
	}
	icons := p.read.Package.Listing.Icons
	for name, from := range map[string]string{icons.Square: "assets/square.svg", icons.Horizontal: "assets/horizontal.svg"} {
		name = path.Clean(name)
		if have[name] || !strings.HasSuffix(name, ".svg") {
			continue
		}
		if err := add(name, made[from]); err != nil {
			return p, nil, err
		}
		drawn = append(drawn, name)
	}
	if err := w.Close(); err != nil {
		return p, nil, err
	}
	files, found, err := bundle.Open(b.Bytes())
	if err != nil || manifest.Failed(found) {
		return p, nil, err
	}
	p.files, p.Findings = files, rest
	return p, drawn, nil
}
