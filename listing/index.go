package listing

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/programme"
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
	mu    sync.Mutex // one reads at a time
	dirty atomic.Bool

	told  sync.Mutex
	apps  map[string]bool // that changed since now was read
	whole bool            // anything may have
}

// rereadMost is up to how many changed entries are read one by one.
const rereadMost = 20

// hear notes that an application changed; "": that anything may have.
func (i *index) hear(app string) {
	i.told.Lock()
	defer i.told.Unlock()
	if i.apps == nil {
		i.apps = map[string]bool{}
	}
	i.whole = i.whole || app == ""
	i.apps[app] = true
	i.dirty.Store(true)
}

func (i *index) take() (apps map[string]bool, whole bool) {
	i.told.Lock()
	defer i.told.Unlock()
	apps, whole, i.apps, i.whole = i.apps, i.whole, nil, false
	return apps, whole
}

// keep puts a directory in place. Who waited for a change finds it there.
func (i *index) keep(d *directory) {
	i.now.Store(d)
	i.told.Lock()
	defer i.told.Unlock()
	i.dirty.Store(i.whole || len(i.apps) > 0)
}

// Watch lets the directory hear of changes, on this node and others. Call it once,
// before the database follows its feed.
func (s *Service) Watch() {
	for _, topic := range []string{Topic, application.Topic, release.Topic} { // their keys are applications
		s.DB.OnChange(topic, s.kept.hear)
	}
	for _, topic := range []string{group.Topic, programme.GateTopic} { // theirs are not
		s.DB.OnChange(topic, func(string) { s.kept.hear("") })
	}
	s.DB.OnLost(func() { s.kept.hear("") })
}

// directory is what others may see now.
func (s *Service) directory(ctx context.Context) (*directory, error) {
	current := func(d *directory) bool { return d != nil && s.DB.Now().Sub(d.at) < fresh }
	if have := s.kept.now.Load(); current(have) && !s.kept.dirty.Load() {
		return have, nil
	}
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	apps, whole := s.kept.take()
	have := s.kept.now.Load()
	var err error
	switch {
	case !current(have) || whole || len(apps) > rereadMost:
		have, err = s.read(ctx)
	case len(apps) > 0:
		have, err = s.reread(ctx, have, apps)
	}
	if err != nil {
		s.kept.hear("") // what was taken is not done
		return nil, err
	}
	s.kept.keep(have)
	return have, nil
}

// reread gives a directory in which some entries are as they are now. How many
// accounts use them stays as it was counted.
func (s *Service) reread(ctx context.Context, was *directory, apps map[string]bool) (*directory, error) {
	d := &directory{at: was.at, by: map[string]Entry{}}
	counts := map[string]int{}
	for slug, e := range was.by {
		if counts[e.Application] = e.Accounts; !apps[e.Application] {
			d.by[slug] = e
		}
	}
	for _, e := range was.public {
		if !apps[e.Application] {
			d.public = append(d.public, e)
		}
	}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		tiers, err := s.tiers(tx)
		if err != nil {
			return err
		}
		var anew []Entry
		for app := range apps {
			rows, err := shown(tx, app)
			if err != nil {
				return err
			}
			v, ok, err := s.Releases.Known(tx, app)
			if err != nil || !ok || len(rows) == 0 {
				if err != nil {
					return err
				}
				continue
			}
			looks, err := pictures(tx, app)
			if err != nil {
				return err
			}
			e, err := s.entry(tx, rows[0], v, tiers)
			if err != nil {
				return err
			}
			e.Accounts = counts[app]
			for _, p := range looks {
				e.look(p, e.Page)
			}
			anew = append(anew, e)
		}
		for _, e := range anew {
			d.put(e)
		}
		order(d.public)
		return nil
	})
	return d, err
}

func (d *directory) put(e Entry) {
	d.by[e.Slug] = e
	if !e.Unlisted {
		d.public = append(d.public, e)
	}
}

// read reads the directory from the database.
func (s *Service) read(ctx context.Context) (*directory, error) {
	d := &directory{at: s.DB.Now(), by: map[string]Entry{}}
	return d, s.DB.Read(ctx, func(tx *store.Tx) error {
		rows, err := shown(tx, "")
		if err != nil {
			return err
		}
		tiers, err := s.tiers(tx)
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
			e, err := s.entry(tx, r, v, tiers)
			if err != nil {
				return err
			}
			if n := counts[r.Application]; n >= accountsLeast {
				e.Accounts = n
			}
			for _, p := range drawn[r.Application] {
				e.look(p, e.Page)
			}
			d.put(e)
		}
		order(d.public)
		return nil
	})
}

func (s *Service) tiers(tx *store.Tx) (map[string]catalog.Tier, error) {
	if s.Members == nil {
		return nil, nil
	}
	return s.Members(tx)
}

// entry puts together what the directory says.
func (s *Service) entry(tx *store.Tx, r shownRow, v release.Known, tiers map[string]catalog.Tier) (Entry, error) {
	_, reviewed := v.Review.Vouches(r.GroupID, v.Version)
	e := Entry{Slug: r.Slug, Name: r.Name, ApplicationID: r.PublicID, Developer: r.Developer, Tagline: v.Listing.Tagline, Description: v.Listing.Description,
		Categories: []Category{}, Capabilities: append([]string{}, v.Capabilities...), Version: v.Number, Released: v.Released, Published: r.Published.Time(),
		Verified:    reviewed,
		Screenshots: []Shot{}, Page: "/directory/" + r.Slug, Install: "/install/" + r.PublicID, Unlisted: Visibility(r.Visibility) == Unlisted,
		Application: r.Application, VersionID: v.ID.String()}
	if t, ok := tiers[r.GroupID]; ok {
		if e.first = t.First; t.Badge {
			e.Tier = t.Label
		}
	}
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
