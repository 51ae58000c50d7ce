package membership

import (
	"context"
	"encoding/json"
	"time"

	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

// changeKind is the task of the product.
const changeKind = "membership.change"

// asked is what the product gets.
type asked struct {
	Cohort      string   `json:"cohort"`
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	URL         string   `json:"url,omitempty"`
	SubjectKind string   `json:"subject_kind"`
	Since       int64    `json:"since"`   // version before
	Version     int64    `json:"version"` // version now
	Joined      int64    `json:"joined"`
	Left        int64    `json:"left"`
	Members     int64    `json:"members"`
	Whole       bool     `json:"whole"` // changes are all; else they are read by the cohort's id
	Changes     []Member `json:"changes"`
	Ended       bool     `json:"ended,omitempty"` // nobody fills it any more
	Integration askedBy  `json:"integration"`
}

type askedBy struct {
	Key          string `json:"key"`
	UserKey      string `json:"user_key,omitempty"`
	Name         string `json:"name"`
	Application  string `json:"application"`
	Installation string `json:"installation"`
}

// summary is what the audit log has of one cohort of a call.
type summary struct {
	Subject string `json:"subject"`
	Name    string `json:"name"`
	Joined  int64  `json:"joined"`
	Left    int64  `json:"left"`
	Members int64  `json:"members"`
}

// apply puts what was staged in force, in one transaction for all cohorts of the call.
func (c *call) apply() error {
	err := c.s.DB.Batch(c.ctx, func(tx *store.Tx) error {
		var all []summary
		for _, w := range c.order {
			if err := c.raise(tx, w); err != nil {
				return err
			}
			all = append(all, summary{w.Subject, w.title, w.joined, w.left, w.before + w.joined - w.left})
		}
		if err := count(tx, c.in.Configuration, 0, ""); err != nil {
			return err
		}
		by := c.bearer.Principal()
		by.Via = "membership"
		return c.s.Audit.Record(tx, by, audit.Change{Action: "membership.sync", Target: "configuration/" + c.in.Configuration, Name: c.in.Package.Manifest.Listing.Name, Account: c.in.Account,
			After: map[string]any{"call": c.id, "integration": c.in.Package.Key, "cohorts": all}})
	})
	if err != nil {
		return err
	}
	for _, w := range c.order { // what is overtaken costs room only; the next call sees to what is left
		if w.Version > 0 && w.joined+w.left > 0 {
			c.s.tidy(c.ctx, w.ID, w.next())
		}
	}
	return nil
}

// raise puts one cohort's part in force and asks the product.
func (c *call) raise(tx *store.Tx, w *writing) error {
	now := w.Cohort
	now.writer, now.until = "", time.Time{}
	if !w.fresh && w.joined+w.left == 0 {
		return save(tx, &now, c.id)
	}
	now.Name, now.URL = w.title, w.link
	now.Version, now.Members, now.Changed = w.next(), w.before+w.joined-w.left, tx.Now()
	if err := save(tx, &now, c.id); err != nil {
		return err
	}
	if err := c.s.tell(tx, now.Account); err != nil {
		return err
	}
	a := asked{Since: w.Version, Joined: w.joined, Left: w.left, Whole: !w.tooMany, Changes: w.changes}
	return c.s.ask(tx, now, a)
}

// ask has the product hear of a cohort.
func (s *Service) ask(tx *store.Tx, c Cohort, a asked) error {
	i, err := s.Integrations.Load(tx, c.installation)
	if err != nil {
		return err
	}
	user, err := s.Accounts.IntegrationUserIn(tx, i.Account, i.User)
	if err != nil {
		return err
	}
	a.Cohort, a.Key, a.Name, a.URL, a.SubjectKind, a.Version, a.Members = c.ID.String(), c.Key, c.Name, c.URL, c.SubjectKind, c.Version, c.Members
	a.Integration = askedBy{Key: c.Integration, UserKey: user.Key, Name: user.Name, Application: c.application, Installation: c.installation}
	if a.Changes == nil {
		a.Changes = []Member{}
	}
	data, err := json.Marshal(a)
	if err == nil && len(data) > host.DataMost {
		a.Whole, a.Changes = false, []Member{}
		data, err = json.Marshal(a)
	}
	if err != nil {
		return err
	}
	_, err = s.Host.Ask(tx, host.Draft{Kind: changeKind, Account: c.Account, Subject: c.Subject, Data: data, Reference: "cohort/" + c.ID.String(), Key: "cohort-" + c.Key})
	return err
}

// tidy deletes what members were before a version.
func (s *Service) tidy(ctx context.Context, id ID, version int64) {
	after := ""
	for {
		err := s.DB.Batch(ctx, func(tx *store.Tx) error {
			var err error
			after, err = overtake(tx, id, version, after)
			return err
		})
		if err != nil || after == "" {
			return
		}
	}
}

// purge is the deletion of a cohort's members, in pieces.
var purge = job.Kind[ID]{Name: "membership.purge"}

// end tells the product that nobody fills a cohort any more, and forgets it.
func (s *Service) end(tx *store.Tx, c *Cohort) error {
	if _, err := tx.NewDelete().Model((*row)(nil)).Where("id = ?", c.ID).Exec(tx.Ctx); err != nil {
		return err
	}
	if err := purge.Add(tx, c.ID, job.Options{}); err != nil {
		return err
	}
	if c.Version == 0 {
		return nil
	}
	if err := s.tell(tx, c.Account); err != nil {
		return err
	}
	return s.ask(tx, *c, asked{Since: c.Version, Ended: true, Whole: true})
}
