package access_test

import (
	"testing"

	"github.com/guestright/guestright/access"
)

var (
	giveRights = []string{"role:*", "member:update"}
	plain      = access.Known("contact:view", "contact:update", "opportunity:view", "role:update", "member:update")
	typed      = []access.KnownAction{
		{Name: "createFlag", On: "proj:env:flag"}, {Name: "updateOn", On: "proj:env:flag"}, {Name: "createProject", On: "proj"},
		{Name: "createRole", On: "role"}, {Name: "updateRole", On: "member"},
	}
)

// Row A20 of the founding list: a role that is an administrator's in effect is refused, however it is spelled.
func TestA20AdministratorClass(t *testing.T) {
	t.Parallel()
	flags := "proj/*:env/*:flag/*"
	for _, tc := range []struct {
		name  string
		role  [][]string
		give  []string
		known []access.KnownAction
		want  bool
	}{
		{"nothing", nil, giveRights, plain, false},
		{"star", [][]string{{"allow * on *"}}, giveRights, plain, true},
		{"star, nothing known", [][]string{{"allow * on *"}}, nil, nil, true},
		{"star colon star, nothing known", [][]string{{"allow *:* on *"}}, nil, nil, true},
		{"two stars", [][]string{{"allow ** on *"}}, nil, plain, true},
		{"on the account", [][]string{{"allow * on acct"}}, nil, plain, true},
		{"on an account by name", [][]string{{"allow * on account/a1"}}, nil, plain, true},
		{"union of actions", [][]string{{"allow contact:* on *", "allow opp* on *", "allow role:update,member:update on *"}}, nil, plain, true},
		{"union of policies", [][]string{{"allow contact:* on *"}, {"allow opportunity:view on *"}, {"allow role:*,member:* on *"}}, nil, plain, true},
		{"union with a gap", [][]string{{"allow contact:* on *"}, {"allow role:*,member:* on *"}}, nil, plain, false},
		{"all but what does not exist", [][]string{{"allow not ghost:* on *"}}, nil, plain, true},
		{"on all but one resource", [][]string{{"allow * on not contact/c1"}}, nil, plain, true},
		{"narrow", [][]string{{"allow contact:*,opportunity:view on *"}}, giveRights, plain, false},
		{"roles by name", [][]string{{"allow role:update on *"}}, giveRights, plain, true},
		{"roles by prefix", [][]string{{"allow ro* on *"}}, giveRights, nil, true},
		{"roles by exception", [][]string{{"allow not contact:* on *"}}, giveRights, nil, true},
		{"roles by suffix", [][]string{{"allow *:update on *"}}, giveRights, nil, true},
		{"a verb nobody has heard of", [][]string{{"allow role:frobnicate on *"}}, giveRights, nil, true},
		{"members, in the account", [][]string{{"allow member:update on account/a1:member/*"}}, giveRights, plain, true},
		{"members by prefix", [][]string{{"allow member:update on member/a*"}}, giveRights, plain, true},
		{"one member", [][]string{{"allow member:update on member/bob"}}, giveRights, plain, false},
		{"members with a tag", [][]string{{"allow member:update on member/*;mine"}}, giveRights, plain, false},
		{"viewing members", [][]string{{"allow member:view on *"}}, giveRights, plain, false},
		{"denied again", [][]string{{"allow * on *", "deny role:*,member:* on *"}}, giveRights, plain, false},
		{"denied for one role", [][]string{{"allow role:* on *", "deny role:* on role/admin"}}, giveRights, plain, true},
		{"denied for one verb", [][]string{{"allow role:* on *", "deny role:delete on *"}}, giveRights, plain, true},
		{"denied with a condition", [][]string{{"allow role:* on role/*", "deny role:* on role/*;locked"}}, giveRights, plain, true},
		{"denied in another policy", [][]string{{"allow * on *"}, {"deny role:* on *"}}, giveRights, plain, true},
		{"typed: everything on flags", [][]string{{"allow * on " + flags}}, []string{"createRole", "updateRole"}, typed, false},
		{"typed: everything on roles", [][]string{{"allow * on role/*"}}, []string{"createRole", "updateRole"}, typed, true},
		{"typed: every kind", [][]string{{"allow * on " + flags, "allow * on proj/*", "allow * on role/*|member/*"}}, nil, typed, true},
		{"typed: every kind but one", [][]string{{"allow * on " + flags, "allow * on role/*|member/*"}}, nil, typed, false},
		{"untyped action without a noun", [][]string{{"allow createRole on role/*"}}, []string{"createRole"}, nil, true},
		{"unreadable right", [][]string{{"allow contact:view on *"}}, []string{"a b"}, plain, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var l access.Layer
			for _, p := range tc.role {
				l = append(l, rules(t, nil, p...))
			}
			got, why := access.AdministratorClass(l, tc.give, tc.known)
			if got != tc.want || got != (why != "") {
				t.Errorf("%v, %q, want %v", got, why, tc.want)
			}
		})
	}
	// Spelled as an exception to nothing; ParsePolicy refuses it, a policy from Go may have it.
	open := access.Policy{{Effect: access.Allow, NotActions: []string{}, NotResources: []string{}}}
	r, err := open.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := access.AdministratorClass(access.Layer{r}, nil, nil); !got {
		t.Error("an exception to nothing is not recognised")
	}
}

// Security case M-13: nobody hands out more than they hold.
func TestM13Covers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		giver, given []string
		want         bool
	}{
		{"nothing", nil, nil, true},
		{"something from nothing", nil, []string{"allow x on proj/a"}, false},
		{"the same", []string{"allow update* on proj/*;t"}, []string{"allow update* on proj/*;t"}, true},
		{"narrower action", []string{"allow update* on *"}, []string{"allow updateOn on *"}, true},
		{"wider action", []string{"allow updateOn on *"}, []string{"allow update* on *"}, false},
		{"narrower name", []string{"allow * on proj/a*"}, []string{"allow * on proj/ab"}, true},
		{"wider name", []string{"allow * on proj/a*"}, []string{"allow * on proj/*"}, false},
		{"another kind", []string{"allow * on proj/*"}, []string{"allow * on env/*"}, false},
		{"more tags", []string{"allow * on proj/*;a"}, []string{"allow * on proj/*;a,b"}, true},
		{"fewer tags", []string{"allow * on proj/*;a,b"}, []string{"allow * on proj/*;a"}, false},
		{"around a denial", []string{"allow * on proj/*", "deny * on proj/secret"}, []string{"allow * on proj/*"}, false},
		{"with the denial", []string{"allow * on proj/*", "deny * on proj/secret"}, []string{"allow * on proj/*", "deny * on proj/secret"}, true},
		{"around a denied tag", []string{"allow * on proj/*", "deny * on proj/*;secret"}, []string{"allow * on proj/*"}, false},
		{"around a denied ending", []string{"allow * on proj/*", "deny * on proj/*-prod"}, []string{"allow * on proj/a*"}, false},
		{"around a denied action", []string{"allow * on *", "deny delete* on *"}, []string{"allow * on *"}, false},
		{"by exception", []string{"allow * on proj/*"}, []string{"allow * on not env/*"}, false},
		{"by exception of actions", []string{"allow update* on *"}, []string{"allow not delete* on *"}, false},
		{"out of several", []string{"allow a on *", "allow b on *"}, []string{"allow a,b on proj/x"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			giver, given := access.Layer{rules(t, nil, tc.giver...)}, access.Layer{rules(t, nil, tc.given...)}
			if got, why := access.Covers(giver, given, plain); got != tc.want || got != (why == "") {
				t.Errorf("%v, %q, want %v", got, why, tc.want)
			}
		})
	}
}
