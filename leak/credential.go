package leak

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/token"
)

// credential is something that was found, and how it is ended: stop gives it as it
// is afterwards, and whether it opened anything until then.
type credential struct {
	leak   Leak
	noun   string // of the audit entry's action
	before any
	stop   func(tx *store.Tx) (any, bool, error)
}

// ours finds a credential of our own form.
func (s *Service) ours(tx *store.Tx, raw secret.Text) (credential, error) {
	text := raw.Reveal()
	switch secret.Prefix(text[:5]) {
	case secret.ClientSecret:
		return s.clientSecret(tx, text)
	case secret.TriggerSecret:
		return s.trigger(tx, text)
	case secret.ServiceToken:
		c, err := s.productKey(tx, text)
		if !absent(err) {
			return c, err
		}
	}
	return s.token(tx, text)
}

func (s *Service) clientSecret(tx *store.Tx, raw string) (credential, error) {
	app, k, err := s.Applications.FindSecret(tx, raw)
	if err != nil {
		return credential{}, err
	}
	return credential{noun: "key", before: k,
		leak: Leak{Kind: ClientSecret, Credential: "key/" + k.ID.String(), Hint: k.Hint, Name: app.Name + ", " + k.Label, Group: app.Group, Application: app.ID.String()},
		stop: func(tx *store.Tx) (any, bool, error) { return three(s.Applications.EndLeaked(tx, k)) }}, nil
}

func (s *Service) trigger(tx *store.Tx, raw string) (credential, error) {
	t, err := s.Triggers.Find(tx, raw)
	if err != nil {
		return credential{}, err
	}
	return credential{noun: "trigger", before: t.Brief(),
		leak: Leak{Kind: TriggerSecret, Credential: "trigger/" + t.ID.String(), Hint: t.Hint, Name: t.Subject, Account: t.Account},
		stop: func(tx *store.Tx) (any, bool, error) {
			after, live, err := s.Triggers.EndLeaked(tx, t)
			return after.Brief(), live, err
		}}, nil
}

func (s *Service) productKey(tx *store.Tx, raw string) (credential, error) {
	k, err := s.Products.Find(tx, raw)
	if err != nil {
		return credential{}, err
	}
	return credential{noun: "product_key", before: k,
		leak: Leak{Kind: ProductKey, Credential: "product_key/" + k.ID.String(), Hint: k.Hint, Name: k.Label},
		stop: func(tx *store.Tx) (any, bool, error) { return three(s.Products.EndLeaked(tx, k)) }}, nil
}

func (s *Service) token(tx *store.Tx, raw string) (credential, error) {
	t, err := s.Tokens.Find(tx, raw)
	if err != nil {
		return credential{}, err
	}
	g, err := s.Grants.Load(tx, t.Grant)
	if err != nil {
		return credential{}, err
	}
	l := Leak{Kind: kindOf(t, g), Credential: "token/" + t.ID.String(), Hint: t.Hint, Grant: t.Grant, Account: g.Account, Group: g.Group, Application: g.Application}
	if g.Kind == grant.KindConsent || g.Kind == grant.KindMember {
		l.User = g.Subject
	}
	if l.Name, err = s.name(tx, g); err != nil {
		return credential{}, err
	}
	return credential{noun: "token", before: t, leak: l, stop: func(tx *store.Tx) (any, bool, error) {
		after, live, err := s.Tokens.EndLeaked(tx, t)
		if err == nil && live && t.Kind == token.Refresh && t.Family != "" {
			err = s.Authority.EndLeaked(tx, t.Family)
		}
		return after, live, err
	}}, nil
}

func kindOf(t token.Token, g grant.Grant) Kind {
	switch {
	case t.Kind == token.Refresh:
		return RefreshToken
	case t.Kind == token.Access:
		return AccessToken
	case g.Kind == grant.KindMember:
		return PersonalToken
	case g.Kind == grant.KindService:
		return ServiceToken
	}
	return PrivateToken
}

// name is what people call the holder of a grant.
func (s *Service) name(tx *store.Tx, g grant.Grant) (string, error) {
	if g.Application != "" {
		return applicationName(tx, g.Application)
	}
	if g.Kind == grant.KindPrivate {
		name, _, err := privateHolder(tx, g.ID.String())
		if !absent(err) {
			return name, err
		}
	}
	h, err := s.Tokens.Describe(tx, g)
	return h.Name, err
}

// foreign finds a key from before.
func (s *Service) foreign(tx *store.Tx, raw secret.Text) (credential, error) {
	k, err := s.Legacy.Find(tx, raw)
	if err != nil {
		return credential{}, err
	}
	return credential{noun: "legacy_key", before: k,
		leak: Leak{Kind: LegacyKey, Credential: "legacy_key/" + k.ID.String(), Hint: k.Hint, Name: k.Label, Grant: k.Grant, Account: k.Account},
		stop: func(tx *store.Tx) (any, bool, error) { return three(s.Legacy.EndLeaked(tx, k)) }}, nil
}

func three[T any](v T, live bool, err error) (any, bool, error) { return v, live, err }

// stop ends what was found, writes the leak down, and has its owner told.
func (s *Service) stop(tx *store.Tx, c credential, r Report) error {
	after, live, err := c.stop(tx)
	if err != nil {
		return err
	}
	l, err := findLeak(tx, "credential = ?", c.leak.Credential)
	if err != nil && !absent(err) {
		return err
	}
	first := err != nil
	if first {
		l = c.leak
		l.ID, l.Source, l.Where, l.Live = ident.New[Leak](tx.Now()), r.Source, r.Where, live
		l.Reports, l.Reported, l.Latest = 1, tx.Now(), tx.Now()
		err = insert(tx, l)
	} else {
		err = again(tx, l.ID, live)
	}
	if err != nil || !first && !live {
		return err
	}
	if err := tell.Add(tx, l.ID.String(), job.Options{Request: web.From(tx.Ctx).ID()}); err != nil {
		return err
	}
	if !live {
		return nil // nothing has changed: its owner is told, and the log has its end
	}
	return s.Audit.Record(tx, access.System("leak report"), audit.Change{Action: c.noun + ".leaked", Target: l.Credential, Name: l.Name,
		Account: l.Account, Group: l.Group, Application: l.Application, User: l.User, Before: c.before, After: after, Reason: reason(r)})
}

func reason(r Report) string {
	if r.Where == "" {
		return "reported by " + r.Source.Words()
	}
	return "reported by " + r.Source.Words() + ", found at " + r.Where
}
