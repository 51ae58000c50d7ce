package trigger

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// Service holds the operations on triggers. Make it with New.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Keys           *secret.Keyring
	Accounts       *account.Service
	Integrations   *integration.Service
	Configurations *configuration.Service
	Host           *host.Service
	Catalog        *catalog.Current
	Base           string // public address of this service
}

// New hears what becomes of what triggers ask for.
func New(s Service) *Service {
	out := &s
	s.Host.Answered(fireKind, out.answered)
	return out
}

// Draft is what an administrator chooses.
type Draft struct {
	Subject     string `json:"subject" maxLength:"1000" doc:"The resource, as policies name it" example:"proj/web:env/production:flag/dark-mode"`
	Instruction string `json:"instruction" maxLength:"60" doc:"One that the catalog has for resources of this kind" example:"turn_off"`
	Description string `json:"description,omitempty" maxLength:"800" doc:"What calls it; at most 200 characters"`
}

// Patch changes the parts that are there.
type Patch struct {
	Instruction *string `json:"instruction,omitempty" maxLength:"60"`
	Enabled     *bool   `json:"enabled,omitempty"`
	Description *string `json:"description,omitempty" maxLength:"800"`
}

// Issued is a trigger with what is shown once.
type Issued struct {
	Trigger
	URL    secret.Text
	Shared secret.Text // zero: the address is enough
}

// Kind is a kind of resource for which a trigger can be made.
type Kind struct {
	Kind         string                `json:"kind"`
	Label        string                `json:"label"`
	Path         string                `json:"path" doc:"How its resources are named"`
	Instructions []catalog.Instruction `json:"instructions" nullable:"false"`
}

// open loads a trigger's configuration for a caller. The integration itself may set
// itself up, but not give itself a way to change what it may not.
func (s *Service) open(tx *store.Tx, by access.Principal, id, action string) (configuration.Configuration, error) {
	c, err := s.Configurations.Reach(tx, by, id, action)
	if err != nil || action != configuration.ActionManage || by.Grant == "" || by.User != "" {
		return c, err
	}
	i, err := s.Integrations.Load(tx, c.Installation)
	if err == nil && i.Grant == by.Grant {
		err = problem.Forbidden("forbidden", "An integration does not make triggers for itself; people of the account do.")
	}
	return c, err
}

// kinds lists for what triggers of a package can be made.
func (s *Service) kinds(m *manifest.InboundTrigger) []catalog.Kind {
	cat := s.Catalog.Get()
	if cat == nil || m == nil {
		return nil
	}
	return slices.DeleteFunc(cat.Triggerable(), func(k catalog.Kind) bool {
		return len(m.On) > 0 && !slices.ContainsFunc(m.On, k.Called)
	})
}

// fits finds the kind of a subject and checks the instruction.
func (s *Service) fits(m *manifest.InboundTrigger, d Draft) (catalog.Kind, []problem.Field) {
	r, err := access.ParseResource(d.Subject)
	if err != nil || strings.Contains(d.Subject, ";") {
		return catalog.Kind{}, []problem.Field{{Pointer: "/subject", Code: "malformed", Detail: "Write the resource like proj/web:env/production:flag/dark-mode, without tags."}}
	}
	for _, k := range s.kinds(m) {
		if !k.Holds(r) {
			continue
		}
		if _, ok := k.Instruction(d.Instruction); !ok {
			var names []string
			for _, i := range k.Triggers {
				names = append(names, i.Name)
			}
			return k, []problem.Field{{Pointer: "/instruction", Code: "unknown", Detail: "One of " + strings.Join(names, ", ") + "."}}
		}
		return k, nil
	}
	return catalog.Kind{}, []problem.Field{{Pointer: "/subject", Code: "not_triggerable", Detail: "Triggers of this integration have no instruction for resources of this kind."}}
}

func described(text string) []problem.Field {
	if utf8.RuneCountInString(text) <= descriptionMost && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return nil
	}
	return []problem.Field{{Pointer: "/description", Code: "malformed", Detail: "At most 200 printable characters in one line."}}
}

func invalid(f []problem.Field) error {
	if len(f) == 0 {
		return nil
	}
	return problem.Invalid("trigger_invalid", "The trigger needs another look.", f...)
}

// Create makes a trigger; its address is shown once. Errors: Invalid
// `trigger_invalid`; Conflict `capability_off`, `trigger_limit_reached`.
func (s *Service) Create(ctx context.Context, by access.Principal, id string, d Draft) (Issued, error) {
	var out Issued
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := s.open(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		in, err := s.Configurations.Prepared(tx, id, Name)
		if err != nil {
			return err
		}
		_, live, err := s.instance(tx, id)
		if err != nil {
			return err
		}
		m := in.Package.Manifest.InboundTrigger
		k, f := s.fits(m, d)
		if err := invalid(append(f, described(d.Description)...)); err != nil {
			return err
		}
		n, err := count(tx, id)
		if err != nil {
			return err
		}
		if n >= triggersMost {
			return problem.Conflict("trigger_limit_reached", "A configuration may have 100 triggers. Delete one that nobody calls any more.")
		}
		out.Trigger = Trigger{ID: ident.New[Trigger](tx.Now()), Configuration: id, Account: c.Account, Description: d.Description, Subject: d.Subject, Kind: k.Kind,
			Instruction: d.Instruction, Enabled: true, CreatedBy: by.Subject(), Created: tx.Now(), application: c.Application}
		s.address(&out, m)
		if err := insert(tx, &out.Trigger); err != nil {
			return err
		}
		out.Status = out.status(live)
		return s.record(tx, by, "create", nil, out.Trigger)
	})
	return out, err
}

// address gives a trigger a new address, and a secret where the package asks for one.
func (s *Service) address(i *Issued, m *manifest.InboundTrigger) {
	raw := secret.Generate(secret.TriggerSecret)
	i.digest, i.Hint, i.shared = s.Keys.Digest(raw.Reveal()), raw.Hint(), ""
	i.URL = secret.New(strings.TrimSuffix(s.Base, "/") + "/triggers/" + raw.Reveal())
	i.Shared = secret.Text{}
	if m.AuthKind() != manifest.AuthURL {
		i.Shared = secret.Generate(secret.TriggerSecret)
		i.shared = s.Keys.Seal(i.Shared, sealPlace(i.ID))
	}
}

func sealPlace(id ID) string { return "trigger_trigger|" + id.String() }

// List gives the triggers of a configuration, the oldest first, and for what more
// can be made.
func (s *Service) List(ctx context.Context, by access.Principal, id string) ([]Trigger, []Kind, error) {
	out, kinds := []Trigger{}, []Kind{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.open(tx, by, id, configuration.ActionView); err != nil {
			return err
		}
		all, err := list(tx, "configuration = ?", id)
		if err != nil {
			return err
		}
		in, live, err := s.instance(tx, id)
		if err != nil {
			return err
		}
		for _, t := range all {
			t.Status = t.status(live)
			out = append(out, t)
		}
		if !live {
			if in, err = s.Configurations.Prepared(tx, id, Name); err != nil {
				if problem.CodeOf(err) == "capability_off" {
					return nil
				}
				return err
			}
		}
		for _, k := range s.kinds(in.Package.Manifest.InboundTrigger) {
			kinds = append(kinds, Kind{Kind: k.Kind, Label: k.Label, Path: k.Path, Instructions: k.Triggers})
		}
		return nil
	})
	return out, kinds, err
}

// instance is the capability of a configuration, if it works.
func (s *Service) instance(tx *store.Tx, id string) (capability.Instance, bool, error) {
	in, err := s.Configurations.Instance(tx, id, Name)
	switch {
	case problem.CodeOf(err) == "capability_off":
		return in, false, nil
	case err != nil:
		return in, false, err
	}
	return in, in.Package.Manifest.InboundTrigger != nil, nil
}

// Get reads a trigger.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Trigger, error) {
	var out Trigger
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		t, _, live, err := s.load(tx, by, id, configuration.ActionView)
		out = t
		out.Status = t.status(live)
		return err
	})
	return out, err
}

func (s *Service) load(tx *store.Tx, by access.Principal, id ID, action string) (Trigger, capability.Instance, bool, error) {
	t, err := find(tx, id)
	if err != nil {
		return Trigger{}, capability.Instance{}, false, err
	}
	if _, err := s.open(tx, by, t.Configuration, action); err != nil {
		if problem.CodeOf(err) == "not_found" {
			err = problem.NotFound("trigger")
		}
		return Trigger{}, capability.Instance{}, false, err
	}
	in, live, err := s.instance(tx, t.Configuration)
	return t, in, live, err
}

// Update switches a trigger, or gives it another instruction. Errors: Invalid
// `trigger_invalid`; Conflict `capability_off`.
func (s *Service) Update(ctx context.Context, by access.Principal, id ID, p Patch) (Trigger, error) {
	return s.change(ctx, by, id, "update", func(t *Trigger, in capability.Instance, live bool) error {
		var f []problem.Field
		if p.Instruction != nil {
			if !live {
				return errOff()
			}
			_, f = s.fits(in.Package.Manifest.InboundTrigger, Draft{Subject: t.Subject, Instruction: *p.Instruction})
			t.Instruction = *p.Instruction
		}
		if p.Description != nil {
			f = append(f, described(*p.Description)...)
			t.Description = *p.Description
		}
		if p.Enabled != nil {
			if *p.Enabled && !t.Enabled {
				t.Fault = ""
			}
			t.Enabled = *p.Enabled
		}
		return invalid(f)
	})
}

func errOff() error {
	return problem.Conflict("capability_off", "This capability is switched off, or its configuration is not complete.")
}

// Cycle gives a trigger another address; the old one is unknown from now on. Error:
// Conflict `capability_off`.
func (s *Service) Cycle(ctx context.Context, by access.Principal, id ID) (Issued, error) {
	var out Issued
	t, err := s.change(ctx, by, id, "cycle", func(t *Trigger, in capability.Instance, live bool) error {
		if !live {
			return errOff()
		}
		out = Issued{Trigger: *t}
		s.address(&out, in.Package.Manifest.InboundTrigger)
		*t = out.Trigger
		return nil
	})
	out.Trigger = t
	return out, err
}

func (s *Service) change(ctx context.Context, by access.Principal, id ID, action string, rule func(*Trigger, capability.Instance, bool) error) (Trigger, error) {
	var out Trigger
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		t, in, live, err := s.load(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		before := t
		if err := rule(&t, in, live); err != nil {
			return err
		}
		if err := save(tx, &t); err != nil {
			return err
		}
		out = t
		out.Status = t.status(live)
		return s.record(tx, by, action, before, t)
	})
	return out, err
}

// Delete ends a trigger for good.
func (s *Service) Delete(ctx context.Context, by access.Principal, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		t, _, _, err := s.load(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		if err := remove(tx, "id = ?", id); err != nil {
			return err
		}
		return s.record(tx, by, "delete", t, nil)
	})
}

// Brief is what the audit log has of a trigger: not what was called.
type Brief struct {
	Subject     string `json:"subject"`
	Instruction string `json:"instruction"`
	Enabled     bool   `json:"enabled"`
	Description string `json:"description,omitempty"`
	Hint        string `json:"hint"`
}

// Brief gives it.
func (t Trigger) Brief() Brief {
	return Brief{Subject: t.Subject, Instruction: t.Instruction, Enabled: t.Enabled, Description: t.Description, Hint: t.Hint}
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, before, after any) error {
	var of Trigger
	brief := func(v any) any {
		t, ok := v.(Trigger)
		if !ok {
			return nil
		}
		of = t
		return t.Brief()
	}
	c := audit.Change{Action: "trigger." + action, Before: brief(before), After: brief(after)}
	c.Target, c.Name, c.Account, c.Application = "trigger/"+of.ID.String(), of.Subject, of.Account, of.application
	return s.Audit.Record(tx, by, c)
}
