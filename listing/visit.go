package listing

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sheet"
)

// Find searches the directory. It needs no principal: it gives what is public.
func (s *Service) Find(ctx context.Context, q Query) (Found, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Found{}, err
	}
	return find(d.public, s.Categories, q), nil
}

// Entry finds what the directory shows under a name, unlisted entries too. Error:
// NotFound.
func (s *Service) Entry(ctx context.Context, slug string) (Entry, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Entry{}, err
	}
	e, ok := d.by[slug]
	if !ok {
		return Entry{}, problem.NotFound("listing")
	}
	return e, nil
}

// Documentation is the text of an entry.
func (s *Service) Documentation(ctx context.Context, e Entry) (string, error) {
	var out string
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = documentation(tx, e.Application)
		return err
	})
	return out, err
}

// Sheet writes the customer sheet of an entry: of a version with a number, or of
// the newest. Error: NotFound.
func (s *Service) Sheet(ctx context.Context, e Entry, number string) (sheet.Sheet, []string, error) {
	var out sheet.Sheet
	var numbers []string
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		told, err := s.Releases.Told(tx, e.Application)
		if err != nil {
			return err
		}
		var at *release.Version
		numbers = nil
		for i, v := range told {
			numbers = append(numbers, v.Number)
			if number == v.Number || number == "" && v.ID.String() == e.VersionID {
				at = &told[i]
			}
		}
		if at == nil {
			return problem.NotFound("version")
		}
		out, err = s.Sheets.Of(tx, *at)
		return err
	})
	return out, numbers, err
}

// Picture gives a picture of an entry. Error: NotFound.
func (s *Service) Picture(ctx context.Context, slug string, id PictureID) (Picture, []byte, error) {
	e, err := s.Entry(ctx, slug)
	if err != nil {
		return Picture{}, nil, problem.NotFound("picture")
	}
	var out Picture
	var data []byte
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		out, data, err = onePicture(tx, e.Application, id)
		return err
	})
	return out, data, err
}

// Preview is what the directory would show, for the developers: of the newest
// version that everybody can get, or else of the highest one.
func (s *Service) Preview(ctx context.Context, by access.Principal, app application.ID) (Entry, string, error) {
	var out Entry
	var text string
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, "listing:view", app)
		if err != nil {
			return err
		}
		l, err := s.of(tx, a)
		if err != nil {
			return err
		}
		v, err := s.Releases.Presented(tx, a.ID.String())
		if err != nil {
			return err
		}
		g, err := s.Sheets.Groups.Load(tx, a.Group)
		if err != nil {
			return err
		}
		tiers, err := s.tiers(tx)
		if err != nil {
			return err
		}
		out, err = s.entry(tx, l.asShown(a, g.Name), v, tiers)
		for _, p := range l.Pictures {
			out.look(p, "/applications/"+a.ID.String()+"/listing")
		}
		text = l.Documentation
		return err
	})
	return out, text, err
}
