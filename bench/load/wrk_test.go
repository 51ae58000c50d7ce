package load

import (
	"os"
	"testing"
	"time"
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

// Time spent in this process shows up as ours.
func TestTreeCountsThisProcess(t *testing.T) {
	before := Tree(os.Getpid())
	for end := time.Now().Add(10 * time.Second); Tree(os.Getpid())-before < 0.05; {
		if time.Now().After(end) {
			t.Fatal("ten seconds of reading files cost no processor time")
		}
	}
	if now := Now(); now.All <= 0 || now.Ours <= before {
		t.Errorf("%+v", now)
	}
}
