package lint

import (
	"io/fs"
	"path"
	"strings"

	"github.com/guestright/guestright/manifest"
)

// paths: what the manifest names lies in the package.
func (l *linter) paths() {
	icons := l.p.Listing.Icons
	for _, i := range []struct{ at, path string }{{"/listing/icons/square", icons.Square}, {"/listing/icons/horizontal", icons.Horizontal}} {
		if i.path == "" || !l.inside(i.at, i.path) || l.files == nil {
			continue
		}
		if !regular(l.files, path.Clean(i.path)) {
			l.rule("icon.missing", i.at, "The package has no such file.", "Add the icon.")
		}
	}
	for _, s := range l.p.Sites() {
		if s.File == "" || !l.inside(s.Pointer, s.File) || l.files == nil {
			continue
		}
		if !regular(l.files, s.File) {
			l.rule("template.missing", s.Pointer, "The package has no such file.", "Add the template, or name another.")
		}
	}
}

// inside refuses paths that lead out of the package.
func (l *linter) inside(at, name string) bool {
	if fs.ValidPath(name) && !strings.ContainsAny(name, `\:`) {
		return true
	}
	if clean := path.Clean(name); strings.HasPrefix(name, "./") && fs.ValidPath(clean) && !strings.ContainsAny(name, `\:`) {
		return true
	}
	l.lint(manifest.Error, "path.outside", at, "The path leads out of the package, or cannot be used everywhere.", "Write a path in the package, with slashes and without dots.")
	return false
}

func regular(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.Mode().IsRegular()
}
