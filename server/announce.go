package server

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// announceEvery is how often announced changes of the catalog are looked at.
const announceEvery = 24 * time.Hour

// Announce tells everybody whom an announced change of the catalog will hit, once
// per change: developers, so that they ask for more in time, and the
// administrators who would have to approve it.
func (s *Slices) Announce(ctx context.Context) error {
	cat, now := s.Catalog.Get(), s.DB.Now()
	var coming []*catalog.Route
	for _, r := range cat.Routes() {
		if r.Interim != nil && now.Before(r.Interim.Until) {
			coming = append(coming, r)
		}
	}
	if len(coming) == 0 {
		return nil
	}
	grants, err := s.Grants.All(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, r := range coming {
			for _, g := range grants {
				if !loses(cat, r, g) {
					continue
				}
				if err := s.announce(tx, r, g); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// loses reports whether a grant may call the operation now and could not once
// only the new requirement counts.
func loses(cat *catalog.Catalog, r *catalog.Route, g grant.Grant) bool {
	has := func(a access.Atom) bool {
		if a.Kind == access.KindScope {
			return slices.Contains(g.Scopes, a.Name)
		}
		return slices.ContainsFunc(g.Scopes, func(scope string) bool { return slices.Contains(cat.Entitlements(scope), a.Name) })
	}
	return r.Interim.Needs.Met(has) && !r.Needs.Met(has)
}

func (s *Slices) announce(tx *store.Tx, r *catalog.Route, g grant.Grant) error {
	until := r.Interim.Until.UTC().Format("2 January 2006")
	n := notice.Notice{Kind: "catalog.change", Severity: notice.Warning, Subject: r.Method + " " + r.Template + " will need more from " + until,
		Text: "It will need: " + r.Needs.String() + ". Until " + until + " what was enough before stays enough. " + r.Interim.Notice,
		Link: "/reference/" + r.Operation, Dedupe: r.Operation + "/" + until + "/" + g.ID.String()}
	if g.Group != "" {
		n.To = notice.To{Group: g.Group}
		if err := s.Notices.Send(tx, n); err != nil {
			return err
		}
	}
	n.To = notice.To{Account: g.Account, AccountRole: access.AccountAdmin}
	n.Text += " Integrations that use it ask you for more, or stop calling it."
	return s.Notices.Send(tx, n)
}
