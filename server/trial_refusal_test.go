package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/suspension"
)

// losses are changes after which the next call on the same node is refused and the
// other node follows; by kind, how long that took.
type losses struct {
	w     *twins
	kinds []*heard
}

// lose makes a change and asks both nodes: ours once, the other until it knows.
func (l *losses) lose(kind, raw string, change func() error) {
	w, t := l.w, l.w.t
	t.Helper()
	if a := w.a.Call(raw, http.MethodGet, "/api/v1/accounts/acc-0/projects/web-shop/flags", nil); a.Status != http.StatusOK {
		t.Fatalf("%s, before, here: %d %s", kind, a.Status, a.Body)
	}
	w.answers(raw, "")
	w.must(change())
	begun := time.Now()
	if a := w.a.Call(raw, http.MethodGet, "/api/v1/accounts/acc-0/projects/web-shop/flags", nil); a.Status == http.StatusOK {
		t.Errorf("%s: the next call on the same node passed", kind)
	}
	w.answers(raw, refusal)
	took := time.Since(begun)
	h := l.of(kind)
	h.took = append(h.took, took)
	if took > staleness() {
		t.Errorf("%s was heard after %s", kind, took)
	}
}

func (l *losses) of(kind string) *heard {
	for _, h := range l.kinds {
		if h.kind == kind {
			return h
		}
	}
	l.kinds = append(l.kinds, &heard{kind: kind})
	return l.kinds[len(l.kinds)-1]
}

func (l *losses) lines() []string {
	out := []string{"Two processes on one PostgreSQL. On the node of the change the very next call was refused every time. Milliseconds until the other node refused, that call included:", "",
		"| change | times | median | 99th | slowest |", "|---|---|---|---|---|"}
	for _, h := range l.kinds {
		out = append(out, h.line())
	}
	return out
}

// M-11: whoever loses a right is refused at the very next call on the node where
// that happened, and on the other within a second: a token revoked, an application
// suspended, a role narrowed, a private token reported as leaked.
func TestTrialRefusalOnEveryNode(t *testing.T) {
	storetest.NeedPostgres(t)
	w := newTwins(t, wide)
	ctx, operator := t.Context(), access.Operator(w.dev.User)
	app, key := w.a.Release(w.dev, w.team, "flags.read")
	ins := w.a.Install(w.admin, w.acc, app)
	raw := w.token(key)
	role := w.role(ins)
	narrow := role
	narrow.Policy = access.Policy{role.Policy[0]}
	narrow.Policy[0].Actions = []string{"project:view"}
	set := func(r account.Role) error {
		return w.a.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := w.a.Accounts.PutRole(tx, access.System("trial"), r)
			return err
		})
	}
	l := &losses{w: w}
	for i := range count(5, 1000) {
		one := w.token(key)
		l.lose("token revoked", one, func() error { return w.a.Tokens.RevokeID(ctx, w.admin, w.tokenID(one)) })
		var stop suspension.Suspension
		l.lose("application suspended", raw, func() (err error) {
			stop, err = w.a.Suspensions.Begin(ctx, operator, suspension.Order{Target: suspension.Target{Kind: suspension.KindApplication, ID: app.ID.String()}, Reason: "trial"})
			return err
		})
		_, err := w.a.Suspensions.Lift(ctx, operator, stop.ID)
		w.must(err)
		l.lose("role narrowed", raw, func() error { return set(narrow) })
		w.must(set(role))
		if i%20 != 0 {
			continue // an answer to a report waits for its beat
		}
		made, err := w.a.Private.Create(ctx, w.admin, w.acc.ID, private.Draft{Name: "sync", Scopes: []string{"flags.read"}})
		w.must(err)
		l.lose("leak reported", made.Token.Secret.Reveal(), func() error {
			return w.a.Leaks.Report(ctx, leak.Report{Text: secret.New(made.Token.Secret.Reveal()), Source: leak.API})
		})
		_, err = w.a.Private.Delete(ctx, w.admin, made.ID, private.Deletion{Confirm: made.Name})
		w.must(err)
	}
	report(t, "Refusal after a right is lost", l.lines()...)
}
