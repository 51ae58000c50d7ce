package integration

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

// Asked is one scope of an offer in the administrator's words.
type Asked struct {
	Scope        string             `json:"scope"`
	Label        string             `json:"label"`
	Explanation  string             `json:"explanation"`
	Risk         string             `json:"risk" enum:"low,medium,high"`
	Purpose      string             `json:"purpose" doc:"The developer's own sentence"`
	Required     bool               `json:"required"`
	Entitlements []string           `json:"entitlements"`
	Privileges   []OfferedPrivilege `json:"privileges"`
}

// OfferedPrivilege is a privilege as the product's own admin screens call it.
type OfferedPrivilege struct {
	Label  string `json:"label"`
	Screen string `json:"screen,omitempty"`
}

// Offer is what an administrator sees before installing.
type Offer struct {
	Application  application.Application `json:"application"`
	Developer    string                  `json:"developer" doc:"Name of the developer group"`
	Version      release.Version         `json:"version"`
	Asked        []Asked                 `json:"asked"`
	Verified     bool                    `json:"verified" doc:"The operator has reviewed the application with all that it asks for"`
	Since        time.Time               `json:"verified_since,omitzero"`
	Installed    string                  `json:"installed,omitempty" doc:"The installation that is there already"`
	AccountName  string                  `json:"account_name"`
	DeveloperOwn bool                    `json:"-"`
}

// Preview shows what installing the application with this public ID would ask.
// Errors: NotFound, Conflict `nothing_released`, `application_unverified_many` (which
// its developers are told), Forbidden when the application is stopped.
func (s *Service) Preview(ctx context.Context, by access.Principal, acc account.ID, publicID string) (Offer, error) {
	var out Offer
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "installation:create", account.Resource(acc.String())); err != nil {
			return err
		}
		o, err := s.admittedOffer(tx, acc.String(), publicID)
		out = o
		return err
	})
	return out, s.Refused(ctx, acc.String(), publicID, err)
}

func (s *Service) offer(tx *store.Tx, accountID, publicID string) (Offer, error) {
	a, err := s.Accounts.Load(tx, accountID)
	if err != nil {
		return Offer{}, err
	}
	if err := errClosed(a); err != nil {
		return Offer{}, err
	}
	app, err := s.Applications.Published(tx, publicID)
	if err != nil {
		return Offer{}, err
	}
	if err := app.Usable(); err != nil {
		return Offer{}, err
	}
	team, err := s.Groups.Active(tx, app.Group)
	if err != nil {
		return Offer{}, err
	}
	own := a.Kind == account.Sandbox && a.Group == app.Group
	v, err := s.Releases.Installable(tx, app.ID, release.Place{Account: accountID, Own: own})
	if err != nil {
		return Offer{}, err
	}
	review, err := s.Releases.Verification(tx, app.ID)
	if err != nil {
		return Offer{}, err
	}
	since, verified := review.Vouches(app.Group, v)
	if err := s.reviewed(app, own, verified); err != nil {
		return Offer{}, err
	}
	if err := s.capped(tx, a, app, own || verified); err != nil {
		return Offer{}, err
	}
	o := Offer{Application: app, Verified: verified, Since: since, Developer: team.Name, Version: v, Asked: s.asked(v), AccountName: a.Name, DeveloperOwn: own}
	there, err := find(tx, "application = ? AND account = ? AND state <> ?", app.ID, accountID, Removed)
	switch {
	case err == nil:
		o.Installed = there.ID.String()
	case !absent(err):
		return o, err
	}
	return o, nil
}

// asked puts a version's scopes into words.
func (s *Service) asked(v release.Version) []Asked {
	cat := s.Catalog.Get()
	var out []Asked
	add := func(r release.Request, required bool) {
		sc, _ := cat.Scope(r.Scope)
		a := Asked{Scope: r.Scope, Label: sc.Label, Explanation: sc.Explanation, Risk: sc.Risk, Purpose: r.Purpose, Required: required,
			Entitlements: cat.Entitlements(r.Scope), Privileges: []OfferedPrivilege{}}
		if a.Label == "" {
			a.Label = r.Scope
		}
		if a.Risk == "" {
			a.Risk = "medium"
		}
		for _, e := range a.Entitlements {
			for _, p := range cat.Privileges(e) {
				op := OfferedPrivilege{Label: p.Label, Screen: p.Screen}
				if !slices.Contains(a.Privileges, op) {
					a.Privileges = append(a.Privileges, op)
				}
			}
		}
		if a.Entitlements == nil {
			a.Entitlements = []string{}
		}
		out = append(out, a)
	}
	for _, r := range v.Required {
		add(r, true)
	}
	for _, r := range v.Optional {
		add(r, false)
	}
	return out
}
