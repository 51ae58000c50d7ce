package pennant_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/example/pennant"
)

const stagingCheckout = "/projects/web-shop/environments/staging/flags/one-page-checkout"

func TestFlagLivesInEveryEnvironment(t *testing.T) {
	t.Parallel()
	h := start(t)
	made := h.want(h.call("POST", "/projects/web-shop/flags", `{"key":"wish-list","kind":"boolean","name":"Wish list","maintainer":"usr-nora"}`), http.StatusCreated)
	if at := made.header.Get("Location"); at != "/api/v1/accounts/harbour-books/projects/web-shop/flags/wish-list" {
		t.Errorf("Location %q", at)
	}
	h.want(h.call("POST", "/projects/web-shop/environments", `{"key":"preview","name":"Preview"}`), http.StatusCreated)
	for _, env := range []string{"test", "staging", "production", "preview"} {
		var st pennant.FlagState
		h.want(h.call("GET", "/projects/web-shop/environments/"+env+"/flags/wish-list", ""), http.StatusOK).into(t, &st)
		if st.On || st.OffVariation != 1 || st.Environment != env {
			t.Errorf("%s: %+v", env, st)
		}
	}
	h.want(h.call("DELETE", "/projects/web-shop/flags/wish-list", ""), http.StatusNoContent)
	h.want(h.call("GET", "/projects/web-shop/flags/wish-list", ""), http.StatusNotFound)
	h.want(h.call("GET", "/projects/web-shop/environments/preview/flags/wish-list", ""), http.StatusNotFound)
	h.want(h.call("GET", stagingCheckout, ""), http.StatusOK)
}

func TestFlagIsTurnedOnInTheVersionThatWasRead(t *testing.T) {
	t.Parallel()
	h := start(t)
	tag := h.want(h.call("GET", stagingCheckout, ""), http.StatusOK).header.Get("ETag")
	if tag != `"1"` {
		t.Fatalf("ETag %q", tag)
	}
	on := h.want(h.call("PATCH", stagingCheckout, `{"on":true}`, "If-Match: "+tag, "Content-Type: application/merge-patch+json"), http.StatusOK)
	var st pennant.FlagState
	on.into(t, &st)
	if !st.On || st.OffVariation != 1 || st.Version != 2 || on.header.Get("ETag") != `"2"` {
		t.Errorf("%+v with ETag %s", st, on.header.Get("ETag"))
	}
	late := h.want(h.call("PATCH", stagingCheckout, `{"on":false}`, "If-Match: "+tag), http.StatusPreconditionFailed)
	if late.code(t) != "version_mismatch" {
		t.Errorf("%s", late.raw)
	}
	h.want(h.call("DELETE", "/projects/web-shop/flags/one-page-checkout", "", "If-Match: \"9\""), http.StatusPreconditionFailed)
	h.want(h.call("PATCH", stagingCheckout, `{"on":false}`, `If-Match: "7", "2"`), http.StatusOK)
	h.want(h.call("PATCH", stagingCheckout, `{"on":true}`, "If-Match: *"), http.StatusOK)
}

func TestMergePatchRemovesAndReplaces(t *testing.T) {
	t.Parallel()
	h := start(t)
	const path = "/projects/web-shop/flags/one-page-checkout"
	var f pennant.Flag
	h.want(h.call("PATCH", path, `{"maintainer":null,"tags":["only"],"description":"New."}`), http.StatusOK).into(t, &f)
	if f.Maintainer != "" || len(f.Tags) != 1 || f.Description != "New." || f.Name != "One-page checkout" || !f.Temporary || len(f.Variations) != 2 {
		t.Errorf("%+v", f)
	}
	h.want(h.call("PATCH", path, `{"name":null}`), http.StatusUnprocessableEntity)
}

func TestBodiesAreChecked(t *testing.T) {
	t.Parallel()
	h := start(t)
	tests := map[string]struct {
		method, path, body string
		status             int
		pointer            string
	}{
		"capital key":        {"POST", "/projects", `{"key":"Shop","name":"Shop"}`, 422, "/key"},
		"colon in a key":     {"POST", "/projects", `{"key":"a:b","name":"Shop"}`, 422, "/key"},
		"no name":            {"POST", "/projects", `{"key":"shop","name":" "}`, 422, "/name"},
		"long name":          {"POST", "/projects", `{"key":"shop","name":"` + strings.Repeat("x", 121) + `"}`, 422, "/name"},
		"bad tag":            {"POST", "/projects", `{"key":"shop","name":"Shop","tags":["ok","a b"]}`, 422, "/tags/1"},
		"taken":              {"POST", "/projects", `{"key":"web-shop","name":"Shop"}`, 409, ""},
		"unknown field":      {"POST", "/projects", `{"key":"shop","name":"Shop","owner":"me"}`, 400, ""},
		"version is ours":    {"PATCH", "/projects/web-shop", `{"version":9}`, 400, ""},
		"wrong type":         {"POST", "/projects", `{"key":7,"name":"Shop"}`, 400, ""},
		"two objects":        {"POST", "/projects", `{"key":"shop","name":"Shop"}{}`, 400, ""},
		"not an object":      {"PATCH", "/projects/web-shop", `[1]`, 400, ""},
		"null patch":         {"PATCH", "/projects/web-shop", `null`, 400, ""},
		"not JSON":           {"POST", "/projects", `key=shop`, 400, ""},
		"too large":          {"POST", "/projects", `{"key":"shop","name":"` + strings.Repeat("x", 70<<10) + `"}`, 413, ""},
		"flag kind":          {"POST", "/projects/web-shop/flags", `{"key":"f","kind":"json","name":"F"}`, 422, "/kind"},
		"value of a kind":    {"POST", "/projects/web-shop/flags", `{"key":"f","kind":"text","name":"F","variations":[{"value":"a"},{"value":1}]}`, 422, "/variations/1/value"},
		"value twice":        {"POST", "/projects/web-shop/flags", `{"key":"f","kind":"text","name":"F","variations":[{"value":"a"},{"value":"a"}]}`, 422, "/variations/1/value"},
		"value is an object": {"POST", "/projects/web-shop/flags", `{"key":"f","kind":"text","name":"F","variations":[{"value":{}},{"value":{}}]}`, 422, "/variations/0/value"},
		"one variation":      {"POST", "/projects/web-shop/flags", `{"key":"f","kind":"number","name":"F","variations":[{"value":1}]}`, 422, "/variations"},
		"stranger maintains": {"POST", "/projects/web-shop/flags", `{"key":"f","kind":"boolean","name":"F","maintainer":"usr-odile"}`, 422, "/maintainer"},
		"no such project":    {"POST", "/projects/absent/flags", `{"key":"f","kind":"boolean","name":"F"}`, 404, ""},
		"no such variation":  {"PATCH", stagingCheckout, `{"fallthrough":2}`, 422, "/fallthrough"},
		"negative variation": {"PATCH", stagingCheckout, `{"off_variation":-1}`, 422, "/off_variation"},
		"unknown operator":   {"PATCH", stagingCheckout, `{"rules":[{"variation":0,"clauses":[{"attribute":"a","op":"like","values":["x"]}]}]}`, 422, "/rules/0/clauses/0/op"},
		"unknown segment":    {"PATCH", stagingCheckout, `{"rules":[{"variation":0,"clauses":[{"op":"in_segment","values":["staff"]}]}]}`, 422, "/rules/0/clauses/0/values/0"},
		"variation in use":   {"PATCH", "/projects/web-shop/flags/search-ranking", `{"variations":[{"value":"sales"},{"value":"reviews"}]}`, 409, ""},
		"no privileges":      {"POST", "/roles", `{"name":"Empty","privileges":[]}`, 422, "/privileges"},
		"unknown privilege":  {"POST", "/roles", `{"name":"Odd","privileges":["flag:view","flag:fly"]}`, 422, "/privileges/1"},
		"role name taken":    {"POST", "/roles", `{"name":"EDITOR","privileges":["flag:view"]}`, 409, ""},
		"unknown role":       {"PATCH", "/members/usr-mette", `{"role":"captain"}`, 422, "/role"},
		"last administrator": {"PATCH", "/members/usr-nora", `{"role":"viewer"}`, 409, ""},
		"context without":    {"POST", "/projects/web-shop/environments/test/evaluate", `{"context":{"key":""}}`, 422, "/context/key"},
		"segment of segment": {"POST", "/projects/web-shop/environments/test/segments", `{"key":"s","name":"S","rules":[{"clauses":[{"op":"in_segment","values":["x"]}]}]}`, 422, "/rules/0/clauses/0/op"},
		"limit of a list":    {"GET", "/projects?limit=101", "", 400, ""},
		"forged cursor":      {"GET", "/projects?after=%25", "", 400, ""},
		"forged event page":  {"GET", "/events?after=YWJj", "", 400, ""},
	}
	for name, one := range tests {
		t.Run(name, func(t *testing.T) {
			a := h.call(one.method, one.path, one.body)
			if a.status != one.status {
				t.Fatalf("answered %d: %s", a.status, a.raw)
			}
			var p struct {
				Errors []struct{ Pointer, Detail string }
			}
			a.into(t, &p)
			if one.pointer != "" && (len(p.Errors) == 0 || p.Errors[0].Pointer != one.pointer) {
				t.Errorf("points at %+v", p.Errors)
			}
		})
	}
	if a := h.call("POST", "/projects", `{}`, "Content-Type: text/plain"); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("text was read: %d", a.status)
	}
	if a := h.call("PUT", "/projects", ""); a.status != http.StatusMethodNotAllowed || !strings.Contains(a.header.Get("Allow"), "POST") || a.code(t) != "method" {
		t.Errorf("PUT: %d %v %s", a.status, a.header, a.raw)
	}
}

func TestEvaluation(t *testing.T) {
	t.Parallel()
	h := start(t)
	tests := map[string]struct {
		context, flag string
		value         any
		reason        string
	}{
		"off":                 {`{"key":"reader-1"}`, "one-page-checkout", false, "off"},
		"on":                  {`{"key":"reader-1"}`, "gift-wrapping", true, "fallthrough"},
		"staff by mail":       {`{"key":"n","attributes":{"email":"nora@harbour-books.example"}}`, "search-ranking", "learned", "rule"},
		"others":              {`{"key":"n","attributes":{"email":"nora@elsewhere.example"}}`, "search-ranking", "reviews", "fallthrough"},
		"named in a segment":  {`{"key":"reader-204"}`, "free-delivery-from", 20.0, "rule"},
		"kept out of segment": {`{"key":"reader-13"}`, "free-delivery-from", 40.0, "fallthrough"},
	}
	for name, one := range tests {
		var out struct{ Flags map[string]pennant.Evaluation }
		h.want(h.call("POST", "/projects/web-shop/environments/production/evaluate", `{"context":`+one.context+`}`), http.StatusOK).into(t, &out)
		if got := out.Flags[one.flag]; got.Value != one.value || got.Reason != one.reason {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSegmentInUseStays(t *testing.T) {
	t.Parallel()
	h := start(t)
	const here = "/projects/web-shop/environments/production/segments"
	if a := h.want(h.call("DELETE", here+"/staff", ""), http.StatusConflict); a.code(t) != "segment_in_use" {
		t.Errorf("%s", a.raw)
	}
	h.want(h.call("POST", here, `{"key":"press","name":"Press","included":["p-1"]}`), http.StatusCreated)
	h.want(h.call("PATCH", here+"/press", `{"excluded":["p-2"],"included":null}`), http.StatusOK)
	h.want(h.call("GET", here+"/press", ""), http.StatusOK)
	h.want(h.call("DELETE", here+"/press", ""), http.StatusNoContent)
	h.want(h.call("GET", here, ""), http.StatusOK)
}

func TestDeletingTakesWhatIsBelow(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.want(h.call("POST", "/projects", `{"key":"web-shop-2","name":"Another whose key begins the same"}`), http.StatusCreated)
	h.want(h.call("DELETE", "/projects/web-shop", ""), http.StatusNoContent)
	h.want(h.call("POST", "/projects", `{"key":"web-shop","name":"Web shop again"}`), http.StatusCreated)
	var found struct{ Items []any }
	for _, list := range []string{"/projects/web-shop/flags", "/projects/web-shop/environments"} {
		h.want(h.call("GET", list, ""), http.StatusOK).into(t, &found)
		if len(found.Items) != 0 {
			t.Errorf("%s came back: %v", list, found.Items)
		}
	}
	h.want(h.call("GET", "/projects/web-shop-2", ""), http.StatusOK)
	h.want(h.call("DELETE", "/projects/reader-app/environments/test", ""), http.StatusNoContent)
	h.want(h.call("GET", "/projects/reader-app/environments/test/flags", ""), http.StatusNotFound)
	h.want(h.call("GET", "/projects/reader-app/environments/staging/flags/night-page", ""), http.StatusOK)
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	h := start(t)
	var seen []string
	path := "/projects/web-shop/flags?limit=2"
	for range 4 {
		var out struct {
			Items []pennant.Flag
			Next  string
		}
		a := h.want(h.call("GET", path, ""), http.StatusOK)
		a.into(t, &out)
		for _, f := range out.Items {
			seen = append(seen, f.Key)
		}
		if out.Next == "" {
			break
		}
		link, _, _ := strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "</api/v1/accounts/harbour-books"), ">")
		path = link
	}
	if got := strings.Join(seen, " "); got != "free-delivery-from gift-wrapping one-page-checkout search-ranking store-pickup" {
		t.Errorf("saw %s", got)
	}
}
