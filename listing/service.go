package listing

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sheet"
)

// Service holds the operations on listings.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Applications *application.Service
	Releases     *release.Service
	Sheets       *sheet.Service
	Notices      *notice.Service
	// Categories are the operator's.
	Categories []Category
	// Origin is where people reach the directory, without a slash at the end.
	Origin string
	// Proven reports whether a run with the least role that a version asks for has
	// passed; nil: of none. Wired by the server.
	Proven func(tx *store.Tx, version string) (bool, error)
	// Members gives, by group, the tiers of the partner programme; nil: there is none.
	// Wired by the server.
	Members func(tx *store.Tx) (map[string]catalog.Tier, error)

	kept index
}

// Topic of the change feed: the key is the application's id.
const Topic = "listing"

// State is a listing as its developers see it.
type State struct {
	Listing
	Name    string    `json:"name" doc:"Of the application"`
	Shown   bool      `json:"shown" doc:"Others see it now"`
	Missing []Missing `json:"missing" nullable:"false" doc:"What keeps it from being seen by others"`
}

// Get shows the listing of an application to its developers and to operators; one
// that nobody has written yet is private.
func (s *Service) Get(ctx context.Context, by access.Principal, app application.ID) (State, error) {
	var out State
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, "listing:view", app)
		if err != nil {
			return err
		}
		l, err := s.of(tx, a)
		if err != nil {
			return err
		}
		out, err = s.state(tx, a, l)
		return err
	})
	return out, err
}

func (s *Service) application(tx *store.Tx, by access.Principal, action string, id application.ID) (application.Application, error) {
	a, err := s.Applications.Load(tx, id)
	if err != nil {
		return a, err
	}
	return a, by.Reach("application", action, application.Resource(a.Group, a.ID))
}

// of loads the listing of an application, or makes one that nobody sees.
func (s *Service) of(tx *store.Tx, a application.Application) (Listing, error) {
	l, ok, err := findOf(tx, a.ID.String())
	if err != nil || ok {
		return l, err
	}
	l = Listing{Application: a.ID.String(), Slug: SlugOf(a.Name), Visibility: Private, Categories: []string{}, Pictures: []Picture{}, Created: tx.Now()}
	another, err := taken(tx, l.Slug, l.Application)
	if another {
		id := a.ID.String()
		l.Slug = strings.TrimRight(l.Slug[:min(len(l.Slug), slugMost-7)], "-") + "-" + id[len(id)-6:]
	}
	return l, err
}

// state says what keeps a listing from being seen.
func (s *Service) state(tx *store.Tx, a application.Application, l Listing) (State, error) {
	out := State{Listing: l, Name: a.Name, Missing: []Missing{}}
	to := l.Visibility
	if to == Private { // what would be missing
		to = Public
	}
	missing, err := s.missing(tx, a, l, to)
	if err != nil {
		return out, err
	}
	out.Missing = append(out.Missing, missing...)
	gone := slices.ContainsFunc(missing, func(m Missing) bool { return m.Code == "application_stopped" || m.Code == "no_version" })
	out.Shown = !gone && l.Visibility != Private && l.TakenDown.IsZero()
	return out, nil
}

// missing lists what a listing lacks before others can see it.
func (s *Service) missing(tx *store.Tx, a application.Application, l Listing, to Visibility) ([]Missing, error) {
	var out []Missing
	if a.Usable() != nil || a.Restricted {
		out = append(out, Missing{"application_stopped", "The operator has stopped the application, or it is being deleted."})
	}
	v, ok, err := s.Releases.Newest(tx, a.ID.String())
	if err != nil {
		return nil, err
	}
	if !ok {
		text := "Release a version to everybody."
		if s.Releases.Review {
			text = "Release a version to everybody; the operator has to approve it."
		}
		out = append(out, Missing{"no_version", text})
	} else {
		found, err := s.Releases.Judged(tx, v.ID.String())
		if err != nil {
			return nil, err
		}
		if manifest.Failed(found) {
			out = append(out, Missing{"package_invalid", "The package of version " + v.Number + " has errors by the rules of today. Release a version that mends them."})
		}
	}
	links := l.Links.or(a.Homepage, a.Support)
	if links.Support == "" {
		out = append(out, Missing{"no_support", "Say where customers get help."})
	}
	if links.Privacy == "" {
		out = append(out, Missing{"no_privacy", "Say where your privacy statement stands."})
	}
	if to == Public && len(l.Categories) == 0 {
		out = append(out, Missing{"no_category", "Choose a category."})
	}
	return out, nil
}

// changing is a rule on a listing; it may also write.
type changing func(tx *store.Tx, a application.Application, l *Listing) error

// rights of operations: who takes down and reinstates is the operator.
var rights = map[string]string{"take_down": "listing:suspend", "reinstate": "listing:reinstate", "update": "listing:update", "publish": "listing:publish",
	"add_picture": "listing:update", "remove_picture": "listing:update"}

// change is the one shape of every change of a listing.
func (s *Service) change(ctx context.Context, by access.Principal, action string, app application.ID, rule changing) (State, error) {
	var out State
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, rights[action], app)
		if err != nil {
			return err
		}
		l, err := s.of(tx, a)
		if err != nil {
			return err
		}
		var before any
		if l.Revision > 0 {
			before = l
		}
		if err := rule(tx, a, &l); err != nil {
			return err
		}
		l.Updated = tx.Now()
		if l, err = save(tx, l); err != nil {
			return err
		}
		if l.Pictures, err = pictures(tx, l.Application); err != nil {
			return err
		}
		tx.Changed(Topic, l.Application)
		if out, err = s.state(tx, a, l); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "listing." + action, Target: "application/" + a.ID.String(), Name: a.Name, Group: a.Group,
			Application: a.ID.String(), Before: before, After: l, Reason: l.Reason})
	})
	return out, err
}

// Update changes what the listing says. Errors: Invalid `listing_invalid`; Conflict
// `slug_taken`, `listing_changed`.
func (s *Service) Update(ctx context.Context, by access.Principal, app application.ID, e Edit) (State, error) {
	return s.change(ctx, by, "update", app, func(tx *store.Tx, a application.Application, l *Listing) error {
		*l = e.on(*l)
		if f := l.Check(s.Categories); len(f) > 0 {
			return problem.Invalid("listing_invalid", "Some of the fields need another look.", f...)
		}
		if l.Visibility != Private { // what others see stays whole
			missing, err := s.missing(tx, a, *l, l.Visibility)
			if err != nil {
				return err
			}
			for _, m := range missing {
				if m.Code == "no_support" || m.Code == "no_privacy" || m.Code == "no_category" {
					return problem.Conflict("listing_not_ready", "Others see the listing, so this has to stay. "+m.Text).With("missing", []Missing{m})
				}
			}
		}
		another, err := taken(tx, l.Slug, l.Application)
		if another {
			return problem.Conflict("slug_taken", "Another listing has this name.").With("slug", l.Slug)
		}
		return err
	})
}

// secretSlug is how many characters of an unlisted listing's address nobody can
// guess: 5 bits each.
const secretSlug = 16

// Show sets who can see the listing; an unlisted one gets an address that cannot be
// guessed. Errors: Conflict `listing_not_ready` with what
// is missing.
func (s *Service) Show(ctx context.Context, by access.Principal, app application.ID, to Visibility) (State, error) {
	return s.change(ctx, by, "publish", app, func(tx *store.Tx, a application.Application, l *Listing) error {
		if to == Private {
			return l.show(tx.Now(), to, nil)
		}
		missing, err := s.missing(tx, a, *l, to)
		if err != nil {
			return err
		}
		if to == Unlisted && l.Visibility != Unlisted { // whoever knows the application's name must not know its address
			l.Slug = strings.TrimRight(l.Slug[:min(len(l.Slug), slugMost-secretSlug-1)], "-") + "-" + strings.ToLower(rand.Text()[:secretSlug])
		}
		return l.show(tx.Now(), to, missing)
	})
}

// TakeDown is the operator's: nobody but its developers sees the listing any more.
// Errors: Invalid `reason_required`; Conflict `listing_taken_down`.
func (s *Service) TakeDown(ctx context.Context, by access.Principal, app application.ID, reason string) (State, error) {
	return s.change(ctx, by, "take_down", app, func(tx *store.Tx, a application.Application, l *Listing) error {
		if err := l.takeDown(tx.Now(), reason); err != nil {
			return err
		}
		return s.tell(tx, a, notice.Notice{Kind: "listing.taken_down", Severity: notice.Warning, Subject: a.Name + " was taken out of the directory", Text: reason})
	})
}

// Reinstate lets the listing stand again. Errors: Conflict `listing_not_taken_down`.
func (s *Service) Reinstate(ctx context.Context, by access.Principal, app application.ID) (State, error) {
	return s.change(ctx, by, "reinstate", app, func(tx *store.Tx, a application.Application, l *Listing) error {
		if err := l.reinstate(); err != nil {
			return err
		}
		return s.tell(tx, a, notice.Notice{Kind: "listing.reinstated", Subject: a.Name + " stands in the directory again", Text: "The operator lets it stand as you set it."})
	})
}

func (s *Service) tell(tx *store.Tx, a application.Application, n notice.Notice) error {
	n.To, n.Link = notice.To{Group: a.Group}, "/applications/"+a.ID.String()+"/listing"
	return s.Notices.Send(tx, n)
}

// AddPicture takes in a picture; an icon takes the place of the one that is there.
// Errors: Invalid `picture_invalid`; Conflict `pictures_exceeded`.
func (s *Service) AddPicture(ctx context.Context, by access.Principal, app application.ID, n NewPicture) (State, error) {
	if err := s.DB.Read(ctx, func(tx *store.Tx) error { // before the work of drawing
		_, err := s.application(tx, by, rights["add_picture"], app)
		return err
	}); err != nil {
		return State{}, err
	}
	p, data, err := drawn(n.Kind, n.Alt, n.Data)
	if err != nil {
		return State{}, err
	}
	return s.change(ctx, by, "add_picture", app, func(tx *store.Tx, _ application.Application, l *Listing) error {
		shots := 0
		for _, have := range l.Pictures {
			if have.Kind != p.Kind {
				continue
			}
			if shots++; p.Kind == Icon {
				if err := removePicture(tx, l.Application, have.ID); err != nil {
					return err
				}
			}
		}
		if p.Kind == Screenshot && shots >= ScreenshotsMost {
			return problem.Conflict("pictures_exceeded", "A listing has at most 6 screenshots. Take one away first.").With("limit", ScreenshotsMost)
		}
		p.ID, p.Created = ident.New[Picture](tx.Now()), tx.Now()
		return addPicture(tx, l.Application, p, data)
	})
}

// NewPicture is a picture as it comes.
type NewPicture struct {
	Kind PictureKind
	Alt  string
	Data []byte
}

// RemovePicture takes a picture away. Error: NotFound.
func (s *Service) RemovePicture(ctx context.Context, by access.Principal, app application.ID, id PictureID) (State, error) {
	return s.change(ctx, by, "remove_picture", app, func(tx *store.Tx, _ application.Application, l *Listing) error {
		for _, p := range l.Pictures {
			if p.ID == id {
				return removePicture(tx, l.Application, id)
			}
		}
		return problem.NotFound("picture")
	})
}

// PictureOf gives a picture to those who may see the listing.
func (s *Service) PictureOf(ctx context.Context, by access.Principal, app application.ID, id PictureID) (Picture, []byte, error) {
	var out Picture
	var data []byte
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.application(tx, by, "listing:view", app); err != nil {
			return err
		}
		var err error
		out, data, err = onePicture(tx, app.String(), id)
		return err
	})
	return out, data, err
}

func onePicture(tx *store.Tx, app string, id PictureID) (Picture, []byte, error) {
	all, err := pictures(tx, app)
	if err != nil {
		return Picture{}, nil, err
	}
	for _, p := range all {
		if p.ID == id {
			data, err := pictureBytes(tx, app, id)
			return p, data, err
		}
	}
	return Picture{}, nil, problem.NotFound("picture")
}

// All lists every listing for operators.
func (s *Service) All(ctx context.Context, by access.Principal) ([]Listing, error) {
	var out []Listing
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("platform", "listing:suspend", access.Platform()); err != nil {
			return err
		}
		var err error
		out, err = all(tx)
		return err
	})
	return out, err
}

// SheetLinks are the listing's, for customer sheets. It joins.
func (s *Service) SheetLinks(tx *store.Tx, app string) (sheet.Links, error) {
	l, _, err := findOf(tx, app)
	return sheet.Links{Website: l.Links.Website, Support: l.Links.Support, Privacy: l.Links.Privacy}, err
}

// Docs says where an application is documented: an address elsewhere, or in words
// that it is in the directory; "" where it is not. It joins.
func (s *Service) Docs(tx *store.Tx, app string) (string, error) {
	l, _, err := findOf(tx, app)
	if err != nil || l.Links.Documentation != "" {
		return l.Links.Documentation, err
	}
	text, err := documentation(tx, app)
	if store.IsNone(err) || err == nil && strings.TrimSpace(text) == "" {
		return "", nil
	}
	return "on its page in the directory", err
}
