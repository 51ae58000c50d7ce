package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	bare := &target{name: bareName, proxy: true, base: true}
	ours := &target{name: "ours", proxy: true}
	results := map[row]*result{
		{bare, false}: {busy: []sample{{rate: 100, cpu: 0.04, p50: 2}, {rate: 300, cpu: 0.04, p50: 2}, {rate: 200, cpu: 0.04, p50: 2}}, alone: []sample{{p50: 0.1}}},
		{ours, false}: {busy: []sample{{rate: 300, cpu: 0.02, p50: 1, allocations: 20, failed: 3, foreign: 0.5}}, alone: []sample{{p50: 0.05}}},
		{bare, true}:  {busy: []sample{{rate: 100, cpu: 0.04, p50: 2}}},
		{ours, true}:  {busy: []sample{{rate: 130, cpu: 0.03, p50: 2}}},
	}
	text := (&plan{count: 3, seconds: 1, connections: 64}).table([]*target{bare, ours}, results)
	for _, want := range []string{
		"| ReverseProxy bare | 200 (100–300) | 1.00 | 2.00 | 0.0 | 0.0400 | 1.00 | – | 100 |",
		"| ours | 300 (300–300) | 3.00 | 1.00 | 0.0 | 0.0200 | 0.50 | 20.0 | 50 |", "ours: 3 answers were not 2xx.",
		"Tokens in turn:", "| ours | 130 (130–130) | 1.30 | 2.00 | 0.0 | 0.0300 | 0.75 | – | – |", "0.50 during the worst",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

// A table replaces the one of the same GOGC and nothing else.
func TestWriteKeepsTheRest(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gateway.md")
	if err := os.WriteFile(file, []byte("# Words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range [][2]string{{"100", "first\n"}, {"400", "other\n"}, {"100", "second\n"}} {
		if err := write(file, step[0], step[1]); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if !strings.HasPrefix(text, "# Words\n") || strings.Contains(text, "first") || !strings.Contains(text, "second") || !strings.Contains(text, "other") {
		t.Errorf("%s", text)
	}
}

// Everybody is asked the same, and the further requests become a script.
func TestQuestion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "requests.txt")
	if err := os.WriteFile(file, []byte("/a tokenA\n/b tokenB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	q, script, err := asked([]*target{{}, {path: "/v1/x", headers: []string{"A: b"}, requests: file}, {}}, dir)
	if err != nil || q.path != "/v1/x" || len(q.headers) != 1 {
		t.Fatalf("%+v %v", q, err)
	}
	b, err := os.ReadFile(script)
	if err != nil || !strings.Contains(string(b), `{"/b", "tokenB"}`) || !strings.Contains(string(b), "at % 2 + 1") {
		t.Errorf("%s %v", b, err)
	}
}

func TestLearns(t *testing.T) {
	t.Parallel()
	tg := &target{listen: "127.0.0.1:9"}
	for _, line := range []string{"header: Authorization: Bearer x", "path: /projects", "stats: http://127.0.0.1:8/metrics", "noise"} {
		tg.learn(line)
	}
	if len(tg.headers) != 1 || tg.headers[0] != "Authorization: Bearer x" || tg.url() != "http://127.0.0.1:9/projects" || tg.stats == "" {
		t.Errorf("%+v", tg)
	}
}

// Every server under test gives the answer that the load is made of.
func TestServersAgree(t *testing.T) {
	t.Parallel()
	product := httptest.NewServer(items())
	t.Cleanup(product.Close)
	addr := strings.TrimPrefix(product.URL, "http://")
	for name, s := range map[string]*httptest.Server{
		"direct": product, "bare": httptest.NewServer(bare(addr)), "lean": httptest.NewServer(lean(addr)),
	} {
		t.Cleanup(s.Close)
		if tg := (&target{listen: strings.TrimPrefix(s.URL, "http://")}); !tg.answers() {
			t.Errorf("%s does not answer as expected", name)
		}
	}
}
