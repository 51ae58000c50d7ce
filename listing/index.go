package listing

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

// How long what is kept in memory may stand without being told of a change: the
// number of accounts is not announced, and changes slowly.
const fresh = 5 * time.Minute

// directory is all that others may see, as of one moment. Nobody changes it.
type directory struct {
	at     time.Time
	public []Entry
	by     map[string]Entry // by slug, unlisted ones too
}

// index keeps the directory in memory. The zero value reads it when it is first
// needed.
type index struct {
	now   atomic.Pointer[directory]
	stale atomic.Uint64 // counts changes that were heard of
	built atomic.Uint64 // how many of them are in now
	mu    sync.Mutex    // one reads at a time
}

// Watch lets the directory hear of changes, on this node and others. Call it once,
// before the database follows its feed.
func (s *Service) Watch() {
	forget := func(string) { s.kept.stale.Add(1) }
	for _, topic := range []string{Topic, application.Topic, release.Topic, group.Topic} {
		s.DB.OnChange(topic, forget)
	}
	s.DB.OnLost(func() { forget("") })
}

// directory is what others may see now.
func (s *Service) directory(ctx context.Context) (*directory, error) {
	now := s.DB.Now()
	have := s.kept.now.Load()
	if have != nil && s.kept.built.Load() == s.kept.stale.Load() && now.Sub(have.at) < fresh {
		return have, nil
	}
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	heard := s.kept.stale.Load()
	if have = s.kept.now.Load(); have != nil && s.kept.built.Load() == heard && now.Sub(have.at) < fresh {
		return have, nil // somebody else was quicker
	}
	d, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	s.kept.now.Store(d)
	s.kept.built.Store(heard)
	return d, nil
}

// read reads the directory from the database.
func (s *Service) read(ctx context.Context) (*directory, error) {
	d := &directory{at: s.DB.Now(), by: map[string]Entry{}}
	return d, s.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err := shown(tx)
		if err != nil {
			return err
		}
		versions, err := s.Releases.Everybodys(tx)
		if err != nil {
			return err
		}
		counts, err := used(tx)
		if err != nil {
			return err
		}
		looks, err := pictureRows(tx, "")
		if err != nil {
			return err
		}
		drawn := map[string][]Picture{}
		for i := range looks {
			drawn[looks[i].Application] = append(drawn[looks[i].Application], looks[i].picture())
		}
		for _, r := range rows {
			v, ok := versions[r.Application]
			if !ok {
				continue
			}
			e, err := s.entry(tx, r, v)
			if err != nil {
				return err
			}
			if n := counts[r.Application]; n >= accountsLeast {
				e.Accounts = n
			}
			for _, p := range drawn[r.Application] {
				e.look(p, e.Page)
			}
			d.by[e.Slug] = e
			if !e.Unlisted {
				d.public = append(d.public, e)
			}
		}
		order(d.public)
		return nil
	})
}

// entry puts together what the directory says.
func (s *Service) entry(tx *store.Tx, r shownRow, v release.Known) (Entry, error) {
	e := Entry{Slug: r.Slug, Name: r.Name, ApplicationID: r.PublicID, Developer: r.Developer, Tagline: v.Listing.Tagline, Description: v.Listing.Description,
		Categories: []Category{}, Capabilities: append([]string{}, v.Capabilities...), Version: v.Number, Released: v.Released, Published: r.Published.Time(),
		Verified:    v.Review.Covers(release.Use{Group: r.GroupID, Scopes: v.Scopes()}),
		Screenshots: []Shot{}, Page: "/directory/" + r.Slug, Install: "/install/" + r.PublicID, Unlisted: Visibility(r.Visibility) == Unlisted,
		Application: r.Application, VersionID: v.ID.String()}
	if e.Description == "" {
		e.Description = r.Description
	}
	if e.Tagline == "" {
		e.Tagline = firstSentence(r.Description)
	}
	if len(e.Capabilities) == 0 {
		e.Capabilities = append(e.Capabilities, CapabilityAPI)
	}
	for _, c := range s.Categories {
		if slices.Contains(r.Categories, c.Key) {
			e.Categories = append(e.Categories, c)
		}
	}
	e.Links = r.Links.or(r.Homepage, r.Support)
	if s.Proven != nil {
		var err error
		if e.Proven, err = s.Proven(tx, e.VersionID); err != nil {
			return e, err
		}
	}
	return e.ready(), nil
}

// or fills in what is known otherwise.
func (l Links) or(homepage, support string) Links {
	if l.Website == "" && webAddress(homepage) {
		l.Website = homepage
	}
	if l.Support == "" && (webAddress(support) || MailAddress(support)) {
		l.Support = support
	}
	return l
}

// look adds a picture, which is served below an address.
func (e *Entry) look(p Picture, below string) {
	at := p.path(below)
	if p.Kind == Icon {
		e.Icon = at
		return
	}
	e.Screenshots = append(e.Screenshots, Shot{URL: at, Alt: p.Alt, Width: p.Width, Height: p.Height})
}

// firstSentence is what stands on a card when the version has no tagline.
func firstSentence(text string) string {
	text = strings.TrimSpace(text)
	if at := strings.Index(text, ". "); at > 0 {
		return text[:at+1]
	}
	return text
}
