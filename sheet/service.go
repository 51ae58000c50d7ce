package sheet

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
)

// Service writes sheets.
type Service struct {
	DB           *store.DB
	Applications *application.Service
	Groups       *group.Service
	Releases     *release.Service
	Quota        *quota.Service
	Catalog      *catalog.Current
	// Links gives what the application's listing says; empty ones stay as they are
	// known otherwise. nil: there are no listings. Wired by the server.
	Links func(tx *store.Tx, application string) (Links, error)
}

// Get writes the sheet of a version for those who may see it, drafts too.
func (s *Service) Get(ctx context.Context, by access.Principal, id release.ID) (Sheet, error) {
	v, err := s.Releases.Get(ctx, by, id)
	if err != nil {
		return Sheet{}, err
	}
	var out Sheet
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		out, err = s.Of(tx, v)
		return err
	})
	return out, err
}

// Of writes the sheet of a version. Without authorising.
func (s *Service) Of(tx *store.Tx, v release.Version) (Sheet, error) {
	id, err := ident.Parse[application.Application](v.Application)
	if err != nil {
		return Sheet{}, err
	}
	a, err := s.Applications.Load(tx, id)
	if err != nil {
		return Sheet{}, err
	}
	g, err := s.Groups.Load(tx, a.Group)
	if err != nil {
		return Sheet{}, err
	}
	review, err := s.Releases.Verification(tx, id)
	if err != nil {
		return Sheet{}, err
	}
	whole, err := s.Releases.Whole(tx, v)
	if err != nil {
		return Sheet{}, err
	}
	cat := s.Catalog.Get()
	_, reviewed := review.Vouches(a.Group, v)
	out := Sheet{Product: cat.File().Product.Name, Name: a.Name, ApplicationID: a.PublicID, Developer: g.Name,
		Verified: reviewed, Version: v.Number, State: v.State, Released: v.Released, Ends: v.Ends,
		Tagline: v.Listing.Tagline, Description: or(v.Listing.Description, a.Description), UserName: v.UserName, RoleName: v.RoleName,
		Delegation: v.Delegation, InPersonsName: inPersonsName(v.Delegation), Capabilities: append([]string{}, whole.Capabilities...),
		Hosts: append([]string{}, whole.Hosts...), Data: strings.TrimSpace(review.Statement.Data), Notes: v.Notes}
	out.asks(cat, v)
	held, err := s.Quota.Effective(tx, a.Group)
	if err != nil {
		return Sheet{}, err
	}
	out.Limits = limits(held.Plan)
	out.Links, err = s.links(tx, a, review.Statement)
	return out, err
}

// links are those of the listing, or else those that are known otherwise.
// LinksOf are the addresses that customers are given, without authorising, for slices
// that join.
func (s *Service) LinksOf(tx *store.Tx, a application.Application) (Links, error) {
	review, err := s.Releases.Verification(tx, a.ID)
	if err != nil {
		return Links{}, err
	}
	return s.links(tx, a, review.Statement)
}

func (s *Service) links(tx *store.Tx, a application.Application, st release.Statement) (Links, error) {
	var said Links
	if s.Links != nil {
		var err error
		if said, err = s.Links(tx, a.ID.String()); err != nil {
			return said, err
		}
	}
	return Links{Website: or(said.Website, a.Homepage), Support: or(said.Support, a.Support), Privacy: or(said.Privacy, st.Privacy), Security: st.Security}, nil
}
