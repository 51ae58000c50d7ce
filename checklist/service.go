package checklist

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sheet"
	"github.com/guestright/guestright/usage"
	"github.com/guestright/guestright/webhook"
)

// Service holds the operations on checklists.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Usage        *usage.Service
	Accounts     *account.Service
	Groups       *group.Service
	Notices      *notice.Service
	Applications *application.Service
	Grants       *grant.Service
	Webhooks     *webhook.Service
	Domains      *domain.Service
	Releases     *release.Service
	Integrations *integration.Service
	Sheets       *sheet.Service
	Listings     *listing.Service
	Catalog      *catalog.Current
	Client       *outbound.Client // for the addresses that customers are given
	// Within is how long a review may take, KeyAge how old a key may be.
	Within, KeyAge time.Duration
}

// load finds a version that by may do action to.
func (s *Service) load(tx *store.Tx, by access.Principal, action string, id release.ID) (release.Version, application.Application, error) {
	v, err := s.Releases.Load(tx, id.String())
	if err != nil {
		return v, application.Application{}, err
	}
	a, err := s.application(tx, v.Application)
	if err != nil {
		return v, a, err
	}
	return v, a, by.Reach("version", action, application.Resource(a.Group, a.ID))
}

func (s *Service) application(tx *store.Tx, id string) (application.Application, error) {
	app, err := ident.Parse[application.Application](id)
	if err != nil {
		return application.Application{}, err
	}
	return s.Applications.Load(tx, app)
}

// Run looks at a version by machine and keeps what it finds. It calls the addresses
// that the version names, and its servers for events. Error: Conflict
// `checks_running`.
func (s *Service) Run(ctx context.Context, by access.Principal, id release.ID) (Checklist, error) {
	var f facts
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		v, a, err := s.load(tx, by, "version:check", id)
		if err != nil {
			return err
		}
		was, err := findRun(tx, id.String())
		if err != nil {
			return err
		}
		if was.running(tx.Now()) {
			return problem.Conflict("checks_running", "The checks are running already. Look again in a moment.")
		}
		if f, err = s.read(tx, v, a); err != nil {
			return err
		}
		was.Began = tx.Now() // what was found before counts until this run has ended
		return saveRun(tx, was)
	})
	if err != nil {
		return Checklist{}, err
	}
	ctx = context.WithoutCancel(ctx) // whoever closes the page has still begun a run
	if err := s.ask(ctx, &f); err != nil {
		return Checklist{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error { return s.finish(tx, by, f) })
	if err != nil {
		return Checklist{}, err
	}
	return s.Get(ctx, by, id)
}

// finish keeps what a run found.
func (s *Service) finish(tx *store.Tx, by access.Principal, f facts) error {
	for _, p := range f.proofs {
		if err := saveProof(tx, f.application.ID.String(), p); err != nil {
			return err
		}
	}
	content, err := f.content()
	if err != nil {
		return err
	}
	f.now = tx.Now()
	r := Run{Version: f.version.ID.String(), Began: tx.Now(), Ended: tx.Now(), By: by.User, Items: f.items(), content: content}
	if err := saveRun(tx, r); err != nil {
		return err
	}
	after := map[string]Outcome{}
	for _, i := range r.Items {
		after[i.Code] = i.Outcome
	}
	tx.Changed(application.Topic, f.application.ID.String())
	return s.record(tx, by, "check", f.application, f.version, nil, after)
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, a application.Application, v release.Version, before, after any) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "version." + action, Target: "version/" + v.ID.String(), Name: a.Name + " " + v.Number, Group: a.Group,
		Application: a.ID.String(), Before: before, After: after})
}

// reasonMost is the longest reason, in characters.
const reasonMost = 1000

// Explain says why an application asks for scopes; an empty text takes the reason
// back. Other scopes keep theirs. Error: Invalid `reasons_invalid`.
func (s *Service) Explain(ctx context.Context, by access.Principal, id release.ID, texts map[string]string) (Checklist, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		v, a, err := s.load(tx, by, "version:justify", id)
		if err != nil {
			return err
		}
		if f := checkReasons(v, texts); len(f) > 0 {
			return problem.Invalid("reasons_invalid", "Some of the reasons need another look.", f...)
		}
		was, err := reasons(tx, v.Application)
		if err != nil {
			return err
		}
		before, after := map[string]string{}, map[string]string{}
		for _, scope := range sortedKeys(texts) {
			text := strings.TrimSpace(texts[scope])
			if text == was[scope] {
				continue
			}
			before[scope], after[scope] = was[scope], text
			if err := saveReason(tx, v.Application, scope, text, by.User); err != nil {
				return err
			}
		}
		if len(after) == 0 {
			return nil
		}
		return s.record(tx, by, "justify", a, v, before, after)
	})
	if err != nil {
		return Checklist{}, err
	}
	return s.Get(ctx, by, id)
}

func checkReasons(v release.Version, texts map[string]string) []problem.Field {
	var f []problem.Field
	for _, scope := range sortedKeys(texts) {
		at := "/reasons/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(scope)
		if !slices.Contains(v.Scopes(), scope) {
			f = append(f, problem.Field{Pointer: at, Code: "not_requested", Detail: "The version does not ask for this scope."})
		}
		if len([]rune(texts[scope])) > reasonMost {
			f = append(f, problem.Field{Pointer: at, Code: "too_long", Detail: "At most 1,000 characters."})
		}
	}
	return f
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
