package release

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// Archive is a package as it is handed in: zip, tar or tar.gz.
type Archive struct {
	Key  string // "": as before, or after the application's name
	Data []byte
}

// PutPackage puts an integration package into a draft, in place of the one that
// is there. Errors: Invalid `package_unreadable`, `package_invalid` with every
// error of the package; Forbidden `product_not_enabled`; Conflict `version_not_draft`.
func (s *Service) PutPackage(ctx context.Context, by access.Principal, id ID, a Archive) (PackageInfo, error) {
	var key, group string
	err := s.DB.Read(ctx, func(tx *store.Tx) error { // before the work of judging
		v, app, err := s.draft(tx, by, id)
		if err != nil {
			return err
		}
		group = app.Group
		key, err = s.packageKey(tx, v, app, a.Key)
		return err
	})
	if err != nil {
		return PackageInfo{}, err
	}
	out, b, err := judge(key, a.Data)
	if err == nil {
		err = s.early(ctx, group, out.Capabilities)
	}
	if err != nil {
		return PackageInfo{}, err
	}
	out.Version, out.CreatedBy = id, by.Subject()
	return out, s.packed(ctx, by, id, func(tx *store.Tx) (any, error) {
		out.Created = tx.Now()
		return out.note(), putPackage(tx, out, b.Bytes())
	})
}

// RemovePackage takes the package out of a draft. Errors: NotFound; Conflict
// `version_not_draft`.
func (s *Service) RemovePackage(ctx context.Context, by access.Principal, id ID) error {
	return s.packed(ctx, by, id, func(tx *store.Tx) (any, error) { return nil, removePackage(tx, id.String()) })
}

// packed is the one shape of every change of a package. rule gives what stands in
// the log as the new one.
func (s *Service) packed(ctx context.Context, by access.Principal, id ID, rule func(tx *store.Tx) (any, error)) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		v, a, err := s.draft(tx, by, id)
		if err != nil {
			return err
		}
		var before any
		was, there, err := findPackage(tx, id.String())
		if err != nil {
			return err
		}
		action := "version.remove_package"
		if there {
			before = was.note()
		}
		after, err := rule(tx)
		if err != nil {
			return err
		}
		if after != nil {
			action = "version.package"
		}
		if _, err := save(tx, v); err != nil { // a release at the same time would take another package
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: action, Target: "version/" + id.String(), Name: a.Name + " " + v.Number, Group: a.Group,
			Application: a.ID.String(), Before: before, After: after})
	})
}

// draft loads a version for a change of its package.
func (s *Service) draft(tx *store.Tx, by access.Principal, id ID) (Version, application.Application, error) {
	v, a, err := s.load(tx, by, "version:update", id)
	if err == nil && !v.Editable() {
		err = errNotDraft()
	}
	return v, a, err
}

// packageKey is what a package is called: as it is wanted, else as this or the
// newest other version calls it, else after the application.
func (s *Service) packageKey(tx *store.Tx, v Version, a application.Application, wanted string) (string, error) {
	if wanted != "" {
		return wanted, soundKey(wanted)
	}
	key, err := lastKey(tx, v)
	if key == "" {
		key = keyFrom(a.Name)
	}
	return key, err
}

// Package says what there is about the package of a version. Error: NotFound.
func (s *Service) Package(ctx context.Context, by access.Principal, id ID) (PackageInfo, error) {
	out, _, err := s.readPackage(ctx, by, id, false)
	return out, err
}

// PackageArchive gives the package of a version as a zip archive. Error: NotFound.
func (s *Service) PackageArchive(ctx context.Context, by access.Principal, id ID) (PackageInfo, []byte, error) {
	return s.readPackage(ctx, by, id, true)
}

func (s *Service) readPackage(ctx context.Context, by access.Principal, id ID, whole bool) (PackageInfo, []byte, error) {
	var out PackageInfo
	var data []byte
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, _, err := s.load(tx, by, "version:view", id); err != nil {
			return err
		}
		var there bool
		var err error
		if out, there, err = findPackage(tx, id.String()); err != nil {
			return err
		}
		if !there {
			return problem.NotFound("package")
		}
		if whole {
			data, err = packageBytes(tx, id.String())
		}
		return err
	})
	return out, data, err
}

// Opened gives the package of a version, ready for use. Error: NotFound.
func (s *Service) Opened(ctx context.Context, by access.Principal, id ID) (*Packed, error) {
	var out *Packed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		_, _, err := s.load(tx, by, "version:view", id)
		if err != nil {
			return err
		}
		if out, err = s.Packed(tx, id.String()); err == nil && out == nil {
			err = problem.NotFound("package")
		}
		return err
	})
	return out, err
}

// Packed gives the package of a version, ready for use; nil when it has none.
// Without authorising.
func (s *Service) Packed(tx *store.Tx, version string) (*Packed, error) {
	about, there, err := findPackage(tx, version)
	if err != nil || !there {
		return nil, err
	}
	if p := s.opened.get(about); p != nil {
		return p, nil
	}
	data, err := packageBytes(tx, version)
	if err != nil {
		return nil, err
	}
	p, err := open(about, data)
	if err != nil {
		return nil, problem.Internal("release.Packed "+version, err)
	}
	s.opened.put(p)
	return p, nil
}

// Findings are what was found about the package of a version; none without one. It
// does not authorise.
func (s *Service) Findings(tx *store.Tx, version string) ([]manifest.Finding, error) {
	about, _, err := findPackage(tx, version)
	return about.Findings, err
}
