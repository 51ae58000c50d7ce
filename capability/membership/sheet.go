package membership

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/members"
)

// Sheet is what has to be entered at the partner's, and what was chosen here.
type Sheet struct {
	Working    bool     `json:"working" doc:"false: the partner's calls are refused now"`
	Address    string   `json:"address" doc:"That the partner posts to"`
	Compatible string   `json:"compatible_address" doc:"The same, for partners who know LaunchDarkly's address"`
	Needs      []string `json:"needs" nullable:"false" doc:"Entitlements: what the token has to allow in the targets"`
	Scopes     []string `json:"scopes" nullable:"false" doc:"Scopes of which each allows all of that"`
	Places     []string `json:"places" nullable:"false" doc:"How resources that may be targets are written" example:"[\"proj/{projectKey}:env/{environmentKey}\"]"`
	Targets    []Target `json:"targets" nullable:"false" doc:"That an administrator has chosen"`
	Sample     string   `json:"sample,omitempty" doc:"A batch for the first target, as the package has it"`
}

// Sheet reads it. Errors: NotFound; Conflict `capability_off` where the package fills
// nothing.
func (s *Service) Sheet(ctx context.Context, by access.Principal, id configuration.ID) (Sheet, error) {
	out := Sheet{Needs: []string{}, Scopes: []string{}, Places: []string{}, Targets: []Target{}}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.Configurations.Reach(tx, by, id.String(), configuration.ActionView); err != nil {
			return err
		}
		in, live, err := s.Configurations.Chosen(tx, id.String(), Name)
		if err != nil {
			return err
		}
		out.Working = live
		out.Address, out.Compatible = s.Base+"/hooks/membership/"+in.Package.Key, s.Base+"/api/v2/segment-targets/"+in.Package.Key
		set, err := settingsOf(in.Settings)
		if err != nil {
			return err
		}
		out.Targets = append(out.Targets, set.Targets...)
		m := in.Package.Manifest.MembershipSync
		if c := s.Catalog.Get(); c != nil {
			for _, k := range c.Fillable() {
				if len(m.On) > 0 && !slices.ContainsFunc(m.On, k.Called) {
					continue
				}
				if !slices.Contains(out.Needs, k.Members) {
					out.Needs = append(out.Needs, k.Members)
				}
				out.Places = append(out.Places, k.Place())
			}
			for _, scope := range c.Scopes() {
				has := c.Entitlements(scope)
				if len(out.Needs) > 0 && !slices.ContainsFunc(out.Needs, func(n string) bool { return !slices.Contains(has, n) }) {
					out.Scopes = append(out.Scopes, scope)
				}
			}
		}
		if m.Parser != nil {
			scope := "the-id-of-a-target"
			if len(out.Targets) > 0 {
				scope = out.Targets[0].scope()
			}
			out.Sample = members.Sample(*m.Parser, scope)
		}
		return nil
	})
	return out, err
}

// Of lists what a configuration has filled. Error: NotFound.
func (s *Service) Of(ctx context.Context, by access.Principal, id configuration.ID, after ID, limit int) ([]Cohort, error) {
	var out []Cohort
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c, err := s.Configurations.Reach(tx, by, id.String(), configuration.ActionView)
		if err != nil {
			return err
		}
		if err := by.May(ActionView, account.Resource(c.Account).Child("cohort", "*")); err != nil {
			return err
		}
		out, err = list(tx, limit, "c.configuration = ? AND c.version > 0 AND c.id > ?", id, after)
		return err
	})
	return out, err
}
