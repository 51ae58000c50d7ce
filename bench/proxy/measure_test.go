package main

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

const output = `Running 5s test @ http://127.0.0.1:1/v1/items
  Latency Distribution
     50%    1.39ms
     75%    2.00ms
     90%  950.00us
     99%    1.20s
  207345 requests in 5.00s, 230.00MB read
  Non-2xx or 3xx responses: 7
Requests/sec:  41473.10
`

func TestReadsWrk(t *testing.T) {
	t.Parallel()
	out := []byte(output)
	for name, got := range map[string][2]float64{
		"rate": {find(out, `Requests/sec:\s+([\d.]+)`), 41473.10}, "count": {find(out, `(\d+) requests in`), 207345},
		"p50": {latency(out, "50"), 1.39}, "p90": {latency(out, "90"), 0.95}, "p99": {latency(out, "99"), 1200},
		"absent": {find(out, `nothing (\d+)`), 0}, "no such line": {latency(out, "12"), 0},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %v, want %v", name, got[0], got[1])
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	bare := &target{name: "ReverseProxy bare", proxy: true}
	ours := &target{name: "ours", proxy: true}
	busy := map[*target][]sample{
		bare: {{rate: 100, cpu: 0.04, p50: 2}, {rate: 300, cpu: 0.04, p50: 2}, {rate: 200, cpu: 0.04, p50: 2}},
		ours: {{rate: 300, cpu: 0.02, p50: 1, allocations: 20, failed: 3}},
	}
	alone := map[*target][]sample{bare: {{p50: 0.1}}, ours: {{p50: 0.05}}}
	text := (&plan{rounds: 3, seconds: 1, connections: 64}).table([]*target{bare, ours}, busy, alone)
	for _, want := range []string{
		"| ReverseProxy bare | 200 (100–300) | 1.00 | 2.00 | 0.0 | 0.0400 | 1.00 | – | 100 |",
		"| ours | 300 (300–300) | 1.50 | 1.00 | 0.0 | 0.0200 | 0.50 | 20.0 | 50 |", "ours: 3 answers were not 2xx.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
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
	if treeCPU(os.Getpid()) < 0 {
		t.Error("negative processor time")
	}
}
