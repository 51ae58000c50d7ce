// Package bundle opens the package of an integration, a folder or an archive, and
// lets nothing in that could reach out of it, fill the memory or run in a page.
package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/guestright/guestright/manifest"
)

// The bounds of a package.
const (
	ArchiveMost = 8 << 20 // bytes as they come
	FileMost    = 1 << 20
	TotalMost   = 8 << 20 // of all files
	CountMost   = 500
	ratioMost   = 200 // of unpacked to packed bytes, in files that are not tiny
	nameMost    = 200
	depthMost   = 10
)

// ErrUnreadable says that this is no archive that can be read.
var ErrUnreadable = errors.New("the package cannot be read")

// Bundle holds a package's files in memory, icons made safe. It is a file system;
// its bytes are the same whatever it came from.
type Bundle struct {
	*zip.Reader
	packed []byte
}

// Bytes gives the bundle as a zip archive, for keeping.
func (b Bundle) Bytes() []byte { return b.packed }

// Digest names the content.
func (b Bundle) Digest() [sha256.Size]byte { return sha256.Sum256(b.packed) }

// Names lists the files.
func (b Bundle) Names() []string {
	if b.Reader == nil {
		return nil
	}
	out := make([]string, 0, len(b.File))
	for _, f := range b.File {
		out = append(out, f.Name)
	}
	return out
}

// packer takes files in and keeps what it may.
type packer struct {
	files map[string][]byte
	folds map[string]string // names in small letters: some systems know no others
	total int
	out   []manifest.Finding
}

func newPacker() *packer { return &packer{files: map[string][]byte{}, folds: map[string]string{}} }

func (p *packer) refuse(file, rule, message, mend string) {
	if len(file) > nameMost {
		file = strings.ToValidUTF8(file[:nameMost], "?") + "…"
	}
	p.out = append(p.out, manifest.Finding{File: file, Rule: rule, Layer: manifest.LayerRules, Severity: manifest.Error, Message: message, Mend: mend})
}

// junk is what file managers and editors leave behind.
func junk(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != "." && part != ".." || part == "__MACOSX" || part == "Thumbs.db" || part == "node_modules" {
			return true
		}
	}
	return false
}

// admit judges a file by its name and kind before it is read. A folder is not
// kept, only looked at.
func (p *packer) admit(name string, mode fs.FileMode) bool {
	name = strings.TrimSuffix(name, "/")
	switch {
	case !fs.ValidPath(name) || strings.ContainsAny(name, `\:`) || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		p.refuse(name, "package.path", "The name leads out of the package, or cannot be used everywhere.", "Use letters, digits, dots, dashes and slashes.")
	case len(name) > nameMost || strings.Count(name, "/") >= depthMost:
		p.refuse(name, "package.path", "The name is too long or too deep.", fmt.Sprintf("Use at most %d bytes and %d folders.", nameMost, depthMost))
	case mode&fs.ModeSymlink != 0:
		p.refuse(name, "package.link", "A package has no links.", "Put the file itself there.")
	case mode.IsDir():
		return false
	case !mode.IsRegular():
		p.refuse(name, "package.link", "This is no plain file.", "Leave it out.")
	case len(p.files) >= CountMost:
		if len(p.files) == CountMost {
			p.refuse("", "package.count", fmt.Sprintf("The package has more than %d files.", CountMost), "Leave out what the manifest does not name.")
			p.files[""] = nil // said once
		}
	default:
		return !p.twice(name)
	}
	return false
}

func (p *packer) twice(name string) bool {
	fold := strings.ToLower(name)
	if other, there := p.folds[fold]; there {
		p.refuse(name, "package.twice", "This file is there twice, or differs from "+other+" only in capital letters.", "Keep one.")
		return true
	}
	p.folds[fold] = name
	return false
}

// keep takes a file's content in; more says that there is more of it than may be.
func (p *packer) keep(name string, data []byte, more bool) {
	switch {
	case more || len(data) > FileMost:
		p.refuse(name, "package.large", "The file is too large.", fmt.Sprintf("Keep files under %d bytes.", FileMost))
	case p.total+len(data) > TotalMost:
		p.refuse(name, "package.large", "The package is too large.", fmt.Sprintf("Keep all files together under %d bytes.", TotalMost))
	default:
		p.total += len(data)
		p.files[name] = data
	}
}

// finish strips a folder that everything lies in, makes the icons safe and packs.
func (p *packer) finish() (Bundle, []manifest.Finding, error) {
	delete(p.files, "")
	p.lift()
	names := make([]string, 0, len(p.files))
	for n := range p.files {
		names = append(names, n)
	}
	slices.Sort(names)
	if _, ok := p.files["manifest.json"]; !ok {
		p.refuse("manifest.json", "package.no-manifest", "The package has no manifest.json.", "Put it at the top of the folder.")
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		data, ok := p.icon(n, p.files[n])
		if !ok {
			continue
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: n, Method: zip.Deflate})
		if err != nil {
			return Bundle{}, nil, err
		}
		if _, err := f.Write(data); err != nil {
			return Bundle{}, nil, err
		}
	}
	if err := w.Close(); err != nil {
		return Bundle{}, nil, err
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		return Bundle{}, nil, err
	}
	return Bundle{r, b.Bytes()}, p.out, nil
}

// lift takes the files of an archive out of its one folder.
func (p *packer) lift() {
	if _, ok := p.files["manifest.json"]; ok {
		return
	}
	top := ""
	for n := range p.files {
		first, _, deeper := strings.Cut(n, "/")
		if !deeper || top != "" && first != top {
			return
		}
		top = first
	}
	if _, ok := p.files[top+"/manifest.json"]; !ok {
		return
	}
	lifted := map[string][]byte{}
	for n, data := range p.files {
		lifted[strings.TrimPrefix(n, top+"/")] = data
	}
	p.files = lifted
}

// icon makes pictures safe; others stay as they are.
func (p *packer) icon(name string, data []byte) ([]byte, bool) {
	var safe []byte
	var removed []string
	var err error
	switch strings.ToLower(path.Ext(name)) {
	case ".svg":
		safe, removed, err = SVG(data)
	case ".png":
		safe, err = PNG(data)
	default:
		return data, true
	}
	if err != nil {
		p.refuse(name, "icon.broken", "The picture cannot be used: "+err.Error()+".", "Export it again.")
		return nil, false
	}
	if len(removed) > 0 {
		p.out = append(p.out, manifest.Finding{File: name, Rule: "icon.cleaned", Layer: manifest.LayerLint, Severity: manifest.Warning,
			Message: "Taken out of the picture: " + strings.Join(removed, ", ") + ".", Mend: "Export it without scripts, styles from elsewhere and links."})
	}
	return safe, true
}
