package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", path, got)
	}
}

var requestID = regexp.MustCompile(`req_[0-9a-z]{26}`)

// failing answers every call to /v1/fail with err.
func failing(err error) (http.Handler, *strings.Builder) {
	log := &strings.Builder{}
	api := web.New(web.Config{Title: "T", Version: "1"})
	web.Op(api, web.Operation{ID: "fail", Method: "GET", Path: "/v1/fail", Summary: "Fail"},
		func(context.Context, *struct{}) (*thingOut, error) { return nil, err })
	api.HandleFunc("GET /plain", func(w http.ResponseWriter, r *http.Request) { web.WriteProblem(w, r, err) })
	return web.NewDoor(web.DoorConfig{Log: jsonLog(log)}, api), log
}

func TestProblemShape(t *testing.T) {
	t.Parallel()
	leak := errors.New("pq: password is hunter2")
	var out strings.Builder
	for _, err := range []error{
		problem.Invalid("thing.name_taken", "This name is taken.", problem.Field{Pointer: "/name", Code: "taken", Detail: "Choose another."}),
		problem.Unauthenticated("unauthenticated", "Send a token."),
		problem.Forbidden("forbidden", "You may not do that.").With("missing", []string{"thing:read"}).With("status", 200),
		problem.NotFound("thing"),
		problem.Conflict("thing.busy", "It is busy."),
		problem.Limited("limited", "Slow down.", 1500*time.Millisecond),
		problem.Unavailable("down", "The store is down.", leak),
		problem.Internal("thing.create", leak),
		fmt.Errorf("foreign: %w", leak),
		fmt.Errorf("wrapped: %w", problem.Conflict("thing.busy", "It is busy.")),
		context.DeadlineExceeded,
		problem.Invalid("body_unparseable", "The body is not valid JSON."),
	} {
		h, log := failing(err)
		for _, path := range []string{"/v1/fail", "/plain"} {
			w := get(h, path, "")
			var pretty map[string]any
			if jerr := json.Unmarshal(w.Body.Bytes(), &pretty); jerr != nil {
				t.Fatal(jerr)
			}
			if pretty["instance"] != w.Header().Get("Request-Id") || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%v %s: headers %v", err, path, w.Header())
			}
			if strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("%v: the answer tells the cause", err)
			}
			if n := strings.Count(log.String(), "hunter2"); errors.Is(err, leak) && n != 1 {
				t.Errorf("%v: the log tells the cause %d times", err, n)
			}
			log.Reset()
			if path == "/plain" {
				continue
			}
			fmt.Fprintf(&out, "%d", w.Code)
			for _, name := range []string{"Www-Authenticate", "Retry-After", "Cache-Control"} {
				if v := w.Header().Get(name); v != "" {
					fmt.Fprintf(&out, " %s=%s", name, v)
				}
			}
			fmt.Fprintf(&out, "\n%s\n", strings.TrimSpace(requestID.ReplaceAllString(w.Body.String(), "req_1")))
		}
	}
	golden(t, "problems.txt", out.String())
}

func TestFindingsNeverRepeatTheInput(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var out strings.Builder
	for _, body := range []string{
		`{}`,
		`{"name":""}`,
		`{"name":5}`,
		`{"name":"` + strings.Repeat("s3cret", 9) + `"}`,
		`{"name":"a","mail":"s3cret"}`,
		`{"name":"a","count":-77123}`,
		`{"name":"a","count":1e277}`,
		`{"name":"a","count":77123.5}`,
		`{"name":"a","tags":{"k":5}}`,
		`{"name":"a","tags":{"s3cret value":5}}`,
		`{"name":"a","inner":[{"kind":"s3cret"},{"kind":"big","more":1}]}`,
		`{"name":"a","s3cret with spaces":1}`,
		`{"name":"a","grat_s3cretaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1}`,
		`"s3cret"`,
		`s3cret`,
		`[]`,
	} {
		w := h.do("POST", "/v1/things", body)
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
		for _, bad := range []string{"s3cret", "77123", "1e277", "1e+277"} {
			if strings.Contains(w.Body.String(), bad) || strings.Contains(h.log.String(), bad) {
				t.Errorf("%s: repeated %s in %s", body, bad, w.Body)
			}
		}
		var doc struct {
			Code   string
			Errors []problem.Field
		}
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%d %s", w.Code, doc.Code)
		for _, f := range doc.Errors {
			fmt.Fprintf(&out, " | %s %s: %s", f.Pointer, f.Code, f.Detail)
		}
		out.WriteByte('\n')
	}
	golden(t, "findings.txt", out.String())
}

func TestDescription(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	w := h.do("GET", "/openapi.json", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	golden(t, "openapi.json", w.Body.String())
	if again := h.do("GET", "/openapi.json", "", "If-None-Match", w.Header().Get("ETag")); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("with its tag: %d", again.Code)
	}
	if ops := h.api.Operations(); len(ops) != 2 || ops[0].Action != "thing:create" {
		t.Errorf("operations: %+v", ops)
	}
	web.Op(h.api, web.Operation{ID: "x", Method: "GET", Path: "/v1/x", Summary: "X", Errors: []string{"nobody.knows"}},
		func(context.Context, *struct{}) (*thingOut, error) { return nil, nil })
	if _, err := h.api.OpenAPI(); err == nil || !strings.Contains(err.Error(), "nobody.knows") {
		t.Errorf("an undeclared code passes: %v", err)
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	c := &web.Catalogue{}
	one := problem.Declared{Code: "thing.busy", Kind: problem.KindConflict, Cause: "It is <busy>.", Remedy: "Wait."}
	c.Declare(one, one)
	api := web.New(web.Config{Title: "T", Version: "1", Catalogue: c})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/docs/errors", nil))
	page := w.Body.String()
	for _, want := range []string{`id="thing.busy"`, "It is &lt;busy&gt;.", "<dd>409</dd>", `id="body_unparseable"`, "<dd>400</dd>", `id="internal"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("one code with two meanings passes")
		}
	}()
	c.Declare(problem.Declared{Code: "thing.busy", Kind: problem.KindInvalid})
}

func TestGateRunsFirst(t *testing.T) {
	t.Parallel()
	seen := ""
	h := newHouse(t, func(c *web.Config, _ *web.DoorConfig) {
		c.Gate = func(_ *http.Request, op web.Operation) (context.Context, error) {
			seen = op.Action
			return nil, problem.Unauthenticated("unauthenticated", "Send a token.")
		}
	})
	for _, body := range []string{`{"name":"a"}`, `{"nome":`, ``} {
		if w := h.do("POST", "/v1/things", body); w.Code != 401 || w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%q: %d", body, w.Code)
		}
	}
	if seen != "thing:create" {
		t.Errorf("the gate saw %q", seen)
	}
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for accept, status := range map[string]int{
		"": 201, "*/*": 201, "application/json": 201, "application/*;q=0.1": 201, "text/html, */*;q=0.8": 201,
		"application/problem+json": 201, "text/html": 406, "application/json;q=0, */*": 406, "*/*;q=0": 406, "application/json;q=x": 406,
	} {
		if w := h.do("POST", "/v1/things", `{"name":"a"}`, "Accept", accept); w.Code != status {
			t.Errorf("Accept %q: %d, want %d", accept, w.Code, status)
		}
	}
	for kind, status := range map[string]int{
		"application/json": 201, "application/json; charset=utf-8": 201, "application/json;charset=latin1": 415,
		"text/plain": 415, "": 415, "application/x-www-form-urlencoded": 415, "application/merge-patch+json": 415, "multipart/form-data": 415,
	} {
		if w := h.do("POST", "/v1/things", `{"name":"a"}`, "Content-Type", kind); w.Code != status {
			t.Errorf("Content-Type %q: %d, want %d", kind, w.Code, status)
		}
	}
	if w := h.do("POST", "/v1/things", `{"name":"a"}`, "Content-Encoding", "gzip"); w.Code != 415 {
		t.Errorf("gzip: %d", w.Code)
	}
}

func FuzzCheckJSON(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `[{"a":{"a":[]}}]`, `{"a":1,"a":2}`, `"\ud800"`, `1e999`, ``, `nul`, `[]]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		err := web.CheckJSON(b)
		if err == nil && !json.Valid(b) {
			t.Fatalf("%q passes", b)
		}
		if err != nil && problem.CodeOf(err) == "body_unparseable" && json.Valid(b) {
			t.Fatalf("%q is refused as not JSON", b)
		}
	})
}
