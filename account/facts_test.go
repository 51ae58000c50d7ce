package account_test

import (
	"context"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func newService(t *testing.T, open func(*storetest.Clock) *store.DB) *account.Service {
	t.Helper()
	db := open(storetest.NewClock())
	return &account.Service{DB: db, Audit: &audit.Log{DB: db}}
}

var operator = access.Operator("usr_op")

func TestFactsAreFilledStepByStep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s, ctx := newService(t, open), context.Background()
		facts := account.NewFacts(s.DB)
		a, err := s.Put(ctx, operator, account.Draft{Key: "harbour", Name: "Harbour"})
		if err != nil {
			t.Fatal(err)
		}
		show := func(resource string) string {
			t.Helper()
			r, err := access.ParseResource(resource)
			if err != nil {
				t.Fatal(err)
			}
			got, err := facts.Fill(ctx, a.ID.String(), r)
			if err != nil {
				t.Fatal(err)
			}
			return got.Text()
		}
		put := func(list ...account.ResourceFacts) {
			t.Helper()
			if err := s.PutResources(ctx, operator, "harbour", list); err != nil {
				t.Fatal(err)
			}
		}
		if got := show("proj/web:env/live"); got != "proj/web:env/live" {
			t.Errorf("before anything is said: %s", got)
		}
		put(account.ResourceFacts{Resource: "proj/web", Tags: []string{"b", "a"}},
			account.ResourceFacts{Resource: "proj/web:env/live", Properties: map[string]bool{"critical": true, "archived": false}})
		if got := show("proj/web:env/live"); got != "proj/web;b,a:env/live;{archived:false};{critical:true}" {
			t.Errorf("both steps: %s", got)
		}
		if got := show("proj/web:env/live;mine"); got != "proj/web;b,a:env/live;mine" {
			t.Errorf("the question knows better: %s", got)
		}
		put(account.ResourceFacts{Resource: "proj/web", Forget: true}, account.ResourceFacts{Resource: "proj/web:env/live"})
		if got := show("proj/web:env/live"); got != "proj/web:env/live;" {
			t.Errorf("forgotten, and known to be bare: %s", got)
		}
		if got, err := facts.Fill(ctx, "acc_other", access.On("proj", "web")); err != nil || got.Text() != "proj/web" {
			t.Errorf("another account: %s %v", got.Text(), err)
		}
		if err := s.PutResources(ctx, access.UserPrincipal("u", nil, map[string]string{a.ID.String(): "admin"}), "harbour", nil); problem.Of(err).Kind != problem.KindForbidden {
			t.Errorf("an administrator of the account sets facts: %v", err)
		}
	})
}
