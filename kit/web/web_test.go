package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type thing struct{}

func (thing) IDPrefix() string { return "thg" }

type thingBody struct {
	Name  string            `json:"name" minLength:"1" maxLength:"20"`
	Mail  string            `json:"mail,omitempty" format:"email"`
	Count int               `json:"count,omitempty" minimum:"0"`
	Tags  map[string]string `json:"tags,omitempty"`
	Inner []innerBody       `json:"inner,omitempty"`
}

type innerBody struct {
	Kind string `json:"kind" enum:"big,small"`
}

type createIn struct{ Body thingBody }

type thingOut struct{ Body thingBody }

type getIn struct {
	ID    ident.ID[thing] `path:"id"`
	Limit int             `query:"limit" minimum:"1"`
}

// house is an API with two operations behind a door, and its log.
type house struct {
	api  *web.API
	door http.Handler
	log  *bytes.Buffer
}

func newHouse(t *testing.T, change func(*web.Config, *web.DoorConfig)) *house {
	t.Helper()
	h := &house{log: &bytes.Buffer{}}
	cfg := web.Config{Title: "Test", Version: "1", Cookie: "sid"}
	dc := web.DoorConfig{Log: slog.New(slog.NewJSONHandler(h.log, nil))}
	if change != nil {
		change(&cfg, &dc)
	}
	h.api = web.New(cfg)
	web.Op(h.api, web.Operation{ID: "createThing", Method: "POST", Path: "/v1/things", Summary: "Create a thing",
		Creates: true, Errors: []string{"forbidden"}, Action: "thing:create"},
		func(_ context.Context, in *createIn) (*thingOut, error) { return &thingOut{Body: in.Body}, nil })
	web.Op(h.api, web.Operation{ID: "getThing", Method: "GET", Path: "/v1/things/{id}", Summary: "Read a thing"},
		func(ctx context.Context, in *getIn) (*thingOut, error) { return nil, problem.NotFound("thing") })
	h.door = web.NewDoor(dc, h.api)
	return h
}

func (h *house) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w
}

func codeOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var doc struct{ Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatalf("%d is not a problem: %s", w.Code, w.Body)
	}
	return doc.Code
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	id := ident.New[thing](testTime).String()
	for _, c := range []struct {
		name, method, target, body string
		status                     int
		code                       string
	}{
		{"good", "POST", "/v1/things", `{"name":"a"}`, 201, ""},
		{"no body", "POST", "/v1/things", ``, 400, "body_missing"},
		{"half", "POST", "/v1/things", `{"name":`, 400, "body_unparseable"},
		{"two values", "POST", "/v1/things", `{"name":"a"}{}`, 400, "body_unparseable"},
		{"unknown member", "POST", "/v1/things", `{"name":"a","nome":"b"}`, 422, "invalid"},
		{"other case", "POST", "/v1/things", `{"name":"a","NAME":"b"}`, 422, "invalid"},
		{"only other case", "POST", "/v1/things", `{"Name":"b"}`, 422, "invalid"},
		{"twice", "POST", "/v1/things", `{"name":"a","name":"b"}`, 400, "body_duplicate_key"},
		{"twice, escaped", "POST", "/v1/things", `{"name":"a","n\u0061me":"b"}`, 400, "body_duplicate_key"},
		{"case matters in free maps", "POST", "/v1/things", `{"name":"a","tags":{"a":"1","A":"2"}}`, 201, ""},
		{"too deep", "POST", "/v1/things", deep, 400, "body_too_deep"},
		{"latin 1", "POST", "/v1/things", "{\"name\":\"\xe9\"}", 400, "body_not_utf8"},
		{"too large", "POST", "/v1/things", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "body_too_large"},
		{"bad id", "GET", "/v1/things/nonsense", ``, 404, "not_found"},
		{"absent id", "GET", "/v1/things/" + id, ``, 404, "not_found"},
		{"unknown parameter", "GET", "/v1/things/" + id + "?lmit=1", ``, 422, "invalid"},
		{"bad parameter", "GET", "/v1/things/" + id + "?limit=x", ``, 422, "invalid"},
		{"bad escape", "GET", "/v1/things/" + id + "?limit=%zz", ``, 400, "request_malformed"},
		{"no such page", "GET", "/v1/nothing", ``, 404, "not_found"},
		{"method", "DELETE", "/v1/things", ``, 405, "method_not_allowed"},
		{"trace", "TRACE", "/v1/things", ``, 405, "method_not_allowed"},
		{"dots", "GET", "/v1/x/../things", ``, 404, "not_found"},
		{"slashes", "GET", "//v1/things", ``, 404, "not_found"},
		{"encoded slash", "GET", "/v1/things/a%2fb", ``, 404, "not_found"},
	} {
		w := h.do(c.method, c.target, c.body)
		if w.Code != c.status || (c.code != "" && codeOf(t, w) != c.code) {
			t.Errorf("%s: %d %s, want %d %s", c.name, w.Code, w.Body, c.status, c.code)
		}
		if c.code != "" && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: Content-Type %q", c.name, w.Header().Get("Content-Type"))
		}
		if w.Header().Get("Request-Id") == "" {
			t.Errorf("%s: no request id", c.name)
		}
	}
}

func TestOtherBodiesAreTakenAsDeclared(t *testing.T) {
	t.Parallel()
	api := web.New(web.Config{Title: "T", Version: "1"})
	type in struct {
		RawBody []byte `contentType:"application/x-ndjson"`
	}
	got := ""
	web.Op(api, web.Operation{ID: "bulk", Method: "POST", Path: "/v1/bulk", Summary: "Bulk", MaxBody: 8},
		func(_ context.Context, in *in) (*struct{}, error) { got = string(in.RawBody); return nil, nil })
	h := &house{api: api, door: web.NewDoor(web.DoorConfig{}, api)}
	if w := h.do("POST", "/v1/bulk", "{}\n{}\n", "Content-Type", "application/x-ndjson"); w.Code != 204 || got != "{}\n{}\n" {
		t.Errorf("%d %s, got %q", w.Code, w.Body, got)
	}
	if w := h.do("POST", "/v1/bulk", "{}\n{}\n{}", "Content-Type", "application/x-ndjson"); w.Code != 204 {
		t.Errorf("exactly the limit: %d", w.Code)
	}
	if w := h.do("POST", "/v1/bulk", "{}\n{}\n{}\n", "Content-Type", "application/x-ndjson"); w.Code != 413 {
		t.Errorf("beyond the limit: %d", w.Code)
	}
	if w := h.do("POST", "/v1/bulk", "a=b", "Content-Type", "application/x-www-form-urlencoded"); w.Code != 415 {
		t.Errorf("a form: %d", w.Code)
	}
}

func TestParametersNamedTwiceAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	id := ident.New[thing](testTime).String()
	if w := h.do("GET", "/v1/things/"+id+"?limit=1&limit=2", ""); w.Code != 400 || codeOf(t, w) != "request_malformed" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
