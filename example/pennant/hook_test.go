package pennant_test

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"github.com/guestright/guestright/example/pennant"
)

func (h *house) hook(body string, headers ...string) answer {
	h.t.Helper()
	return h.callAs("", http.MethodPost, "/guestright/hooks", append(headers, "Authorization: Bearer "+hookSecret, "Body: "+body))
}

const createBot = `{"request_id":"r1","type":"integration_user.create","account":"harbour-books","username":"Deploybot",
	"role_name":"Deploybot","privileges":["flag:update","Settings > Roles > Flags: view"]}`

func TestHookCreatesAndRemovesAnIntegrationUser(t *testing.T) {
	t.Parallel()
	h := start(t)
	made := h.want(h.hook(createBot), http.StatusOK)
	var out pennant.HookReply
	made.into(t, &out)
	if out.UserKey == "" || out.RoleKey == "" {
		t.Fatalf("%s", made.raw)
	}
	var m pennant.Member
	h.want(h.call("GET", "/members/"+out.UserKey, ""), http.StatusOK).into(t, &m)
	if m.Kind != "integration" || m.Username != "Deploybot" || m.Role != out.RoleKey {
		t.Errorf("%+v", m)
	}
	role := h.role(out.RoleKey)
	if role == nil || !slices.Equal(role.Privileges, []string{"flag:update", "flag:view"}) {
		t.Errorf("%+v", role)
	}
	if again := h.want(h.hook(createBot), http.StatusOK); !bytes.Equal(again.raw, made.raw) {
		t.Errorf("repeated: %s", again.raw)
	}
	other := `{"request_id":"r1","type":"role.create","account":"harbour-books","role_name":"X","privileges":["flag:view"]}`
	if a := h.want(h.hook(other), http.StatusConflict); a.code(t) != "request_reused" {
		t.Errorf("%s", a.raw)
	}

	gone := `{"type":"integration_user.remove","account":"harbour-books","user_key":"` + out.UserKey + `"}`
	h.want(h.hook(gone, "Idempotency-Key: r2"), http.StatusOK)
	h.want(h.hook(gone, "Idempotency-Key: r3"), http.StatusOK)
	h.want(h.call("GET", "/members/"+out.UserKey, ""), http.StatusNotFound)
	if h.role(out.RoleKey) != nil {
		t.Error("the role stayed although nobody has it")
	}
	if h.role("editor") == nil {
		t.Error("a built-in role is gone")
	}
}

func (h *house) role(key string) *pennant.Role {
	h.t.Helper()
	var all struct{ Items []pennant.Role }
	h.want(h.call("GET", "/roles", ""), http.StatusOK).into(h.t, &all)
	for _, r := range all.Items {
		if r.Key == key {
			return &r
		}
	}
	return nil
}

func TestHookKeepsSharedRolesAndPeople(t *testing.T) {
	t.Parallel()
	h := start(t)
	var role pennant.HookReply
	h.want(h.hook(`{"request_id":"a","type":"role.create","account":"harbour-books","role_name":"Bots","privileges":["flag:view"]}`), http.StatusOK).into(t, &role)
	for id, name := range map[string]string{"b": "One", "c": "Two"} {
		h.want(h.hook(`{"request_id":"`+id+`","type":"integration_user.create","account":"harbour-books","username":"`+name+`","role_name":"Bots"}`), http.StatusOK)
	}
	h.want(h.hook(`{"request_id":"d","type":"integration_user.remove","account":"harbour-books","username":"One"}`), http.StatusOK)
	if h.role(role.RoleKey) == nil {
		t.Error("the role is gone although another user has it")
	}
	h.want(h.hook(`{"request_id":"e","type":"integration_user.remove","account":"harbour-books","user_key":"usr-nora"}`), http.StatusOK)
	h.want(h.call("GET", "/members/usr-nora", ""), http.StatusOK)
}

func TestHookRefuses(t *testing.T) {
	t.Parallel()
	h := start(t)
	for name, one := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"no request id":     {`{"type":"role.create","account":"harbour-books","role_name":"X","privileges":["flag:view"]}`, 422, "invalid"},
		"unknown type":      {`{"request_id":"1","type":"account.remove","account":"harbour-books"}`, 422, "hook_type"},
		"unknown account":   {`{"request_id":"1","type":"role.create","account":"nobody","role_name":"X","privileges":["flag:view"]}`, 404, "not_found"},
		"unknown privilege": {`{"request_id":"1","type":"role.create","account":"harbour-books","role_name":"X","privileges":["all"]}`, 422, "invalid"},
		"unknown role":      {`{"request_id":"1","type":"integration_user.create","account":"harbour-books","username":"B","role_name":"X"}`, 422, "invalid"},
		"username taken":    {`{"request_id":"1","type":"integration_user.create","account":"harbour-books","username":"NORA@harbour-books.example","role_name":"Editor"}`, 409, "username_taken"},
		"unknown field":     {`{"request_id":"1","type":"role.create","account":"harbour-books","admin":true}`, 400, "body_unknown_field"},
	} {
		if a := h.hook(one.body); a.status != one.status || a.code(t) != one.code {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	for _, header := range []string{"X: y", "Authorization: Bearer wrong", "Authorization: Bearer ", "Authorization: " + hookSecret} {
		if a := h.callAs("", http.MethodPost, "/guestright/hooks", []string{header, "Body: " + createBot}); a.status != http.StatusUnauthorized {
			t.Errorf("%q: %d", header, a.status)
		}
	}
	// A refused request leaves nothing behind, so it may be corrected under the same id.
	h.want(h.hook(`{"request_id":"1","type":"role.create","account":"harbour-books","role_name":"X","privileges":["flag:view"]}`), http.StatusOK)
}
