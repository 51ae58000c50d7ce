package grant_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

var ctx = context.Background()

// allow is a layer of one policy.
func allow(actions ...string) []access.Policy {
	return []access.Policy{{{Effect: access.Allow, Actions: actions, Resources: []string{"*"}}}}
}

func TestLive(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		g    grant.Grant
		want string
		kind problem.Kind
	}{
		{grant.Grant{State: grant.Active}, "", 0},
		{grant.Grant{State: grant.Suspended, Reason: "installation_unavailable"}, "installation_unavailable", problem.KindForbidden},
		{grant.Grant{State: grant.Suspended, Reason: "installation_blocked"}, "installation_blocked", problem.KindForbidden},
		{grant.Grant{State: grant.Suspended, Reason: "installation_pending"}, "installation_pending", problem.KindForbidden},
		{grant.Grant{State: grant.Suspended, Reason: "something new"}, "grant_suspended", problem.KindForbidden},
		{grant.Grant{State: grant.Ended}, "grant_ended", problem.KindUnauthenticated},
		{grant.Grant{}, "grant_ended", problem.KindUnauthenticated},
	} {
		err := tc.g.Live()
		if problem.CodeOf(err) != tc.want || err != nil && problem.Of(err).Kind != tc.kind {
			t.Errorf("%s %s: %v", tc.g.State, tc.g.Reason, err)
		}
	}
}

func TestLayersCombineByAnd(t *testing.T) {
	t.Parallel()
	g := grant.Grant{Layers: [][]access.Policy{allow("flag:view", "flag:create"), append(allow("flag:view"), allow("segment:view")...)}}
	layers, err := g.Compile()
	if err != nil {
		t.Fatal(err)
	}
	on := access.On("flag", "a")
	for action, want := range map[string]bool{"flag:view": true, "flag:create": false, "segment:view": false} {
		if got := access.Permits(layers, action, &on); got != want {
			t.Errorf("%s: %v", action, got)
		}
	}
	empty, err := grant.Grant{}.Compile()
	if err != nil || access.Permits(empty, "flag:view", &on) {
		t.Errorf("no layers permit: %v", err)
	}
	if _, err := (grant.Grant{Layers: [][]access.Policy{{{{Effect: "perhaps"}}}}}).Compile(); err == nil {
		t.Error("a broken policy compiles")
	}
}

func TestResource(t *testing.T) {
	t.Parallel()
	for holder, want := range map[string]string{"installation/ins_1": "account/acc_1:installation/ins_1", "": "account/acc_1:grant/", "odd": "account/acc_1:grant/"} {
		got := grant.Grant{Account: "acc_1", Holder: holder}.Resource().String()
		if holder == "installation/ins_1" && got != want || holder != "installation/ins_1" && got != "" {
			t.Errorf("%q: %q", holder, got)
		}
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		s, accounts := &grant.Service{DB: db}, &account.Service{DB: db, Audit: &audit.Log{DB: db}}
		acc, err := accounts.Put(ctx, access.Operator("usr_op"), account.Draft{Key: "harbour", Name: "Harbour"})
		if err != nil {
			t.Fatal(err)
		}
		write := func(f func(tx *store.Tx) error) error { return db.Write(ctx, f) }
		var g grant.Grant
		if err := write(func(tx *store.Tx) error {
			var err error
			g, err = s.Create(tx, grant.Grant{Kind: grant.KindInstallation, Account: acc.ID.String(), Holder: "installation/ins_1", Layers: [][]access.Policy{allow("flag:view")}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		told := ""
		db.OnChange(grant.Topic, func(key string) { told += key })
		err = write(func(tx *store.Tx) error {
			_, err := s.Change(tx, g.ID.String(), func(g *grant.Grant) error {
				g.Layers = [][]access.Policy{{{{Effect: "perhaps"}}}}
				return nil
			})
			return err
		})
		if err == nil || told != "" {
			t.Errorf("a broken policy is stored: %v, told %q", err, told)
		}
		err = write(func(tx *store.Tx) error {
			first, err := s.SetState(tx, g.ID.String(), grant.Suspended, "installation_blocked")
			if err != nil || first.Revision != 1 {
				return fmt.Errorf("%+v: %w", first, err)
			}
			stale := g // as loaded before the change
			_, err = s.Become(tx, stale, grant.Active, "")
			if problem.CodeOf(err) != "grant_changed" {
				t.Errorf("an older copy was saved: %v", err)
			}
			return nil
		})
		if err != nil || told != g.ID.String() {
			t.Errorf("%v, told %q", err, told)
		}
		admin := access.UserPrincipal("usr_a", nil, map[string]string{acc.ID.String(): access.AccountAdmin})
		got, err := s.Get(ctx, admin, g.ID)
		if err != nil || got.State != grant.Suspended || got.Revision != 1 {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := s.Get(ctx, access.UserPrincipal("usr_x", nil, nil), g.ID); problem.CodeOf(err) != "not_found" {
			t.Errorf("a stranger: %v", err)
		}
		if all, err := s.All(ctx); err != nil || len(all) != 1 {
			t.Errorf("%v %v", all, err)
		}
	})
}
