package identity

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/kit/network"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
)

// Topics of the change feed; the key of both is the user's id.
const (
	Topic        = "identity.user"
	SessionTopic = "identity.session"
)

// The topics of later slices that change what a person may do; their key is the
// user's id too.
var roleTopics = [...]string{"group.member", "account.member"}

// Service holds the operations on people. What belongs to later slices comes as
// functions that the server fills in; every one of them may be nil but Mail.
type Service struct {
	DB        *store.DB
	Audit     *audit.Log
	Keys      *secret.Keyring
	Passwords *password.Hasher
	Platform  string // what the platform is called in mails and in authenticator apps
	Base      string // public address of the console, such as https://hub.example.com
	// Insecure is for plain HTTP on loopback only: cookies are not Secure then.
	Insecure  bool
	Lifetimes Lifetimes
	Terms     Terms
	Provider  *Provider // the operator's own OIDC provider; nil: none

	// Mail sends a text to an address, in the causing transaction.
	Mail func(tx *store.Tx, to, subject, text string) error
	// Authorities gives the roles of a user by group and by account.
	Authorities func(tx *store.Tx, user string) (map[string]string, map[string]string, error)
	// Further gives what a user holds besides, by roles that accounts have made.
	Further func(tx *store.Tx, user string) ([]access.Authority, error)
	// Founded gives a new developer what comes with the sign-up.
	Founded func(tx *store.Tx, by access.Principal, u User) error
	// Obstacles says in sentences what stands in the way of deleting a person.
	Obstacles func(tx *store.Tx, user string) ([]string, error)
	// Forgotten removes what later slices hold about a person being deleted.
	Forgotten func(tx *store.Tx, by access.Principal, user string) error
	// Claimed applies the claims of the operator's provider, such as account
	// memberships, at every sign-in through it.
	Claimed func(tx *store.Tx, by access.Principal, u User, claims map[string]any) error
}

// Resource is a person among our own objects.
func Resource(id string) access.Resource { return access.On("user", id) }

// Visit is what a sign-in takes from the browser besides what the person says.
type Visit struct {
	Agent string // User-Agent
	Old   string // the session cookie that the browser sent; that session ends
}

// Started is a new session. Token goes into the cookie and nowhere else.
type Started struct {
	Token   secret.Text
	Session Session
	User    User
}

func (s *Service) lives() Lifetimes { return s.Lifetimes.orDefault() }

// principal is a person as themselves, before their roles are looked up.
func principal(u User) access.Principal {
	p := access.UserPrincipal(u.ID.String(), nil, nil)
	p.Via = "session"
	return p
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, u User, c audit.Change) error {
	c.Action, c.User = action, u.ID.String()
	if c.Target == "" {
		c.Target, c.Name = "user/"+u.ID.String(), u.Name
	}
	return s.Audit.Record(tx, by, c)
}

func (s *Service) mail(tx *store.Tx, to, subject, text string) error {
	return s.Mail(tx, to, subject, text+"\n\n-- \n"+s.name()+" · "+s.Base+"\n")
}

func (s *Service) name() string {
	if s.Platform == "" {
		return "Guestright"
	}
	return s.Platform
}

// limit names one count of attempts.
type limit struct {
	pace Pace
	key  string
}

func onAccount(email string) limit { return limit{accountPace, "account:" + email} }
func onMail(email string) limit    { return limit{mailPace, "mail:" + email} }

// onNetwork is the limit of the caller's network, by what is tried.
func onNetwork(ctx context.Context, what string) limit {
	return limit{networkPace, "network:" + what + ":" + network.Name(web.From(ctx).Client())}
}

// take counts one attempt under each limit, in a transaction of its own: a
// failure later must not take it back. Limited `too_many_attempts`.
func (s *Service) take(ctx context.Context, limits ...limit) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, l := range limits {
			key := s.Keys.Digest("throttle " + l.key).String()
			a, err := findAttempts(tx, key)
			if err != nil {
				return err
			}
			a, err = l.pace.take(a, tx.Now())
			if err != nil {
				return err
			}
			if err := putAttempts(tx, key, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// Guess counts a person's attempt at something short enough to be guessed, by
// person and by network. Error: Limited `too_many_attempts`.
func (s *Service) Guess(ctx context.Context, what, user string) error {
	return s.take(ctx, limit{accountPace, what + user}, onNetwork(ctx, what))
}

// Visited counts what anybody may do from somewhere, but not without end. Error:
// Limited `too_many_attempts`.
func (s *Service) Visited(ctx context.Context, what string) error {
	return s.take(ctx, onNetwork(ctx, what))
}

// Guessed takes an attempt back that was right. It joins.
func (s *Service) Guessed(tx *store.Tx, what, user string) error {
	if err := s.giveBack(tx, limit{accountPace, what + user}); err != nil {
		return err
	}
	return s.giveBack(tx, onNetwork(tx.Ctx, what))
}

// giveBack takes the attempt of one limit back: it was an honest one.
func (s *Service) giveBack(tx *store.Tx, l limit) error {
	key := s.Keys.Digest("throttle " + l.key).String()
	a, err := findAttempts(tx, key)
	if err != nil {
		return err
	}
	return putAttempts(tx, key, l.pace.giveBack(a, tx.Now()))
}

// clear forgets all attempts under a limit.
func (s *Service) clear(tx *store.Tx, l limit) error {
	return dropAttempts(tx, s.Keys.Digest("throttle "+l.key).String())
}

// send stores a one-time link and mails it. Older links of the kind end.
func (s *Service) send(tx *store.Tx, u User, k LinkKind, to string, write func(url string) (string, string)) error {
	raw := newSecret()
	l := link{kind: k, user: u.ID, email: to, expires: tx.Now().Add(k.life(s.lives()))}
	if err := dropLinks(tx, u.ID, k); err != nil {
		return err
	}
	if err := putLink(tx, s.Keys.Digest(raw.Reveal()), l); err != nil {
		return err
	}
	subject, text := write(k.address(s.Base, raw))
	return s.mail(tx, to, subject, text)
}

// open finds a link that is still good; errLink otherwise.
func (s *Service) open(tx *store.Tx, k LinkKind, raw string) (link, secret.Digest, error) {
	if !wellFormed(raw) {
		return link{}, secret.Digest{}, errLink
	}
	for _, d := range s.Keys.Digests(raw) {
		l, err := findLink(tx, d)
		if store.IsNone(err) {
			continue
		}
		if err != nil {
			return link{}, d, err
		}
		if l.kind != k || !tx.Now().Before(l.expires) {
			break
		}
		return l, d, nil
	}
	return link{}, secret.Digest{}, errLink
}

// spend is open for use: the link is gone afterwards.
func (s *Service) spend(tx *store.Tx, k LinkKind, raw string) (link, error) {
	l, d, err := s.open(tx, k, raw)
	if err != nil {
		return link{}, err
	}
	return l, dropLink(tx, d)
}

// Find loads a person without authorising, for slices that join. Without a row:
// NotFound.
func (s *Service) Find(tx *store.Tx, id string) (User, error) { return find(tx, "id = ?", id) }

// FindEmail loads a person by address, without authorising.
func (s *Service) FindEmail(tx *store.Tx, email string) (User, error) {
	e, ok := Canonical(email)
	if !ok {
		return User{}, problem.NotFound("user")
	}
	return find(tx, "email = ?", e)
}
