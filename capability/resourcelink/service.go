package resourcelink

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// Service holds the operations on links.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Accounts       *account.Service
	Configurations *configuration.Service
}

// Name implements capability.Capability.
func (s *Service) Name() string { return Name }

// Judge implements capability.Capability.
func (s *Service) Judge(in capability.Instance) []problem.Field {
	if len(in.Settings) == 0 || string(in.Settings) == "null" {
		return nil
	}
	return []problem.Field{{Code: "malformed", Detail: "Links have no settings."}}
}

// Enable implements capability.Capability: there is nothing to prepare.
func (s *Service) Enable(*store.Tx, access.Principal, capability.Instance) error { return nil }

// Disable implements capability.Capability.
func (s *Service) Disable(tx *store.Tx, _ access.Principal, in capability.Instance, gone bool) error {
	if !gone {
		return nil
	}
	return remove(tx, "configuration = ?", in.Configuration)
}

// itself reports whether the caller is an integration with its own token.
func itself(by access.Principal) bool {
	return by.Kind == access.KindIntegration && by.Grant != "" && by.Installation != "" && by.User == ""
}

func resource(accountID, id string) access.Resource {
	return access.On("account", accountID, "link", id)
}

// through is the configuration that a link is written through; nil for a plain link.
// It authorises.
func (s *Service) through(tx *store.Tx, by access.Principal, d Draft) (*capability.Instance, error) {
	off := problem.Conflict("capability_off", "This capability is switched off, or its configuration is not complete.")
	if d.Configuration == "" && !itself(by) {
		a, err := ident.Parse[account.Account](d.Account)
		if err != nil {
			return nil, problem.NotFound("account")
		}
		if err := by.See("account", account.Resource(a.String())); err != nil {
			return nil, err
		}
		return nil, by.May(ActionManage, resource(a.String(), "*"))
	}
	in := by.Account
	if d.Configuration != "" {
		c, err := s.Configurations.Reach(tx, by, d.Configuration, configuration.ActionManage)
		if err != nil {
			return nil, err
		}
		in = c.Account
	}
	all, err := s.Configurations.Working(tx, in, Name)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if d.Configuration == all[i].Configuration || d.Configuration == "" && all[i].Grant == by.Grant {
			return &all[i], nil
		}
	}
	return nil, off
}

// Put writes a link, in place of the one with the same key. Errors: Invalid
// `resource_link_invalid`; Conflict `resource_link_limit`, `capability_off`.
func (s *Service) Put(ctx context.Context, by access.Principal, d Draft) (Link, error) {
	var out Link
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		in, err := s.through(tx, by, d)
		if err != nil {
			return err
		}
		l := Link{ID: ident.New[Link](tx.Now()), Account: d.Account, Resource: d.Resource, Key: d.Key, CreatedBy: by.Subject(), Created: tx.Now(), Timestamp: tx.Now()}
		var rules *manifest.ResourceLink
		if in != nil {
			l.Account, l.Application, l.Installation, l.configuration = in.Account, in.Application, in.Installation, in.Configuration
			rules = in.Package.Manifest.ResourceLink
		}
		l.apply(Patch{DeepLink: &d.DeepLink, Title: &d.Title, Description: &d.Description, Metadata: d.Metadata, Timestamp: d.Timestamp})
		if found := l.check(rules); len(found) > 0 {
			return invalid(found)
		}
		if l.Key == "" {
			l.Key = keyOf(l.DeepLink)
		}
		if err := tx.Lock("resourcelink " + l.Account + " " + l.Resource); err != nil {
			return err
		}
		have, err := list(tx, "l.account = ? AND l.resource = ? AND l.application = ?", l.Account, l.Resource, l.Application)
		if err != nil {
			return err
		}
		l.Updated = tx.Now()
		for _, old := range have {
			if old.Key == l.Key {
				l.ID, l.Created, l.CreatedBy = old.ID, old.Created, old.CreatedBy
				out = l
				return first(update(tx, &l), func() error { return s.record(tx, by, "update", old, l) })
			}
		}
		if len(have) >= Most {
			return problem.Conflict("resource_link_limit", "There are "+strconv.Itoa(Most)+" links at this resource already. Delete some.")
		}
		out = l
		return first(insert(tx, &l), func() error { return s.record(tx, by, "create", nil, l) })
	})
	return out, err
}

func first(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

func invalid(found []problem.Field) error {
	return problem.Invalid("resource_link_invalid", "Some parts of the link need another look.", found...)
}

func (s *Service) load(tx *store.Tx, by access.Principal, id ID, action string) (Link, error) {
	l, err := find(tx, id)
	if err != nil || itself(by) && by.Installation == l.Installation {
		return l, err
	}
	return l, by.Reach("link", action, resource(l.Account, l.ID.String()))
}

// List gives the links of an account at a resource: an integration's own, or all to
// people of the account.
func (s *Service) List(ctx context.Context, by access.Principal, id account.ID, at string) ([]Link, error) {
	var out []Link
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if itself(by) && by.Account == id.String() {
			out, err = list(tx, "l.account = ? AND l.resource = ? AND l.installation = ?", id, at, by.Installation)
			return err
		}
		if err := by.Reach("account", ActionView, account.Resource(id.String())); err != nil {
			return err
		}
		out, err = list(tx, "l.account = ? AND l.resource = ?", id, at)
		return err
	})
	return out, err
}

// Change changes the parts that are there. Errors: Invalid `resource_link_invalid`; Conflict
// `capability_off`.
func (s *Service) Change(ctx context.Context, by access.Principal, id ID, p Patch) (Link, error) {
	var out Link
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		old, err := s.load(tx, by, id, ActionManage)
		if err != nil {
			return err
		}
		var rules *manifest.ResourceLink
		if old.configuration != "" {
			in, err := s.Configurations.Instance(tx, old.configuration, Name)
			if err != nil {
				return err
			}
			rules = in.Package.Manifest.ResourceLink
		}
		out = old
		out.apply(p)
		out.Updated = tx.Now()
		if found := out.check(rules); len(found) > 0 {
			return invalid(found)
		}
		return first(update(tx, &out), func() error { return s.record(tx, by, "update", old, out) })
	})
	return out, err
}

// Delete takes a link away.
func (s *Service) Delete(ctx context.Context, by access.Principal, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		old, err := s.load(tx, by, id, ActionManage)
		if err != nil {
			return err
		}
		return first(remove(tx, "id = ?", id), func() error { return s.record(tx, by, "delete", old, nil) })
	})
}

// Draw gives the links at a resource of an account, named by the product's key of it,
// by integration: those that work and link such resources, with links or without.
func (s *Service) Draw(ctx context.Context, by access.Principal, accountKey, at string) ([]Group, error) {
	out := []Group{}
	where, err := access.ParseResource(at)
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.ByKey(tx, accountKey)
		if err != nil {
			return err
		}
		if err := by.Reach("account", ActionView, account.Resource(a.ID.String())); err != nil {
			return err
		}
		all, err := s.Configurations.Working(tx, a.ID.String(), Name)
		if err != nil {
			return err
		}
		links, err := list(tx, "l.account = ? AND l.resource = ?", a.ID, at)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, in := range all {
			m := in.Package.Manifest
			if seen[in.Installation] || !on(m.ResourceLink, where.Kind()) {
				continue
			}
			seen[in.Installation] = true
			g := Group{Integration: m.Listing.Name, Installation: in.Installation, Header: m.ResourceLink.Header, Links: []Drawn{}}
			if e := m.ResourceLink.EmptyState; e != nil {
				g.EmptyTitle, g.EmptyText = e.Title.Get(), rendered(e.Text.Get())
			}
			for _, l := range links {
				if l.Installation == in.Installation {
					g.Links = append(g.Links, draw(l, in.Package.Set))
				}
			}
			out = append(out, g)
		}
		slices.SortStableFunc(out, func(a, b Group) int { return strings.Compare(a.Integration, b.Integration) })
		plain := Group{Header: "Links"}
		for _, l := range links {
			if l.Installation == "" {
				plain.Links = append(plain.Links, draw(l, nil))
			}
		}
		if len(plain.Links) > 0 {
			out = append(out, plain)
		}
		return nil
	})
	return out, err
}

// record notes a change, without the partner's texts.
func (s *Service) record(tx *store.Tx, by access.Principal, action string, before, after any) error {
	l, ok := after.(Link)
	if !ok {
		l, _ = before.(Link)
	}
	return s.Audit.Record(tx, by, audit.Change{Action: "link." + action, Target: "link/" + l.ID.String(), Name: l.Resource, Account: l.Account, Application: l.Application,
		After: map[string]string{"resource": l.Resource, "key": l.Key, "host": capability.Host(l.DeepLink), "updated": l.Updated.Format(time.RFC3339)}})
}
