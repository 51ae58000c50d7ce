package release

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/manifest/lint"
	"github.com/guestright/guestright/manifest/request"
)

// Packed is the package of a version, opened. It is shared by all who ask, and
// never changed.
type Packed struct {
	Version, Key string
	Digest       string // SHA-256 of the zip archive, in hexadecimal
	Manifest     manifest.Package
	Compatible   bool // the manifest has LaunchDarkly's form
	Set          *request.Set
	Bundle       bundle.Bundle
}

// PackageInfo is what there is to say about a package besides its files.
type PackageInfo struct {
	Version      ID                 `json:"version" doc:"Id of the version"`
	Key          string             `json:"key" doc:"The integration's name in addresses and audit data"`
	Digest       string             `json:"digest" doc:"SHA-256 of the archive that a download gives, in hexadecimal; also its ETag"`
	Size         int64              `json:"size" doc:"Bytes of that archive"`
	Compatible   bool               `json:"compatible" doc:"The manifest has LaunchDarkly's form"`
	Capabilities []string           `json:"capabilities" nullable:"false" doc:"What the integration can do"`
	Findings     []manifest.Finding `json:"findings" nullable:"false" doc:"Warnings and notices; a package with errors is not taken"`
	Created      time.Time          `json:"created"`
	CreatedBy    string             `json:"created_by"`
}

// packageNote is what the audit log keeps of a package.
type packageNote struct {
	Key          string   `json:"key"`
	Digest       string   `json:"digest"`
	Size         int64    `json:"size"`
	Capabilities []string `json:"capabilities"`
}

func (p PackageInfo) note() packageNote { return packageNote{p.Key, p.Digest, p.Size, p.Capabilities} }

const (
	keyMost      = 100
	faultsMost   = 200 // that one answer names
	findingsMost = 500
)

// packageKey is what an integration may be called.
var packageKey = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)

func soundKey(key string) error {
	if len(key) <= keyMost && packageKey.MatchString(key) {
		return nil
	}
	return problem.Invalid("package_invalid", "This is no name for an integration.", problem.Field{Pointer: "query/key", Code: "key_invalid",
		Detail: "Use small letters and digits, with single dots or dashes between them; at most 100 characters."})
}

// keyFrom makes a key of an application's name.
func keyFrom(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	key := strings.Join(words, "-")
	key = strings.Trim(key[:min(len(key), keyMost)], "-")
	if key == "" {
		return "integration"
	}
	return key
}

// judge opens an archive and judges what is in it. The findings are warnings and
// notices. Errors: Invalid `package_unreadable`, `package_invalid`.
func judge(key string, archive []byte) (PackageInfo, bundle.Bundle, error) {
	b, found, err := bundle.Open(archive)
	if err != nil {
		return PackageInfo{}, b, unreadable(err)
	}
	r, err := read(key, b)
	switch {
	case errors.Is(err, fs.ErrNotExist) && manifest.Failed(found): // which says so
	case err != nil:
		return PackageInfo{}, b, err
	default:
		profile := lint.Profile{}
		if r.Compatible {
			profile = lint.LaunchDarkly()
		}
		found = append(found, lint.Package(r, b, profile)...)
	}
	if manifest.Failed(found) {
		return PackageInfo{}, b, problem.Invalid("package_invalid", "The package has errors.", faultsOf(found)...).With("findings", found[:min(len(found), findingsMost)])
	}
	if _, err := request.Compile(r.Package, b); err != nil { // the rules let nothing pass that fails here
		return PackageInfo{}, b, problem.Invalid("package_invalid", "The package has errors.", problem.Field{Pointer: request.Place(err), Code: "template.syntax", Detail: "The template cannot be used."}).Because(err)
	}
	digest := b.Digest()
	return PackageInfo{Key: key, Digest: hex.EncodeToString(digest[:]), Size: int64(len(b.Bytes())), Compatible: r.Compatible,
		Capabilities: append([]string{}, r.Package.Capabilities()...), Findings: append([]manifest.Finding{}, found...)}, b, nil
}

func unreadable(err error) error {
	said := strings.TrimPrefix(strings.TrimPrefix(err.Error(), bundle.ErrUnreadable.Error()+": "), manifest.ErrUnreadable.Error()+": ")
	what := "The archive"
	if errors.Is(err, manifest.ErrUnreadable) {
		what = "manifest.json"
	}
	return problem.Invalid("package_unreadable", what+" cannot be read: "+said+".")
}

func read(key string, b bundle.Bundle) (manifest.Read, error) {
	data, err := fs.ReadFile(b, "manifest.json")
	if err != nil {
		return manifest.Read{}, err
	}
	r, err := manifest.Parse(key, data)
	if errors.Is(err, manifest.ErrUnreadable) {
		err = unreadable(err)
	}
	return r, err
}

// faultsOf are the errors among findings.
func faultsOf(found []manifest.Finding) []problem.Field {
	var out []problem.Field
	for _, f := range found {
		if f.Severity != manifest.Error || len(out) == faultsMost {
			continue
		}
		at, said := f.Pointer, strings.TrimSpace(f.Message+" "+f.Mend)
		switch {
		case f.File != "" && at != "":
			said = f.File + ": " + said
		case f.File != "":
			at = f.File
		}
		out = append(out, problem.Field{Pointer: at, Code: f.Rule, Detail: said})
	}
	return out
}

// open makes a package ready for use, of an archive that was judged when it came.
func open(about PackageInfo, archive []byte) (*Packed, error) {
	b, _, err := bundle.Open(archive)
	if err != nil {
		return nil, err
	}
	r, err := read(about.Key, b)
	if err != nil {
		return nil, err
	}
	set, err := request.Compile(r.Package, b)
	if err != nil {
		return nil, err
	}
	return &Packed{Version: about.Version.String(), Key: about.Key, Digest: about.Digest, Manifest: r.Package, Compatible: r.Compatible, Set: set, Bundle: b}, nil
}
