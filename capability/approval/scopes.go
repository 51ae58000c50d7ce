package approval

import (
	"context"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

const scopesMost = 200

// Scopes gives what was filled in for parts of the product, and the form.
func (s *Service) Scopes(ctx context.Context, by access.Principal, id string) ([]Scope, []manifest.Variable, error) {
	out, form := []Scope{}, []manifest.Variable{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.Configurations.Reach(tx, by, id, configuration.ActionView); err != nil {
			return err
		}
		in, err := s.working(tx, id)
		if err != nil {
			return err
		}
		form = append(form, in.Package.Manifest.ChangeApproval.Forms.Scope...)
		all, err := s.scopes(tx, in)
		for _, one := range all {
			out = append(out, one.shown(form))
		}
		return err
	})
	return out, form, err
}

// working is a configuration in which approvals work, whatever the scopes say.
func (s *Service) working(tx *store.Tx, id string) (capability.Instance, error) {
	in, err := s.Configurations.Instance(tx, id, Name)
	if err == nil && in.Package.Manifest.ChangeApproval == nil {
		err = errOff()
	}
	return in, err
}

// PutScope fills in what the integration needs to know about a part of the product.
// Errors: Invalid `approval_invalid`; Conflict `capability_off`, `approval_limit`.
func (s *Service) PutScope(ctx context.Context, by access.Principal, id string, d Scope) (Scope, error) {
	var out Scope
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.Configurations.Reach(tx, by, id, configuration.ActionManage); err != nil {
			return err
		}
		in, err := s.working(tx, id)
		if err != nil {
			return err
		}
		if err := tx.Lock("approval_scope/" + id); err != nil {
			return err
		}
		form := in.Package.Manifest.ChangeApproval.Forms.Scope
		all, err := s.scopes(tx, in)
		if err != nil {
			return err
		}
		before := Scope{Scope: d.Scope}
		known := false
		for _, have := range all {
			if have.Scope == d.Scope {
				before, known = have, true
			}
		}
		if !known && len(all) >= scopesMost {
			return problem.Conflict("approval_limit", "There may be "+strconv.Itoa(scopesMost)+" of these. Delete some.")
		}
		out = Scope{Scope: d.Scope, Updated: tx.Now()}
		var bad []problem.Field
		if _, err := access.ParseResource(d.Scope); d.Scope != "" && (err != nil || strings.Contains(d.Scope, ";")) {
			bad = append(bad, problem.Field{Pointer: "/scope", Code: "malformed", Detail: "Write it like proj/web:env/production."})
		}
		if len(form) == 0 {
			bad = append(bad, problem.Field{Pointer: "/values", Code: "field.unknown", Detail: "The package has nothing to fill in here."})
		}
		var more []problem.Field
		out.values, more = fillScope(in, before.values, d.Values)
		if err := invalid(append(bad, more...)); err != nil {
			return err
		}
		if err := s.putScope(tx, id, out); err != nil {
			return err
		}
		if in.Package.Manifest.ChangeApproval.Calls.Directory != nil {
			if err := s.expectOne(tx, id, out.Scope); err != nil {
				return err
			}
		}
		out = out.shown(form)
		var was any
		if known {
			was = before.shown(form)
		}
		return s.recordScope(tx, by, in, "scope_put", was, out)
	})
	return out, err
}

// DeleteScope takes back what was filled in. Error: NotFound.
func (s *Service) DeleteScope(ctx context.Context, by access.Principal, id, scope string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.Configurations.Reach(tx, by, id, configuration.ActionManage); err != nil {
			return err
		}
		in, err := s.working(tx, id)
		if err != nil {
			return err
		}
		all, err := s.scopes(tx, in)
		if err != nil {
			return err
		}
		for _, have := range all {
			if have.Scope != scope {
				continue
			}
			if err := removeScopes(tx, "configuration = ? AND scope = ?", id, scope); err != nil {
				return err
			}
			return s.recordScope(tx, by, in, "scope_delete", have.shown(in.Package.Manifest.ChangeApproval.Forms.Scope), nil)
		}
		return problem.NotFound("scope")
	})
}

func (s *Service) recordScope(tx *store.Tx, by access.Principal, in capability.Instance, action string, before, after any) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "approval." + action, Target: "configuration/" + in.Configuration, Name: in.Name, Account: in.Account, Before: before, After: after})
}

// Decider is an integration that can decide about a resource.
type Decider struct {
	Configuration string              `json:"configuration" doc:"Id of it"`
	Name          string              `json:"name" doc:"Of the configuration, for people"`
	Integration   string              `json:"integration"`
	Label         string              `json:"label" doc:"What deciding is called there"`
	Ready         bool                `json:"ready" doc:"false: an administrator has to fill in something for this part of the product first"`
	Fields        []manifest.Variable `json:"fields" nullable:"false" doc:"What a person fills in with a request, as far as it is shown"`
}

// Deciders lists who can decide about a resource, for the product. Error: NotFound.
func (s *Service) Deciders(ctx context.Context, by access.Principal, name, subject string) ([]Decider, error) {
	out := []Decider{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		acc, err := s.account(tx, by, name)
		if err != nil {
			return err
		}
		if err := s.sees(by, acc.ID.String()); err != nil {
			return err
		}
		able, err := s.able(tx, acc.ID.String(), subject)
		if err != nil {
			return err
		}
		for _, one := range able {
			in, err := s.instance(tx, one.Configuration, subject)
			if err != nil && problem.CodeOf(err) != "approval_scope_missing" {
				return err
			}
			set, _ := read(in)
			sheet := in.Package.Manifest.Sheet()
			sheet.Values[manifest.FormInstallation], sheet.Values[manifest.FormScope] = in.Given.Config, in.Given.Scope
			m := in.Package.Manifest
			out = append(out, Decider{Configuration: in.Configuration, Name: in.Name, Integration: m.Listing.Name, Label: m.ChangeApproval.DisplayName.Or(m.Listing.Name), Ready: err == nil,
				Fields: append(append([]manifest.Variable{}, sheet.Visible(manifest.FormRequest)...), set.Fields...)})
		}
		return nil
	})
	return out, err
}
