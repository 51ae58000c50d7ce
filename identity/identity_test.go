package identity_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

var (
	ctx   = context.Background()
	visit = identity.Visit{Agent: "Mozilla/5.0 (test)"}
)

const (
	ada      = "ada@harbour.example"
	good     = "violet otter 7 teacups"
	better   = "orchard-kettle-52-lamp"
	testBase = "https://hub.example.com"
)

// letter is a mail that was sent.
type letter struct{ to, subject, text string }

// house is the service on a real database, with what later slices would give.
type house struct {
	*identity.Service
	t     *testing.T
	clock *storetest.Clock
	auth  *identity.Authenticator

	mu        sync.Mutex
	letters   []letter
	groups    map[string]map[string]string
	accounts  map[string]map[string]string
	obstacles []string
	founded   []string
	forgotten []string
}

func newHouse(t *testing.T, db *store.DB, clock *storetest.Clock) *house {
	t.Helper()
	master := make([]byte, secret.MasterLen)
	for i := range master {
		master[i] = byte(i)
	}
	keys, err := secret.NewKeyring(master)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, clock: clock, groups: map[string]map[string]string{}, accounts: map[string]map[string]string{}}
	h.Service = &identity.Service{
		DB: db, Audit: &audit.Log{DB: db}, Keys: keys, Passwords: password.NewHasher(password.Cost{Memory: 64, Passes: 1, Lanes: 1}, 4),
		Platform: "Harbour Hub", Base: testBase,
		Mail: func(tx *store.Tx, to, subject, text string) error {
			tx.OnCommit(func() {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.letters = append(h.letters, letter{to, subject, text})
			})
			return nil
		},
		Authorities: func(_ *store.Tx, user string) (map[string]string, map[string]string, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.groups[user], h.accounts[user], nil
		},
		Founded: func(tx *store.Tx, by access.Principal, u identity.User) error {
			if by.User != u.ID.String() {
				return errors.New("founded by somebody else")
			}
			tx.OnCommit(func() { h.founded = append(h.founded, u.ID.String()) })
			return nil
		},
		Obstacles: func(_ *store.Tx, _ string) ([]string, error) { return h.obstacles, nil },
		Forgotten: func(tx *store.Tx, _ access.Principal, user string) error {
			tx.OnCommit(func() { h.forgotten = append(h.forgotten, user) })
			return nil
		},
	}
	h.auth = identity.NewAuthenticator(h.Service)
	return h
}

// each runs f with a house on every database there is.
func each(t *testing.T, f func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		f(newHouse(t, open(clock), clock))
	})
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) refuses(err error, code string) {
	h.t.Helper()
	if problem.CodeOf(err) != code {
		h.t.Fatalf("got %q (%v), want %q", problem.CodeOf(err), err, code)
	}
}

// setRoles changes what later slices say, and announces it as they do.
func (h *house) setRoles(user string, groups, accounts map[string]string) {
	h.t.Helper()
	h.mu.Lock()
	h.groups[user], h.accounts[user] = groups, accounts
	h.mu.Unlock()
	h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Changed("group.member", user)
		return nil
	}))
}

func (h *house) mails() []letter {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]letter(nil), h.letters...)
}

var linkIn = regexp.MustCompile(`\?link=([A-Za-z0-9_-]{43})`)

// link is the secret in the latest mail with a link.
func (h *house) link() string {
	h.t.Helper()
	all := h.mails()
	for i := len(all) - 1; i >= 0; i-- {
		if m := linkIn.FindStringSubmatch(all[i].text); m != nil {
			return m[1]
		}
	}
	h.t.Fatal("no mail holds a link")
	return ""
}

func signUp(email string) identity.SignUp {
	return identity.SignUp{Email: email, Password: secret.New(good), Name: "Ada Ferro", Company: "Harbour Books"}
}

// newcomer signs somebody up all the way and returns the first session.
func (h *house) newcomer(email string) identity.Started {
	h.t.Helper()
	h.ok(h.SignUp(ctx, signUp(email)))
	st, err := h.Verify(ctx, h.link(), secret.New(good), visit)
	h.ok(err)
	return st
}

func (h *house) signIn(email, pass, code string) (identity.Started, error) {
	return h.SignIn(ctx, identity.SignIn{Email: email, Password: secret.New(pass), Code: code}, visit)
}

// enter is who a session stands for, now.
func (h *house) enter(st identity.Started) (access.Principal, identity.Session) {
	h.t.Helper()
	p, at, err := h.auth.Principal(ctx, st.Token.Reveal())
	h.ok(err)
	return p, at
}

func (h *house) dead(st identity.Started) {
	h.t.Helper()
	_, _, err := h.auth.Principal(ctx, st.Token.Reveal())
	h.refuses(err, "unauthenticated")
}

// entries gives the actions recorded so far, the oldest first.
func (h *house) entries() []string {
	h.t.Helper()
	page, err := h.Audit.List(ctx, access.Operator("usr_x"), audit.Filter{Limit: 500}, 0)
	h.ok(err)
	var out []string
	for _, e := range page.Entries {
		out = append([]string{e.Action}, out...)
		if strings.Contains(string(e.Before)+string(e.After), "argon2") {
			h.t.Errorf("%s carries a hash", e.Action)
		}
	}
	return out
}

// A1: sign up, prove the address, come in.
func TestA1SignUp(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.ok(h.SignUp(ctx, signUp(" Ada@Harbour.Example ")))
		mail := h.mails()[0]
		if mail.to != ada || !strings.Contains(mail.text, testBase+"/verify?link=") || strings.Contains(mail.text, good) {
			h.t.Errorf("mail: %+v", mail)
		}
		_, err := h.signIn(ada, good, "")
		h.refuses(err, "email_unverified")
		_, err = h.signIn(ada, better, "")
		h.refuses(err, "sign_in_failed")
		_, err = h.Verify(ctx, h.link(), secret.New(better), visit)
		h.refuses(err, "sign_in_failed")
		st, err := h.Verify(ctx, h.link(), secret.New(good), visit)
		h.ok(err)
		p, at := h.enter(st)
		if p.User != st.User.ID.String() || p.Via != "session" || at.ID != st.Session.ID || at.Agent != visit.Agent {
			h.t.Errorf("principal %+v, session %+v", p, at)
		}
		if len(h.founded) != 1 {
			h.t.Errorf("founded: %v", h.founded)
		}
		_, err = h.Verify(ctx, h.link(), secret.New(good), visit)
		h.refuses(err, "link_invalid")
		again, err := h.signIn("ADA@harbour.example", good, "")
		h.ok(err)
		h.enter(again)
		want := "user.sign_up user.verify session.start"
		if got := strings.Join(h.entries(), " "); got != want {
			h.t.Errorf("entries: %s, want %s", got, want)
		}
	})
}
