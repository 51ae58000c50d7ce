package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes the bell for a test to change.
func folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bell")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"manifest.json": bell, "flag.json.hbs": `{"said":"{{{name}}}"}`, "bell.svg": `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8"/></svg>`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// The page shows every request, and hears of each file that is saved.
func TestIntegrationWatch(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	desk := httptest.NewServer(integrationWatchCmd{wanted: wanted{Package: dir, Event: "flag"}}.handler())
	t.Cleanup(desk.Close)
	status, page := fetch(t, desk.URL)
	for _, want := range []string{"PUT https://harbour.example/bell", "X-Sig", "&#34;said&#34;", "As a command", "curl"} {
		if status != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%d, the page lacks %s", status, want)
		}
	}
	if _, other := fetch(t, desk.URL+"/?event=project"); !strings.Contains(other, "Nothing is sent") {
		t.Error("a hook without a template for projects sends something")
	}
	if status, _ := fetch(t, desk.URL+"/?event=/etc/passwd"); status != http.StatusNotFound {
		t.Errorf("a page names a file: %d", status)
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, desk.URL+"/changes", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func() string {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return text
			}
		}
		t.Fatal(lines.Err())
		return ""
	}
	first := next()
	if !strings.Contains(page, `data-stamp="`+first+`"`) {
		t.Error("the page is of another state")
	}
	beside := filepath.Join(t.TempDir(), "flag")
	if err := os.WriteFile(beside, []byte(`{"shouted":"{{{name}}}"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(beside, filepath.Join(dir, "flag.json.hbs")); err != nil { // in one step, as editors save
		t.Fatal(err)
	}
	if second := next(); second == first {
		t.Error("nothing was heard")
	}
	if _, page = fetch(t, desk.URL); !strings.Contains(page, "shouted") {
		t.Error("the page shows what was")
	}
	if err := os.Remove(filepath.Join(dir, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	next()
	if _, page = fetch(t, desk.URL); !strings.Contains(page, `role="alert"`) {
		t.Error("the page does not say what is missing")
	}
}

// A web page elsewhere cannot read it under a name of its own, nor does it serve
// other machines.
func TestIntegrationWatchIsLocal(t *testing.T) {
	t.Parallel()
	c := integrationWatchCmd{wanted: wanted{Package: folder(t), Event: "flag"}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://evil.example:4747/", nil)
	w := httptest.NewRecorder()
	c.handler().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Error(w.Code)
	}
	c.Listen = "0.0.0.0:0"
	var out bytes.Buffer
	if err := c.Run(&world{ctx: t.Context(), out: &out}); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("%v, %s", err, out.String())
	}
}
