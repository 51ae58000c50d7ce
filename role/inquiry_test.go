package role_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
)

func TestInquiriesSayWhy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		user, admin := h.person("ada", access.AccountMember), h.as(h.person("boss", access.AccountAdmin))
		ops := h.create(admin, role.Draft{Key: "ops", Name: "Ops", Policy: access.Policy{
			allow("flag:*", "proj/*:env/*:flag/ops_*"), deny("flag:delete", "proj/*:env/production:flag/*"), allow("segment:view", "proj/*:env/*;eu:segment/*"), deny("flag:view", "proj/*:env/*;dark:flag/*")}})
		h.give(admin, user, role.Given{Role: ops.ID.String()}, role.Given{Role: role.NoAccess})
		h.Facts = account.NewFacts(h.DB)
		h.Behind = func(_ *store.Tx, grant string) (role.Authority, error) {
			switch grant {
			case "grt_here":
				return role.Authority{Account: h.acc.ID.String(), Scopes: []string{"flags.read"}, Layers: []role.NamedLayer{{Name: "Approved", Sources: []role.Source{{Name: "Approved", Policy: access.Policy{allow("flag:view", "*")}}}}}}, nil
			case "grt_off":
				return role.Authority{Account: h.acc.ID.String(), State: problem.Forbidden("grant_suspended", "x"), Layers: []role.NamedLayer{{Name: "Approved", Sources: []role.Source{{Name: "Approved", Policy: access.Policy{allow("*", "*")}}}}}}, nil
			}
			return role.Authority{Account: "acc_other"}, nil
		}
		for name, tc := range map[string]struct {
			q         role.Inquiry
			allowed   bool
			policy    string
			statement int
			why       string
		}{
			"allowed":                      {role.Inquiry{Member: user, Action: "flag:update", Resource: "proj/a:env/test;:flag/ops_x"}, true, "Ops", 1, "Statement 1 of “Ops” allows it."},
			"denied":                       {role.Inquiry{Member: user, Action: "flag:delete", Resource: "proj/a:env/production:flag/ops_x"}, false, "Ops", 2, "a denial wins"},
			"in doubt":                     {role.Inquiry{Member: user, Action: "flag:view", Resource: "proj/a:env/test:flag/ops_x"}, false, "Ops", 4, "denies it in doubt"},
			"perhaps":                      {role.Inquiry{Member: user, Action: "segment:view", Resource: "proj/a:env/test:segment/x"}, false, "", 0, "Statement 3 of “Ops” would allow it if more were known"},
			"a name":                       {role.Inquiry{Member: user, Action: "flag:update", Resource: "proj/a:env/test;:flag/x"}, false, "", 0, "the names differ"},
			"a parent":                     {role.Inquiry{Role: ops.ID.String(), Action: "flag:update", Resource: "proj/a:env/test;"}, false, "", 0, "above or below"},
			"nothing near":                 {role.Inquiry{Role: role.NoAccess, Action: "flag:update", Resource: "proj/a"}, false, "", 0, "None is about this."},
			"an operation":                 {role.Inquiry{Role: role.Reader, Method: "get", Path: "/api/v1/accounts/harbour/projects/web?x=1"}, true, "Reader", 1, "allows it"},
			"another tag of the operation": {role.Inquiry{Role: role.Reader, Method: "DELETE", Path: "/api/v1/accounts/harbour/projects/web"}, false, "", 0, "not about this action"},
			"a policy":                     {role.Inquiry{Policy: access.Policy{allow("flag:view", "proj/${roleAttribute/p}")}, Attributes: access.Attributes{"p": {"a"}}, Action: "flag:view", Resource: "proj/a"}, true, "This policy", 1, "allows it"},
			"without a value":              {role.Inquiry{Policy: access.Policy{allow("flag:view", "proj/${roleAttribute/p}")}, Action: "flag:view", Resource: "proj/a"}, false, "", 0, "role attribute that has no value"},
			"a grant":                      {role.Inquiry{Grant: "grt_here", Action: "flag:view", Resource: "proj/a"}, true, "Approved", 1, "allows it"},
			"a suspended one":              {role.Inquiry{Grant: "grt_off", Action: "flag:view", Resource: "proj/a"}, false, "Approved", 1, "allows it"},
		} {
			got, err := h.Inquire(h.ctx, admin, h.acc.ID, tc.q)
			if err != nil || len(got.Opinions) == 0 {
				t.Errorf("%s: %+v %v", name, got, err)
				continue
			}
			o := got.Opinions[0]
			if got.Allowed != tc.allowed || o.Policy != tc.policy || o.Statement != tc.statement || !strings.Contains(o.Why, tc.why) || (o.Text == "") != (tc.statement == 0) {
				t.Errorf("%s: allowed %v, %+v", name, got.Allowed, o)
			}
			if got.Allowed == (len(got.Missing) > 0) && got.State == "" {
				t.Errorf("%s: missing %v", name, got.Missing)
			}
		}
		// A23: what an operation requires, what is granted and what is missing.
		got, err := h.Inquire(h.ctx, admin, h.acc.ID, role.Inquiry{Grant: "grt_here", Method: "DELETE", Path: "/api/v1/accounts/harbour/projects/web"})
		if err != nil || got.Operation != "deleteProject" || strings.Join(got.Scopes, " ") != "projects.write" || len(got.Missing) != 1 || strings.Join(got.Missing[0], " ") != "project:delete projects.write" && strings.Join(got.Missing[0], " ") != "projects.write project:delete" {
			t.Errorf("%+v %v", got, err)
		}
		for name, tc := range map[string]struct {
			by   access.Principal
			q    role.Inquiry
			want string
		}{
			"nobody named":    {admin, role.Inquiry{Action: "x"}, "inquiry_invalid"},
			"two named":       {admin, role.Inquiry{Role: "reader", Member: user, Action: "x"}, "inquiry_invalid"},
			"nothing asked":   {admin, role.Inquiry{Role: "reader"}, "inquiry_invalid"},
			"half asked":      {admin, role.Inquiry{Role: "reader", Method: "GET"}, "inquiry_invalid"},
			"no such route":   {admin, role.Inquiry{Role: "reader", Method: "GET", Path: "/nothing"}, "inquiry_invalid"},
			"no resource":     {admin, role.Inquiry{Role: "reader", Action: "x", Resource: "proj/*"}, "inquiry_invalid"},
			"a faulty policy": {admin, role.Inquiry{Policy: access.Policy{{}}, Action: "x"}, "policy.invalid"},
			"an unknown role": {admin, role.Inquiry{Role: "rle_x", Action: "x"}, "role_unknown"},
			"another account": {admin, role.Inquiry{Grant: "grt_there", Action: "x"}, "not_found"},
			"no member":       {admin, role.Inquiry{Member: "usr_x", Action: "x"}, "not_found"},
			"a member asks":   {h.as(user), role.Inquiry{Role: "reader", Action: "x"}, "forbidden"},
			"a stranger asks": {access.UserPrincipal("usr_y", nil, nil), role.Inquiry{Role: "reader", Action: "x"}, "not_found"},
		} {
			if _, err := h.Inquire(h.ctx, tc.by, h.acc.ID, tc.q); code(err) != tc.want {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
