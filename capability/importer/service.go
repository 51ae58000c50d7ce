package importer

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Service executes imports. Make it with New.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Configurations *configuration.Service
	Host           *host.Service
	Client         *outbound.Client
}

// createKind is the task of the product.
const createKind = "import.create"

// New hears what becomes of what imports ask for.
func New(s Service) *Service {
	out := &s
	s.Host.Answered(createKind, out.answered)
	return out
}

// Name implements capability.Capability.
func (s *Service) Name() string { return Name }

// Judge implements capability.Capability.
func (s *Service) Judge(in capability.Instance) []problem.Field {
	if len(in.Settings) == 0 || string(in.Settings) == "null" {
		return nil
	}
	return []problem.Field{{Code: "malformed", Detail: "Imports have no settings."}}
}

// Enable implements capability.Capability: an import is begun by a person.
func (s *Service) Enable(*store.Tx, access.Principal, capability.Instance) error { return nil }

// Disable implements capability.Capability.
func (s *Service) Disable(tx *store.Tx, _ access.Principal, in capability.Instance, gone bool) error {
	if !gone {
		return nil
	}
	return remove(tx, in.Configuration)
}

// Look reads what the partner has, for a preview: nothing changes. Errors: Invalid
// `import_invalid`; Conflict `capability_off`, `import_unknown`; Unavailable
// `import_unread`.
func (s *Service) Look(ctx context.Context, by access.Principal, id configuration.ID, subject string) (Run, error) {
	var in capability.Instance
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.reach(tx, by, id.String(), configuration.ActionManage); err != nil {
			return err
		}
		var err error
		in, err = s.Configurations.Instance(tx, id.String(), Name)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	if r, err := access.ParseResource(subject); err != nil || r.IsZero() || strings.Contains(subject, ";") {
		return Run{}, problem.Invalid("import_invalid", "Say where the product makes the new ones.", problem.Field{Pointer: "/subject", Code: "malformed", Detail: "A resource like proj/web, without tags."})
	}
	d, ok := drivers[in.Package.Manifest.Importer.Driver]
	if !ok {
		return Run{}, problem.Conflict("import_unknown", "This platform does not know how to read from "+in.Package.Manifest.Listing.Name+".")
	}
	out := Run{Configuration: id.String(), Account: in.Account, application: in.Application, Subject: subject, State: Preview, CreatedBy: by.Subject()}
	f, cut, err := s.fetch(ctx, d, in)
	if err != nil {
		return Run{}, err
	}
	out.Items, out.Count, out.Cut = f.items, len(f.items), cut
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out.ID, out.Created = ident.New[Run](tx.Now()), tx.Now()
		if err := insert(tx, &out); err != nil {
			return err
		}
		return s.record(tx, by, "look", in.Name, out)
	})
	return out, err
}

// fetch reads the driver's lists page by page, within bounds.
func (s *Service) fetch(ctx context.Context, d driver, in capability.Instance) (*found, bool, error) {
	f, cut, pages := &found{}, false, 0
	for n, list := range d.lists() {
		for offset, more := 0, true; more; {
			if pages++; pages > pagesMost {
				cut = true
				break
			}
			req := list(in.Given.Config, offset)
			req.MaxBody = 4 << 20
			res := s.Client.Do(ctx, req)
			said := ""
			switch {
			case res.Failure != "":
				said = "could not be reached (" + string(res.Failure) + ")"
			case res.Status != 200:
				said = "answered " + strconv.Itoa(res.Status)
			case res.Truncated:
				said = "answered with too much"
			}
			if said != "" {
				return f, cut, problem.Unavailable("import_unread", in.Package.Manifest.Listing.Name+" "+said+". Check what is filled in, or try again later.", res.Err)
			}
			held, total, err := d.read(n, res.Body, f)
			if err != nil {
				return f, cut, problem.Unavailable("import_unread", in.Package.Manifest.Listing.Name+" did not answer as it should.", err)
			}
			offset += held
			more = held > 0 && offset < total
			if len(f.items) > itemsMost {
				for _, it := range f.items[itemsMost:] {
					delete(f.at, it.Key)
				}
				f.items, cut, more = f.items[:itemsMost], true, false
			}
		}
	}
	f.finish(d.tags(in.Given.Config))
	return f, cut, nil
}

// Start gives the product what a preview has found. Errors: Conflict
// `import_started`, `capability_off`; NotFound.
func (s *Service) Start(ctx context.Context, by access.Principal, id ID) (Run, error) {
	var out Run
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock("importer " + id.String()); err != nil {
			return err
		}
		r, c, err := s.load(tx, by, id, configuration.ActionManage)
		if err != nil {
			return err
		}
		if _, err := s.Configurations.Instance(tx, r.Configuration, Name); err != nil {
			return err
		}
		if r.State != Preview {
			return problem.Conflict("import_started", "This import has been started already. Look anew for another.")
		}
		r.State = Running
		for at := 0; at < len(r.Items); at += chunk {
			data, err := json.Marshal(map[string]any{"import": r.ID, "items": r.Items[at:min(at+chunk, len(r.Items))]})
			if err != nil {
				return problem.Internal("importer.start", err)
			}
			if _, err := s.Host.Ask(tx, host.Draft{Kind: createKind, Account: r.Account, Subject: r.Subject, Data: data, Reference: "import/" + r.ID.String(), Key: "import-" + r.ID.String()}); err != nil {
				return err
			}
			r.waiting++
		}
		if r.waiting == 0 {
			r.State, r.Ended = Done, tx.Now()
		}
		if err := save(tx, &r); err != nil {
			return err
		}
		out = r
		return s.record(tx, by, "start", c.Name, r)
	})
	return out, err
}

// answered hears what has become of a task.
func (s *Service) answered(tx *store.Tx, t host.Task) error {
	raw, ours := strings.CutPrefix(t.Reference, "import/")
	id, err := ident.Parse[Run](raw)
	if !ours || err != nil {
		return nil
	}
	if err := tx.Lock("importer " + raw); err != nil {
		return err
	}
	r, err := find(tx, id)
	if problem.CodeOf(err) == "not_found" {
		return nil // forgotten meanwhile
	}
	if err != nil {
		return err
	}
	var o outcome
	fault := ""
	if t.State == host.Failed {
		if fault = t.Fault; fault == "" {
			fault = "The product did not do it."
		}
	} else if json.Unmarshal(t.Result, &o) != nil {
		fault = "The product did not say what it has made."
	}
	r.answered(o, fault, tx.Now())
	return save(tx, &r)
}

// Get reads one import. Error: NotFound.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Run, error) {
	var out Run
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		r, _, err := s.load(tx, by, id, configuration.ActionView)
		out = r
		return err
	})
	return out, err
}

// List gives the imports of a configuration, the newest first, without items. Error:
// NotFound.
func (s *Service) List(ctx context.Context, by access.Principal, id configuration.ID) ([]Run, error) {
	out := []Run{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.reach(tx, by, id.String(), configuration.ActionView); err != nil {
			return err
		}
		all, err := list(tx, "configuration = ?", id.String())
		for _, r := range all {
			r.Items = nil
			out = append(out, r)
		}
		return err
	})
	return out, err
}

// reach gives a configuration to people who may do action to it: an integration does
// not bring things in by itself.
func (s *Service) reach(tx *store.Tx, by access.Principal, id, action string) (configuration.Configuration, error) {
	if by.User == "" && by.Grant != "" {
		return configuration.Configuration{}, problem.NotFound("configuration")
	}
	return s.Configurations.Reach(tx, by, id, action)
}

func (s *Service) load(tx *store.Tx, by access.Principal, id ID, action string) (Run, configuration.Configuration, error) {
	r, err := find(tx, id)
	if err != nil {
		return r, configuration.Configuration{}, err
	}
	c, err := s.reach(tx, by, r.Configuration, action)
	if problem.CodeOf(err) == "not_found" {
		err = problem.NotFound("import")
	}
	return r, c, err
}

func (s *Service) record(tx *store.Tx, by access.Principal, action, name string, r Run) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "import." + action, Target: "import/" + r.ID.String(), Name: name, Account: r.Account, Application: r.application,
		After: map[string]any{"subject": r.Subject, "count": r.Count}})
}
