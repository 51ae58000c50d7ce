package release

import (
	"slices"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// Topic of the change feed: something about released versions changed; the key is
// the application's id.
const Topic = "release"

// Public reports whether everybody can get a version: its stage reaches all, it is
// not paused, and, where the operator reviews versions, it was approved.
func (s *Service) Public(v Version) bool {
	return v.Stage.Reach == ReachAll && v.Offered(Place{}) && (!s.Review || !v.Approved.IsZero())
}

// Newest finds the version of an application with the highest number that
// everybody can get. Without authorising.
func (s *Service) Newest(tx *store.Tx, application string) (Version, bool, error) {
	all, err := list(tx, application)
	if err != nil {
		return Version{}, false, err
	}
	v, ok := highest(slices.DeleteFunc(all, func(v Version) bool { return !s.Public(v) }), Live)
	return v, ok, nil
}

// Known is a version that everybody can get, with what its package can do.
type Known struct {
	Version
	Capabilities []string
	Review       Verification
}

// Everybodys lists, by application, the version with the highest number that
// everybody can get. Without authorising.
func (s *Service) Everybodys(tx *store.Tx) (map[string]Known, error) {
	all, err := these(tx, tx.NewSelect().Where("v.state = ?", Live))
	if err != nil {
		return nil, err
	}
	by := map[string][]Version{}
	for _, v := range all {
		if s.Public(v) {
			by[v.Application] = append(by[v.Application], v)
		}
	}
	can, err := capabilities(tx)
	if err != nil {
		return nil, err
	}
	reviews, err := verifications(tx)
	if err != nil {
		return nil, err
	}
	out := map[string]Known{}
	for app, some := range by {
		v, _ := highest(some, Live)
		out[app] = Known{Version: v, Capabilities: can[v.ID.String()], Review: reviews[app]}
	}
	return out, nil
}

// Known is Newest with what Everybodys says of it. Without authorising.
func (s *Service) Known(tx *store.Tx, application string) (Known, bool, error) {
	v, ok, err := s.Newest(tx, application)
	if err != nil || !ok {
		return Known{}, false, err
	}
	out, err := s.known(tx, v)
	return out, true, err
}

func (s *Service) known(tx *store.Tx, v Version) (Known, error) {
	out := Known{Version: v}
	about, _, err := findPackage(tx, v.ID.String())
	if err != nil {
		return out, err
	}
	out.Capabilities = about.Capabilities
	out.Review, err = findVerification(tx, v.Application)
	return out, err
}

// Presented is Known, or else the version with the highest number of all that are
// not retired; the zero Known when there is none. Without authorising.
func (s *Service) Presented(tx *store.Tx, application string) (Known, error) {
	if out, ok, err := s.Known(tx, application); err != nil || ok {
		return out, err
	}
	all, err := list(tx, application)
	if err != nil {
		return Known{}, err
	}
	var best Version
	for _, v := range all {
		if v.State != Retired && (best.ID.IsZero() || below(best.Number, v.Number)) {
			best = v
		}
	}
	if best.ID.IsZero() {
		return Known{}, nil
	}
	return s.known(tx, best)
}

// Told lists the versions of an application that customers have or can get, the
// highest number first: what was taken back or reaches only some is not among
// them. Without authorising.
func (s *Service) Told(tx *store.Tx, application string) ([]Version, error) {
	all, err := list(tx, application)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(all, func(v Version) bool {
		return v.State != Live && v.State != Deprecated || v.Stage.Reach != ReachAll || s.Review && v.Approved.IsZero()
	})
	slices.SortStableFunc(out, func(a, b Version) int {
		if below(a.Number, b.Number) {
			return 1
		}
		return -1
	})
	return out, nil
}

// Judged judges the package of a version by the rules of today, which may be
// stricter than those of the day it came; nil when it has none. Without
// authorising.
func (s *Service) Judged(tx *store.Tx, version string) ([]manifest.Finding, error) {
	about, there, err := findPackage(tx, version)
	if err != nil || !there {
		return nil, err
	}
	data, err := packageBytes(tx, version)
	if err != nil {
		return nil, err
	}
	now, _, err := judge(about.Key, data)
	if err != nil {
		return []manifest.Finding{{Rule: "package", Severity: manifest.Error, Message: err.Error()}}, nil
	}
	return now.Findings, nil
}

// capabilities are those of the packages of live versions, by version.
func capabilities(tx *store.Tx) (map[string][]string, error) {
	var rows []packageRow
	err := tx.NewSelect().Model(&rows).Column("p.version", "p.capabilities").Where("EXISTS (SELECT 1 FROM release_version v WHERE v.id = p.version AND v.state = ?)", Live).Scan(tx.Ctx)
	out := map[string][]string{}
	for _, r := range rows {
		out[r.Version.String()] = r.Capabilities
	}
	return out, err
}

// verifications are those that covered something, by application.
func verifications(tx *store.Tx) (map[string]Verification, error) {
	var rows []verificationRow
	if err := tx.NewSelect().Model(&rows).Where("w.covered <> '' AND w.state NOT IN (?)", bun.In([]VerificationState{VerificationSuspended})).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := map[string]Verification{}
	for i := range rows {
		v, err := rows[i].verification()
		if err != nil {
			return nil, err
		}
		out[v.Application] = v
	}
	return out, nil
}
