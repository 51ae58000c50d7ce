package bundle

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/guestright/guestright/manifest"
)

// Folder reads a package from a folder. Error: that of the folder; what may not
// be in a package is a finding.
func Folder(root fs.FS) (Bundle, []manifest.Finding, error) {
	p := newPacker()
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case junk(name) && d.IsDir():
			return fs.SkipDir
		case junk(name):
			return nil
		case len(p.out) > CountMost:
			return fs.SkipAll
		}
		if !p.admit(name, d.Type()) {
			return nil
		}
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		data, more, err := read(f, FileMost)
		if closed := f.Close(); err == nil {
			err = closed
		}
		p.keep(name, data, more)
		return err
	})
	if err != nil {
		return Bundle{}, nil, err
	}
	return p.finish()
}

// Open reads a package from a zip, tar or tar.gz archive, whichever it is.
// Error: ErrUnreadable.
func Open(data []byte) (Bundle, []manifest.Finding, error) {
	if len(data) > ArchiveMost {
		return Bundle{}, nil, fmt.Errorf("%w: it is larger than %d bytes", ErrUnreadable, ArchiveMost)
	}
	p := newPacker()
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("PK")):
		err = p.zip(data)
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			err = p.tar(&bounded{r: z, left: min(2*TotalMost, max(int64(len(data))*ratioMost, FileMost))})
		}
	default:
		err = p.tar(bytes.NewReader(data))
	}
	if err != nil {
		return Bundle{}, nil, fmt.Errorf("%w: %s", ErrUnreadable, plain(err))
	}
	return p.finish()
}

func plain(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return "it ends too early"
	case errors.Is(err, errRatio):
		return errRatio.Error()
	}
	return "it is no zip, tar or tar.gz archive, or is damaged"
}

var errRatio = errors.New("it unpacks to far more than it is")

// bounded fails where a packed stream gives too much.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRatio
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// read takes up to most bytes, and says whether there are more.
func read(r io.Reader, most int64) ([]byte, bool, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if int64(len(data)) > most {
		return nil, true, err
	}
	return data, false, err
}

func (p *packer) zip(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return err
	}
	for _, f := range z.File {
		if len(p.out) > CountMost {
			return nil
		}
		mode := f.Mode()
		if len(f.Name) > 0 && f.Name[len(f.Name)-1] == '/' {
			mode = fs.ModeDir
		}
		if junk(f.Name) || !p.admit(f.Name, mode) {
			continue
		}
		if f.Flags&1 != 0 {
			p.refuse(f.Name, "package.locked", "The file is locked with a password.", "Pack it without one.")
			continue
		}
		if f.UncompressedSize64 > FileMost/8 && f.UncompressedSize64/max(f.CompressedSize64, 1) > ratioMost {
			p.refuse(f.Name, "package.ratio", "The file unpacks to far more than it is.", "Leave it out.")
			continue
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		data, more, err := read(r, FileMost)
		if closed := r.Close(); err == nil && !more {
			err = closed
		}
		if err != nil {
			return err
		}
		p.keep(f.Name, data, more)
	}
	return nil
}

func (p *packer) tar(r io.Reader) error {
	t := tar.NewReader(r)
	for n := 0; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) && n > 0 {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if len(p.out) > CountMost {
			return nil
		}
		name, mode := h.Name, h.FileInfo().Mode()
		if h.Typeflag == tar.TypeLink {
			mode = fs.ModeSymlink
		}
		for len(name) > 2 && name[:2] == "./" {
			name = name[2:]
		}
		if name == "./" || name == "." || junk(name) || !p.admit(name, mode) {
			continue
		}
		data, more, err := read(t, FileMost)
		if err != nil {
			return err
		}
		p.keep(name, data, more)
	}
}
