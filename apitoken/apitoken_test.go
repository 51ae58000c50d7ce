package apitoken_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
)

// A draft is refused for each rule that it breaks, and leaves nothing.
func TestDraftsThatAreRefused(t *testing.T) {
	each(t, func(h *house) {
		good := apitoken.Draft{Name: "nightly", Roles: []string{role.Reader}}
		for name, tc := range map[string]struct {
			want   string
			change func(*apitoken.Draft)
		}{
			"no name":                     {"api_token_invalid", func(d *apitoken.Draft) { d.Name = "  " }},
			"a name that is too long":     {"api_token_invalid", func(d *apitoken.Draft) { d.Name = strings.Repeat("é", 81) }},
			"too many words":              {"api_token_invalid", func(d *apitoken.Draft) { d.Description = strings.Repeat("w", 1001) }},
			"neither role nor policy":     {"api_token_invalid", func(d *apitoken.Draft) { d.Roles = nil }},
			"both":                        {"api_token_invalid", func(d *apitoken.Draft) { d.Policy = allowing("flag:view") }},
			"an end before the beginning": {"api_token_invalid", func(d *apitoken.Draft) { d.Days = -1 }},
			"an end out of sight":         {"api_token_invalid", func(d *apitoken.Draft) { d.Days = 3651 }},
			"a scope that there is not":   {"api_token_invalid", func(d *apitoken.Draft) { d.Scopes = []string{"flags.read", "everything"} }},
			"a role that there is not":    {"role_unknown", func(d *apitoken.Draft) { d.Roles = []string{"rle_00000000000000000000000000"} }},
			"a policy that says nothing":  {"policy.invalid", func(d *apitoken.Draft) { d.Roles, d.Policy = nil, access.Policy{{Effect: access.Allow}} }},
		} {
			d := good
			tc.change(&d)
			for _, k := range []apitoken.Kind{apitoken.Personal, apitoken.Service} {
				_, err := h.Create(h.ctx, h.as(h.boss), h.acc.ID, k, d)
				h.code(name, err, tc.want)
			}
		}
		all, err := h.List(h.ctx, h.as(h.boss), h.acc.ID, true)
		h.ok(err)
		if len(all) != 0 || h.entries("service_token.create") != 0 {
			t.Errorf("what was refused left %+v", all)
		}
		good.Name, good.Days = strings.Repeat("é", 80), 3650
		h.make(h.boss, apitoken.Service, good)
	})
}

// A26: a personal token never does more than its owner at the moment, whatever was
// chosen for it, and ends with the membership for good.
func TestA26_PersonalTokensAreBoundedByTheirOwner(t *testing.T) {
	each(t, func(h *house) {
		ada := h.person("ada", h.acc, access.AccountMember)
		writer := h.custom("writer-of-flags", nil, "flag:view", "flag:update")
		h.give(ada, writer.ID.String())
		wide := h.make(ada, apitoken.Personal, apitoken.Draft{Name: "wide", Policy: allowing("*")})
		narrow := h.make(ada, apitoken.Personal, apitoken.Draft{Name: "narrow", Roles: []string{role.Reader}})
		if wide.Owner != ada || wide.Creator != ada || !strings.HasPrefix(wide.Token.Secret.Reveal(), "grpt_") {
			t.Errorf("%+v", wide.APIToken)
		}
		h.expect("everything, of a writer", wide.Token.Secret, map[string]bool{"flag:view": true, "flag:update": true, "flag:delete": false})
		h.expect("reading, of a writer", narrow.Token.Secret, map[string]bool{"flag:view": true, "flag:update": false})
		h.give(ada, role.Reader)
		h.expect("everything, of a reader", wide.Token.Secret, map[string]bool{"flag:view": true, "flag:update": false})
		h.give(ada)
		h.expect("everything, of nobody in particular", wide.Token.Secret, map[string]bool{"flag:view": false})

		h.give(ada, role.Admin)
		h.expect("everything, of an administrator", wide.Token.Secret, map[string]bool{"flag:delete": true})
		h.write(func(tx *store.Tx) error {
			return h.Accounts.RemoveMember(tx, access.System("test"), h.acc.ID.String(), ada)
		})
		h.ended("of somebody who has left", wide.Token.Secret, "token_revoked")
		h.person("ada", h.acc, access.AccountMember)
		h.give(ada, role.Admin)
		h.ended("of somebody who has come back", wide.Token.Secret, "token_revoked")
		if n := h.entries("personal_token.delete"); n != 2 {
			t.Errorf("%d entries say that tokens went with their owner", n)
		}
		_, err := h.Create(h.ctx, h.as(h.person("eve", h.account("elsewhere"), access.AccountAdmin)), h.acc.ID, apitoken.Personal, apitoken.Draft{Name: "x", Roles: []string{role.Reader}})
		h.code("somebody from elsewhere makes one here", err, "not_found")
	})
}

// A27: a service token gets no more than whoever makes it has, then belongs to the
// account: it outlives them, and follows the roles that it was made with.
func TestA27_ServiceTokensAreBoundedByTheirCreator(t *testing.T) {
	each(t, func(h *house) {
		ada := h.person("ada", h.acc, access.AccountMember)
		_, err := h.Create(h.ctx, h.as(ada), h.acc.ID, apitoken.Service, apitoken.Draft{Name: "x", Roles: []string{role.Reader}})
		h.code("a member without the right", err, "forbidden")
		keeper, viewer := h.custom("keeper", []string{"service_tokens"}), h.custom("viewer", nil, "flag:view")
		h.give(ada, keeper.ID.String(), viewer.ID.String())
		for name, d := range map[string]apitoken.Draft{
			"a wider role":   {Name: "x", Roles: []string{viewer.ID.String(), role.Writer}},
			"a wider policy": {Name: "x", Policy: allowing("flag:view", "flag:update")},
		} {
			_, err := h.Create(h.ctx, h.as(ada), h.acc.ID, apitoken.Service, d)
			h.code(name, err, "role_exceeds_giver")
		}
		m := h.make(ada, apitoken.Service, apitoken.Draft{Name: "nightly", Roles: []string{viewer.ID.String()}})
		if m.Owner != "" || m.Creator != ada || !strings.HasPrefix(m.Token.Secret.Reveal(), "grst_") {
			t.Errorf("%+v", m.APIToken)
		}
		h.write(func(tx *store.Tx) error {
			return h.Accounts.RemoveMember(tx, access.System("test"), h.acc.ID.String(), ada)
		})
		h.expect("after its creator left", m.Token.Secret, map[string]bool{"flag:view": true, "flag:update": false})

		more := allowing("flag:view", "flag:update")
		_, err = h.Roles.Update(h.ctx, h.as(h.boss), role.Path{Account: h.acc.ID, Role: viewer.ID}, role.Patch{Policy: &more})
		h.ok(err)
		h.expect("after its role was widened", m.Token.Secret, map[string]bool{"flag:update": true})
		less := allowing("project:view")
		_, err = h.Roles.Update(h.ctx, h.as(h.boss), role.Path{Account: h.acc.ID, Role: viewer.ID}, role.Patch{Policy: &less})
		h.ok(err)
		h.expect("after its role was narrowed", m.Token.Secret, map[string]bool{"flag:view": false})

		// The role is held while the token is there.
		h.code("deleting its role", h.Roles.Delete(h.ctx, h.as(h.boss), role.Path{Account: h.acc.ID, Role: viewer.ID}, ""), "role_in_use")
		_, err = h.Delete(h.ctx, h.as(h.boss), m.ID)
		h.ok(err)
		h.ended("deleted", m.Token.Secret, "token_revoked")
		h.ok(h.Roles.Delete(h.ctx, h.as(h.boss), role.Path{Account: h.acc.ID, Role: viewer.ID}, ""))
	})
}

// Who sees and changes which token: one's own, the account's, others' only by the
// administrator; for everybody else there is none.
func TestWhoseTokensAreWhose(t *testing.T) {
	each(t, func(h *house) {
		ada, ben, eve := h.person("ada", h.acc, access.AccountMember), h.person("ben", h.acc, access.AccountMember), h.person("eve", h.account("elsewhere"), access.AccountAdmin)
		own := h.make(ada, apitoken.Personal, apitoken.Draft{Name: "ada's", Roles: []string{role.Reader}})
		shared := h.make(h.boss, apitoken.Service, apitoken.Draft{Name: "everybody's", Roles: []string{role.Reader}})
		names := func(user string, everybody bool) []string {
			t.Helper()
			all, err := h.List(h.ctx, h.as(user), h.acc.ID, everybody)
			h.ok(err)
			out := []string{}
			for _, one := range all {
				out = append(out, one.Name)
			}
			slices.Sort(out)
			return out
		}
		for name, tc := range map[string]struct{ got, want []string }{
			"the owner":                  {names(ada, false), []string{"ada's", "everybody's"}},
			"a colleague":                {names(ben, false), []string{"everybody's"}},
			"the administrator":          {names(h.boss, false), []string{"everybody's"}},
			"the administrator, for all": {names(h.boss, true), []string{"ada's", "everybody's"}},
		} {
			if !slices.Equal(tc.got, tc.want) {
				t.Errorf("%s sees %v", name, tc.got)
			}
		}
		_, err := h.List(h.ctx, h.as(ben), h.acc.ID, true)
		h.code("a colleague, for all", err, "forbidden")
		_, err = h.List(h.ctx, h.as(eve), h.acc.ID, false)
		h.code("a stranger lists", err, "not_found")

		word := "renamed"
		for name, tc := range map[string]struct {
			by        string
			id        apitoken.ID
			see, edit string
		}{
			"the owner, theirs":              {ada, own.ID, "", ""},
			"a colleague, the owner's":       {ben, own.ID, "not_found", "not_found"},
			"the administrator, the owner's": {h.boss, own.ID, "", ""},
			"a colleague, the account's":     {ben, shared.ID, "", "forbidden"},
			"a stranger, the owner's":        {eve, own.ID, "not_found", "not_found"},
			"a stranger, the account's":      {eve, shared.ID, "not_found", "not_found"},
			"anybody, one that there is not": {h.boss, ident.New[apitoken.APIToken](h.clock.Now()), "not_found", "not_found"},
		} {
			_, err := h.Get(h.ctx, h.as(tc.by), tc.id)
			h.code(name+", looks", err, tc.see)
			_, err = h.Rename(h.ctx, h.as(tc.by), tc.id, apitoken.Words{Name: &word})
			h.code(name+", renames", err, tc.edit)
		}
		// The same holds for its secrets, which package token keeps.
		for name, tc := range map[string]struct {
			by   string
			m    apitoken.Made
			want string
		}{"a colleague, the owner's": {ben, own, "not_found"}, "a colleague, the account's": {ben, shared, "forbidden"}, "a stranger, the account's": {eve, shared, "not_found"},
			"the owner, theirs": {ada, own, ""}, "the administrator, the account's": {h.boss, shared, ""}} {
			_, err := h.Secrets.Rotate(h.ctx, h.as(tc.by), tc.m.Token.ID, token.Rotation{Reason: "Nobody knows where it is."})
			h.code(name+", rotates", err, tc.want)
		}
		if n := h.entries("personal_token.update"); n != 2 {
			t.Errorf("%d entries of renaming", n)
		}
		long := strings.Repeat("n", 81)
		_, err = h.Rename(h.ctx, h.as(ada), own.ID, apitoken.Words{Name: &long})
		h.code("a name that is too long", err, "api_token_invalid")
	})
}

// Deleting ends every generation, once; an account has no more tokens than it may.
func TestTokensEndAndAreCounted(t *testing.T) {
	each(t, func(h *house) {
		m := h.make(h.boss, apitoken.Service, apitoken.Draft{Name: "one", Roles: []string{role.Reader}, Days: 2})
		h.Most = 1
		_, err := h.Create(h.ctx, h.as(h.boss), h.acc.ID, apitoken.Personal, apitoken.Draft{Name: "two", Roles: []string{role.Reader}})
		h.code("one too many", err, "api_token_limit")
		_, err = h.Delete(h.ctx, h.as(h.boss), m.ID)
		h.ok(err)
		_, err = h.Delete(h.ctx, h.as(h.boss), m.ID)
		h.code("again", err, "api_token_deleted")
		word := "x"
		_, err = h.Rename(h.ctx, h.as(h.boss), m.ID, apitoken.Words{Name: &word})
		h.code("renaming it", err, "api_token_deleted")
		next := h.make(h.boss, apitoken.Service, apitoken.Draft{Name: "two", Roles: []string{role.Reader}, Days: 2})
		h.clock.Advance(48*3600e9 - 1e9)
		h.ended("before its end", next.Token.Secret, "")
		h.clock.Advance(2e9)
		h.ended("after its end", next.Token.Secret, "token_expired")
	})
}
