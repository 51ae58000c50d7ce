package approval

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

// Draft is what the product asks for.
type Draft struct {
	Configuration string          `json:"configuration,omitempty" maxLength:"60" doc:"Who decides; absent: the only one that can"`
	Subject       string          `json:"subject" maxLength:"1000" doc:"The resource that is to be changed, as policies name it" example:"proj/web:env/production:flag/dark-mode"`
	Change        json.RawMessage `json:"change" doc:"What is to be changed and who asks, as in change of an event's data; its actor is the person who asks. At most 64 KiB"`
	Instructions  json.RawMessage `json:"instructions,omitempty" doc:"Whatever the product needs to carry it out: it comes back with the task. At most 128 KiB"`
	Description   string          `json:"description,omitempty" maxLength:"4000" doc:"What the person who asks says"`
	Fields        map[string]any  `json:"fields,omitempty" doc:"What the person has filled in, by the field's key; see the approval services"`
	Page          string          `json:"page,omitempty" maxLength:"2048" doc:"Address of the waiting change in the product, for people"`
	History       string          `json:"history,omitempty" maxLength:"2048" doc:"Address of the resource's changes in the product, for people"`
}

// check judges what does not depend on the package.
func (d *Draft) check() (value.Value, []problem.Field) {
	var bad []problem.Field
	say := func(wrong bool, pointer, code, detail string) {
		if wrong {
			bad = append(bad, problem.Field{Pointer: pointer, Code: code, Detail: detail})
		}
	}
	_, err := access.ParseResource(d.Subject)
	say(err != nil || strings.Contains(d.Subject, ";") || d.Subject == "", "/subject", "malformed", "Write the resource like proj/web:env/production:flag/dark-mode, without tags.")
	change, err := value.Decode(d.Change)
	_, object := change.(*value.Object)
	say(err != nil || !object || len(d.Change) > changeMost, "/change", "malformed", "A JSON object of at most 64 KiB, as in an event's data.")
	if len(d.Instructions) == 0 {
		d.Instructions = json.RawMessage("null")
	}
	say(!json.Valid(d.Instructions) || len(d.Instructions) > instructMost, "/instructions", "malformed", "JSON of at most 128 KiB.")
	say(utf8.RuneCountInString(d.Description) > wordsMost, "/description", "too_long", "At most 4,000 characters.")
	for at, link := range map[string]*string{"/page": &d.Page, "/history": &d.History} {
		if *link == "" {
			continue
		}
		to, ok := capability.WebAddress(*link)
		say(!ok || len(*link) > addressMost, at, "malformed", "A whole address, such as https://app.example.com/changes/1.")
		*link = to
	}
	return change, bad
}

func invalid(bad []problem.Field) error {
	if len(bad) == 0 {
		return nil
	}
	return problem.Invalid("approval_invalid", "The request for an approval needs another look.", bad...)
}

// Ask writes a request down and has it sent. Errors: Invalid `approval_invalid`;
// Conflict `capability_off`, `approval_ambiguous`, `approval_scope_missing`; NotFound.
func (s *Service) Ask(ctx context.Context, by access.Principal, name string, d Draft) (Approval, error) {
	if err := by.May(ActionAsk, access.Platform()); err != nil {
		if by.Kind != access.KindProduct {
			err = problem.NotFound("account") // only the product asks
		}
		return Approval{}, err
	}
	change, bad := d.check()
	if err := invalid(bad); err != nil {
		return Approval{}, err
	}
	var out Approval
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		acc, err := s.account(tx, by, name)
		if err != nil {
			return err
		}
		in, err := s.decider(tx, acc.ID.String(), d)
		if err != nil {
			return err
		}
		set, _ := read(in)
		filled, bad := fillRequest(in, set.Fields, d.Fields)
		if err := invalid(bad); err != nil {
			return err
		}
		out = Approval{ID: ident.New[Approval](tx.Now()), Account: in.Account, Configuration: in.Configuration, Installation: in.Installation, Integration: in.Package.Manifest.Listing.Name,
			Subject: d.Subject, State: Sending, Description: d.Description, Page: d.Page, history: d.History, Created: tx.Now(), change: d.Change, instructions: d.Instructions, by: by.Subject()}
		if out.fields, err = pack(filled); err != nil {
			return problem.Internal("approval.ask", err)
		}
		c := view.Of(view.Event{Subject: d.Subject, Data: value.Of(view.Member, change)})
		out.Title = problem.Words(c.Title.Plain)
		out.Requester = Requester{ID: c.Actor.ID, Name: c.Actor.Name, Email: c.Actor.Email}
		if err := s.insert(tx, &out); err != nil {
			return err
		}
		if err := openJob.Add(tx, jobArgs{ID: out.ID}, options(&out)); err != nil {
			return err
		}
		return s.record(tx, by, &out, "ask")
	})
	return out, err
}

// decider finds who decides about a resource: what was named, or the only one that
// can.
func (s *Service) decider(tx *store.Tx, account string, d Draft) (capability.Instance, error) {
	able, err := s.able(tx, account, d.Subject)
	if err != nil {
		return capability.Instance{}, err
	}
	if d.Configuration != "" {
		able = slices.DeleteFunc(able, func(in capability.Instance) bool { return in.Configuration != d.Configuration })
	}
	switch len(able) {
	case 0:
		return capability.Instance{}, problem.Conflict("capability_off", "No integration that works decides about this resource, or not the one that was named.")
	case 1:
	default:
		return capability.Instance{}, problem.Conflict("approval_ambiguous", "Several integrations can decide about this resource. Name the configuration.")
	}
	return s.instance(tx, able[0].Configuration, d.Subject)
}

// able lists the configurations of an account that decide about a resource, without
// secrets.
func (s *Service) able(tx *store.Tx, account, subject string) ([]capability.Instance, error) {
	all, err := s.Configurations.Working(tx, account, Name)
	if err != nil {
		return nil, err
	}
	called := s.called(subject)
	return slices.DeleteFunc(all, func(in capability.Instance) bool { return !decides(in, called) }), nil
}

// called reports whether a resource is of a kind that a package calls by a word.
func (s *Service) called(subject string) func(word string) bool {
	r, err := access.ParseResource(subject)
	cat := s.Catalog.Get()
	return func(word string) bool {
		if err != nil {
			return false
		}
		if cat != nil {
			for _, k := range cat.File().Resources {
				if k.Holds(r) {
					return k.Called(word)
				}
			}
		}
		return r.Kind() == word
	}
}

// instance is a configuration with everything that calls about a resource are made
// of. Errors: Conflict `capability_off`, `approval_scope_missing`.
func (s *Service) instance(tx *store.Tx, id, subject string) (capability.Instance, error) {
	in, err := s.Configurations.Instance(tx, id, Name)
	if err != nil {
		return in, err
	}
	if in.Package.Manifest.ChangeApproval == nil {
		return in, errOff()
	}
	all, err := s.scopes(tx, in)
	if err != nil {
		return in, err
	}
	one, _ := narrowest(all, subject)
	err = within(&in, one)
	return in, err
}

func errOff() error {
	return problem.Conflict("capability_off", "This capability is switched off, or its configuration is not complete.")
}

// within fills in what was chosen for a scope. Error: Conflict
// `approval_scope_missing`.
func within(in *capability.Instance, one Scope) error {
	sheet := in.Package.Manifest.Sheet()
	sheet.Values[manifest.FormInstallation], sheet.Values[manifest.FormScope] = in.Given.Config, one.values
	if len(sheet.Check(manifest.FormScope)) > 0 {
		return problem.Conflict("approval_scope_missing", "Nobody has filled in yet what the integration needs to know about this part of the product.")
	}
	in.Given.Scope = sheet.Complete(manifest.FormScope)
	return nil
}

// scopes gives what was filled in for a configuration.
func (s *Service) scopes(tx *store.Tx, in capability.Instance) ([]Scope, error) {
	form := in.Package.Manifest.ChangeApproval.Forms.Scope
	if len(form) == 0 {
		return nil, nil
	}
	rows, err := sealedScopes(tx, in.Configuration)
	if err != nil {
		return nil, err
	}
	out := []Scope{}
	for _, r := range rows {
		text, err := s.openScope(r)
		if err != nil {
			return nil, problem.Internal("approval.scopes", err)
		}
		v, err := unpack(form, text)
		if err != nil {
			return nil, problem.Internal("approval.scopes", err)
		}
		out = append(out, Scope{Scope: r.Scope, Updated: r.Updated.Time(), values: v})
	}
	return out, nil
}
