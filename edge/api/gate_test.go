package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func TestTheGate(t *testing.T) {
	t.Parallel()
	s := settle(one(t))
	for _, tc := range []struct {
		name, who, method, target string
		headers                   []string
		status                    int
		code                      string
	}{
		{"nobody", "", "GET", "/v1/caller", nil, 401, "unauthenticated"},
		{"a session", "ada", "GET", "/v1/caller", nil, 200, ""},
		{"a session that ended", "gone", "GET", "/v1/caller", nil, 401, "unauthenticated"},
		{"a token", s.token, "GET", "/v1/caller", nil, 200, ""},
		{"a token that is not ours", "grat_" + strings.Repeat("x", 46), "GET", "/v1/caller", nil, 401, "invalid_token"},
		{"a client secret", s.secret, "GET", "/v1/caller", nil, 401, "invalid_token"},
		{"session and token", "ada", "GET", "/v1/caller", []string{"Authorization", "Bearer " + s.token}, 422, "two_credentials"},
		{"basic", "", "GET", "/v1/caller", []string{"Authorization", "Basic YTpi"}, 401, "unauthenticated"},
		{"no token", "", "GET", "/v1/caller", []string{"Authorization", "Bearer"}, 401, "unauthenticated"},
		{"the scheme in other letters", "", "GET", "/v1/caller", []string{"Authorization", "bearer " + s.token}, 200, ""},
		{"a page of ours", "ada", "POST", "/v1/groups", []string{"Sec-Fetch-Site", "same-origin"}, 400, "body_missing"},
		{"a page of another site", "ada", "POST", "/v1/groups", []string{"Sec-Fetch-Site", "cross-site"}, 403, "cross_origin"},
		{"a sibling", "ada", "DELETE", "/v1/keys/x", []string{"Sec-Fetch-Site", "same-site"}, 403, "cross_origin"},
		{"an older browser", "ada", "PATCH", "/v1/groups/x", []string{"Origin", "https://evil.example"}, 403, "cross_origin"},
		{"null", "ada", "POST", "/v1/groups", []string{"Origin", "null"}, 403, "cross_origin"},
		{"reading from another site", "ada", "GET", "/v1/caller", []string{"Sec-Fetch-Site", "cross-site"}, 200, ""},
		{"another site with a token", s.token, "POST", "/v1/groups", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 400, "body_missing"},
	} {
		w := s.call(tc.who, tc.method, tc.target, nil, tc.headers...)
		if w.Code != tc.status || tc.code != "" && !strings.Contains(w.Body.String(), `"code":"`+tc.code+`"`) {
			t.Errorf("%s: %d %s, want %d %s", tc.name, w.Code, w.Body, tc.status, tc.code)
		}
	}
	two := httptest.NewRequest("GET", "/v1/caller", nil)
	two.Header["Authorization"] = []string{"Bearer " + s.token, "Bearer " + s.token}
	w := httptest.NewRecorder()
	if s.handler.ServeHTTP(w, two); w.Code != http.StatusUnauthorized {
		t.Errorf("two Authorization headers: %d", w.Code)
	}
}

func TestATokenOpensNothingHere(t *testing.T) {
	t.Parallel()
	s := settle(one(t))
	me := s.must(200, s.call(s.token, "GET", "/v1/caller", nil))
	if text(me, "kind") != "integration" || text(me, "account") != s.account || text(me, "subject") != "installation/"+s.installation || text(me, "user") != "" {
		t.Errorf("caller: %v", me)
	}
	for _, tc := range []struct {
		method, target string
		body           any
		status         int
		code           string
	}{
		{"POST", "/v1/groups", object{"name": "X"}, 403, "not_a_person"},
		{"GET", "/v1/groups", nil, 403, "not_a_person"},
		{"GET", "/v1/accounts", nil, 403, "not_a_person"},
		{"GET", "/v1/accounts/" + s.account, nil, 404, "not_found"},
		{"GET", "/v1/installations/" + s.installation, nil, 404, "not_found"},
		{"GET", "/v1/audit", nil, 403, "forbidden"},
		{"GET", "/v1/notices", nil, 403, "notice.no_inbox"},
		{"PUT", "/v1/accounts", object{"key": "x", "name": "X"}, 403, "forbidden"},
		{"POST", "/v1/product-keys", object{"label": "x"}, 403, "forbidden"},
		{"GET", "/v1/scopes", nil, 200, ""},
	} {
		w := s.call(s.token, tc.method, tc.target, tc.body)
		if w.Code != tc.status || tc.code != "" && !strings.Contains(w.Body.String(), `"code":"`+tc.code+`"`) {
			t.Errorf("%s %s: %d %s", tc.method, tc.target, w.Code, w.Body)
		}
	}
	s.clock.Advance(time.Hour)
	if w := s.call(s.token, "GET", "/v1/caller", nil); w.Code != 401 || !strings.Contains(w.Body.String(), "token_expired") {
		t.Errorf("an hour later: %d %s", w.Code, w.Body)
	}
}

func TestHeadersAndOrigins(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.join("ada")
	w := h.call("ada", "GET", "/v1/caller", nil, "Origin", "https://tools.example")
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		"Access-Control-Allow-Origin": "https://tools.example", "Access-Control-Allow-Credentials": ""} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w := h.call("", "OPTIONS", "/v1/groups", nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "POST"); w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("a stranger's origin is allowed")
	}
	if w := h.call("", "GET", "/openapi.json", nil); w.Code != 200 {
		t.Errorf("description: %d", w.Code)
	}
	if w := h.call("", "GET", "/docs/errors", nil); w.Code != 200 || !strings.Contains(w.Body.String(), "role_too_broad") {
		t.Errorf("codes: %d", w.Code)
	}
}

func TestProductKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.join("ada")
		h.operator()
		if w := h.call("ada", "POST", "/v1/product-keys", object{"label": "sync"}); w.Code != 403 {
			t.Errorf("a developer makes a product key: %d", w.Code)
		}
		h.must(422, h.call("op", "POST", "/v1/product-keys", object{"label": " "}))
		made := h.must(201, h.call("op", "POST", "/v1/product-keys", object{"label": "sync"}))
		raw, id := text(made, "secret"), text(made, "id")
		if !strings.HasPrefix(raw, "grst_") {
			t.Fatalf("secret: %.5s", raw)
		}
		if list := h.call("op", "GET", "/v1/product-keys", nil).Body.String(); strings.Contains(list, raw) || !strings.Contains(list, id) {
			t.Errorf("list: %s", list)
		}
		if me := h.must(200, h.call(raw, "GET", "/v1/caller", nil)); text(me, "kind") != "product" || text(me, "subject") != "product_key/"+id {
			t.Errorf("caller: %v", me)
		}
		h.must(200, h.call(raw, "PUT", "/v1/accounts", object{"key": "a", "name": "A"}))
		if list := h.must(200, h.call(raw, "GET", "/v1/accounts", nil)); len(list["items"].([]any)) != 1 {
			t.Errorf("accounts: %v", list)
		}
		for _, tc := range []struct{ method, target string }{
			{"POST", "/v1/product-keys"}, {"GET", "/v1/product-keys"}, {"GET", "/v1/groups"}, {"POST", "/v1/groups"}, {"GET", "/v1/audit"}, {"GET", "/v1/mail"},
		} {
			var body any
			if tc.method == "POST" {
				body = object{"label": "x"}
				if tc.target == "/v1/groups" {
					body = object{"name": "x"}
				}
			}
			if w := h.call(raw, tc.method, tc.target, body); w.Code != 403 {
				t.Errorf("the product at %s %s: %d %s", tc.method, tc.target, w.Code, w.Body)
			}
		}
		if used := h.call("op", "GET", "/v1/product-keys", nil).Body.String(); !strings.Contains(used, `"last_used":"2026-03-02T10:00:00Z"`) {
			t.Errorf("last use: %s", used)
		}
		h.must(204, h.call("op", "DELETE", "/v1/product-keys/"+id, nil))
		if w := h.call(raw, "GET", "/v1/caller", nil); w.Code != 401 || !strings.Contains(w.Body.String(), "token_revoked") {
			t.Errorf("revoked: %d %s", w.Code, w.Body)
		}
		h.must(409, h.call("op", "DELETE", "/v1/product-keys/"+id, nil))
	})
}
