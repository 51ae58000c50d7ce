// Package lint judges an integration's package: what the schema says, the rules
// that it must keep beyond it, and what is legal and breaks in practice. It is
// pure; files are read from what it is given.
package lint

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/guestright/guestright/manifest"
)

// Profile is what the operator has, where a rule asks for it. A nil list is not
// asked.
type Profile struct {
	Kinds             []string // resource kinds of the host
	OAuthKeys         []string // partners whose OAuth client the operator holds
	SharedOAuthKeys   []string // those that several integrations may share
	ConfigurationOnly []string // integrations that may do nothing but be configured
}

// LaunchDarkly is the profile that the published manifests are written for. Its
// lists of partners are not: they are the operator's.
func LaunchDarkly() Profile {
	return Profile{
		Kinds:             []string{"flag", "project", "environment", "member", "segment"},
		ConfigurationOnly: []string{"aiconfig-test-run"},
		SharedOAuthKeys:   []string{"servicenow"},
	}
}

// Package judges a manifest that was read, with the files of its folder. Without
// files (nil) the rules about them are left out. The findings are in the order
// of the author's text.
func Package(r manifest.Read, files fs.FS, p Profile) []manifest.Finding {
	l := &linter{read: r, p: r.Package, files: files, profile: p, out: slices.Clone(r.Findings)}
	for _, rule := range []func(*linter){
		(*linter).listing, (*linter).connection, (*linter).configuration, (*linter).kinds,
		(*linter).forms, (*linter).dependencies, (*linter).hooks, (*linter).requests, (*linter).approval,
		(*linter).membership, (*linter).links, (*linter).properties, (*linter).pointers, (*linter).patterns,
		(*linter).paths, (*linter).templates,
	} {
		rule(l)
	}
	slices.SortStableFunc(l.out, func(a, b manifest.Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Rule, b.Rule))
	})
	return l.out
}

// Folder reads and judges manifest.json of a folder. Error: manifest.ErrUnreadable
// or that of the folder.
func Folder(key string, files fs.FS, p Profile) (manifest.Read, []manifest.Finding, error) {
	data, err := fs.ReadFile(files, "manifest.json")
	if err != nil {
		return manifest.Read{}, nil, err
	}
	r, err := manifest.Parse(key, data)
	if err != nil {
		return manifest.Read{}, nil, err
	}
	return r, Package(r, files, p), nil
}

type linter struct {
	read    manifest.Read
	p       manifest.Package
	files   fs.FS
	profile Profile
	out     []manifest.Finding
}

// rule reports the breach of what a package must keep.
func (l *linter) rule(id, at, message, mend string) {
	l.add(manifest.Finding{Pointer: at, Rule: id, Layer: manifest.LayerRules, Severity: manifest.Error, Message: message, Mend: mend})
}

// lint reports what is legal and breaks.
func (l *linter) lint(s manifest.Severity, id, at, message, mend string) {
	l.add(manifest.Finding{Pointer: at, Rule: id, Layer: manifest.LayerLint, Severity: s, Message: message, Mend: mend})
}

// add places a finding, whose pointer is of the neutral form, in the author's text.
func (l *linter) add(f manifest.Finding) {
	f.Pointer = l.read.At(f.Pointer)
	f.Line = l.read.Line(f.Pointer)
	l.out = append(l.out, f)
}
