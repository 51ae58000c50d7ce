package release

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// Whole loads what two versions are compared by. Without authorising.
func (s *Service) Whole(tx *store.Tx, v Version) (Whole, error) {
	w := Whole{Version: v}
	p, err := s.Packed(tx, v.ID.String())
	if err != nil || p == nil {
		return w, err
	}
	w.Digest, w.Capabilities, w.Hosts, w.Fields = p.Digest, p.Manifest.Capabilities(), hosts(p.Manifest), fields(p.Manifest)
	return w, nil
}

// hosts are those that a package names itself.
func hosts(p manifest.Package) []string {
	var out []string
	for _, c := range p.Endpoints() {
		raw := c.Endpoint.URL
		if at := strings.Index(raw, "://"); at < 0 || strings.Contains(strings.SplitN(raw[at+3:], "/", 2)[0], "{{") {
			continue // an administrator enters it
		}
		if raw, _, _ = strings.Cut(raw, "{{"); raw == "" {
			continue
		}
		if u, err := url.Parse(raw); err == nil && u.Host != "" {
			out = append(out, strings.ToLower(u.Host))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fields are the form's, without those that nobody sees.
func fields(p manifest.Package) []FormField {
	var out []FormField
	for _, v := range p.Forms.Installation {
		if !v.Hidden.Get() {
			out = append(out, FormField{Key: v.Key, Label: v.Label, Needed: v.Required()})
		}
	}
	return out
}

// words are the catalog's.
func (s *Service) words() Words {
	cat := s.Catalog.Get()
	return Words{
		Scope: func(name string) string { sc, _ := cat.Scope(name); return sc.Label },
		Event: func(name string) string {
			if e, ok := cat.Event(name); ok {
				return e.Label
			}
			return ""
		},
	}
}

// Between compares two versions. Without authorising.
func (s *Service) Between(tx *store.Tx, from, to Version) (Diff, error) {
	a, err := s.Whole(tx, from)
	if err != nil {
		return Diff{}, err
	}
	b, err := s.Whole(tx, to)
	if err != nil {
		return Diff{}, err
	}
	return Compare(a, b, s.words()), nil
}

// since compares a version with the one that was released before it; false: it is
// the first.
func (s *Service) since(tx *store.Tx, v Version) (Diff, bool, error) {
	all, err := list(tx, v.Application)
	if err != nil {
		return Diff{}, false, err
	}
	was, ok := predecessor(all, v)
	if !ok {
		return Diff{}, false, nil
	}
	d, err := s.Between(tx, was, v)
	return d, true, err
}

// Diff compares a version with another of its application, or with the one that
// was released before it when against is zero. Errors: Conflict `version_first`
// when there is none; NotFound.
func (s *Service) Diff(ctx context.Context, by access.Principal, id, against ID) (Diff, error) {
	var out Diff
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		v, _, err := s.load(tx, by, "version:view", id)
		if err != nil {
			return err
		}
		if against.IsZero() {
			var ok bool
			if out, ok, err = s.since(tx, v); err == nil && !ok {
				err = problem.Conflict("version_first", "No version was released before this one.")
			}
			return err
		}
		was, _, err := s.load(tx, by, "version:view", against)
		if err != nil {
			return err
		}
		if was.Application != v.Application {
			return problem.NotFound("version")
		}
		out, err = s.Between(tx, was, v)
		return err
	})
	return out, err
}

// ready fails for a version that cannot be released as it is: its number promises
// less change than there is, or nobody says what is new. Errors: Invalid
// `version_invalid`, `version_bump`, `release_notes_required`.
func (s *Service) ready(tx *store.Tx, v Version) error {
	_, packed, err := findPackage(tx, v.ID.String())
	if err != nil {
		return err
	}
	if err := v.asksOrDoes(packed); err != nil {
		return err
	}
	d, later, err := s.since(tx, v)
	if err != nil || !later {
		return err
	}
	if err := d.checkBump(); err != nil {
		return err
	}
	if strings.TrimSpace(v.Notes) == "" {
		return problem.Invalid("release_notes_required", "Customers have an earlier version. Say in a few sentences what is new.",
			problem.Field{Pointer: "/notes", Code: "required", Detail: "Say what is new."})
	}
	return nil
}

// Differences compares two versions as they were at some time.
func (s *Service) Differences(from, to Whole) Diff { return Compare(from, to, s.words()) }
