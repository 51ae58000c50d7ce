package access_test

import (
	"context"
	"errors"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

func TestBuiltInRoles(t *testing.T) {
	t.Parallel()
	one := map[string]string{}
	group := func(role string) access.Principal {
		return access.UserPrincipal("u", map[string]string{"g": role}, one)
	}
	account := func(role string) access.Principal {
		return access.UserPrincipal("u", nil, map[string]string{"a": role})
	}
	who := map[string]access.Principal{
		"zero": {}, "anonymous": access.By(context.Background()), "nobody": access.UserPrincipal("u", nil, nil),
		"owner": group("owner"), "admin": group("admin"), "member": group("member"),
		"account admin": account("admin"), "account member": account("member"), "account reader": account("reader"),
		"operator": access.Operator("o"), "system": access.System("expire tokens"),
		"M-15 %61dmin": group("%61dmin"), "M-15 Admin": group("Admin "), "M-15 zero width": group("admin\u200b"), "no role": group(""),
	}
	for _, tc := range []struct {
		action, on string
		may        []string
	}{
		{"group:view", "group/g", []string{"owner", "admin", "member", "operator", "system"}},
		{"application:view", "group/g:application/x", []string{"owner", "admin", "member", "operator", "system"}},
		{"application:create", "group/g", []string{"owner", "admin", "operator", "system"}},
		{"key:rotate", "group/g:application/x:key/k", []string{"owner", "admin", "operator", "system"}},
		{"member:update", "group/g:member/m", []string{"owner", "admin", "operator", "system"}},
		{"group:transfer", "group/g", []string{"owner", "operator", "system"}},
		{"group:archive", "group/g", []string{"owner", "operator", "system"}},
		{"group:view", "group/other", []string{"operator", "system"}},
		{"application:block", "group/g:application/x", []string{"operator", "system"}},
		{"submission:decide", "group/g:application/x:submission/s", []string{"operator", "system"}},
		{"group:set_quota", "group/g", []string{"operator", "system"}},
		{"platform:configure", "platform", []string{"operator", "system"}},
		{"account:create", "platform", []string{"operator", "system"}},
		{"installation:view", "account/a:installation/i", []string{"account admin", "account member", "account reader", "operator", "system"}},
		{"installation:create", "account/a", []string{"account admin", "operator", "system"}},
		{"installation:override", "account/a:installation/i", []string{"operator", "system"}},
		{"account:archive", "account/a", []string{"operator", "system"}},
		{"token:rotate", "account/a:member/u:token/t", []string{"account admin", "account member", "operator", "system"}},
		{"token:rotate", "account/a:member/v:token/t", []string{"account admin", "operator", "system"}},
		{"member:update", "account/a:member/u", []string{"account admin", "operator", "system"}},
		{"passkey:delete", "user/u:passkey/p", []string{"nobody", "owner", "admin", "member", "account admin", "account member", "account reader",
			"operator", "system", "M-15 %61dmin", "M-15 Admin", "M-15 zero width", "no role"}},
		{"user:block", "user/u", []string{"operator", "system"}},
		{"passkey:delete", "user/v:passkey/p", []string{"operator", "system"}},
	} {
		want := map[string]bool{}
		for _, w := range tc.may {
			want[w] = true
		}
		for name, p := range who {
			if got := p.May(tc.action, resource(t, tc.on)) == nil; got != want[name] {
				t.Errorf("%s: %s on %s: %v, want %v", name, tc.action, tc.on, got, want[name])
			}
		}
	}
}

func TestMayNamesWhatWasAsked(t *testing.T) {
	t.Parallel()
	p := access.UserPrincipal("u", map[string]string{"g": access.GroupMember}, nil)
	app := access.On("group", "g", "application", "a")
	var got *problem.Error
	if err := p.May("application:update", app); !errors.As(err, &got) {
		t.Fatalf("%v", err)
	}
	if got.Kind != problem.KindForbidden || got.Code != "forbidden" || got.Extra["action"] != "application:update" || got.Extra["resource"] != "group/g:application/a" {
		t.Errorf("%+v", got)
	}
	if err := access.Operator("o").May("application:update", access.Resource{}); problem.CodeOf(err) != "forbidden" {
		t.Errorf("without a resource: %v", err)
	}
}

// What a caller may not see answers like something absent.
func TestReach(t *testing.T) {
	t.Parallel()
	p := access.UserPrincipal("u", map[string]string{"g": access.GroupMember, "h": access.GroupOwner}, nil)
	for on, want := range map[string]string{"g": "forbidden", "h": "", "other": "not_found"} {
		if got := problem.CodeOf(p.Reach("application", "application:update", access.On("group", on, "application", "a"))); got != want {
			t.Errorf("%s: %q, want %q", on, got, want)
		}
	}
	if got := problem.CodeOf(p.See("group", access.On("group", "other"))); got != "not_found" || p.See("group", access.On("group", "g")) != nil {
		t.Errorf("See: %q", got)
	}
}

// Holding never changes the principal it starts from, also when both copies grow.
func TestHoldingCopies(t *testing.T) {
	t.Parallel()
	base := access.UserPrincipal("u", map[string]string{"g": access.GroupMember}, nil)
	x := base.Holding(access.On("account", "x"), access.AccountRole(access.AccountAdmin))
	y := base.Holding(access.On("account", "y"), access.AccountRole(access.AccountAdmin))
	for on, p := range map[string]access.Principal{"x": y, "y": x} {
		if p.May("account:update", access.On("account", on)) == nil || base.May("account:update", access.On("account", on)) == nil {
			t.Errorf("authority on %s leaked", on)
		}
	}
	if got := base.Holding(access.Resource{}, access.Layer{rules(t, nil, "allow * on *")}); len(got.Authorities) != len(base.Authorities) {
		t.Error("authority over nothing was taken")
	}
}

func TestContextAndSubject(t *testing.T) {
	t.Parallel()
	if got := access.By(access.With(context.Background(), access.Operator("o"))); got.User != "o" || !got.Operator {
		t.Errorf("By = %+v", got)
	}
	for want, p := range map[string]access.Principal{
		"anonymous": {}, "system": access.System("x"), "user/o": access.Operator("o"), "user/u": access.UserPrincipal("u", nil, nil),
		"application/a":  {Kind: access.KindApplication, Application: "a"},
		"installation/i": {Kind: access.KindIntegration, Application: "a", Installation: "i", Grant: "g"},
		"grant/g":        {Kind: access.KindIntegration, Grant: "g"},
	} {
		if got := p.Subject(); got != want {
			t.Errorf("Subject = %q, want %q", got, want)
		}
	}
}
