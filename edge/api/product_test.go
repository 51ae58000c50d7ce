package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// outcomes lists what became of the items of a sync, "pointer outcome code".
func outcomes(o object) string {
	var out []string
	for _, item := range o["items"].([]any) {
		i := item.(object)
		line := text(i, "pointer") + " " + text(i, "outcome")
		if text(i, "code") != "" {
			line += " " + text(i, "code")
		}
		for _, e := range list(i["errors"]) {
			line += " " + text(e.(object), "pointer")
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func TestSync(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.operator()
		product := text(h.must(201, h.call("op", "POST", "/v1/product-keys", object{"label": "sync"})), "secret")
		narrow := []object{{"effect": "allow", "actions": []string{"flag:view"}, "resources": []string{"*"}}}
		batch := object{
			"accounts": []object{{"key": "harbour", "name": "Harbour"}, {"key": "quay", "name": "Quay", "parent_key": "harbour"},
				{"key": "pier", "name": "", "upstream": "ftp://x"}, {"key": "deep", "name": "Deep", "parent_key": "quay"}, {"key": "lost", "name": "Lost", "parent_key": "nobody"}},
			"users": []object{{"key": "u1", "email": "ada@example.com", "name": "Ada"}, {"key": "u2", "email": "nonsense", "name": "Bob"}},
			"roles": []object{{"account_key": "harbour", "key": "viewer", "name": "Viewer", "policy": narrow},
				{"account_key": "harbour", "key": "bad", "name": "Bad", "policy": []object{{"effect": "allow"}}}, {"account_key": "none", "key": "x", "name": "X", "policy": narrow}},
			"members": []object{{"account_key": "harbour", "user_key": "u1", "role": "admin", "role_keys": []string{"viewer"}},
				{"account_key": "harbour", "user_key": "u2"}, {"account_key": "quay", "user_key": "u1", "role_keys": []string{"viewer"}},
				{"account_key": "quay", "user_key": "u1", "remove": true}},
		}
		first := h.must(200, h.call(product, "POST", "/v1/sync", batch))
		want := `/accounts/0 created
/accounts/1 created
/accounts/2 failed account_invalid /accounts/2/name /accounts/2/upstream
/accounts/3 failed parent_is_child /accounts/3/parent_key
/accounts/4 failed parent_unknown /accounts/4/parent_key
/users/0 created
/users/1 failed sync_person_invalid /users/1/email
/roles/0 created
/roles/1 failed role_invalid /roles/1/policy/0 /roles/1/policy/0
/roles/2 failed account_unknown /roles/2/account_key
/members/0 created
/members/1 failed member_invalid /members/1/user_key
/members/2 failed member_invalid /members/2/role_keys/0
/members/3 unchanged`
		if got := outcomes(first); got != want {
			t.Errorf("first:\n%s\nwant\n%s", got, want)
		}
		if n := first["failed"].(float64); n != 8 {
			t.Errorf("failed: %v", n)
		}
		before := entries(h)
		again := outcomes(h.must(200, h.call(product, "POST", "/v1/sync", batch)))
		if strings.Contains(again, "created") || strings.Contains(again, "updated") || entries(h) != before {
			t.Errorf("the same again changes something (%d entries before, %d now):\n%s", before, entries(h), again)
		}
		change := object{"accounts": []object{{"key": "harbour", "name": "Harbour Books"}, {"key": "quay", "name": "Quay", "parent_key": "harbour", "closed": true}},
			"users": []object{{"key": "u1", "email": "ada@example.com", "name": "Ada L"}}, "members": []object{{"account_key": "harbour", "user_key": "u1", "remove": true}}}
		if got := outcomes(h.must(200, h.call(product, "POST", "/v1/sync", change))); got != "/accounts/0 updated\n/accounts/1 updated\n/users/0 updated\n/members/0 removed" {
			t.Errorf("changes:\n%s", got)
		}
		many := make([]object, 1001)
		for i := range many {
			many[i] = object{"key": fmt.Sprint("k", i), "name": "N"}
		}
		for name, body := range map[string]object{"too many": {"accounts": many}, "none": {}} {
			if w := h.call(product, "POST", "/v1/sync", body); w.Code != 422 || !strings.Contains(w.Body.String(), "sync_invalid") {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
	})
}

func entries(h *house) int {
	var n int
	h.write(func(tx *store.Tx) error { return tx.NewRaw("SELECT count(*) FROM audit_entry").Scan(tx.Ctx, &n) })
	return n
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s := settle(newHouse(t, open))
		product := text(s.must(201, s.call("op", "POST", "/v1/product-keys", object{"label": "decisions"})), "secret")
		ask := func(q object) object {
			t.Helper()
			return s.must(200, s.call(product, "POST", "/v1/decisions", object{"questions": []object{q}}))["answers"].([]any)[0].(object)
		}
		for _, tc := range []struct {
			name    string
			q       object
			allowed bool
			code    string
			missing string
		}{
			{"an action", object{"grant": s.grant, "action": "flag:view"}, true, "", "[]"},
			{"by token", object{"token": s.token, "action": "flag:view"}, true, "", "[]"},
			{"another action", object{"grant": s.grant, "action": "flag:update", "resource": "flag/x"}, false, "scope_missing", "[flag:update]"},
			{"a call", object{"grant": s.grant, "method": "GET", "path": "/accounts/harbour/flags"}, true, "", "[]"},
			{"a call that needs two", object{"grant": s.grant, "method": "POST", "path": "/accounts/harbour/flags"}, false, "scope_missing", "[flag:create]"},
			{"another account", object{"grant": s.grant, "method": "GET", "path": "/accounts/other/flags"}, false, "not_found", "[]"},
			{"a public call", object{"grant": s.grant, "method": "GET", "path": "/status"}, true, "", "[]"},
			{"an unmapped call", object{"grant": s.grant, "method": "GET", "path": "/loose"}, false, "operation_unmapped", "[]"},
			{"an internal call", object{"grant": s.grant, "method": "GET", "path": "/hidden"}, false, "not_found", "[]"},
			{"no such grant", object{"grant": "grt_00000000000000000000000000", "action": "flag:view"}, false, "invalid_token", "[]"},
			{"no such token", object{"token": "grat_x", "action": "flag:view"}, false, "invalid_token", "[]"},
		} {
			got := ask(tc.q)
			if got["allowed"] != tc.allowed || text(got, "code") != tc.code || fmt.Sprint(got["missing"]) != tc.missing || text(got, "decision") == "" {
				t.Errorf("%s: %v", tc.name, got)
			}
		}
		for name, q := range map[string]object{"nothing": {}, "both": {"grant": "g", "token": "t", "action": "a"}, "half": {"grant": "g", "method": "GET"},
			"a broken resource": {"grant": s.grant, "action": "flag:view", "resource": "flag/*"}} {
			if w := s.call(product, "POST", "/v1/decisions", object{"questions": []object{q}}); w.Code != 422 || !strings.Contains(w.Body.String(), "/questions/0") {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
		if w := s.call("ada", "POST", "/v1/decisions", object{"questions": []object{{"grant": s.grant, "action": "flag:view"}}}); w.Code != 403 {
			t.Errorf("a developer asks: %d", w.Code)
		}
		s.must(200, s.call("ben", "PATCH", "/v1/installations/"+s.installation, object{"availability": object{"available": false, "reason": "audit"}}))
		if got := ask(object{"grant": s.grant, "action": "flag:view"}); got["allowed"] != false || text(got, "code") != "installation_unavailable" {
			t.Errorf("switched off: %v", got)
		}
	})
}

func TestResourceFactsDecide(t *testing.T) {
	t.Parallel()
	s := settle(one(t))
	product := text(s.must(201, s.call("op", "POST", "/v1/product-keys", object{"label": "facts"})), "secret")
	v := text(s.must(201, s.call("ada", "POST", "/v1/applications/"+s.app+"/versions",
		object{"number": "2.0.0", "notes": "Changes flags.", "required": []object{{"scope": "flags.write", "purpose": "Changes flags."}}})), "id")
	s.must(200, s.call("ada", "POST", "/v1/versions/"+v+"/publish", nil))
	s.must(200, s.call("ben", "DELETE", "/v1/installations/"+s.installation+"?reason=again", nil))
	s.must(200, s.call(product, "POST", "/v1/sync", object{"roles": []object{{"account_key": "harbour", "key": "draft", "name": "Drafts",
		"policy": []object{{"effect": "allow", "actions": []string{"flag:update"}, "resources": []string{"flag/*;draft"}}}}}}))
	role := ""
	for _, r := range s.must(200, s.call("ben", "GET", "/v1/accounts/"+s.account+"/roles", nil))["items"].([]any) {
		if text(r.(object), "key") == "draft" {
			role = text(r.(object), "id")
		}
	}
	grant := text(s.must(201, s.call("ben", "POST", "/v1/accounts/"+s.account+"/installations", object{"application_id": s.publicID, "role": role})), "grant")
	ask := func(resource string) any {
		t.Helper()
		q := object{"grant": grant, "action": "flag:update", "resource": resource}
		return s.must(200, s.call(product, "POST", "/v1/decisions", object{"questions": []object{q}}))["answers"].([]any)[0].(object)["allowed"]
	}
	put := func(f object) {
		t.Helper()
		s.must(204, s.call(product, "PUT", "/v1/resources", object{"account_key": "harbour", "resources": []object{f}}))
	}
	if ask("flag/a") != false {
		t.Error("nothing is known, and the condition holds")
	}
	put(object{"resource": "flag/a", "tags": []string{"draft"}, "properties": object{"archived": false}})
	if ask("flag/a") != true || ask("flag/b") != false {
		t.Error("what the product said is not believed")
	}
	put(object{"resource": "flag/a", "tags": []string{"live"}})
	if ask("flag/a") != false || ask("flag/a;draft") != true {
		t.Error("the newer word does not count, or the question's own facts do not")
	}
	put(object{"resource": "flag/a", "tags": []string{"draft"}})
	put(object{"resource": "flag/a", "forget": true})
	if ask("flag/a") != false {
		t.Error("forgotten facts are remembered")
	}
	for _, bad := range []object{{"resource": "flag/*"}, {"resource": "flag/a;draft"}, {"resource": ""}, {"resource": "flag/a", "tags": []string{""}}, {"resource": "flag/a", "properties": object{"a b": true}}} {
		w := s.call(product, "PUT", "/v1/resources", object{"account_key": "harbour", "resources": []object{bad}})
		if w.Code != 422 || !strings.Contains(w.Body.String(), "/resources/0") {
			t.Errorf("%v: %d %s", bad, w.Code, w.Body)
		}
	}
	if w := s.call(product, "PUT", "/v1/resources", object{"account_key": "none", "resources": []object{{"resource": "flag/a"}}}); w.Code != 404 {
		t.Errorf("no such account: %d", w.Code)
	}
}
