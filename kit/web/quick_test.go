package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type echoIn struct {
	ContentType string `header:"Content-Type"`
	RawBody     []byte
}

type echoOut struct {
	Body echoed
}

type echoed struct {
	Kind string          `json:"kind"`
	Got  json.RawMessage `json:"got"`
	Note string          `json:"note"`
}

// echo gives back what it got, and fails as it is told to.
func echo(kind string, body []byte) (echoed, error) {
	var asked struct{ Fail string }
	_ = json.Unmarshal(body, &asked) // what is no object asks for nothing
	switch asked.Fail {
	case "conflict":
		return echoed{}, problem.Conflict("made_already", "It is there.").With("index", 3)
	case "limited":
		return echoed{}, problem.Limited("made_often", "Too often.", 7e9)
	case "internal":
		return echoed{}, errors.New("inner words")
	}
	return echoed{Kind: kind, Got: body, Note: "<a> & b"}, nil
}

// A request comes out the same whether its operation is answered in the short way or
// in the usual one.
func TestQuickAnswersAreTheUsualOnes(t *testing.T) {
	t.Parallel()
	calls := map[string]int{}
	api := web.New(web.Config{Title: "Echo", Version: "1"})
	api.Catalogue().Declare(problem.Declared{Code: "made_already", Kind: problem.KindConflict, Cause: "x.", Remedy: "y."}, problem.Declared{Code: "made_often", Kind: problem.KindLimited, Cause: "x.", Remedy: "y."})
	usual := func(_ context.Context, in *echoIn) (*echoOut, error) {
		calls["usual"]++
		out, err := echo(in.ContentType, in.RawBody)
		return &echoOut{out}, err
	}
	op := func(id string) web.Operation {
		return web.Operation{ID: id, Method: "POST", Path: "/v1/" + id, Summary: "Echo", Status: 202, MaxBody: 1000, Errors: []string{"made_already", "made_often"},
			Takes: map[string]reflect.Type{"application/json": reflect.TypeFor[struct {
				Fail string `json:"fail"`
			}](), "application/cloudevents+json": reflect.TypeFor[map[string]any]()}}
	}
	web.Op(api, op("usual"), usual)
	fast := op("quick")
	fast.Quick = func(_ context.Context, h http.Header, body []byte) (any, error) {
		calls["quick"]++
		return echo(h.Get("Content-Type"), body)
	}
	web.Op(api, fast, usual)
	door := web.NewDoor(web.DoorConfig{}, api)
	send := func(path, kind, body, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	const plain = "application/json"
	for name, c := range map[string]struct {
		kind, body, query, accept string
		short                     bool // the short way answers it
	}{
		"plain":             {kind: plain, body: `{"a":[1,2,{"b":"<"}]}`, short: true},
		"with a charset":    {kind: plain + "; charset=utf-8", body: `[]`, short: true},
		"another type":      {kind: "application/cloudevents+json", body: `{"a":1}`, short: true},
		"conflict":          {kind: plain, body: `{"fail":"conflict"}`, short: true},
		"limited":           {kind: plain, body: `{"fail":"limited"}`, short: true},
		"internal":          {kind: plain, body: `{"fail":"internal"}`, short: true},
		"accepts":           {kind: plain, body: `{}`, accept: "application/*", short: true},
		"accepts nothing":   {kind: plain, body: `{}`, accept: "text/html"},
		"a query":           {kind: plain, body: `{}`, query: "?x=1"},
		"an empty query":    {kind: plain, body: `{}`, query: "?", short: true},
		"no body":           {kind: plain},
		"no type":           {body: `{}`},
		"a type of others":  {kind: "text/plain", body: `{}`},
		"not JSON":          {kind: plain, body: `{`},
		"two members":       {kind: plain, body: `{"a":1,"a":2}`},
		"in another case":   {kind: plain, body: `{"FAIL":"conflict"}`},
		"too long":          {kind: plain, body: `"` + strings.Repeat("x", 1000) + `"`},
		"too deep":          {kind: plain, body: strings.Repeat("[", 40) + strings.Repeat("]", 40)},
		"half a surrogate":  {kind: plain, body: `{"a":"\ud800"}`, short: true},
		"a quote in a name": {kind: plain, body: `{"a\\\"{[":"]\\","b":"\\\""}`, short: true},
	} {
		before := calls["quick"]
		want, got := send("/v1/usual"+c.query, c.kind, c.body, c.accept), send("/v1/quick"+c.query, c.kind, c.body, c.accept)
		if short := calls["quick"] > before; short != c.short {
			t.Errorf("%s: the short way: %v", name, short)
		}
		for _, w := range []*httptest.ResponseRecorder{want, got} {
			id := w.Header().Get("Request-Id")
			w.Header().Del("Request-Id")
			w.Body.WriteString("|") // the id is another one each time
			text := strings.ReplaceAll(w.Body.String(), id, "REQ")
			w.Body.Reset()
			w.Body.WriteString(text)
		}
		if got.Code != want.Code || got.Body.String() != want.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(want.Header()) {
			t.Errorf("%s: %d %s %v\ninstead of %d %s %v", name, got.Code, got.Body, got.Header(), want.Code, want.Body, want.Header())
		}
	}
}
