package token_test

import (
	"context"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

type person struct{}

func (person) IDPrefix() string { return "usr" }

var (
	ctx      = context.Background()
	operator = access.Operator("usr_op")
)

// house is the slice on a real database with one application that has a grant.
type house struct {
	t            *testing.T
	clock        *storetest.Clock
	db           *store.DB
	keys         *secret.Keyring
	usage        *usage.Service
	tokens       *token.Service
	bearers      *token.Authenticator
	grants       *grant.Service
	accounts     *account.Service
	groups       *group.Service
	applications *application.Service

	developer access.Principal
	boss      access.Principal // of watched
	account   account.Account
	app       application.Application
	key       application.IssuedKey
	grant     grant.Grant
}

func master(first byte) []byte {
	m := make([]byte, secret.MasterLen)
	m[0] = first
	return m
}

func keyring(t testing.TB, masters ...byte) *secret.Keyring {
	t.Helper()
	var all [][]byte
	for _, m := range masters {
		all = append(all, master(m))
	}
	k, err := secret.NewKeyring(all...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock(), keys: keyring(t, 1)}
	h.db = open(h.clock)
	log := &audit.Log{DB: h.db}
	h.usage = &usage.Service{DB: h.db, Recorder: usage.NewRecorder(0)}
	h.tokens = &token.Service{DB: h.db, Audit: log, Keys: h.keys, Usage: h.usage, Notices: &notice.Service{DB: h.db, Audit: log}}
	h.bearers = token.NewAuthenticator(h.db, h.keys)
	h.grants = &grant.Service{DB: h.db}
	h.accounts = &account.Service{DB: h.db, Audit: log}
	h.bearers.Roles = &role.Service{DB: h.db, Audit: log, Accounts: h.accounts}
	h.accounts.MemberChanged = h.bearers.Roles.MemberChanged
	h.groups = &group.Service{DB: h.db, Audit: log}
	h.applications = &application.Service{DB: h.db, Audit: log, Groups: h.groups, Keys: h.keys, Revoked: h.tokens.RevokeKey}
	id := ident.New[person](h.clock.Now()).String()
	h.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, 'ada@example.com', 'Ada', '', '', 0, 'active', '', 1, ?, 0)`, id, store.At(tx.Now()))
		return err
	})
	h.developer = access.UserPrincipal(id, nil, nil)
	g, err := h.groups.Create(ctx, h.developer, "Harbour Tools")
	h.ok(err)
	h.developer = access.UserPrincipal(id, map[string]string{g.ID.String(): access.GroupOwner}, nil)
	h.app, err = h.applications.Register(ctx, h.developer, g.ID.String(), application.Draft{Name: "Deploybot", Description: "Deploys."})
	h.ok(err)
	h.key, err = h.applications.CreateKey(ctx, h.developer, h.app.ID, application.KeyDraft{Label: "production"})
	h.ok(err)
	h.account, err = h.accounts.Put(ctx, operator, account.Draft{Key: "harbour", Name: "Harbour Books"})
	h.ok(err)
	h.grant = h.newGrant(grant.Grant{Kind: grant.KindInstallation, Account: h.account.ID.String(), Application: h.app.ID.String(), Group: h.app.Group,
		Holder: "installation/ins_1", Subject: "iur_1", Scopes: []string{"flags.read", "flags.write"},
		Layers: [][]access.Policy{{{{Effect: access.Allow, Actions: []string{"flag:*"}, Resources: []string{"*"}}}}}})
	return h
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	h.ok(h.db.Write(ctx, f))
}

func (h *house) newGrant(g grant.Grant) grant.Grant {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		var err error
		g, err = h.grants.Create(tx, g)
		return err
	})
	return g
}

func (h *house) issue(o token.Order) token.Issued {
	h.t.Helper()
	if o.Kind == "" {
		o.Kind = token.Access
	}
	o.Grant = h.grant
	if o.Key == "" {
		o.Key = h.key.ID.String()
	}
	var out token.Issued
	h.write(func(tx *store.Tx) error {
		var err error
		out, err = h.tokens.Issue(tx, o)
		return err
	})
	return out
}

// state says what a presented token opens: "" when it does, else a code.
func (h *house) state(a *token.Authenticator, raw string) string {
	b, err := a.Authenticate(ctx, raw)
	if err != nil {
		return problem.CodeOf(err)
	}
	return problem.CodeOf(b.Live(h.clock.Now()))
}

func (h *house) expect(what, raw, want string) {
	h.t.Helper()
	if got := h.state(h.bearers, raw); got != want {
		h.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

const hour = time.Hour
