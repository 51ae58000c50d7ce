package server_test

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/suspension"
	"github.com/guestright/guestright/token"
)

// many is how many installations a trial makes: the count that operators have is
// made by hand (GUESTRIGHT_INSTALLATIONS=10000), since it takes minutes.
func many(t *testing.T, short, full int) int {
	t.Helper()
	text := os.Getenv("GUESTRIGHT_INSTALLATIONS")
	if text == "" {
		return count(short, full)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// pass is a live token with the account in which it is good.
type pass struct{ raw, account string }

// crowd installs an application in n accounts and issues tokens for each of them.
func (w *twins) crowd(app application.Application, n, tokens int) []pass {
	w.t.Helper()
	ctx := w.t.Context()
	var out []pass
	for i := range n {
		admin, acc := w.a.Customer(fmt.Sprintf("crowd-%d", i), account.Production)
		ins := w.a.Install(admin, acc, app)
		w.must(w.a.DB.Write(ctx, func(tx *store.Tx) error {
			g, err := (&grant.Service{}).Load(tx, ins.Grant)
			if err != nil {
				return err
			}
			for range tokens {
				made, err := w.a.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: time.Hour})
				if err != nil {
					return err
				}
				out = append(out, pass{made.Secret.Reveal(), acc.Key})
			}
			return nil
		}))
	}
	return out
}

// each calls with every token at a node, some at a time, and counts by what do says
// of the answer.
func each(all []pass, do func(p pass) bool) int {
	var wg sync.WaitGroup
	var next, yes atomic.Int64
	for range 8 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				if do(all[i]) {
					yes.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return int(yes.Load())
}

// A39: whoever suspends an application has every one of its tokens refused within a
// second, on the node of the change and on the other one, both of which knew all of
// them.
func TestTrialASuspensionReachesEveryToken(t *testing.T) {
	storetest.NeedPostgres(t)
	w := newTwins(t, wide)
	ctx := t.Context()
	app, _ := w.a.Release(w.dev, w.team, "flags.read")
	n := many(t, 5, 100)
	all := w.crowd(app, n, 10)
	here := func(p pass) bool {
		b, err := w.a.Bearers.Authenticate(ctx, p.raw)
		return err == nil && b.Live(w.a.DB.Now()) == nil
	}
	there := func(p pass) bool {
		status, code, err := w.b.call(p.raw, p.account)
		if err != nil {
			t.Error(err)
		}
		return status != 401 && code != "application_suspended"
	}
	if got := each(all, here); got != len(all) {
		t.Fatalf("%d of %d tokens are good here", got, len(all))
	}
	if got := each(all, there); got != len(all) {
		t.Fatalf("%d of %d tokens are good at the other node", got, len(all))
	}

	_, err := w.a.Suspensions.Begin(ctx, access.Operator(w.dev.User), suspension.Order{
		Target: suspension.Target{Kind: suspension.KindApplication, ID: app.ID.String()}, Reason: "trial"})
	w.must(err)
	begun := time.Now()
	if here(all[0]) {
		t.Error("the next call on the same node passed")
	}
	if !eventually(t, staleness(), func() bool { return !there(all[len(all)/2]) }) {
		t.Fatalf("the other node did not hear of it within %s", staleness())
	}
	took := time.Since(begun)
	if got := each(all, here); got != 0 {
		t.Errorf("%d tokens still pass here", got)
	}
	if got := each(all, there); got != 0 {
		t.Errorf("%d tokens still pass at the other node", got)
	}
	title := "Suspension reaches every token"
	if os.Getenv("GUESTRIGHT_INSTALLATIONS") != "" {
		title += ", counted by hand"
	}
	report(t, title, fmt.Sprintf(
		"%d installations with %d live tokens, all of which both nodes had seen: the next call on the node of the change was refused, the other node refused after %.1f ms, and then every one of the %d tokens on both.",
		n, len(all), ms(took), len(all)))
}
