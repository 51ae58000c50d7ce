package membership

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/members"
	"github.com/guestright/guestright/token"
)

const (
	batchMost  = 1000            // members that are written in one transaction
	writerLife = 2 * time.Minute // a call that has written nothing for so long is taken for dead
	briefMost  = 1000            // changes that a task carries itself
)

// busy is short, since calls are: whoever is told so comes again soon.
const busyAfter = 5 * time.Second

var errBusy = func() *problem.Error {
	e := problem.Conflict("membership_busy", "Another call is writing this collection now. Send the batch again.")
	e.After = busyAfter
	return e
}()

// call is one batch that is being applied.
type call struct {
	s      *Service
	ctx    context.Context
	id     string
	bearer token.Bearer
	in     capability.Instance
	doc    *members.Document
	place  access.Resource
	kind   catalog.Kind

	open  map[string]*writing // by the partner's id
	order []*writing
	rest  []pending
	count int
}

// writing is a cohort that the call writes.
type writing struct {
	Cohort
	fresh        bool // nothing was applied to it yet, or it is called otherwise now
	title, link  string
	joined, left int64
	changes      []Member // as many as a task carries
	tooMany      bool
	before       int64
}

type pending struct {
	to *writing
	id string
	in bool
}

// next is the version that the call writes.
func (w *writing) next() int64 { return w.Version + 1 }

// member takes one member of the batch.
func (c *call) member(m members.Member) error {
	if !fits(m.ID, idMost) {
		return unreadable("The id of a member has 1 to 256 characters.")
	}
	if c.count++; c.count > membersMost {
		return problem.Invalid("body_too_large", "A batch has five million members at the most.")
	}
	w, err := c.cohort(m.Collection)
	if err != nil {
		return err
	}
	if c.rest = append(c.rest, pending{w, m.ID, m.In}); len(c.rest) < batchMost {
		return nil
	}
	return c.flush()
}

// cohort gives the cohort of a collection, opened for this call.
func (c *call) cohort(of members.Collection) (*writing, error) {
	if w, ok := c.open[of.ID]; ok {
		return w, nil
	}
	url := ""
	if of.ID == c.doc.Collection.ID {
		url = c.doc.URL
	}
	if err := sound(of, url, c.doc.SubjectKind); err != nil {
		return nil, err
	}
	if len(c.open) >= cohortsMost {
		return nil, unreadable("A batch is about 100 collections at the most.")
	}
	key := keyOf(c.in.Package.Key, of.ID)
	subject := c.place.Child(c.kind.Last(), key)
	if err := c.s.may(c.ctx, c.bearer, c.kind.Members, subject); err != nil {
		return nil, err
	}
	var w *writing
	dead := false
	err := c.s.DB.Batch(c.ctx, func(tx *store.Tx) error {
		if err := tx.Lock("membership/" + c.in.Account + "/" + subject.String()); err != nil {
			return err
		}
		w = &writing{}
		had, err := find(tx, "c.account = ? AND c.place = ? AND c.integration = ? AND c.partner_id = ?", c.in.Account, c.place.String(), c.in.Package.Key, of.ID)
		if problem.CodeOf(err) == "not_found" {
			w.Cohort = Cohort{ID: ident.New[Cohort](tx.Now()), Account: c.in.Account, Integration: c.in.Package.Key, Place: c.place.String(), PartnerID: of.ID, Key: key,
				Subject: subject.String(), kind: c.kind.Kind, SubjectKind: c.doc.SubjectKind, Created: tx.Now()}
			c.claim(tx, w, of, url)
			return insert(tx, &w.Cohort)
		}
		if err != nil {
			return err
		}
		if had.writer != "" && had.until.After(tx.Now()) {
			return errBusy
		}
		if had.Version > 0 && had.SubjectKind != c.doc.SubjectKind {
			return problem.Conflict("membership_kind", "The members of this collection are of another kind, and all of one are of the same.")
		}
		was := had.writer
		dead = was != ""
		w.Cohort = had
		w.SubjectKind = c.doc.SubjectKind
		c.claim(tx, w, of, url)
		return save(tx, &w.Cohort, was)
	})
	if err != nil {
		return nil, err
	}
	c.open[of.ID] = w
	c.order = append(c.order, w)
	if dead {
		return w, c.s.clean(c.ctx, w.Cohort)
	}
	return w, nil
}

// claim makes the call the one that writes a cohort. What it is called counts with
// its members only.
func (c *call) claim(tx *store.Tx, w *writing, of members.Collection, url string) {
	if url == "" {
		url = w.URL
	}
	w.fresh = w.Version == 0 || w.Name != of.Name || w.URL != url
	w.title, w.link, w.before = of.Name, url, w.Members
	w.Configuration, w.installation, w.application = c.in.Configuration, c.in.Installation, c.in.Application
	w.writer, w.until = c.id, tx.Now().Add(writerLife)
}

// flush stages the members that wait.
func (c *call) flush() error {
	rest := c.rest
	c.rest = nil
	for len(rest) > 0 {
		w := rest[0].to
		var mine []pending
		others := rest[:0:0]
		for _, p := range rest {
			if p.to == w {
				mine = append(mine, p)
			} else {
				others = append(others, p)
			}
		}
		if err := c.stage(w, mine); err != nil {
			return err
		}
		rest = others
	}
	return nil
}

// stage writes what is news about members of one cohort.
func (c *call) stage(w *writing, these []pending) error {
	want, who := map[string]bool{}, []string{}
	for _, p := range these {
		if _, twice := want[p.id]; !twice {
			who = append(who, p.id)
		}
		want[p.id] = p.in // the last counts
	}
	var joined, left int64
	var news []Member
	err := c.s.DB.Batch(c.ctx, func(tx *store.Tx) error {
		joined, left, news = 0, 0, nil
		if err := hold(tx, w.ID, c.id, tx.Now().Add(writerLife)); err != nil {
			return err
		}
		is, err := states(tx, w.ID, who)
		if err != nil {
			return err
		}
		var rows []*entry
		for _, id := range who {
			in := want[id]
			if is[id] == in {
				continue
			}
			if in {
				joined++
			} else {
				left++
			}
			belongs := int64(0)
			if in {
				belongs = 1
			}
			news = append(news, Member{ID: id, In: in})
			rows = append(rows, &entry{Cohort: w.ID.String(), Member: id, Version: w.next(), Belongs: belongs})
		}
		if len(rows) == 0 {
			return nil
		}
		return stage(tx, rows)
	})
	if err != nil {
		return err
	}
	w.joined += joined
	w.left += left
	if w.tooMany = w.tooMany || len(w.changes)+len(news) > briefMost; w.tooMany {
		w.changes = nil
	} else {
		w.changes = append(w.changes, news...)
	}
	return nil
}

// clean deletes what is staged of a cohort and not in force.
func (s *Service) clean(ctx context.Context, of Cohort) error {
	for {
		var n int64
		err := s.DB.Batch(ctx, func(tx *store.Tx) error {
			var err error
			n, err = forget(tx, of.ID, of.Version)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// release gives up what was staged.
func (c *call) release(ctx context.Context) error {
	for _, w := range c.order {
		if err := c.s.clean(ctx, w.Cohort); err != nil {
			return err
		}
		err := c.s.DB.Batch(ctx, func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "UPDATE membership_cohort SET writer = '', writer_until = 0 WHERE id = ? AND writer = ?", w.ID, c.id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
